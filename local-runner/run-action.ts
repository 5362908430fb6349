import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readMetadata } from './metadata.ts';

/** The project's own action. */
export const actionFolder = join(import.meta.dirname, '..');

export interface ActionRun {
  /** What a workflow would write under `with:`. */
  readonly inputs: Readonly<Record<string, string>>;
  /** What a workflow would write under `env:`. */
  readonly env?: Readonly<Record<string, string>>;
  /** The folder that is the workspace; one that is gone afterwards by default. */
  readonly workspace?: string;
  /** What the job's own token would be; empty by default. */
  readonly gitHubToken?: string;
  /** Takes the log as it is written, line by line. */
  readonly onLine?: (line: string) => void;
  /** Takes the process as soon as it runs, to send it signals. */
  readonly onStart?: (process: ChildProcess) => void;
}

export interface ActionResult {
  /** Null where a signal ended the process. */
  readonly exitCode: number | null;
  readonly outputs: Readonly<Record<string, string>>;
  /** Everything written to the standard output and error, in lines. */
  readonly log: readonly string[];
}

/**
 * Starts the action's built file the way GitHub's runner does: the inputs and their defaults from `action.yml` as
 * variables, nothing of this process's environment but the path, files for the outputs, the workspace as the
 * working folder.
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
  // The one expression that an input defaults to is the job's own token.
  const evaluated = (value: string) => value.replace('${{ github.token }}', gitHubToken);
  const defaults = Object.entries(declared).map(([name, { default: value }]) => [
    name,
    evaluated(value ?? ''),
  ]);
  const given = Object.entries({ ...Object.fromEntries(defaults), ...inputs });
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
        ...Object.fromEntries(given.map(([name, value]) => [inputVariable(name), value])),
        ...env,
      },
    });
    onStart?.(child);
    const log: string[] = [];
    const take = (line: string) => {
      log.push(line);
      onLine?.(line);
    };
    const ended = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', take);
    const exitCode = await ended;
    return { exitCode, outputs: parseOutputs(readFileSync(outputFile, 'utf8')), log };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function inputVariable(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;
}

/** The file that `GITHUB_OUTPUT` names holds `name<<DELIMITER`, the value's lines, `DELIMITER`. */
function parseOutputs(text: string): Record<string, string> {
  const entries = text.matchAll(
    /^(?<name>[^\n]+?)<<(?<delimiter>[^\n]+)\n(?:(?<value>[\s\S]*?)\n)?\k<delimiter>$/gm,
  );
  return Object.fromEntries(
    [...entries].map(({ groups }) => [groups?.['name'] ?? '', groups?.['value'] ?? '']),
  );
}
