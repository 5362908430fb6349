import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@actions/core';
import { cutTokens, Secrets } from './redaction.ts';

/** GitHub's runner, as far as the action knows it. Every text goes out with secrets and tokens of signed URLs cut. */
export interface Runner {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The value of an input without the space around it; empty where it is not set. */
  input(name: string): string;
  /** Keeps a value out of every text from here on, by the runner's masking as well. */
  mask(secret: string): void;
  /** The text as it may be shown. */
  cut(text: string): string;
  info(line: string): void;
  /** Told with debug logging alone. */
  debug(line: string): void;
  warning(message: string, title: string): void;
  error(message: string, title: string): void;
  startGroup(title: string): void;
  endGroup(): void;
  /**
   * Sets an output, secrets cut, but paths of files (`file`) and tokens of signed URLs whole; anything but a string is
   * written as JSON.
   */
  output(name: string, value: unknown): void;
  /**
   * Writes a file for later steps, as JSON, with what an output would hold.
   *
   * @returns its path
   * @throws the system's error
   */
  resultsFile(value: unknown): string;
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
  const cut = (text: string) => cutTokens(secrets.cut(text));
  // The path of a file must be true: a password may be a word that is found in many.
  const cutIn = (key: string, value: unknown) =>
    typeof value === 'string' && key !== 'file' ? secrets.cut(value) : value;

  return {
    env,
    input: (name) => toolkit.getInput(name),
    mask(secret) {
      if (secret.trim() === '') return;
      secrets.add(secret);
      toolkit.setSecret(secret);
    },
    cut,
    info: (line) => toolkit.info(harmless(cut(line))),
    debug(line) {
      if (toolkit.isDebug()) toolkit.debug(cut(line));
    },
    warning: (message, title) => toolkit.warning(cut(message), { title }),
    error: (message, title) => toolkit.error(cut(message), { title }),
    startGroup: (title) => toolkit.startGroup(cut(title)),
    endGroup: () => toolkit.endGroup(),
    resultsFile(value) {
      const path = join(env['RUNNER_TEMP'] || tmpdir(), `stream-downloads-${randomUUID()}.json`);
      // It may hold signed URLs, which are not for everybody on this machine.
      writeFileSync(path, `${JSON.stringify(value, cutIn, 2)}\n`, { mode: 0o600 });
      return path;
    },
    output: (name, value) =>
      toolkit.setOutput(name, typeof value === 'string' ? cutIn(name, value) : JSON.stringify(value, cutIn)),
  };
}

/** The runner reads `::name::` at the start of a line and `##[name]` anywhere as commands; a log line is none. */
function harmless(line: string): string {
  return line.replaceAll('##[', '## [').replace(/^(\s*)::/gm, '$1: :');
}
