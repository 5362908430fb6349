import type { Clock } from '../../src/core/clock.ts';
import type { Receive } from '../../src/http/receive.ts';
import { run } from '../../src/run.ts';
import { type RecordedCommand, recordingRunner } from './recording-runner.ts';

interface StepOptions {
  /** The step's `with:`. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
  readonly receive: Receive;
  readonly interrupt?: AbortSignal | undefined;
}

/** The result of a step. */
export interface Step {
  readonly exitCode: number;
  readonly outputs: Readonly<Record<string, string>>;
  /** Lines of the log, group titles among them. */
  readonly log: readonly string[];
  readonly debug: readonly string[];
  readonly warnings: readonly string[];
  /** The titles of `warnings`, in the same order. */
  readonly warningTitles: readonly string[];
  readonly errors: readonly { readonly title: string; readonly message: string }[];
  /** The values that the runner was asked to mask. */
  readonly masked: readonly string[];
}

/** Runs a step in this process, with a runner that records every command. */
export async function runStep({
  inputs,
  env,
  clock,
  fetch,
  receive,
  interrupt = new AbortController().signal,
}: StepOptions): Promise<Step> {
  const { commands, runner, texts } = recordingRunner(inputs, env);
  const exitCode = await run({ runner, clock, random: () => 0.5, fetch, receive, cancelled: interrupt });
  const of = (...kinds: RecordedCommand['command'][]) =>
    commands.filter(({ command }) => kinds.includes(command));
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

/** Everything that a step wrote for people, as one text. */
export function textOf({ debug, errors, log, warnings, warningTitles }: Step): string {
  const annotations = errors.flatMap(({ message, title }) => [title, message]);
  return [...log, ...debug, ...warningTitles, ...warnings, ...annotations].join('\n');
}
