import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeBody, excerpt, isText, rayIdIn } from '../../src/http/describe.ts';
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
  ['text/plain', 'größer \t\r\n\v\f日本 👩‍🚀', 'text/plain: “größer 日本 👩🚀”'],
  ['text/plain', '\ufeffBOM', 'text/plain: “BOM”'],
  ['text/plain', 'a lost character: \ufffd', 'text/plain: “a lost character: \ufffd”'],
  ['text/html', 'x'.repeat(65_537), 'a body of 65.5 kB (text/html)'],
])('a body is described with its type: %j, %j', (type, text, description) => {
  expect(describeBody(new Headers(type ? { 'content-type': type } : {}), Buffer.from(text), redact)).toBe(
    description,
  );
});

/** Bytes that are not text in UTF-8. */
const notText: [string, Uint8Array][] = [
  ['NUL', Buffer.from(`no\0${secret}`)],
  ['a control character', Buffer.from(`\u0007${secret}`)],
  ['an escape sequence', Buffer.from(`\u001b[31m${secret}`)],
  ['DEL', Buffer.from(`${secret}\u007f`)],
  ['a C1 control', Buffer.from(`${secret}\u009b`)],
  ['Latin-1', Buffer.from(`für ${secret}`, 'latin1')],
  ['UTF-16', Buffer.from(`no ${secret}`, 'utf16le')],
  ['half a character at its end', Buffer.from(`${secret} ü`).subarray(0, -1)],
  ['a video', Buffer.from([0, 0, 0, 16, ...Buffer.from(`ftypisom${secret}`)])],
];

test.each(notText)('a body that is not text is described by its size, and not quoted: %s', (_, bytes) => {
  const description = describeBody(new Headers({ 'content-type': 'text/plain' }), bytes, redact);
  expect(description).toBe(`a body of ${bytes.byteLength} bytes that is not text (text/plain)`);
});

test.each([
  ['', true],
  ['<!DOCTYP', true],
  ['{"a":\n\t1', true],
  ['\0\0\0\x08fty', false],
  ['\x1b[31mred', false],
])('whether %j may begin a text is %p', (head, expected) => {
  expect(isText(Buffer.from(head))).toBe(expected);
});

test('a text may be cut within a character', () => {
  expect([1, 2, 3].map((end) => isText(Buffer.from('日').subarray(0, end)))).toEqual([true, true, true]);
  expect(isText(Buffer.from([0xff, 0xfe, 0x3c, 0]))).toBe(false);
});

test('a body that was too large to be read is not quoted', () => {
  expect(describeBody(new Headers(), undefined, redact)).toBe('a body that is too large (no content type)');
});

test('neither the type nor the text of a body contains a secret', () => {
  const description = describeBody(
    new Headers({ 'content-type': `a/${'b'.repeat(70)}${secret}` }),
    Buffer.from(`${'c'.repeat(185)}${secret}`),
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
