import { constants, gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { type ByteSource, byteSource, concat, repeat } from '../../local-http/byte-source.ts';
import { filler, gzippedFiller } from '../../local-http/filler.ts';

const bytes = (source: ByteSource, start?: number, end?: number) =>
  Buffer.concat([...source.read(start, end)]);
const endless = Number.POSITIVE_INFINITY;

describe.each([
  ['concat', concat(['abc', '', 'd', 'efgh'].map((part) => byteSource(Buffer.from(part)))), 'abcdefgh'],
  ['repeat', repeat(Buffer.from('abc'), 4), 'abcabcabcabc'],
  ['a long repeat', repeat(Buffer.from('abc'), 50_000), 'abc'.repeat(50_000)],
  ['repeat, zero times', repeat(Buffer.from('abc'), 0), ''],
  ['filler', filler(4, '{}'), '{}    '],
])('%s', (_, source, expected) => {
  test('has the size and the bytes, as a whole and in part', () => {
    expect(source.sizeBytes).toBe(expected.length);
    expect(bytes(source).toString() === expected).toBe(true);
    for (const [start, end] of [
      [0, 2],
      [2, 7],
      [3, 3],
      [65_535, 65_540],
    ] as const) {
      expect(bytes(source, start, Math.min(end, expected.length)).toString()).toBe(
        expected.slice(start, end),
      );
    }
  });
});

test('endless bytes can be read in part', () => {
  const source = concat([byteSource(Buffer.from('x')), repeat(Buffer.from('abc'), endless)]);
  expect(source.sizeBytes).toBe(endless);
  expect(bytes(source, 0, 6).toString()).toBe('xabcab');
  expect(bytes(source, 2 ** 40 + 1, 2 ** 40 + 5).toString()).toBe('bcab');
});

describe('gzippedFiller', () => {
  test.each([0, 1, 2 ** 20, 7 * 2 ** 20 + 5])('decodes to the prefix and %d spaces', (spaces) => {
    const source = gzippedFiller(spaces, '{"a":');
    const encoded = bytes(source);
    expect(encoded.byteLength).toBe(source.sizeBytes);
    expect(gunzipSync(encoded).equals(Buffer.from(`{"a":${' '.repeat(spaces)}`))).toBe(true);
  });

  test('can be endless', () => {
    const source = gzippedFiller(endless);
    expect(source.sizeBytes).toBe(endless);
    const start = gunzipSync(bytes(source, 0, 10_000), { finishFlush: constants.Z_SYNC_FLUSH });
    expect(start.equals(Buffer.alloc(start.byteLength, ' '))).toBe(true);
    expect(start.byteLength).toBeGreaterThan(8 * 2 ** 20);
  });

  test('takes no time for 10 GiB', () => {
    const startedAtMs = performance.now();
    const source = gzippedFiller(10 * 2 ** 30);
    expect(source.sizeBytes).toBeLessThan(12_000_000);
    // The CRC-32 and the size (modulo 4 GiB), as gzip computes them.
    expect(bytes(source, source.sizeBytes - 8).toString('hex')).toBe('f283553400000080');
    // To write as many bytes would take longer, also on a busy machine.
    expect(performance.now() - startedAtMs).toBeLessThan(3000);
  });
});
