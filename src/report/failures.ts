import { causes, type Failure, failures } from '../failure.ts';
import type { DownloadRecord } from '../record.ts';
import { count } from '../text.ts';

/** GitHub shows 10 annotations of a step; the last tells how many more there are. */
const shownAtMost = 9;

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
 * What the step fails with. A fault of a whole video is told once, not once per type.
 *
 * @param faults of the step as a whole
 */
export function annotations(faults: readonly Failure[], records: readonly DownloadRecord[]): Annotation[] {
  const titles = new Map<string, string>(faults.map(({ kind, message }) => [message, failures[kind].title]));
  for (const record of records) {
    const message = failureMessage(record);
    if (message && record.failure) titles.set(message, failures[record.failure.kind].title);
  }
  const all = [...titles].map(([message, title]) => ({ title, message }));
  const more = all.length - shownAtMost;
  if (more <= 0) return all;
  const message = `${count(more, 'more failure')}: the output \`downloads\` has them all.`;
  return [...all.slice(0, shownAtMost), { title: 'More failures', message }];
}

/** A failure's stack and those of all that caused it, for a debug log. */
export function trace(failure: Failure): string {
  return causes(failure)
    .map((cause) => (cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)))
    .join('\ncaused by ');
}
