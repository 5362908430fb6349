import { resolve } from 'node:path';
import { count } from '../core/text.ts';
import type { InputSource, ReportProblem } from './input-names.ts';

/** The folders that files may be saved in, as absolute paths. */
export interface Folders {
  /** GITHUB_WORKSPACE, which relative paths start from. Defaults to the working directory. */
  readonly workspace: string;
  /** RUNNER_TEMP. */
  readonly temp: string | undefined;
}

/** The longest path of Linux, in characters. */
const maxPathLength = 4096;

/** Reads the folders of the runner. Where one cannot be used, a problem is reported and the root is in its place. */
export function readFolders(env: InputSource['env'], report: ReportProblem): Folders {
  const absolute = (variable: string, path: string): string => {
    const problem = `the environment variable ${variable}`;
    const fix = 'set it to the absolute path of a folder, as the runner does';
    if (path.length > maxPathLength) {
      report(`${problem} has ${count(path.length, 'character')}, more than any path: ${fix}`);
      return resolve('/');
    }
    try {
      return resolve(path);
    } catch {
      // A relative path starts from the working directory, which another program can remove.
      report(`${problem} is not an absolute path, and the working directory does not exist: ${fix}`);
      return resolve('/');
    }
  };
  const temp = env['RUNNER_TEMP'];
  return {
    workspace: absolute('GITHUB_WORKSPACE', env['GITHUB_WORKSPACE'] || '.'),
    temp: temp ? absolute('RUNNER_TEMP', temp) : undefined,
  };
}
