import { labelOf } from '../core/download-types.ts';
import { Failure } from '../core/failure.ts';
import type { DownloadRecord } from '../core/record.ts';
import type { Runner } from '../runner/runner.ts';

/** What a record has instead of facts that others choose. */
const replacements = {
  url: { url: null },
  file: { file: undefined, sizeBytes: undefined, sha256: undefined },
  assetUrl: { assetUrl: undefined },
  title: { title: undefined },
} as const;

const facts = Object.keys(replacements) as (keyof typeof replacements)[];

/**
 * A record without facts that contain a secret. They cannot be redacted, since later steps use them, so the record fails
 * instead. A server that has the credentials may repeat them in any form, such as in a title.
 */
export function withoutSecrets(record: DownloadRecord, { exposes }: Pick<Runner, 'exposes'>): DownloadRecord {
  const names = facts.filter((name) => exposes(record[name] ?? ''));
  if (names.length === 0) return record;
  const download = record.type === '' ? 'the video' : `the ${labelOf(record.type)} download`;
  const what = `The ${names.join(' and ')} of ${download} ${names.length > 1 ? 'contain' : 'contains'} a secret`;
  const failure = record.failure ?? new Failure('exposed-secret', what);
  return Object.assign({ ...record, failure }, ...names.map((name) => replacements[name]));
}
