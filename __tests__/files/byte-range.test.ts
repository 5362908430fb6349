import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  announcedBytes,
  continues,
  rangeHeaders,
  unsatisfiedSize,
  type Version,
  versionOf,
} from '../../src/files/byte-range.ts';
import { anyText } from '../harness/arbitraries.ts';

const date = 'Thu, 15 Jan 2026 12:00:00 GMT';
const later = 'Thu, 15 Jan 2026 12:00:01 GMT';

/** A version with some of its fields. */
function version(fields: Partial<Version>): Version {
  return {
    etag: undefined,
    lastModified: undefined,
    strongValidator: undefined,
    totalBytes: undefined,
    ...fields,
  };
}

const tagged = version({ etag: '"a"', strongValidator: '"a"', totalBytes: 100 });
const dated = version({ lastModified: date, strongValidator: date, totalBytes: 100 });
const weak = version({ etag: 'W/"a"', lastModified: date, totalBytes: 100 });

describe('the version of a file', () => {
  test.each<[Record<string, string>, Partial<Version>]>([
    [{}, {}],
    [{ etag: '"a"' }, { etag: '"a"', strongValidator: '"a"' }],
    [
      { etag: '"a"', 'last-modified': date },
      { etag: '"a"', lastModified: date, strongValidator: '"a"' },
    ],
    [{ etag: 'W/"a"' }, { etag: 'W/"a"' }],
    // If there is a tag, the date must not be in If-Range.
    [
      { etag: 'W/"a"', 'last-modified': date, date: later },
      { etag: 'W/"a"', lastModified: date },
    ],
    [
      { etag: '', 'last-modified': date, date: later },
      { lastModified: date, strongValidator: date },
    ],
    [
      { 'last-modified': date, date: later },
      { lastModified: date, strongValidator: date },
    ],
    // Another version may have the same date.
    [{ 'last-modified': date, date }, { lastModified: date }],
    [{ 'last-modified': date }, { lastModified: date }],
    [{ 'content-length': '100' }, { totalBytes: 100 }],
    [{ 'content-length': '0' }, { totalBytes: 0 }],
    [{ 'content-length': '-1' }, {}],
    [{ 'content-length': '1e3' }, {}],
    [{ 'content-length': '100, 100' }, {}],
    [{ 'content-length': '9007199254740993' }, {}],
    // The length of a part is not that of the file.
    [{ 'content-length': '10', 'content-range': 'bytes 5-14/100' }, { totalBytes: 100 }],
    [{ 'content-length': '10', 'content-range': 'bytes 5-14/*' }, {}],
  ])('in %j is %j', (headers, fields) => {
    expect(versionOf(new Headers(headers))).toEqual(version(fields));
  });
});

describe('what is announced of a body', () => {
  test.each<[Record<string, string>, number | undefined]>([
    [{}, undefined],
    [{ 'content-length': '100' }, 100],
    [{ 'content-length': '0' }, 0],
    [{ 'content-length': 'many' }, undefined],
    [{ 'content-range': 'bytes 0-9/10' }, 10],
    [{ 'content-range': 'bytes 40-49/100' }, 10],
    [{ 'content-range': 'bytes 40-99/*' }, 60],
    [{ 'content-range': 'bytes 40-99/100', 'content-length': '60' }, 60],
    [{ 'content-range': 'bytes 40-99/100', 'content-length': '70' }, 60],
    [{ 'content-range': 'bytes 40-99/100', 'content-length': '50' }, 50],
    [{ 'content-range': 'bytes */100' }, undefined],
  ])('by %j is %p', (headers, bytes) => {
    expect(announcedBytes(new Headers(headers))).toBe(bytes);
  });
});

describe('the request for the rest of a file', () => {
  test.each<[number, Version | undefined, Record<string, string>]>([
    [0, undefined, {}],
    [0, tagged, {}],
    [10, undefined, {}],
    [10, version({ totalBytes: 100 }), {}],
    [10, version({ lastModified: date, totalBytes: 100 }), {}],
    [10, tagged, { Range: 'bytes=10-', 'If-Range': '"a"' }],
    [10, dated, { Range: 'bytes=10-', 'If-Range': date }],
    [10, weak, { Range: 'bytes=10-' }],
    [10, version({ etag: 'W/"a"' }), { Range: 'bytes=10-' }],
    [6e9, { ...tagged, totalBytes: 9e9 }, { Range: 'bytes=6000000000-', 'If-Range': '"a"' }],
  ])('from byte %d of %j has the headers %j', (receivedBytes, of, headers) => {
    expect(rangeHeaders(receivedBytes, of)).toEqual(headers);
  });
});

describe('a partial response', () => {
  const rest = { 'content-range': 'bytes 10-99/100' };
  const both = version({ etag: '"a"', lastModified: date, strongValidator: '"a"', totalBytes: 100 });
  const weakAlone = version({ etag: 'W/"a"', totalBytes: 100 });

  test.each<[string, Record<string, string>, Version]>([
    ['the rest', { ...rest, etag: '"a"' }, tagged],
    ['a part of the rest', { 'content-range': 'bytes 10-19/100', etag: '"a"' }, tagged],
    ['a single byte', { 'content-range': 'bytes 10-10/100', etag: '"a"' }, tagged],
    ['in another case', { 'content-range': ' Bytes  10-99/100 ', etag: '"a"' }, tagged],
    ['without a total', { 'content-range': 'bytes 10-99/*', etag: '"a"' }, tagged],
    ['with a total that was not known', { ...rest, etag: '"a"' }, { ...tagged, totalBytes: undefined }],
    ['by its date', { ...rest, 'last-modified': date }, dated],
    ['that repeats no tag', rest, tagged],
    ['that repeats no date', rest, dated],
    ['that repeats neither', rest, both],
    ['that repeats the tag alone', { ...rest, etag: '"a"' }, both],
    ['that repeats the date alone', { ...rest, 'last-modified': date }, both],
    ['with the same weak tag and date', { ...rest, etag: 'W/"a"', 'last-modified': date }, weak],
    ['with the same weak tag', { ...rest, etag: 'W/"a"' }, weakAlone],
  ])('continues a file: %s', (_, headers, of) => {
    expect(continues(new Headers(headers), 10, of)).toBe(true);
  });

  test.each<[string, Record<string, string>, Version?]>([
    ['no range', { etag: '"a"' }],
    ['an earlier part', { 'content-range': 'bytes 9-99/100', etag: '"a"' }],
    ['a later part', { 'content-range': 'bytes 11-99/100', etag: '"a"' }],
    ['another total', { 'content-range': 'bytes 10-99/101', etag: '"a"' }],
    ['another total, and no tag', { 'content-range': 'bytes 10-99/101' }],
    ['an end past the known total', { 'content-range': 'bytes 10-100/*', etag: '"a"' }],
    ['another tag', { ...rest, etag: '"b"' }],
    ['the same tag, but weak', { ...rest, etag: 'W/"a"' }],
    ['a tag that the file did not have', { ...rest, etag: '"a"', 'last-modified': date }, dated],
    ['a weak tag, and a date', { ...rest, etag: 'W/"a"', 'last-modified': date }],
    ['another date', { ...rest, 'last-modified': later }, dated],
    ['the same tag, but another date', { ...rest, etag: '"a"', 'last-modified': later }, both],
    ['another tag, but the same date', { ...rest, etag: '"b"', 'last-modified': date }, both],
    ['another weak tag', { ...rest, etag: 'W/"b"', 'last-modified': date }, weak],
    ['the same weak tag, but another date', { ...rest, etag: 'W/"a"', 'last-modified': later }, weak],
    ['the same weak tag, but another total', { 'content-range': 'bytes 10-98/99', etag: 'W/"a"' }, weakAlone],
    ['the same tag, but strong', { ...rest, etag: '"a"', 'last-modified': date }, weak],
    ['no weak tag', { ...rest, 'last-modified': date }, weak],
    ['a weak tag without its date', { ...rest, etag: 'W/"a"' }, weak],
    ['neither a weak tag nor a date', rest, weak],
    ['an end before the start', { 'content-range': 'bytes 10-9/100', etag: '"a"' }],
    ['an end past the total', { 'content-range': 'bytes 10-100/100', etag: '"a"' }],
    ['a total of nothing', { 'content-range': 'bytes 10-99/0', etag: '"a"' }],
    ['no end', { 'content-range': 'bytes 10-/100', etag: '"a"' }],
    ['no total', { 'content-range': 'bytes 10-99', etag: '"a"' }],
    ['no unit', { 'content-range': '10-99/100', etag: '"a"' }],
    ['another unit', { 'content-range': 'items 10-99/100', etag: '"a"' }],
    ['two parts', { 'content-range': 'bytes 10-19/100, bytes 30-39/100', etag: '"a"' }],
    ['a hexadecimal', { 'content-range': 'bytes 0xa-99/100', etag: '"a"' }],
    ['a fraction', { 'content-range': 'bytes 10.0-99/100', etag: '"a"' }],
    ['an unsatisfied range', { 'content-range': 'bytes */100', etag: '"a"' }],
  ])('does not continue a file: %s', (_, headers, of = tagged) => {
    expect(continues(new Headers(headers), 10, of)).toBe(false);
  });

  const smallNumber = fc.nat(30);
  const total = fc.option(smallNumber, { nil: undefined });
  const validator = fc.constantFrom(undefined, '"a"', '"b"', 'W/"a"', 'W/"b"');

  test('continues a file only if it starts at the right byte, is valid, and contradicts nothing', () => {
    fc.assert(
      fc.property(
        fc.record({ start: smallNumber, end: smallNumber, total, etag: validator }),
        smallNumber,
        fc.record({ etag: validator, totalBytes: total }),
        (part, receivedBytes, { etag, totalBytes }) => {
          const headers = new Headers({
            'content-range': `bytes ${part.start}-${part.end}/${part.total ?? '*'}`,
            ...(part.etag && { etag: part.etag }),
          });
          const isStrong = etag !== undefined && !etag.startsWith('W/');
          const of = version({ etag, totalBytes, strongValidator: isStrong ? etag : undefined });
          const ends = [part.total, totalBytes].filter((end) => end !== undefined);
          const isValid = part.end >= part.start && ends.every((end) => end > part.end);
          const contradicts =
            new Set(ends).size > 1 || (part.etag === undefined ? !isStrong && etag : part.etag !== etag);
          expect(continues(headers, receivedBytes, of)).toBe(
            part.start === receivedBytes && isValid && !contradicts,
          );
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('with any text as its range does not continue a file', () => {
    const latin1 = fc.string({ unit: fc.nat(0xff).map((code) => String.fromCharCode(code)) });
    fc.assert(
      fc.property(fc.oneof(latin1, anyText()), smallNumber, (text, receivedBytes) => {
        let headers: Headers;
        try {
          headers = new Headers({ 'content-range': text });
        } catch {
          return;
        }
        expect(continues(headers, receivedBytes, tagged)).toBe(false);
      }),
    );
  });
});

describe('the size in "range not satisfiable"', () => {
  test.each<[string | null, number | undefined]>([
    ['bytes */100', 100],
    [' Bytes  */0 ', 0],
    ['bytes */6000000000', 6e9],
    ['bytes */*', undefined],
    ['bytes 0-9/100', undefined],
    ['bytes */-1', undefined],
    ['bytes */1e2', undefined],
    ['bytes */9007199254740993', undefined],
    ['*/100', undefined],
    ['', undefined],
    [null, undefined],
  ])('in %j is %j', (range, size) => {
    expect(unsatisfiedSize(new Headers(range === null ? {} : { 'content-range': range }))).toBe(size);
  });
});
