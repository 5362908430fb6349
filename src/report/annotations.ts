import { causeChain } from '../core/cause-chain.ts';
import type { Failure } from '../core/failure.ts';
import { failures } from '../core/failures/table.ts';
import type { DownloadRecord } from '../core/record.ts';
import { count } from '../core/text.ts';

/** GitHub shows 10 annotations of a step; the last one says how many more there are. */
const maxShown = 9;

/** An error that GitHub shows on the page of the run. */
export interface Annotation {
  readonly title: string;
  readonly message: string;
}

/** Why a record fails the step, with the video that it is about; undefined where it does not. */
export function failureMessage({ failure, videoId }: DownloadRecord): string | undefined {
  return failure && `Video ${videoId}: ${failure.message}`;
}

/**
 * The annotations of a failed step. A failure that concerns a whole video is reported once, not once per type, and one
 * that several videos share is reported once for all of them.
 *
 * @param stepFailures failures of the step as a whole
 */
export function annotations(
  stepFailures: readonly Failure[],
  records: readonly DownloadRecord[],
): Annotation[] {
  const byKey = new Map<string, Annotation>();
  const add = (key: string, { kind }: Failure, message: string) => {
    if (!byKey.has(key)) byKey.set(key, { title: failures[kind].title, message });
  };
  const videosOf = Map.groupBy(records, ({ failure }) => failure && sharedCause(failure));

  for (const failure of stepFailures) add(failure.message, failure, failure.message);
  for (const record of records) {
    const { failure, videoId } = record;
    const message = failureMessage(record);
    if (!failure || !message) continue;
    const shared = sharedCause(failure);
    const concerned = new Set(videosOf.get(shared)?.map((other) => other.videoId));
    if (concerned.size > 1) {
      add(shared.message, shared, `${shared.message} This concerns ${concerned.size} videos.`);
    } else
      add(failures[failure.kind].scope === 'type' ? message : `${videoId} ${failure.kind}`, failure, message);
  }

  const all = [...byKey.values()];
  const more = all.length - maxShown;
  if (more <= 0) return all;
  const message = `${count(more, 'more failure')}: the file in the output \`results-file\` lists them all.`;
  return [...all.slice(0, maxShown), { title: 'More failures', message }];
}

/** What several records may have in common: how far each had come differs, and matters only at the end of the step. */
export function sharedCause(failure: Failure): Failure {
  return failure.isEndOfStep ? failure : failure.origin;
}

/** A failure's stack and those of everything that caused it, for the debug log. */
export function stackTrace(failure: Failure): string {
  return causeChain(failure)
    .map((cause) => (Error.isError(cause) ? (cause.stack ?? cause.message) : String(cause)))
    .join('\ncaused by ');
}
