import { Failure } from '../core/failure.ts';
import type { DownloadRecord } from '../core/record.ts';
import type { Runner } from '../runner/runner.ts';
import type { Matrix } from '../select/matrix.ts';
import { annotations, stackTrace } from './annotations.ts';
import { outputs, publish } from './outputs.ts';
import { withoutSecrets } from './without-secrets.ts';

/** The part of the runner that the results are written to. */
export type ReportRunner = Pick<
  Runner,
  'debug' | 'error' | 'exposes' | 'output' | 'redact' | 'resultsFile' | 'warning'
>;

/** @throws {Failure} `no-outputs` if outputs could not be written later, which is better known before any request */
export function requireOutputs(runner: Pick<Runner, 'requireOutputs'>): void {
  try {
    runner.requireOutputs();
  } catch (error) {
    throw outputFailure('The outputs', error);
  }
}

/**
 * Writes outputs, results file and annotations with everything that is known.
 *
 * @param stepFailures failures of the step as a whole
 * @param matrix the output of that name; undefined if there is none
 * @returns the exit code: 1 if anything failed
 */
export function reportResults(
  allRecords: readonly DownloadRecord[],
  stepFailures: readonly Failure[],
  matrix: Matrix | undefined,
  runner: ReportRunner,
): 0 | 1 {
  const records = allRecords.map((record) => withoutSecrets(record, runner));
  const failures = [...stepFailures, ...writeOutputs(records, stepFailures.length > 0, matrix, runner)];
  const shown = annotations(failures, records);
  for (const { message, title } of shown) runner.error(message, title);
  for (const failure of new Set([...failures, ...records.map((record) => record.failure)])) {
    if (failure) runner.debug(stackTrace(failure));
  }
  return shown.length > 0 ? 1 : 0;
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
      `The output \`downloads\` has the first ${values.downloads.length} of ${records.length} records, since a longer one could not be passed to a program through a variable.${all}`,
      'Too many records for an output',
    );
  }
  return failures;
}

function outputFailure(what: string, error: unknown): Failure {
  const { message } = Error.isError(error) ? error : new Error(String(error));
  return new Failure('no-outputs', `${what} could not be written: ${message}`, { cause: error });
}
