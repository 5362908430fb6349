import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseCommandFile } from './command-file.ts';

/** Where a step runs, and who observes it. */
export interface StepOptions {
  /** Environment variables, as under `env:` in a workflow. */
  readonly env?: Readonly<Record<string, string>>;
  /** The folder of the workspace. Defaults to a temporary folder, which is removed afterwards. */
  readonly workspace?: string;
  /** The folder of RUNNER_TEMP, which the steps of a job share. Defaults to a folder that is removed afterwards. */
  readonly temp?: string;
  /** Called with each line of the log as it is written. */
  readonly onLine?: (line: string) => void;
  /** Called with the process once it has started, for example to send it signals. */
  readonly onStart?: (process: ChildProcess) => void;
}

/** The result of a finished step. */
export interface StepResult {
  /** Null if a signal ended the process. */
  readonly exitCode: number | null;
  readonly outputs: Readonly<Record<string, string>>;
  /** The variables that the step sets for the steps after it. */
  readonly variables: Readonly<Record<string, string>>;
  /** The job summary, in Markdown; empty if the step wrote none. */
  readonly summary: string;
  /** The lines written to standard output and standard error. */
  readonly log: readonly string[];
}

/**
 * Runs the process of a step as GitHub's runner does: nothing but `PATH` is inherited from this process, outputs and
 * variables are written to files, and the working directory is the workspace.
 *
 * @param command the program and its arguments
 * @param variables further variables; those of the options have precedence
 * @throws the system error when the program cannot be started
 * @see https://docs.github.com/actions/reference/workflows-and-actions/variables
 */
export async function runStepProcess(
  [program, ...args]: readonly [string, ...string[]],
  variables: Readonly<Record<string, string>>,
  { env, onLine, onStart, ...folders }: StepOptions,
): Promise<StepResult> {
  const folder = mkdtempSync(join(tmpdir(), 'local-runner-'));
  const { workspace = folder, temp = join(folder, 'temp') } = folders;
  const file = (name: string) => {
    const path = join(folder, name);
    writeFileSync(path, '');
    return path;
  };
  const outputFile = file('output');
  const variablesFile = file('env');
  const summaryFile = file('summary');
  mkdirSync(temp, { recursive: true });

  try {
    const child = spawn(program, args, {
      cwd: workspace,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        CI: 'true',
        GITHUB_ACTIONS: 'true',
        GITHUB_OUTPUT: outputFile,
        GITHUB_STATE: file('state'),
        GITHUB_ENV: variablesFile,
        GITHUB_STEP_SUMMARY: summaryFile,
        GITHUB_WORKSPACE: workspace,
        RUNNER_TEMP: temp,
        RUNNER_OS: 'Linux',
        ...variables,
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
    return {
      exitCode,
      outputs: parseCommandFile(readFileSync(outputFile, 'utf8')),
      variables: parseCommandFile(readFileSync(variablesFile, 'utf8')),
      summary: readFileSync(summaryFile, 'utf8'),
      log,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
