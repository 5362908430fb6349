import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalGitHub } from '../../../local-github/server.ts';
import { actionFolder, runAction } from '../../../local-runner/run-action.ts';
import type { LocalStream } from '../../../local-stream/server.ts';
import { otherActions, type SkippedArtifact, type WorkspaceFiles } from './other-actions.ts';
import { readWorkflow, type Workflow } from './parse.ts';
import type { StepRun } from './run-job.ts';
import { runWorkflow, type WorkflowOptions, type WorkflowRun } from './run-workflow.ts';

/** Longer than any step of an example takes in the tests, in real ms. */
const hangingMs = 15_000;

/** Reads a workflow of the folder `examples`. */
export function readExample(name: string): Promise<Workflow> {
  return readWorkflow(name, readFileSync(join(actionFolder, 'examples', name), 'utf8'));
}

interface Services {
  readonly github?: LocalGitHub | undefined;
  /** Inputs of every step that uses the action, in place of those of the example. */
  readonly with?: Readonly<Record<string, string>> | undefined;
}

/** What an example needs to use the built action with a local Stream, and a local GitHub if there is one. */
export function examplesWith(stream: LocalStream, { github, with: more }: Services = {}) {
  return {
    actions: {
      'OWNER/stream-downloads': (inputs, options) =>
        runAction({
          ...options,
          inputs: { ...inputs, 'api-url': stream.apiUrl, ...more },
          // A run that hangs must fail its test rather than outlive it.
          onStart: (child) => void setTimeout(() => child.kill('SIGKILL'), hangingMs).unref(),
          ...(github && { gitHubToken: github.token }),
        }),
    },
    github: github
      ? { api_url: github.apiUrl, repository: `${github.owner}/${github.repo}`, token: github.token }
      : {},
    secrets: { CLOUDFLARE_API_TOKEN: stream.token },
    vars: { CLOUDFLARE_ACCOUNT_ID: stream.accountId },
  } satisfies WorkflowOptions;
}

interface ExampleOptions extends Services, Omit<WorkflowOptions, 'actions' | 'github'> {
  readonly stream: LocalStream;
  /** Fields of the context `github`: the event. */
  readonly event?: Readonly<Record<string, unknown>>;
  /** What a checkout of the repository puts into the workspace. */
  readonly repository?: WorkspaceFiles;
}

/** The run of an example that has ended. */
export interface ExampleRun extends WorkflowRun {
  /** The steps of all jobs. */
  readonly steps: readonly StepRun[];
  /** The artifacts that it would have made. */
  readonly artifacts: readonly SkippedArtifact[];
  /** The logs of all jobs, as a runner shows them: with the `env:` and the `with:` of each step. */
  readonly shown: string;
  /** The step with an ID, of the first job that has one. */
  step(id: string): StepRun;
}

/**
 * Runs an example: its scripts, and the built action in the steps that use it. Steps of other actions are skipped.
 *
 * @param name that of its file, without `.yml`
 */
export async function runExample(
  name: string,
  { event, github, repository = {}, secrets, stream, vars, with: more, ...options }: ExampleOptions,
): Promise<ExampleRun> {
  const services = examplesWith(stream, { github, with: more });
  const others = otherActions(repository);
  const run = await runWorkflow(await readExample(`${name}.yml`), {
    ...options,
    actions: { ...services.actions, ...others.actions },
    github: { ...services.github, ...event },
    secrets: { ...services.secrets, ...secrets },
    vars: { ...services.vars, ...vars },
  });
  const steps = run.jobs.flatMap((job) => job.steps);
  return {
    ...run,
    steps,
    artifacts: others.artifacts,
    shown: steps
      .flatMap(({ env, inputs = {}, log }) => [...Object.values({ ...env, ...inputs }), ...log])
      .join('\n'),
    step: (id) => {
      const found = steps.find((step) => step.id === id);
      if (!found) throw new Error(`${name} has no step ${id}`);
      return found;
    },
  };
}
