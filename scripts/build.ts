import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { rollup } from 'rollup';

/**
 * Builds `dist` from `src`: `tsc` checks and emits, `ncc` bundles it with its dependencies and their licences, and
 * `rollup` removes code that no run can reach, since all of it would be read at every start. What few runs need is
 * built as separate chunks.
 */

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const bundled = join(root, 'build', 'bundled');

/** The chunks that are loaded only when needed: file name and module. */
const onDemand = new Map([
  ['undici', 'undici'],
  ['transliterate', '@sindresorhus/transliterate'],
  ['octokit', './octokit.js'],
]);

function run(script: string, args: readonly string[], cwd: string): void {
  const path = join(root, 'node_modules', ...script.split('/'));
  const { status } = spawnSync(process.execPath, [path, ...args], { cwd, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Bundles a file and everything that it uses into `index.js`. */
function bundle(entry: string, out: string, ...options: readonly string[]): void {
  run(
    '@vercel/ncc/dist/ncc/cli.js',
    ['build', entry, '--out', out, '--no-cache', '--quiet', ...options],
    // ncc reads aliases from the tsconfig.json in its working directory.
    join(root, 'scripts', 'bundle'),
  );
}

/** No character in dist may look like another one, and Node reads ASCII faster. */
function toAscii(code: string): string {
  return code.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

for (const folder of ['build', 'dist']) rmSync(join(root, folder), { recursive: true, force: true });
run('typescript/bin/tsc', ['-p', 'tsconfig.build.json'], root);
bundle(join(root, 'build', 'index.js'), dist, '--license', 'licenses.txt');
const places = new Map<string, string>();
for (const [name, library] of onDemand) {
  const folder = join(bundled, name);
  bundle(join(root, 'scripts', 'bundle', 'on-demand', `${name}.js`), folder, '--license', 'licenses.txt');
  appendFileSync(join(dist, 'licenses.txt'), `\n\n${readFileSync(join(folder, 'licenses.txt'), 'utf8')}`);
  places.set(library, join(folder, 'index.js'));
}

const split = await rollup({
  input: join(dist, 'index.js'),
  external: (id) => /^[a-z]/.test(id) && !places.has(id),
  plugins: [{ name: 'on-demand', resolveId: (id) => places.get(id) ?? null }],
});
await split.write({
  dir: dist,
  entryFileNames: '[name].js',
  chunkFileNames: ({ facadeModuleId }) => `${basename(dirname(facadeModuleId ?? ''))}.js`,
  plugins: [{ name: 'ascii', renderChunk: toAscii }],
});
await split.close();
