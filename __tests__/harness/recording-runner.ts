import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { actionsRunner, type Runner, type Toolkit } from '../../src/runner/runner.ts';

/** One thing that the runner was told, as it left the action. */
export interface Told {
  readonly command: 'mask' | 'info' | 'debug' | 'warning' | 'error' | 'group' | 'endgroup' | 'output';
  readonly text: string;
  /** The title of an annotation, the name of an output. */
  readonly name?: string;
}

export interface RecordingRunner {
  readonly runner: Runner;
  /** In the order told. */
  readonly told: readonly Told[];
  /** The texts of one command, in the order told. */
  texts(command: Told['command']): string[];
}

/**
 * The action's runner over a toolkit that keeps what it is told, with what a workflow has under `with:` and `env:`.
 * Debug logging is on, so that what it would show is held to the rules, unless `RUNNER_DEBUG` is 0.
 */
export function recordingRunner(
  inputs: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): RecordingRunner {
  const told: Told[] = [];
  const variables: Record<string, string> = { RUNNER_TEMP: temporaryFolder(), ...env };
  for (const [name, value] of Object.entries(inputs)) variables[inputVariable(name)] = value;
  const keep = (command: Told['command']) => (text: string) => void told.push({ command, text });
  const annotate =
    (command: Told['command']): Toolkit['error'] =>
    (message, { title = '' } = {}) =>
      void told.push({ command, text: String(message), name: title });
  const toolkit: Toolkit = {
    getInput: (name) => (variables[inputVariable(name)] ?? '').trim(),
    isDebug: () => variables['RUNNER_DEBUG'] !== '0',
    setSecret: keep('mask'),
    info: keep('info'),
    debug: keep('debug'),
    warning: annotate('warning'),
    error: annotate('error'),
    startGroup: keep('group'),
    endGroup: () => void told.push({ command: 'endgroup', text: '' }),
    setOutput: (name, value) => void told.push({ command: 'output', text: String(value), name }),
  };
  return {
    runner: actionsRunner(variables, toolkit),
    told,
    texts: (command) => told.filter((one) => one.command === command).map(({ text }) => text),
  };
}

let folder: string | undefined;

/** One for all runners of a test file. */
function temporaryFolder(): string {
  folder ??= mkdtempSync(join(tmpdir(), 'runner-temp-'));
  return folder;
}

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

function inputVariable(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;
}
