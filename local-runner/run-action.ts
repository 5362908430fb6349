import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readMetadata } from './metadata.ts';

/** The folder of this project's action. */
export const actionFolder = join(import.meta.dirname, '..');

/** A step that uses the action. */
export interface ActionRun {
  /** The inputs, as under `with:` in a workflow. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Environment variables, as under `env:` in a workflow. */
  readonly env?: Readonly<Record<string, string>>;
  /** The folder of the workspace. Defaults to a temporary folder, which is removed afterwards. */
  readonly workspace?: string;
  /** The value of `github.token`. Defaults to an empty string. */
  readonly gitHubToken?: string;
  /** Called with each line of the log as it is written. */
  readonly onLine?: (line: string) => void;
  /** Called with the process once it has started, for example to send it signals. */
  readonly onStart?: (process: ChildProcess) => void;
}

/** The result of a finished step. */
export interface ActionResult {
  /** Null if a signal ended the process. */
  readonly exitCode: number | null;
  readonly outputs: Readonly<Record<string, string>>;
  /** The lines written to standard output and standard error. */
  readonly log: readonly string[];
}

/**
 * Runs the built action as GitHub's runner does: the inputs and the defaults of `action.yml` are environment variables,
 * nothing but `PATH` is inherited from this process, outputs are written to files, and the working directory is the
 * workspace.
 *
 * @see https://docs.github.com/actions/reference/workflows-and-actions/variables
 */
export async function runAction({
  inputs,
  env,
  workspace,
  gitHubToken = '',
  onLine,
  onStart,
}: ActionRun): Promise<ActionResult> {
  const { inputs: declared, runs } = readMetadata(join(actionFolder, 'action.yml'));
  // `github.token` is the only expression that the default of an input contains.
  const evaluated = (value: string) => value.replace('${{ github.token }}', gitHubToken);
  const defaults = Object.entries(declared).map(([name, { default: value }]) => [
    name,
    evaluated(value ?? ''),
  ]);
  const values = Object.entries({ ...Object.fromEntries(defaults), ...inputs });
  const folder = mkdtempSync(join(tmpdir(), 'local-runner-'));
  const file = (name: string) => {
    const path = join(folder, name);
    writeFileSync(path, '');
    return path;
  };
  const outputFile = file('output');
  const temp = join(folder, 'temp');
  mkdirSync(temp);

  try {
    const child = spawn(process.execPath, [join(actionFolder, runs.main)], {
      cwd: workspace ?? folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        CI: 'true',
        GITHUB_ACTIONS: 'true',
        GITHUB_OUTPUT: outputFile,
        GITHUB_STATE: file('state'),
        GITHUB_ENV: file('env'),
        GITHUB_STEP_SUMMARY: file('summary'),
        GITHUB_WORKSPACE: workspace ?? folder,
        RUNNER_TEMP: temp,
        RUNNER_OS: 'Linux',
        ...Object.fromEntries(values.map(([name, value]) => [inputVariable(name), value])),
        ...env,
      },
    });
    onStart?.(child);
    const log: string[] = [];
    const append = (line: string) => {
      log.push(line);
      onLine?.(line);
    };
    const ended = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', append);
    const exitCode = await ended;
    return { exitCode, outputs: parseOutputs(readFileSync(outputFile, 'utf8')), log };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function inputVariable(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;
}

/** Parses the file of `GITHUB_OUTPUT`: `name<<DELIMITER`, the lines of the value, `DELIMITER`. */
function parseOutputs(text: string): Record<string, string> {
  const entries = text.matchAll(
    /^(?<name>[^\n]+?)<<(?<delimiter>[^\n]+)\n(?:(?<value>[\s\S]*?)\n)?\k<delimiter>$/gm,
  );
  return Object.fromEntries(
    [...entries].map(({ groups }) => [groups?.['name'] ?? '', groups?.['value'] ?? '']),
  );
}
