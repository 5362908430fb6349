import { runStepProcess, type StepOptions, type StepResult } from './step-process.ts';

/** A step with `run:`. */
export interface ScriptRun extends StepOptions {
  readonly script: string;
  /** Defaults to what a runner on Linux uses, which is bash without `pipefail`. */
  readonly shell?: 'bash' | undefined;
}

/**
 * Runs the script of a step as GitHub's runner does on Linux: the first command that fails ends it.
 *
 * @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#exit-codes-and-error-action-preference
 */
export function runScript({ script, shell, ...options }: ScriptRun): Promise<StepResult> {
  const flags = shell === 'bash' ? ['--noprofile', '--norc', '-eo', 'pipefail'] : ['-e'];
  return runStepProcess(['bash', ...flags, '-c', script], {}, options);
}
