import { Failure } from '../core/failure.ts';
import type { DownloadRecord } from '../core/record.ts';
import type { Runner } from '../runner/runner.ts';

/** Facts that others choose, each with what a record has without it. */
const foreignFacts = { url: null, file: undefined, assetUrl: undefined } as const;

/**
 * A record without facts that contain a secret. They cannot be redacted, since later steps use them, so the record fails
 * instead. A server that has the credentials may repeat them in any form, such as in a title.
 */
export function withoutSecrets(record: DownloadRecord, { exposes }: Pick<Runner, 'exposes'>): DownloadRecord {
  const exposing = Object.entries(foreignFacts).filter(([name]) => {
    const value = record[name as keyof typeof foreignFacts];
    return typeof value === 'string' && exposes(value);
  });
  if (exposing.length === 0) return record;
  const names = exposing.map(([name]) => name).join(' and ');
  const failure = new Failure(
    'exposed-secret',
    `The ${names} of the ${record.type} download contains a secret`,
  );
  return { ...record, ...Object.fromEntries(exposing), failure: record.failure ?? failure };
}
