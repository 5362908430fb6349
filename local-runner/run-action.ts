import { join } from 'node:path';
import { readMetadata } from './metadata.ts';
import { runStepProcess, type StepOptions, type StepResult } from './step-process.ts';

/** The folder of this project's action. */
export const actionFolder = join(import.meta.dirname, '..');

/** A step that uses the action. */
export interface ActionRun extends StepOptions {
  /** The inputs, as under `with:` in a workflow. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The value of `github.token`. Defaults to an empty string. */
  readonly gitHubToken?: string;
}

/** The result of a finished step. */
export type ActionResult = StepResult;

/** Runs the built action as GitHub's runner does: the inputs and the defaults of `action.yml` are environment variables. */
export async function runAction({ inputs, gitHubToken = '', ...options }: ActionRun): Promise<ActionResult> {
  const { inputs: declared, runs } = readMetadata(join(actionFolder, 'action.yml'));
  // `github.token` is the only expression that the default of an input contains.
  const evaluated = (value: string) => value.replace('${{ github.token }}', gitHubToken);
  const values = new Map(
    Object.entries(declared).map(([name, { default: value = '' }]) => [name, evaluated(value)]),
  );
  for (const [name, value] of Object.entries(inputs)) values.set(name, value);
  const variables = Object.fromEntries(Array.from(values, ([name, value]) => [inputVariable(name), value]));
  return runStepProcess([process.execPath, join(actionFolder, runs.main)], variables, options);
}

function inputVariable(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;
}
