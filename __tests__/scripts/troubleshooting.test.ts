import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { troubleshooting } from '../../scripts/troubleshooting.ts';
import { failures } from '../../src/core/failures/table.ts';
import { encodeErrors } from '../../src/stream/encode-errors.ts';

const document = readFileSync('docs/troubleshooting.md', 'utf8');

test('the document is up to date; if not, run `npm run docs`', () => {
  expect(document).toBe(troubleshooting());
});

test.each(Object.entries(failures))('the document has the advice for %s', (_, { advice, title }) => {
  expect(document).toContain(`## ${title}\n\n${advice}\n`);
});

test.each([...encodeErrors])('the document explains the code %s', (code, meaning) => {
  expect(document).toContain(`| \`${code}\` | ${meaning} |`);
});
