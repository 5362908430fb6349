import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { minify } from '@swc/core';
import { type OutputChunk, type PreRenderedChunk, rollup } from 'rollup';
import { licensesOf } from './licenses.ts';

/**
 * Builds `dist` from `src`: `tsc` checks and emits, and `rollup` bundles it with its dependencies, without the code that
 * no run can reach, since all of it would be read at every start. What is imported dynamically becomes a chunk. `ncc`
 * turns undici, which consists of CommonJS modules, into an ES module before.
 */

const root = join(import.meta.dirname, '..');
const build = join(root, 'build');
const dist = join(root, 'dist');
const packages = join(root, 'node_modules');
const bundle = join(root, 'scripts', 'bundle');
const undici = join(build, 'undici', 'index.js');
const biome = join(packages, '@biomejs', 'biome', 'bin', 'biome');

/** The modules that replace packages, or parts of them, which this action does not need. */
const replacements = new Map([
  ['@actions/exec', join(bundle, 'exec.js')],
  ['@actions/http-client', join(bundle, 'http-client.js')],
  ['@actions/http-client/lib/auth', join(bundle, 'http-client.js')],
  // Otherwise, Node's conditions select the file that imports tslib's CommonJS module.
  ['tslib', join(packages, 'tslib', 'tslib.es6.mjs')],
]);

function run(script: string, ...args: readonly string[]): void {
  const path = join(packages, ...script.split('/'));
  const { status } = spawnSync(process.execPath, [path, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** The file of an import, undefined for rollup's own resolution of relative paths. */
function resolveImport(id: string, importer = ''): string | { id: string; external: true } | undefined {
  if (!/^[@a-z]/.test(id)) return undefined;
  // `@actions/github` would create a fetch from it, which the action replaces.
  if (id === 'undici') return importer.startsWith(packages) ? join(bundle, 'fetch.js') : undici;
  const url = import.meta.resolve(id);
  return replacements.get(id) ?? (url.startsWith('node:') ? { id: url, external: true } : fileURLToPath(url));
}

/** The folder of the package that a bundled module is from; undefined for a module of this action. */
function packageOf(module: string): string | undefined {
  if (module === undici) return join(packages, 'undici');
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(module)?.[0];
}

/** Chunks are named after the module, or the package, that is imported dynamically, or that others share. */
function chunkName({ facadeModuleId, moduleIds }: PreRenderedChunk): string {
  const module = facadeModuleId ?? moduleIds.at(-1) ?? '';
  return `${basename(packageOf(module) ?? module, '.js')}.js`;
}

/** Code without comments, which `src` and the packages have, formatted so that it can be reviewed. */
async function printCode(code: string): Promise<string> {
  // No character in dist may look like another one, and Node reads ASCII faster.
  const format = { comments: false, asciiOnly: true } as const;
  const bare = await minify(code, { module: true, compress: false, mangle: false, format });
  const args = ['format', '--indent-style=tab', '--stdin-file-path=chunk.js'];
  const options = { cwd: root, input: bare.code, encoding: 'utf8' } as const;
  const { status, stderr, stdout } = spawnSync(process.execPath, [biome, ...args], options);
  if (status !== 0) throw new Error(`Biome could not format a chunk: ${stderr}`);
  return stdout;
}

for (const folder of [build, dist]) rmSync(folder, { recursive: true, force: true });
run('typescript/bin/tsc', '-p', 'tsconfig.build.json');
const options = ['--out', dirname(undici), '--no-cache', '--quiet'];
run('@vercel/ncc/dist/ncc/cli.js', 'build', join(bundle, 'undici.js'), ...options);

const bundled = await rollup({
  input: join(build, 'index.js'),
  plugins: [{ name: 'resolve', resolveId: resolveImport }],
  onLog(_level, { id, ids = [id], message }) {
    // What packages do, such as importing each other in a circle, is theirs.
    if (!ids.every((module) => module && packageOf(module))) throw new Error(message);
  },
});
const { output } = await bundled.write({
  dir: dist,
  chunkFileNames: chunkName,
  hoistTransitiveImports: false,
  minifyInternalExports: false,
  plugins: [{ name: 'print', renderChunk: printCode }],
});
await bundled.close();

const chunks = output.filter((file): file is OutputChunk => file.type === 'chunk');
const used = chunks.flatMap(({ modules }) =>
  Object.keys(modules).filter((module) => modules[module]?.renderedLength),
);
const folders = used.map(packageOf).filter((folder) => folder !== undefined);
writeFileSync(join(dist, 'licenses.txt'), licensesOf(folders));
writeFileSync(join(dist, 'package.json'), '{ "type": "module" }\n');
