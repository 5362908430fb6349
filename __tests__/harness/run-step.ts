import type { Clock } from '../../src/clock.ts';
import { run } from '../../src/run.ts';
import { actionsRunner } from '../../src/runner.ts';

export interface StepOptions {
  /** What a workflow would write under `with:`. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
  readonly interrupt?: AbortSignal;
}

export interface Step {
  readonly exitCode: number;
  readonly outputs: Readonly<Record<string, string>>;
  /** Lines of the log, group titles among them. */
  readonly log: readonly string[];
  readonly debug: readonly string[];
  readonly warnings: readonly string[];
  readonly errors: readonly { readonly title: string; readonly message: string }[];
  /** What the runner was told to mask. */
  readonly masked: readonly string[];
}

/** Runs the step inside this process, with a runner that keeps all that it is told. */
export async function runStep({
  inputs = {},
  env = {},
  clock,
  fetch,
  interrupt,
}: StepOptions): Promise<Step> {
  const outputs: Record<string, string> = {};
  const log: string[] = [];
  const debug: string[] = [];
  const warnings: string[] = [];
  const errors: { title: string; message: string }[] = [];
  const masked: string[] = [];
  const variable = (name: string) => `INPUT_${name.toUpperCase()}`;
  const variables: Record<string, string> = {
    ...env,
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [variable(name), value])),
  };
  const runner = actionsRunner(variables, {
    getInput: (name) => (variables[variable(name)] ?? '').trim(),
    setSecret: (secret) => masked.push(secret),
    info: (line) => log.push(line),
    debug: (line) => debug.push(line),
    warning: (message) => warnings.push(String(message)),
    error: (message, properties) => errors.push({ title: properties?.title ?? '', message: String(message) }),
    startGroup: (title) => log.push(title),
    endGroup: () => {},
    setOutput: (name, value) => {
      outputs[name] = String(value);
    },
  });
  const exitCode = await run({
    runner,
    clock,
    random: () => 0.5,
    fetch,
    interrupt: interrupt ?? new AbortController().signal,
  });
  return { exitCode, outputs, log, debug, warnings, errors, masked };
}
