import { describe, expect, test } from '@jest/globals';
import type { FailureKind } from '../../src/core/failures/table.ts';
import type { Version } from '../../src/files/byte-range.ts';
import {
  type Interpretation,
  interpret,
  interpretEnd,
  interpretHead,
  surplus,
} from '../../src/files/interpret.ts';

type Facts = Readonly<Record<string, string>>;

/** 40 of 100 bytes were received. */
const version: Version = {
  etag: '"a"',
  lastModified: undefined,
  strongValidator: '"a"',
  totalBytes: 100,
};
const other = { ...version, etag: '"b"', strongValidator: '"b"' };

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
    expect(interpretation(200, whole, 0)).toEqual({
      action: 'restart',
      version,
      announcedBytes: 100,
      ignoresRanges: false,
    });
  });

  test('of the same version shows that the host ignores ranges', () => {
    expect(interpretation(200, whole)).toMatchObject({ action: 'restart', version, ignoresRanges: true });
  });

  test('of another version replaces what was received', () => {
    expect(interpretation(200, { ...whole, etag: '"b"', 'content-length': '70' })).toEqual({
      action: 'restart',
      version: { ...other, totalBytes: 70 },
      announcedBytes: 70,
      ignoresRanges: false,
    });
  });

  test.each([
    undefined,
    '',
    'application/octet-stream',
    'audio/mp4',
    'text/plain',
    'text/html; charset=utf-8',
    'application/json',
    'application/xml',
  ])('may have any content type, since its first bytes decide: %p', (type) => {
    const facts = type === undefined ? {} : { 'content-type': type };
    expect(interpretation(200, facts, 0).action).toBe('restart');
    expect(interpretation(206, { ...rest, ...facts }).action).toBe('append');
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
    what: `the response is not the rest of the same version from byte 40 on (Content-Range: ${part})`,
  });
});

describe('a response with a part of the file (206)', () => {
  test.each<[string, Facts, number]>([
    ['the rest', rest, 60],
    ['a part of the rest', { ...rest, 'content-range': 'bytes 40-49/100' }, 10],
    ['without the size of the file', { ...rest, 'content-range': 'bytes 40-99/*' }, 60],
    ['without a version', { ...video, 'content-range': 'bytes 40-99/100' }, 60],
  ])('is appended: %s', (_, facts, announcedBytes) => {
    expect(interpretation(206, facts)).toEqual({ action: 'append', version, announcedBytes });
  });

  test('may have the size that the first response did not have', () => {
    const of = { ...version, totalBytes: undefined };
    expect(interpretation(206, rest, 40, of)).toMatchObject({ action: 'append', version });
  });

  test('from the first byte is the start, even if nobody requested a part', () => {
    const start = { ...rest, 'content-range': 'bytes 0-49/100' };
    expect(interpretation(206, start, 0)).toEqual({
      action: 'restart',
      version,
      announcedBytes: 50,
      ignoresRanges: false,
    });
  });

  test('from a later byte is not the start', () => {
    expect(interpretation(206, rest, 0)).toMatchObject({ action: 'retry', kind: 'file-incomplete' });
  });

  test.each<[string, Facts]>([
    ['another start', { ...rest, 'content-range': 'bytes 41-99/100' }],
    ['the beginning', { ...rest, 'content-range': 'bytes 0-99/100' }],
    ['another size', { ...rest, 'content-range': 'bytes 40-99/101' }],
    ['another version', { ...rest, etag: '"b"' }],
    ['another date', { ...rest, 'last-modified': 'Thu, 15 Jan 2026 12:00:00 GMT' }],
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
  test.each(['<!DOCTYPE html>', '{"success":false}', 'Oops', '', '\ufeff<html>'])(
    'is retried, and its text is the reason: %j',
    (page) => {
      const problem = { action: 'retry', kind: 'not-media', hasReason: true };
      expect(interpretHead(Buffer.from(page).subarray(0, 8))).toMatchObject(problem);
    },
  );

  test.each([
    ['1a 45 df a3 9f 42 86 81', 'a WebM file'],
    ['1f 8b 08 00 00 00 00 00', 'an archive'],
    ['00 00 00 08 66 74 79', 'too few bytes for a box'],
    ['00 00 00 08 6d 6f 6f 76', 'another box'],
  ])('is retried, and its first bytes are in the message: %s, %s', (hex) => {
    const head = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    const what = `the file is not MP4 or M4A: its first bytes are ${hex}`;
    expect(interpretHead(head)).toEqual({ action: 'retry', kind: 'not-media', what });
  });

  test('is the file if that is its first box', () => {
    expect(interpretHead(Buffer.from('\0\0\0\x10ftyp', 'latin1'))).toBeUndefined();
  });

  test('is refused with the number that was announced if it is longer', () => {
    const what = 'the host announced 10 bytes but sent more';
    expect(surplus(10)).toEqual({ action: 'refuse', kind: 'not-media', what });
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

  test.each<Facts>([{ etag: '"b"' }, { 'last-modified': 'Thu, 15 Jan 2026 12:00:00 GMT' }])(
    'of another version with the same size does not complete the file: %j',
    (facts) => {
      expect(
        interpretation(416, { ...ended, ...facts }, 40, { ...version, totalBytes: undefined }),
      ).toMatchObject({ action: 'retry', kind: 'file-incomplete', ignoresRanges: true });
    },
  );

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

  test.each<[string, number, Facts, number, number | undefined, boolean]>([
    ['all announced bytes', 200, {}, 100, 100, true],
    ['in parts', 206, {}, 100, 100, true],
    ['chunks, which have an end of their own', 200, chunked, 100, undefined, true],
    ['no length, and no way to request more', 200, {}, 100, undefined, false],
    ['the fewest bytes', 200, {}, 8, 8, true],
  ])('completes the file: %s', (_, status, facts, receivedBytes, totalBytes, canResume) => {
    const response = { status, headers: new Headers(facts) };
    expect(interpretEnd(response, receivedBytes, totalBytes, canResume)).toEqual({ action: 'complete' });
  });

  test.each<[string, number, Facts, number, number | undefined]>([
    ['fewer bytes', 206, {}, 99, 100],
    ['no length', 200, {}, 100, undefined],
    ['a part in chunks', 206, chunked, 100, undefined],
    ['an encoding that is none of HTTP', 200, { 'transfer-encoding': 'x-chunked' }, 100, undefined],
    ['chunks in another encoding', 200, { 'transfer-encoding': 'chunked, gzip' }, 100, undefined],
  ])('does not complete the file: %s', (_, status, facts, receivedBytes, totalBytes) => {
    expect(
      interpretEnd({ status, headers: new Headers(facts) }, receivedBytes, totalBytes, true),
    ).toMatchObject({ action: 'retry', kind: 'file-incomplete' });
  });

  test('does not complete the file: a part of unknown length, of a version that cannot be recognized', () => {
    expect(interpretEnd({ status: 206, headers: new Headers() }, 100, undefined, false)).toMatchObject({
      action: 'retry',
    });
  });
});
