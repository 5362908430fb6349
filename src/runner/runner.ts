import { randomUUID } from 'node:crypto';
import { closeSync, constants, openSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import {
  debug,
  endGroup,
  error,
  getInput,
  info,
  isDebug,
  setOutput,
  setSecret,
  startGroup,
  warning,
} from '@actions/core';
import { Redaction } from './redaction.ts';

/** GitHub's runner, as far as the action uses it. All text for people is redacted here; facts are never altered. */
export interface Runner {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The value of an input without the white space around it; empty where it is not set. */
  input(name: string): string;
  /** Redacts a value in all text from now on, and has the runner mask it too. */
  mask(secret: string): void;
  /** Shortens the token of a signed URL in all text from now on. */
  shortenToken(token: string): void;
  /** Whether a fact contains a secret that somebody put there: a fact is never redacted. */
  exposes(fact: string): boolean;
  /** Text for people: without secrets, and with nothing that the runner would execute as a command. */
  redact(text: string): string;
  info(line: string): void;
  /** Shown with debug logging only. */
  debug(line: string): void;
  warning(message: string, title: string): void;
  error(message: string, title: string): void;
  startGroup(title: string): void;
  endGroup(): void;
  /** @throws an error if the runner provides no file for outputs */
  requireOutputs(): void;
  /**
   * Sets an output, exactly as it is; anything but a string is written as JSON.
   *
   * @throws an error if the runner provides no file for outputs, or the system's error
   */
  output(name: string, value: unknown): void;
  /** Whether there is a job summary to write to: some GitHub Enterprise Servers have none. */
  readonly hasSummary: boolean;
  /**
   * Adds Markdown to the job summary.
   *
   * @throws the system's error
   */
  summary(markdown: string): void;
  /**
   * Writes the results file for later steps: JSON with one record per line, exactly as they are.
   *
   * @returns its absolute path
   * @throws the system's error
   */
  resultsFile(records: Iterable<object>): string;
}

/** The part of `@actions/core` that is used. */
const actionsToolkit = {
  getInput,
  setSecret,
  info,
  isDebug,
  debug,
  warning,
  error,
  startGroup,
  endGroup,
  setOutput,
};

export type Toolkit = typeof actionsToolkit;

/** Appends, and does not wait for a reader if the file is a pipe. Windows has no such flag. */
const summaryFlags =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0);

/** The runner that started this process. */
export function actionsRunner(env: Runner['env'] = process.env, toolkit: Toolkit = actionsToolkit): Runner {
  const redaction = new Redaction();
  const redact = (text: string) => withoutCommands(redaction.redact(text));
  const requireOutputs = () => {
    // `@actions/core` would print the outputs, and with them signed URLs, to the log instead.
    if (!env['GITHUB_OUTPUT']?.trim()) throw new Error('the environment variable GITHUB_OUTPUT is empty');
  };

  const summaryPath = env['GITHUB_STEP_SUMMARY']?.trim() ?? '';

  return {
    env,
    input: (name) => toolkit.getInput(name),
    mask(secret) {
      if (secret.trim() === '') return;
      redaction.add(secret);
      toolkit.setSecret(secret);
    },
    shortenToken: (token) => redaction.addToken(token),
    exposes: (fact) => redaction.exposes(fact),
    redact,
    info: (line) => toolkit.info(redact(line)),
    debug(line) {
      if (toolkit.isDebug()) toolkit.debug(redact(line));
    },
    warning: (message, title) => toolkit.warning(redact(message), { title }),
    error: (message, title) => toolkit.error(redact(message), { title }),
    startGroup: (title) => toolkit.startGroup(redact(title)),
    endGroup: () => toolkit.endGroup(),
    requireOutputs,
    hasSummary: summaryPath !== '',
    summary(markdown) {
      const file = openSync(summaryPath, summaryFlags);
      try {
        writeFileSync(file, markdown);
      } finally {
        closeSync(file);
      }
    },
    resultsFile(records) {
      const path = resolve(env['RUNNER_TEMP'] || tmpdir(), `stream-downloads-${randomUUID()}.json`);
      writeResults(path, records);
      return path;
    },
    output(name, value) {
      requireOutputs();
      toolkit.setOutput(name, typeof value === 'string' ? value : JSON.stringify(value));
    },
  };
}

/** How much is written at once, in UTF-16 units. */
const writtenLength = 65_536;

function writeResults(path: string, records: Iterable<object>): void {
  // It may contain signed URLs, which other users of this machine must not read.
  const file = openSync(path, 'wx', 0o600);
  try {
    let text = '{"version": 1, "downloads": [';
    let separator = '\n';
    for (const record of records) {
      text += separator + JSON.stringify(record);
      separator = ',\n';
      if (text.length < writtenLength) continue;
      writeFileSync(file, text);
      text = '';
    }
    writeFileSync(file, `${text}\n]}\n`);
  } finally {
    closeSync(file);
  }
}

/**
 * Keeps text from being a command: `::name::` at the start of a line, `##[name]` anywhere. The runner also trims U+0085
 * there, which is no white space in JavaScript.
 */
function withoutCommands(text: string): string {
  return text.replaceAll('##[', '## [').replace(/^([\s\u0085]*)::/gm, '$1: :');
}
