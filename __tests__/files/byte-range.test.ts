import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  continues,
  rangeHeaders,
  unsatisfiedSize,
  type Version,
  versionOf,
} from '../../src/files/byte-range.ts';
import { anyText } from '../harness/arbitraries.ts';

const date = 'Thu, 15 Jan 2026 12:00:00 GMT';
const later = 'Thu, 15 Jan 2026 12:00:01 GMT';

describe('the version of a file', () => {
  test.each<[Record<string, string>, Version]>([
    [{}, { validator: undefined, totalBytes: undefined }],
    [{ etag: '"a"' }, { validator: '"a"', totalBytes: undefined }],
    [
      { etag: '"a"', 'last-modified': date },
      { validator: '"a"', totalBytes: undefined },
    ],
    [{ etag: 'W/"a"' }, { validator: undefined, totalBytes: undefined }],
    // If there is a tag, the date is ignored.
    [
      { etag: 'W/"a"', 'last-modified': date, date: later },
      { validator: undefined, totalBytes: undefined },
    ],
    [
      { etag: '', 'last-modified': date, date: later },
      { validator: date, totalBytes: undefined },
    ],
    [
      { 'last-modified': date, date: later },
      { validator: date, totalBytes: undefined },
    ],
    // Another version may have the same date.
    [
      { 'last-modified': date, date },
      { validator: undefined, totalBytes: undefined },
    ],
    [{ 'last-modified': date }, { validator: undefined, totalBytes: undefined }],
    [{ 'content-length': '100' }, { validator: undefined, totalBytes: 100 }],
    [{ 'content-length': '0' }, { validator: undefined, totalBytes: 0 }],
    [{ 'content-length': '-1' }, { validator: undefined, totalBytes: undefined }],
    [{ 'content-length': '1e3' }, { validator: undefined, totalBytes: undefined }],
    [{ 'content-length': '100, 100' }, { validator: undefined, totalBytes: undefined }],
    [{ 'content-length': '9007199254740993' }, { validator: undefined, totalBytes: undefined }],
    // The length of a part is not that of the file.
    [
      { 'content-length': '10', 'content-range': 'bytes 5-14/100' },
      { validator: undefined, totalBytes: 100 },
    ],
    [
      { 'content-length': '10', 'content-range': 'bytes 5-14/*' },
      { validator: undefined, totalBytes: undefined },
    ],
  ])('in %j is %j', (headers, version) => {
    expect(versionOf(new Headers(headers))).toEqual(version);
  });
});

describe('the request for the rest of a file', () => {
  test.each<[number, Version | undefined, Record<string, string>]>([
    [0, undefined, {}],
    [0, { validator: '"a"', totalBytes: 100 }, {}],
    [10, undefined, {}],
    [10, { validator: undefined, totalBytes: 100 }, {}],
    [10, { validator: '"a"', totalBytes: 100 }, { Range: 'bytes=10-', 'If-Range': '"a"' }],
    [10, { validator: date, totalBytes: undefined }, { Range: 'bytes=10-', 'If-Range': date }],
    [6e9, { validator: '"a"', totalBytes: 9e9 }, { Range: 'bytes=6000000000-', 'If-Range': '"a"' }],
  ])('from byte %d of %j has the headers %j', (receivedBytes, version, headers) => {
    expect(rangeHeaders(receivedBytes, version)).toEqual(headers);
  });
});

describe('a partial response', () => {
  const version = { validator: '"a"', totalBytes: 100 };

  test.each<[string, Record<string, string>, Version | undefined]>([
    ['the rest', { 'content-range': 'bytes 10-99/100', etag: '"a"' }, version],
    ['a part of the rest', { 'content-range': 'bytes 10-19/100', etag: '"a"' }, version],
    ['a single byte', { 'content-range': 'bytes 10-10/100', etag: '"a"' }, version],
    ['in another case', { 'content-range': ' Bytes  10-99/100 ', etag: '"a"' }, version],
    ['without a total', { 'content-range': 'bytes 10-99/*', etag: '"a"' }, version],
    [
      'by its date',
      { 'content-range': 'bytes 10-99/100', 'last-modified': date },
      { ...version, validator: date },
    ],
  ])('continues a file: %s', (_, headers, of) => {
    expect(continues(new Headers(headers), 10, of)).toBe(true);
  });

  test.each<[string, Record<string, string>]>([
    ['no range', { etag: '"a"' }],
    ['an earlier part', { 'content-range': 'bytes 9-99/100', etag: '"a"' }],
    ['a later part', { 'content-range': 'bytes 11-99/100', etag: '"a"' }],
    ['another total', { 'content-range': 'bytes 10-99/101', etag: '"a"' }],
    ['another tag', { 'content-range': 'bytes 10-99/100', etag: '"b"' }],
    ['a weak tag, and a date', { 'content-range': 'bytes 10-99/100', etag: 'W/"a"', 'last-modified': date }],
    ['no version', { 'content-range': 'bytes 10-99/100' }],
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
  ])('does not continue a file: %s', (_, headers) => {
    expect(continues(new Headers(headers), 10, version)).toBe(false);
  });

  const smallNumber = fc.nat(30);
  const total = fc.option(smallNumber, { nil: undefined });
  const validator = fc.constantFrom(undefined, '"a"', '"b"');

  test('continues a file only if it starts at the right byte, is valid, and contradicts nothing', () => {
    fc.assert(
      fc.property(
        fc.record({ start: smallNumber, end: smallNumber, total, etag: validator }),
        smallNumber,
        fc.record({ validator, totalBytes: total }),
        (part, receivedBytes, of) => {
          const headers = new Headers({
            'content-range': `bytes ${part.start}-${part.end}/${part.total ?? '*'}`,
            ...(part.etag && { etag: part.etag }),
          });
          const isValid = part.end >= part.start && (part.total === undefined || part.total > part.end);
          const contradicts =
            (part.total !== undefined && of.totalBytes !== undefined && part.total !== of.totalBytes) ||
            (receivedBytes > 0 && (part.etag === undefined || part.etag !== of.validator));
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
        expect(continues(headers, receivedBytes, version)).toBe(false);
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
