import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from '../../../local-runner/run-script.ts';
import type { StepOptions, StepResult } from '../../../local-runner/step-process.ts';
import { openTemporaryFolder } from '../temporary-folder.ts';
import { isTrue, type Scope, type Status, textOf, textsOf } from './expressions.ts';
import type { Combination } from './matrix.ts';
import type { WorkflowJob, WorkflowStep } from './parse.ts';

/** Runs an action in place of a step with `uses:`. */
export type RunAction = (
  inputs: Readonly<Record<string, string>>,
  options: StepOptions,
) => Promise<Pick<StepResult, 'exitCode' | 'outputs' | 'log'>>;

/** What the jobs of a workflow share. */
export interface JobContext {
  /** `github`, `secrets`, `vars` and `needs`. */
  readonly contexts: Readonly<Record<string, unknown>>;
  /** The `env:` of the workflow. */
  readonly env: Readonly<Record<string, string>>;
  /** The variables of the machine. */
  readonly machine: Readonly<Record<string, string>>;
  /** The actions that steps use, by the name before the `@`. */
  readonly actions: Readonly<Record<string, RunAction>>;
}

export interface StepRun {
  readonly id: string;
  readonly outcome: Status;
  readonly outputs: Readonly<Record<string, string>>;
  readonly log: readonly string[];
  /** Every `env:` that applies to it, as it was evaluated: a runner shows it in the log of a script. */
  readonly env: Readonly<Record<string, string>>;
  /** The `with:` as it was evaluated. */
  readonly inputs?: Readonly<Record<string, string>>;
}

export interface JobRun {
  readonly id: string;
  readonly matrix: Combination;
  readonly result: Status;
  readonly outputs: Readonly<Record<string, string>>;
  readonly steps: readonly StepRun[];
}

/** Runs the steps of a job, or of one job of a matrix, on a machine of its own: with an empty workspace and RUNNER_TEMP. */
export async function runJob(job: WorkflowJob, matrix: Combination, context: JobContext): Promise<JobRun> {
  using folder = openTemporaryFolder();
  const machine = { workspace: join(folder.path, 'workspace'), temp: join(folder.path, 'temp') };
  for (const path of Object.values(machine)) mkdirSync(path);
  const eventFile = join(folder.path, 'event.json');
  writeFileSync(eventFile, JSON.stringify(Object(context.contexts['github']).event ?? {}));

  const steps: StepRun[] = [];
  const exported: Record<string, string> = {};
  let status: Status = 'success';
  const scope = (env: Readonly<Record<string, string>>): Scope => ({
    status,
    contexts: {
      ...context.contexts,
      env,
      matrix,
      job: { status },
      runner: { os: 'Linux', arch: 'X64', temp: machine.temp },
      strategy: {},
      steps: Object.fromEntries(
        steps.map(({ id, outcome, outputs }) => [id, { outcome, conclusion: outcome, outputs }]),
      ),
    },
  });
  const jobEnv = { ...context.env, ...textsOf(job.env, scope(context.env)) };

  for (const step of job.steps) {
    const outerEnv = { ...jobEnv, ...exported };
    if (!isTrue(step.if, scope(outerEnv))) {
      steps.push({ id: step.id, outcome: 'skipped', outputs: {}, log: [], env: {} });
      continue;
    }
    const env = { ...outerEnv, ...textsOf(step.env, scope(outerEnv)) };
    const options = {
      ...machine,
      env: {
        ...context.machine,
        ...variablesOf(context.contexts['github']),
        GITHUB_EVENT_PATH: eventFile,
        ...env,
      },
    };
    const { exitCode, inputs, log, outputs, variables } = await runStep(step, scope(env), options, context);
    Object.assign(exported, variables);
    const outcome = exitCode === 0 ? 'success' : 'failure';
    if (outcome === 'failure') status = 'failure';
    steps.push({ id: step.id, outcome, outputs, log, env, ...(inputs && { inputs }) });
  }
  return { id: job.id, matrix, result: status, outputs: textsOf(job.outputs, scope(jobEnv)), steps };
}

async function runStep(step: WorkflowStep, scope: Scope, options: StepOptions, { actions }: JobContext) {
  if (step.uses === undefined) {
    const shell = textOf(step.shell, scope) || undefined;
    if (shell !== undefined && shell !== 'bash') throw new Error(`the shell ${shell} is not supported`);
    const result = await runScript({ ...options, shell, script: textOf(step.run, scope) });
    return { ...result, inputs: undefined };
  }
  const [name = ''] = step.uses.split('@');
  const run = actions[name];
  if (!run) throw new Error(`there is no stand-in for the action ${name}`);
  const inputs = textsOf(step.with, scope);
  return { variables: {}, ...(await run(inputs, options)), inputs };
}

/** The variables that a runner makes of the texts of `github`: `run_id` is GITHUB_RUN_ID. */
function variablesOf(github: unknown): Record<string, string> {
  const texts = Object.entries(Object(github)).filter(
    (entry): entry is [string, string] => entry[0] !== 'token' && typeof entry[1] === 'string',
  );
  return Object.fromEntries(texts.map(([name, value]) => [`GITHUB_${name.toUpperCase()}`, value]));
}
