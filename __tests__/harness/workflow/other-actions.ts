import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunAction } from './run-job.ts';

/** Files by their paths in the workspace. */
export type WorkspaceFiles = Readonly<Record<string, Uint8Array>>;

/** A step of an action of others that would have made an artifact. */
export interface SkippedArtifact {
  readonly name: string;
  /** The files of its `path:`. */
  readonly files: WorkspaceFiles;
}

/** The actions of others that examples use. They are not run. */
export interface OtherActions {
  readonly actions: Readonly<Record<string, RunAction>>;
  /** In the order of the steps. */
  readonly artifacts: readonly SkippedArtifact[];
}

/** @param repository what the workspace has after a checkout */
export function otherActions(repository: WorkspaceFiles): OtherActions {
  const artifacts: SkippedArtifact[] = [];
  const skip =
    (instead: (workspace: string, inputs: Readonly<Record<string, string>>) => void): RunAction =>
    async (inputs, { workspace = '' }) => {
      instead(workspace, inputs);
      return { exitCode: 0, outputs: {}, log: [] };
    };
  return {
    artifacts,
    actions: {
      'actions/checkout': skip((workspace) => {
        mkdirSync(join(workspace, '.git'));
        for (const [path, bytes] of Object.entries(repository)) {
          mkdirSync(dirname(join(workspace, path)), { recursive: true });
          writeFileSync(join(workspace, path), bytes);
        }
      }),
      'actions/upload-artifact': skip((workspace, { name = 'artifact', path = '' }) => {
        if (artifacts.some((artifact) => artifact.name === name)) throw new Error(`${name} exists already`);
        const paths = path.split('\n').flatMap((line) => line.trim() || []);
        artifacts.push({ name, files: Object.assign({}, ...paths.map((one) => readFiles(workspace, one))) });
      }),
    },
  };
}

/** @throws the system error when there is no such file or folder */
function readFiles(workspace: string, path: string): WorkspaceFiles {
  const absolute = join(workspace, path);
  if (!statSync(absolute).isDirectory()) return { [path]: readFileSync(absolute) };
  return Object.fromEntries(
    readdirSync(absolute).map((name) => [join(path, name), readFileSync(join(absolute, name))]),
  );
}
