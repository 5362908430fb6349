import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@actions/core';
import { Redaction } from './redaction.ts';

/** GitHub's runner, as far as the action uses it. All text for people is redacted here. */
export interface Runner {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The value of an input without the white space around it; empty where it is not set. */
  input(name: string): string;
  /** Redacts a value in all text from now on, and has the runner mask it too. */
  mask(secret: string): void;
  /** The text without secrets, for people. */
  redact(text: string): string;
  info(line: string): void;
  /** Shown with debug logging only. */
  debug(line: string): void;
  warning(message: string, title: string): void;
  error(message: string, title: string): void;
  startGroup(title: string): void;
  endGroup(): void;
  /** Sets an output; anything but a string is written as JSON. */
  output(name: string, value: unknown): void;
  /**
   * Writes a file of JSON for later steps.
   *
   * @returns its path
   * @throws the system's error
   */
  resultsFile(value: unknown): string;
}

/** The part of `@actions/core` that is used. */
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
  const redaction = new Redaction();
  const { redact, redactSecrets } = redaction;
  // A path must stay usable, even if a secret is a common word that it contains.
  const redactValue = (key: string, value: unknown) =>
    typeof value === 'string' && key !== 'file' ? redactSecrets(value) : value;

  return {
    env,
    input: (name) => toolkit.getInput(name),
    mask(secret) {
      if (secret.trim() === '') return;
      redaction.add(secret);
      toolkit.setSecret(secret);
    },
    redact,
    info: (line) => toolkit.info(withoutCommands(redact(line))),
    debug(line) {
      if (toolkit.isDebug()) toolkit.debug(redact(line));
    },
    warning: (message, title) => toolkit.warning(redact(message), { title }),
    error: (message, title) => toolkit.error(redact(message), { title }),
    startGroup: (title) => toolkit.startGroup(redact(title)),
    endGroup: () => toolkit.endGroup(),
    resultsFile(value) {
      const path = join(env['RUNNER_TEMP'] || tmpdir(), `stream-downloads-${randomUUID()}.json`);
      // It may contain signed URLs, which other users of this machine must not read.
      writeFileSync(path, `${JSON.stringify(value, redactValue, 2)}\n`, { mode: 0o600 });
      return path;
    },
    output: (name, value) =>
      toolkit.setOutput(
        name,
        typeof value === 'string' ? redactValue(name, value) : JSON.stringify(value, redactValue),
      ),
  };
}

/** Keeps a log line from being a command: `::name::` at the start of a line, `##[name]` anywhere. */
function withoutCommands(line: string): string {
  return line.replaceAll('##[', '## [').replace(/^(\s*)::/gm, '$1: :');
}
