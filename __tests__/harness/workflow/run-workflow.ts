import { isDeepStrictEqual } from 'node:util';
import pLimit from 'p-limit';
import { isTrue, jsonOf, type Scope, type Status, textsOf } from './expressions.ts';
import { type Combination, readStrategy } from './matrix.ts';
import type { Workflow, WorkflowJob } from './parse.ts';
import { type JobContext, type JobRun, runJob } from './run-job.ts';

/** How a workflow is started. */
export interface WorkflowOptions extends Pick<JobContext, 'actions'> {
  /** The context `github`. Texts in it are variables as well: `run_id` is GITHUB_RUN_ID. */
  readonly github?: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly vars?: Readonly<Record<string, string>>;
  /** The inputs of the event `workflow_dispatch`. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Replaces variables of the workflow's `env:`, such as the address of a service. */
  readonly env?: Readonly<Record<string, string>>;
  /** Further variables of the machines, such as a `PATH` with stand-ins for programs. */
  readonly machine?: Readonly<Record<string, string>>;
}

/** A run that has ended. */
export interface WorkflowRun {
  readonly result: Status;
  /** Those of a matrix one by one; a skipped one is a single job. */
  readonly jobs: readonly JobRun[];
}

/**
 * Runs the jobs of a workflow one after another, those of a matrix in parallel.
 *
 * @param earlier the run whose failed jobs are run again, with those that need them: the others keep their results
 */
export async function runWorkflow(
  workflow: Workflow,
  { actions, github = {}, inputs = {}, machine = {}, secrets = {}, vars = {}, ...options }: WorkflowOptions,
  earlier?: WorkflowRun,
): Promise<WorkflowRun> {
  const contexts = { github, secrets, vars, inputs };
  const env = { ...textsOf(workflow.env, { contexts, status: 'success' }), ...options.env };
  const runs = new Map<string, readonly JobRun[]>();

  for (const job of workflow.jobs) {
    const needed = job.needs.map((id) => [id, runs.get(id) ?? []] as const);
    const needs = Object.fromEntries(
      needed.map(([id, ofJob]) => [id, { result: resultOf(ofJob), outputs: outputsOf(ofJob) }]),
    );
    const scope: Scope = {
      contexts: { ...contexts, needs },
      status: needed.every(([, ofJob]) => resultOf(ofJob) === 'success') ? 'success' : 'failure',
    };
    if (!isTrue(job.if, scope)) {
      runs.set(job.id, [skipped(job)]);
      continue;
    }
    const { combinations, maxParallel } = readStrategy(jsonOf(job.strategy, scope));
    const context = { contexts: scope.contexts, env, machine, actions };
    const limit = pLimit(maxParallel);
    const needsAnother = needed.some(([, ofJob]) => ofJob.some((run) => !earlier?.jobs.includes(run)));
    const start = async (matrix: Combination) =>
      (needsAnother ? undefined : successOf(job, matrix, earlier)) ?? runJob(job, matrix, context);
    runs.set(job.id, await Promise.all(combinations.map((matrix) => limit(start, matrix))));
  }
  const jobs = [...runs.values()].flat();
  return { jobs, result: jobs.some(({ result }) => result === 'failure') ? 'failure' : 'success' };
}

/** The run of a job that need not be run again. */
function successOf(
  { id }: WorkflowJob,
  matrix: Combination,
  earlier: WorkflowRun | undefined,
): JobRun | undefined {
  return earlier?.jobs.find(
    (run) => run.id === id && run.result === 'success' && isDeepStrictEqual(run.matrix, matrix),
  );
}

function skipped({ id }: WorkflowJob): JobRun {
  return { id, matrix: {}, result: 'skipped', outputs: {}, steps: [] };
}

/** The result of a job, or of all jobs of a matrix together. */
function resultOf(runs: readonly JobRun[]): Status {
  const results = runs.map(({ result }) => result);
  return results.find((result) => result === 'failure') ?? results[0] ?? 'skipped';
}

function outputsOf(runs: readonly JobRun[]): Record<string, string> {
  return Object.assign({}, ...runs.map(({ outputs }) => outputs));
}
