import * as core from '@actions/core';
import { Secrets } from './secrets.ts';

/** GitHub's runner, as far as the action knows it. Every text goes out with the secrets cut. */
export interface Runner {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The value of an input without the space around it; empty where it is not set. */
  input(name: string): string;
  /** Keeps a value out of every text from here on, by the runner's masking as well. */
  mask(secret: string): void;
  /** The text with the secrets cut. */
  cut(text: string): string;
  info(line: string): void;
  /** Told with debug logging alone. */
  debug(line: string): void;
  warning(message: string, title: string): void;
  error(message: string, title: string): void;
  startGroup(title: string): void;
  endGroup(): void;
  /** Sets an output; anything but a string is written as JSON. */
  output(name: string, value: unknown): void;
}

/** The part of `@actions/core` that a runner is reached through. */
export type Toolkit = Pick<
  typeof core,
  | 'getInput'
  | 'setSecret'
  | 'info'
  | 'isDebug'
  | 'debug'
  | 'warning'
  | 'error'
  | 'startGroup'
  | 'endGroup'
  | 'setOutput'
>;

/** The runner that started this process. */
export function actionsRunner(env: Runner['env'] = process.env, toolkit: Toolkit = core): Runner {
  const secrets = new Secrets();
  const cutIn = (_key: string, value: unknown) => (typeof value === 'string' ? secrets.cut(value) : value);

  return {
    env,
    input: (name) => toolkit.getInput(name),
    mask(secret) {
      if (secret.trim() === '') return;
      secrets.add(secret);
      toolkit.setSecret(secret);
    },
    cut: secrets.cut,
    info: (line) => toolkit.info(harmless(secrets.cut(line))),
    debug(line) {
      if (toolkit.isDebug()) toolkit.debug(secrets.cut(line));
    },
    warning: (message, title) => toolkit.warning(secrets.cut(message), { title }),
    error: (message, title) => toolkit.error(secrets.cut(message), { title }),
    startGroup: (title) => toolkit.startGroup(secrets.cut(title)),
    endGroup: () => toolkit.endGroup(),
    output: (name, value) =>
      toolkit.setOutput(name, typeof value === 'string' ? secrets.cut(value) : JSON.stringify(value, cutIn)),
  };
}

/** The runner reads `::name::` at the start of a line and `##[name]` anywhere as commands; a log line is none. */
function harmless(line: string): string {
  return line.replaceAll('##[', '## [').replace(/^(\s*)::/gm, '$1: :');
}
