import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeBody, excerpt } from '../../src/http/describe.ts';
import { Redaction } from '../../src/runner/redaction.ts';
import { leakedParts } from '../harness/leaked-parts.ts';

const secret = 'Zq7xW2vKp9LmT4sRb8YdHn3cJf6G';
const redaction = new Redaction();
redaction.add(secret);
const { redact } = redaction;

test('an excerpt is one line of at most 300 characters', () => {
  expect(excerpt('two\nlines', redact)).toBe('two lines');
  expect(excerpt('x'.repeat(301), redact)).toBe(`${'x'.repeat(299)}…`);
});

test('a text is redacted before it is truncated: no part of a secret stays, wherever it ends', () => {
  fc.assert(
    fc.property(fc.nat(60), fc.integer({ min: 1, max: 100 }), (before, maxLength) => {
      const text = `${' .'.repeat(before)}${secret}, and more`;
      expect(leakedParts(excerpt(text, redact, maxLength), secret)).toEqual([]);
    }),
  );
});

test.each([
  ['text/html; charset=utf-8', '<p>\nno</p>', 'text/html: “<p> no</p>”'],
  ['text/plain', ' \n', 'an empty body (text/plain)'],
  [undefined, 'no', 'no content type: “no”'],
  [undefined, '', 'an empty body (no content type)'],
])('a body is described with its type: %j, %j', (type, text, description) => {
  expect(describeBody(new Headers(type ? { 'content-type': type } : {}), text, redact)).toBe(description);
});

test('neither the type nor the text of a body contains a secret', () => {
  const description = describeBody(
    new Headers({ 'content-type': `a/${'b'.repeat(70)}${secret}` }),
    `${'c'.repeat(185)}${secret}`,
    redact,
  );
  expect(leakedParts(description, secret)).toEqual([]);
  expect(description.length).toBeLessThan(300);
});
