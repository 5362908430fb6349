import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { rollup } from 'rollup';

/**
 * Builds `dist` from `src`: `tsc` checks and emits, `ncc` makes one file of it and what it uses, with the licences of
 * what is inside, and `rollup` leaves out what no run can reach, since all of it would be read at every start.
 */

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const main = join(dist, 'index.js');

function run(script: string, args: readonly string[], cwd: string): void {
  const path = join(root, 'node_modules', ...script.split('/'));
  const { status } = spawnSync(process.execPath, [path, ...args], { cwd, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Nothing in dist may look like what it is not; and Node reads ASCII faster. */
function toAscii(code: string): string {
  return code.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

for (const folder of ['build', 'dist']) rmSync(join(root, folder), { recursive: true, force: true });
run('typescript/bin/tsc', ['-p', 'tsconfig.build.json'], root);
run(
  '@vercel/ncc/dist/ncc/cli.js',
  [
    'build',
    join(root, 'build', 'index.js'),
    '--out',
    dist,
    '--license',
    'licenses.txt',
    '--no-cache',
    '--quiet',
  ],
  // ncc takes its aliases from the tsconfig.json of the folder that it is started in.
  join(root, 'scripts', 'bundle'),
);
const bundle = await rollup({ input: main, external: /^[a-z]/ });
await bundle.write({ file: main, plugins: [{ name: 'ascii', renderChunk: toAscii }] });
await bundle.close();
