import { causes, type Failure, type FailureKind, failures } from '../core/failure.ts';
import type { DownloadRecord } from '../core/record.ts';
import { count } from '../core/text.ts';

/** GitHub shows 10 annotations of a step; the last tells how many more there are. */
const shownAtMost = 9;

/** What may happen to one type of a video and not to the other; all else is a fault of the video as a whole. */
const faultsOfOneType: ReadonlySet<FailureKind> = new Set([
  'create-refused',
  'download-error',
  'download-vanished',
  'request-refused',
  'no-download',
  'delivery-refused',
  'delivery-redirected',
  'delivery-error',
  'delivery-unreachable',
  'file-missing',
  'file-failed',
  'file-incomplete',
  'not-media',
  'target-taken',
  'target-outside',
  'target-unwritable',
  'asset-too-large',
  'github-error',
  'github-refused',
  'github-unreachable',
  'time-over',
  'cancelled',
]);

/** An error that GitHub shows at the run. */
export interface Annotation {
  readonly title: string;
  readonly message: string;
}

/** Why a record fails the step, with the video it is about; undefined where it does not. */
export function failureMessage({ failure, videoId }: DownloadRecord): string | undefined {
  return failure && `Video ${videoId}: ${failure.message}`;
}

/**
 * What the step fails with. A fault of a whole video is told once, not once per type; one of several videos once.
 *
 * @param faults of the step as a whole
 */
export function annotations(faults: readonly Failure[], records: readonly DownloadRecord[]): Annotation[] {
  const told = new Map<string, Annotation>();
  const videosOf = new Map<Failure, Set<string>>();
  for (const { failure, videoId } of records) {
    if (failure) videosOf.set(failure, (videosOf.get(failure) ?? new Set()).add(videoId));
  }
  for (const { kind, message } of faults) told.set(message, { title: failures[kind].title, message });
  for (const record of records) {
    const message = failureMessage(record);
    if (!message || !record.failure) continue;
    const { kind } = record.failure;
    const isOfStep = (videosOf.get(record.failure)?.size ?? 0) > 1;
    const fault = faultsOfOneType.has(kind) ? message : `${record.videoId} ${kind}`;
    const key = isOfStep ? record.failure.message : fault;
    if (!told.has(key)) told.set(key, { title: failures[kind].title, message: isOfStep ? key : message });
  }
  const all = [...told.values()];
  const more = all.length - shownAtMost;
  if (more <= 0) return all;
  const message = `${count(more, 'more failure')}: the file that \`results-file\` names has them all.`;
  return [...all.slice(0, shownAtMost), { title: 'More failures', message }];
}

/** A failure's stack and those of all that caused it, for a debug log. */
export function trace(failure: Failure): string {
  return causes(failure)
    .map((cause) => (Error.isError(cause) ? (cause.stack ?? cause.message) : String(cause)))
    .join('\ncaused by ');
}
