import { describe, expect, test } from '@jest/globals';
import type { FailureKind } from '../../src/core/failures/table.ts';
import type { Version } from '../../src/files/byte-range.ts';
import { type Interpretation, interpret, interpretEnd } from '../../src/files/interpret.ts';

type Facts = Readonly<Record<string, string>>;

/** 40 of 100 bytes were received. */
const version: Version = { validator: '"a"', totalBytes: 100 };

function interpretation(status: number, facts: Facts, receivedBytes = 40, of = version): Interpretation {
  return interpret(
    { status, headers: new Headers(facts) },
    receivedBytes,
    receivedBytes > 0 ? of : undefined,
  );
}

const video = { 'content-type': 'video/mp4' };
const whole = { ...video, etag: '"a"', 'content-length': '100' };
const rest = { ...video, etag: '"a"', 'content-range': 'bytes 40-99/100' };

describe('a response with the whole file (200)', () => {
  test('is its start if nothing was received', () => {
    expect(interpretation(200, whole, 0)).toEqual({ action: 'restart', version, ignoresRanges: false });
  });

  test('of the same version shows that the host ignores ranges', () => {
    expect(interpretation(200, whole)).toEqual({ action: 'restart', version, ignoresRanges: true });
  });

  test('of another version replaces what was received', () => {
    expect(interpretation(200, { ...whole, etag: '"b"', 'content-length': '70' })).toEqual({
      action: 'restart',
      version: { validator: '"b"', totalBytes: 70 },
      ignoresRanges: false,
    });
  });

  test.each([
    undefined,
    'application/octet-stream',
    'binary/octet-stream',
    'audio/mp4',
    'video/quicktime',
    '',
  ])('may have any content type that is not one of text: %p', (type) => {
    const facts = type === undefined ? {} : { 'content-type': type };
    expect(interpretation(200, facts, 0).action).toBe('restart');
  });

  test.each(['', 'identity', 'Identity'])('may have the encoding %p', (encoding) => {
    expect(interpretation(200, { ...whole, 'content-encoding': encoding }, 0).action).toBe('restart');
  });
});

test.each([
  ['x'.repeat(100), 'x'.repeat(100), 'x'.repeat(100)],
  ['x'.repeat(101), 'an encoding of 101 characters', 'a text of 101 characters'],
])('an encoding or a part is named, or its length if it is too long (case %#)', (text, encoding, part) => {
  expect(interpretation(200, { ...whole, 'content-encoding': text })).toMatchObject({
    what: `the response is encoded as ${encoding}, which was not requested`,
  });
  expect(interpretation(206, { ...rest, 'content-range': text })).toMatchObject({
    what: `the host did not send the part that starts at byte 40 (Content-Range: ${part})`,
  });
});

describe('a response with a part of the file (206)', () => {
  test.each<[string, Facts]>([
    ['the rest', rest],
    ['a part of the rest', { ...rest, 'content-range': 'bytes 40-49/100' }],
    ['without the size of the file', { ...rest, 'content-range': 'bytes 40-99/*' }],
  ])('is appended: %s', (_, facts) => {
    expect(interpretation(206, facts)).toEqual({ action: 'append', version });
  });

  test('may have the size that the first response did not have', () => {
    const of = { ...version, totalBytes: undefined };
    expect(interpretation(206, rest, 40, of)).toEqual({ action: 'append', version });
  });

  test('from the first byte is the start, even if nobody requested a part', () => {
    const start = { ...rest, 'content-range': 'bytes 0-49/100' };
    expect(interpretation(206, start, 0)).toEqual({ action: 'append', version });
  });

  test.each<[string, Facts]>([
    ['another start', { ...rest, 'content-range': 'bytes 41-99/100' }],
    ['the beginning', { ...rest, 'content-range': 'bytes 0-99/100' }],
    ['another size', { ...rest, 'content-range': 'bytes 40-99/101' }],
    ['another version', { ...rest, etag: '"b"' }],
    ['no version', { ...video, 'content-range': 'bytes 40-99/100' }],
    ['a malformed range', { ...rest, 'content-range': 'all of it' }],
    ['no range', { ...video, etag: '"a"' }],
  ])('is not appended, and ends range requests: %s', (_, facts) => {
    expect(interpretation(206, facts)).toMatchObject({
      action: 'retry',
      kind: 'file-incomplete',
      ignoresRanges: true,
    });
  });
});

describe('a response with something else', () => {
  test.each([
    'text/html; charset=utf-8',
    'text/plain',
    'application/json',
    'Application/Problem+JSON',
    'application/xml',
    'application/javascript',
  ])('is retried: %s', (type) => {
    for (const status of [200, 206]) {
      expect(interpretation(status, { ...rest, 'content-type': type })).toMatchObject({
        action: 'retry',
        kind: 'not-media',
        hasReason: true,
      });
    }
  });

  test.each(['gzip', 'br, identity'])('is refused: encoded as %s', (encoding) => {
    for (const status of [200, 206]) {
      const next = interpretation(status, { ...rest, 'content-encoding': encoding });
      expect(next).toMatchObject({ action: 'refuse', kind: 'not-media' });
      expect(next).toMatchObject({ what: expect.stringContaining(`encoded as ${encoding}`) });
    }
  });
});

describe('a status without the file', () => {
  test.each<[number, 'retry' | 'refuse', FailureKind]>([
    [201, 'refuse', 'delivery-refused'],
    [204, 'refuse', 'delivery-refused'],
    [304, 'refuse', 'delivery-refused'],
    [400, 'refuse', 'delivery-refused'],
    [401, 'refuse', 'delivery-refused'],
    [403, 'refuse', 'delivery-refused'],
    [404, 'refuse', 'file-missing'],
    [410, 'refuse', 'file-missing'],
    [424, 'refuse', 'file-failed'],
    [408, 'retry', 'delivery-error'],
    [429, 'retry', 'delivery-error'],
    [500, 'retry', 'delivery-error'],
    [502, 'retry', 'delivery-error'],
    [503, 'retry', 'delivery-error'],
    [504, 'retry', 'delivery-error'],
    [522, 'retry', 'delivery-error'],
  ])('%d is %s: %s', (status, action, kind) => {
    for (const receivedBytes of [0, 40]) {
      expect(interpretation(status, video, receivedBytes)).toMatchObject({ action, kind, hasReason: true });
    }
  });
});

describe('"range not satisfiable" (416)', () => {
  const ended = { 'content-range': 'bytes */40' };

  test.each([40, undefined])('completes a file that was received, of %p announced bytes', (totalBytes) => {
    expect(interpretation(416, ended, 40, { ...version, totalBytes })).toEqual({ action: 'complete' });
  });

  test('refuses a file that is shorter than announced', () => {
    expect(interpretation(416, ended)).toMatchObject({ action: 'refuse', kind: 'not-media' });
  });

  test('discards a file that is too short to be one', () => {
    const of = { ...version, totalBytes: undefined };
    expect(interpretation(416, { 'content-range': 'bytes */5' }, 5, of)).toMatchObject({
      action: 'retry',
      kind: 'not-media',
      discards: true,
    });
  });

  test.each(['bytes */20', 'bytes */0', 'bytes 0-1/40', ''])(
    'with another size ends range requests: %p',
    (range) => {
      expect(interpretation(416, { 'content-range': range })).toMatchObject({
        action: 'retry',
        kind: 'file-incomplete',
        ignoresRanges: true,
      });
    },
  );

  test('without a range request is a refusal', () => {
    expect(interpretation(416, ended, 0)).toMatchObject({ action: 'refuse', kind: 'delivery-refused' });
  });
});

describe('the end of a body', () => {
  const chunked = { 'transfer-encoding': 'chunked' };
  const resumable = { canResume: true, isPart: false };
  const part = { canResume: true, isPart: true };
  const notResumable = { canResume: false, isPart: false };

  test.each<[string, Facts, number, number | undefined, typeof part]>([
    ['all announced bytes', {}, 100, 100, resumable],
    ['in parts', {}, 100, 100, part],
    ['chunks, which have an end of their own', chunked, 100, undefined, resumable],
    ['no length, and no way to request more', {}, 100, undefined, notResumable],
    ['the fewest bytes', {}, 8, 8, resumable],
  ])('completes the file: %s', (_, facts, receivedBytes, totalBytes, circumstances) => {
    expect(interpretEnd(new Headers(facts), receivedBytes, totalBytes, circumstances)).toEqual({
      action: 'complete',
    });
  });

  test.each<[string, Facts, number, number | undefined, typeof part, object]>([
    ['fewer bytes', {}, 99, 100, part, { action: 'retry', kind: 'file-incomplete' }],
    ['no length', {}, 100, undefined, resumable, { action: 'retry', kind: 'file-incomplete' }],
    ['a part in chunks', chunked, 100, undefined, part, { action: 'retry', kind: 'file-incomplete' }],
    ['more bytes', {}, 101, 100, resumable, { action: 'refuse', kind: 'not-media' }],
    ['no bytes', {}, 0, 0, resumable, { action: 'retry', kind: 'not-media', discards: true }],
    ['too few for a file', {}, 7, 7, resumable, { action: 'retry', kind: 'not-media', discards: true }],
    ['no bytes, in chunks', chunked, 0, undefined, resumable, { action: 'retry', discards: true }],
  ])('does not complete the file: %s', (_, facts, receivedBytes, totalBytes, circumstances, problem) => {
    expect(interpretEnd(new Headers(facts), receivedBytes, totalBytes, circumstances)).toMatchObject(problem);
  });
});
