import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeBody, excerpt, rayIdIn } from '../../src/http/describe.ts';
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
  ['; charset=utf-8', 'no', 'no content type: “no”'],
  ['a'.repeat(80), 'no', `${'a'.repeat(80)}: “no”`],
  ['a'.repeat(81), 'no', 'a content type of 81 characters: “no”'],
  ['text/html', 'x'.repeat(200), `text/html: “${'x'.repeat(200)}”`],
  ['text/html', 'x'.repeat(65_536), `text/html: “${'x'.repeat(199)}…”`],
  ['text/html', 'x'.repeat(65_537), 'a body of 65,537 characters (text/html)'],
  ['text/html', undefined, 'a body that is too large (text/html)'],
])('a body is described with its type (case %#)', (type, text, description) => {
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

test.each([
  ['8f1e2d3c4b5a6978-FRA', '8f1e2d3c4b5a6978-FRA'],
  ['230b-sjc', '230b-sjc'],
  ['230B', '230B'],
  [`${'a'.repeat(16)}-ABCDEFG8`, `${'a'.repeat(16)}-ABCDEFG8`],
  // A longer one may be a secret.
  ['a'.repeat(17), undefined],
  ['230b-ABCDEFGH9', undefined],
  ['230b-SJC x', undefined],
  ['x', undefined],
  ['', undefined],
])('the Ray ID of %j is %j', (header, rayId) => {
  expect(rayIdIn(new Headers({ 'cf-ray': header }))).toBe(rayId);
});
