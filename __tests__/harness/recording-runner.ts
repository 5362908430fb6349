import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { actionsRunner, type Runner, type Toolkit } from '../../src/runner/runner.ts';

/** A command that the action sent to the runner, as it left the action. */
export interface RecordedCommand {
  readonly command: 'mask' | 'info' | 'debug' | 'warning' | 'error' | 'group' | 'endgroup' | 'output';
  readonly text: string;
  /** The title of an annotation, the name of an output. */
  readonly name?: string;
}

interface RecordingRunner {
  readonly runner: Runner;
  /** In the order sent. */
  readonly commands: readonly RecordedCommand[];
  /** The texts of one kind of command, in the order sent. */
  texts(command: RecordedCommand['command']): string[];
}

/**
 * The action's runner over a toolkit that records commands, with a step's `with:` and `env:`. Debug logging is on, so
 * that the tests check debug lines as well, unless `RUNNER_DEBUG` is 0.
 */
export function recordingRunner(
  inputs: Readonly<Record<string, string>> = {},
  env: Runner['env'] = {},
): RecordingRunner {
  const commands: RecordedCommand[] = [];
  const variables: Record<string, string | undefined> = {
    GITHUB_OUTPUT: 'recorded',
    RUNNER_TEMP: temporaryFolder(),
    ...env,
  };
  for (const [name, value] of Object.entries(inputs)) variables[inputVariable(name)] = value;
  const record = (command: RecordedCommand['command']) => (text: string) =>
    void commands.push({ command, text });
  const annotate =
    (command: RecordedCommand['command']): Toolkit['error'] =>
    (message, { title = '' } = {}) =>
      void commands.push({ command, text: String(message), name: title });
  const toolkit: Toolkit = {
    getInput: (name) => (variables[inputVariable(name)] ?? '').trim(),
    isDebug: () => variables['RUNNER_DEBUG'] !== '0',
    setSecret: record('mask'),
    info: record('info'),
    debug: record('debug'),
    warning: annotate('warning'),
    error: annotate('error'),
    startGroup: record('group'),
    endGroup: () => void commands.push({ command: 'endgroup', text: '' }),
    setOutput: (name, value) => void commands.push({ command: 'output', text: String(value), name }),
  };
  return {
    runner: actionsRunner(variables, toolkit),
    commands,
    texts: (command) => commands.filter((one) => one.command === command).map(({ text }) => text),
  };
}

let folder: string | undefined;

/** One folder for all runners of a test file. */
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
