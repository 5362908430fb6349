import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { troubleshooting } from '../../scripts/troubleshooting.ts';
import { encodeErrors, failures } from '../../src/core/failure.ts';

const text = readFileSync('docs/troubleshooting.md', 'utf8');

test('the document is what the code makes of its table: if not, run `npm run docs`', () => {
  expect(text).toBe(troubleshooting());
});

test.each(Object.entries(failures))('the document has the advice for %s', (_, { advice, title }) => {
  expect(text).toContain(`## ${title}\n\n${advice}\n`);
});

test.each([...encodeErrors])('the document explains %s', (code, meaning) => {
  expect(text).toContain(`| \`${code}\` | ${meaning} |`);
});
