import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const docs = join(import.meta.dirname, '../../docs');
const links = Array.from(
  readFileSync(join(docs, 'robustness.md'), 'utf8').matchAll(/\]\(([^)]+)\)/g),
  ([, path = '']) => join(docs, path),
);

test('docs/robustness.md names every other test in this folder', () => {
  const tests = readdirSync(import.meta.dirname).filter((name) => name !== 'document.test.ts');
  expect(tests.filter((name) => !links.includes(join(import.meta.dirname, name)))).toEqual([]);
});
