import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { DownloadRecord, VideoRecords } from '../core/record.ts';
import { count, formatNumber } from '../core/text.ts';
import type { Runner } from '../runner/runner.ts';
import type { Matrix } from '../select/matrix.ts';
import type { ReportedFailure } from './annotations.ts';
import { outputs, publish } from './outputs.ts';
import { Timeline } from './timeline.ts';
import { withoutSecrets } from './without-secrets.ts';

/** The part of the runner that the results are written to. */
export type ReportRunner = Pick<
  Runner,
  | 'debug'
  | 'endGroup'
  | 'error'
  | 'exposes'
  | 'hasSummary'
  | 'info'
  | 'input'
  | 'output'
  | 'redact'
  | 'resultsFile'
  | 'startGroup'
  | 'summary'
  | 'warning'
>;

/** What a step has found out and done so far. */
export class StepResults {
  readonly timeline: Timeline;
  /** The records of each video, from the moment on when it was selected. */
  readonly videos: VideoRecords[] = [];
  /** Failures of the step as a whole. */
  readonly failures: Failure[] = [];
  /** What the step is to do; undefined as long as no inputs could be read. */
  plan: { readonly line: string; readonly dryRun: boolean; readonly summary: boolean } | undefined;
  /** The output of that name; undefined if there is none. */
  matrix: Matrix | undefined;
  /** What is to be known beside the records, a sentence each. */
  readonly notes: string[] = [];
  /** What was done, in one line. */
  result: string | undefined;
  /** How many requests were sent, and how many of them were repeated. */
  traffic = () => ({ requests: 0, retries: 0 });

  constructor(clock: Clock) {
    this.timeline = new Timeline(clock);
  }

  /** In the order asked for. */
  get records(): readonly DownloadRecord[] {
    return this.videos.flatMap(({ all }) => all);
  }
}

/** @throws {Failure} `no-outputs` if outputs could not be written later, which is better known before any request */
export function requireOutputs(runner: Pick<Runner, 'requireOutputs'>): void {
  try {
    runner.requireOutputs();
  } catch (error) {
    throw outputFailure('The outputs', error);
  }
}

/**
 * Writes outputs, results file, annotations and summary with everything that is known.
 *
 * @returns the exit code: 1 if anything failed
 */
export async function report(results: StepResults, runner: ReportRunner): Promise<0 | 1> {
  const { failures: stepFailures, matrix } = results;
  // Those of a video that was processed had no secrets, but its URLs may have been signed again.
  const records = results.records.map((record) => withoutSecrets(record, runner));
  const failures = [...stepFailures, ...writeOutputs(records, stepFailures.length > 0, matrix, runner)];
  const hasFailed = failures.length > 0 || records.some(({ failure }) => failure);
  const reported = hasFailed ? await reportFailures(failures, records, runner) : [];
  await writeSummary(results, records, reported, runner);
  return reported.length > 0 ? 1 : 0;
}

async function reportFailures(
  failures: readonly Failure[],
  records: readonly DownloadRecord[],
  runner: ReportRunner,
): Promise<readonly ReportedFailure[]> {
  // Dynamic import: built as its own chunk, loaded only when needed.
  const { annotate, reportedFailures, stackTrace } = await import('./annotations.ts');
  const reported = reportedFailures(failures, records);
  annotate(reported, runner);
  for (const failure of new Set([...failures, ...records.map((record) => record.failure)])) {
    if (failure) runner.debug(stackTrace(failure));
  }
  return reported;
}

/** @returns what could not be written */
function writeOutputs(
  records: readonly DownloadRecord[],
  hasStepFailed: boolean,
  matrix: Matrix | undefined,
  runner: ReportRunner,
): Failure[] {
  const failures: Failure[] = [];
  const attempt = <Result>(what: string, write: () => Result): Result | undefined => {
    try {
      return write();
    } catch (error) {
      failures.push(outputFailure(what, error));
      return undefined;
    }
  };

  // A library may have hundreds of thousands of records, so no list of what is published is kept.
  const published = () => records.values().map((record) => publish(record, runner.redact));
  const resultsFile = attempt('The results file', () => runner.resultsFile(published()));
  const values = outputs(published(), resultsFile ?? '', hasStepFailed, matrix);
  attempt('The outputs', () => {
    for (const [name, value] of Object.entries(values)) runner.output(name, value);
  });
  if (values.downloads.length < records.length) {
    const all = resultsFile ? ` The file in the output \`results-file\` has all of them: ${resultsFile}` : '';
    runner.warning(
      `The output \`downloads\` has the first ${formatNumber(values.downloads.length)} of ${count(records.length, 'record')}, since a longer one could not be passed to a program through a variable.${all}`,
      'Too many records for an output',
    );
  }
  return failures;
}

/** Writes the job summary, if it is asked for and there is one. Whatever goes wrong with it does not fail the step. */
async function writeSummary(
  { notes, plan, result, timeline, traffic }: StepResults,
  records: readonly DownloadRecord[],
  reported: readonly ReportedFailure[],
  runner: ReportRunner,
): Promise<void> {
  // Unusable inputs are reported there, too, unless it is clear that no summary is wanted.
  const isWanted = plan?.summary ?? runner.input('summary').toLowerCase() !== 'false';
  if (!isWanted || !runner.hasSummary) return;
  try {
    timeline.end();
    // Dynamic import: built as its own chunk, loaded only when needed.
    const { summary } = await import('./summary/summary.ts');
    const { waitedMs } = timeline;
    const facts = { plan, result, notes, reported, records, timeline, traffic: { ...traffic(), waitedMs } };
    runner.summary(summary(facts, runner.redact));
  } catch (error) {
    runner.debug(`The job summary could not be written: ${Failure.from(error).what}`);
  }
}

function outputFailure(what: string, error: unknown): Failure {
  const { message } = Error.isError(error) ? error : new Error(String(error));
  return new Failure('no-outputs', `${what} could not be written: ${message}`, { cause: error });
}
