import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const source = join(import.meta.dirname, '../src');

/** What each folder may import besides itself: folders, single files, or only the types of a folder. */
const rules: Readonly<Record<string, readonly string[]>> = {
  core: [],
  http: ['core'],
  wait: ['core'],
  select: ['core', 'stream/encode-errors.ts', 'stream/video-details.ts', 'type stream'],
  runner: ['core'],
  stream: ['core', 'http'],
  files: ['core', 'http'],
  release: ['core', 'http'],
  report: ['core', 'select', 'type inputs', 'type runner'],
  operations: ['core', 'http', 'stream', 'wait', 'type inputs'],
  deliver: ['core', 'http', 'stream', 'files', 'release'],
  inputs: [
    'core',
    // Templates are validated as inputs.
    'files/destination.ts',
    'deliver/filename.ts',
    // Loaded with saving.
    'files/saving.ts',
    // So are the results files that `resume-from` names.
    'select/resume.ts',
    ...['type stream', 'type files', 'type release', 'type deliver', 'type select'],
  ],
};

/** Packages that only one folder may import. */
const owners: Readonly<Record<string, string>> = {
  '@actions/core': 'runner',
  '@actions/github': 'release',
  '@sindresorhus/transliterate': 'core',
  ky: 'http',
  undici: 'http',
};

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(join(source, file), 'utf8') }));

/** Static imports and re-exports, dynamic imports, and types such as `typeof import('undici')`. */
const importPattern =
  /^(?:import|export)\s+(?<type>type\s)?(?:[^'"();]*?\sfrom\s+)?'(?<from>[^']+)'|(?<typeOf>typeof\s+)?\bimport\(\s*(?:\/\*.*?\*\/\s*)?'(?<lazily>[^']+)'/gm;

const imports = files.flatMap(({ file, text }) =>
  Array.from(text.matchAll(importPattern), ({ groups = {} }) => {
    const name = groups['from'] ?? groups['lazily'] ?? '';
    const isType = (groups['type'] ?? groups['typeOf']) !== undefined;
    const target = name.startsWith('.') ? new URL(name, `file:///${file}`).pathname.slice(1) : undefined;
    return { file, name, isType, target };
  }),
);

/** The folder of a file in `src`; empty for the files that wire everything together. */
function folderOf(file: string): string {
  return file.includes('/') ? file.replace(/\/.*/, '') : '';
}

test('each folder imports only what it may', () => {
  const forbidden = imports.filter(({ file, isType, target }) => {
    if (target === undefined || folderOf(file) === '' || folderOf(file) === folderOf(target)) return false;
    const allowed = rules[folderOf(file)] ?? [];
    const ways = [target, folderOf(target), ...(isType ? [`type ${folderOf(target)}`] : [])];
    return !ways.some((way) => allowed.includes(way));
  });
  expect(forbidden).toEqual([]);
});

test('some packages are imported by one folder only', () => {
  const owned = imports.filter(({ name }) => name in owners);
  expect(owned.filter(({ file, name }) => folderOf(file) !== owners[name])).toEqual([]);
  expect(new Set(owned.map(({ name }) => name))).toEqual(new Set(Object.keys(owners)));
});

test('every folder has its rule', () => {
  const folders = new Set(files.map(({ file }) => folderOf(file)).filter(Boolean));
  expect([...folders].toSorted()).toEqual(Object.keys(rules).toSorted());
});

test('every import is found', () => {
  const mentions = files.flatMap(({ text }) => text.match(/^import\b|^export .* from '|\bimport\(/gm) ?? []);
  expect(imports).toHaveLength(mentions.length);
});

test('no file has more than 250 lines', () => {
  expect(files.filter(({ text }) => text.split('\n').length > 251).map(({ file }) => file)).toEqual([]);
});
