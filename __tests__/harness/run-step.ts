import type { Clock } from '../../src/core/clock.ts';
import { run } from '../../src/run.ts';
import { recordingRunner, type Told } from './recording-runner.ts';

export interface StepOptions {
  /** What a workflow would write under `with:`. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
  readonly interrupt?: AbortSignal;
  readonly terminal?: NodeJS.WriteStream;
}

export interface Step {
  readonly exitCode: number;
  readonly outputs: Readonly<Record<string, string>>;
  /** Lines of the log, group titles among them. */
  readonly log: readonly string[];
  readonly debug: readonly string[];
  readonly warnings: readonly string[];
  /** Of the annotations that the warnings are, in the same order. */
  readonly warningTitles: readonly string[];
  readonly errors: readonly { readonly title: string; readonly message: string }[];
  /** What the runner was told to mask. */
  readonly masked: readonly string[];
}

/** Runs the step inside this process, with a runner that keeps all that it is told. */
export async function runStep({
  inputs,
  env,
  clock,
  fetch,
  interrupt,
  terminal,
}: StepOptions): Promise<Step> {
  const { runner, texts, told } = recordingRunner(inputs, env);
  const exitCode = await run({
    runner,
    clock,
    random: () => 0.5,
    fetch,
    interrupt: interrupt ?? new AbortController().signal,
    terminal,
  });
  const of = (...commands: Told['command'][]) => told.filter(({ command }) => commands.includes(command));
  return {
    exitCode,
    outputs: Object.fromEntries(of('output').map(({ name = '', text }) => [name, text])),
    log: of('info', 'group').map(({ text }) => text),
    debug: texts('debug'),
    warnings: texts('warning'),
    warningTitles: of('warning').map(({ name = '' }) => name),
    errors: of('error').map(({ name: title = '', text: message }) => ({ title, message })),
    masked: texts('mask'),
  };
}
