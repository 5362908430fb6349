import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

/** Builds `dist` from `src`: `tsc` checks and emits, `ncc` makes one file of it, with the licences of what is inside. */

const root = join(import.meta.dirname, '..');
const bin = (name: string) => join(root, 'node_modules', ...name.split('/'));

function node(script: string, args: readonly string[], cwd: string): void {
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

rmSync(join(root, 'build'), { recursive: true, force: true });
rmSync(join(root, 'dist'), { recursive: true, force: true });
node(bin('typescript/bin/tsc'), ['-p', 'tsconfig.build.json'], root);
// ncc takes its aliases from the tsconfig.json of the folder that it is started in.
node(
  bin('@vercel/ncc/dist/ncc/cli.js'),
  [
    'build',
    join(root, 'build', 'index.js'),
    '--out',
    join(root, 'dist'),
    '--license',
    'licenses.txt',
    '--no-cache',
  ],
  join(root, 'scripts', 'bundle'),
);
