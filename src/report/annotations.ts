import { causeChain } from '../core/cause-chain.ts';
import type { Failure } from '../core/failure.ts';
import { failures } from '../core/failures/table.ts';
import type { DownloadRecord } from '../core/record.ts';
import { count } from '../core/text.ts';
import type { Runner } from '../runner/runner.ts';
import { failureMessage } from './failure-message.ts';

/** GitHub shows 10 annotations of a step; the last one says how many more there are. */
const maxShown = 9;

/** How many more failures have a line in the log. */
const maxLogged = 1000;

/** A failure as it is reported. */
export interface ReportedFailure {
  readonly failure: Failure;
  /** One record of each video that it concerns; none if it concerns the step as a whole. */
  readonly records: readonly DownloadRecord[];
}

/**
 * The failures to report. One that concerns a whole video is reported once, not once per type, and one that several
 * videos share is reported once for all of them.
 *
 * @param stepFailures failures of the step as a whole
 */
export function reportedFailures(
  stepFailures: readonly Failure[],
  records: readonly DownloadRecord[],
): ReportedFailure[] {
  const byKey = new Map<string, ReportedFailure>();
  const add = (key: string, failure: Failure, concerned: readonly DownloadRecord[]) => {
    if (!byKey.has(key)) byKey.set(key, { failure, records: concerned });
  };
  for (const failure of stepFailures) add(failure.message, failure, []);
  const causes = Map.groupBy(records, ({ failure }) => failure && sharedCause(failure));
  for (const [cause, concerned] of causes) {
    if (!cause) continue;
    // Most causes concern one record, of which a library may have hundreds of thousands.
    const videos =
      concerned.length > 1
        ? [...new Map(concerned.map((record) => [record.videoId, record])).values()]
        : concerned;
    if (videos.length > 1) add(cause.message, cause, videos);
    else for (const record of concerned) add(keyOf(record), record.failure ?? cause, [record]);
  }
  return [...byKey.values()];
}

/** Equal for two records of one video whose failure is reported once. */
function keyOf(record: DownloadRecord): string {
  const { failure, videoId } = record;
  const concernsType = failure && failures[failure.kind].scope === 'type';
  return `${videoId} ${concernsType ? failure.message : failure?.kind}`;
}

/** The part of the runner that failures are written to. */
export type AnnotationRunner = Pick<Runner, 'endGroup' | 'error' | 'info' | 'startGroup'>;

/** Adds failures to the run: as many annotations as GitHub shows, and lines of the log for the others. */
export function annotate(reported: readonly ReportedFailure[], runner: AnnotationRunner): void {
  for (const failure of reported.slice(0, maxShown)) runner.error(messageOf(failure), titleOf(failure));
  const others = reported.slice(maxShown);
  if (others.length === 0) return;
  const more = count(others.length, 'more failure');
  runner.startGroup(more);
  for (const failure of others.slice(0, maxLogged)) {
    runner.info(`${titleOf(failure)}: ${messageOf(failure)}`);
  }
  const unlogged = others.length - maxLogged;
  if (unlogged > 0) runner.info(`${count(unlogged, 'more failure')}: in the results file alone`);
  runner.endGroup();
  const where = 'in the log above this line, and in the file of the output `results-file`';
  runner.error(`${more}: ${where}.`, 'More failures');
}

function titleOf({ failure }: ReportedFailure): string {
  return failures[failure.kind].title;
}

function messageOf({ failure, records }: ReportedFailure): string {
  const [first] = records;
  if (records.length > 1) {
    return `${failure.message} This concerns ${count(records.length, 'video')}.`;
  }
  return (first && failureMessage(first)) ?? failure.message;
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
