import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const docs = join(import.meta.dirname, '../../docs');
const links = Array.from(
  readFileSync(join(docs, 'robustness.md'), 'utf8').matchAll(/\]\(([^)]+)\)/g),
  ([, path = '']) => join(docs, path),
);

test('every link of docs/robustness.md leads to a file', () => {
  expect(links.length).toBeGreaterThan(20);
  expect(links.filter((path) => !existsSync(path))).toEqual([]);
});

test('docs/robustness.md names every other test in this folder', () => {
  const tests = readdirSync(import.meta.dirname).filter((name) => name !== 'document.test.ts');
  expect(tests.filter((name) => !links.includes(join(import.meta.dirname, name)))).toEqual([]);
});
