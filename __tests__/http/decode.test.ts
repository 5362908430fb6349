import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { decode } from '../../src/http/decode.ts';

const text = Buffer.from('Not found'.repeat(100));

describe('a body', () => {
  test.each([
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
    [undefined, text],
  ])('is decoded: %s', (encoding, bytes) => {
    expect(Buffer.from(decode(bytes, encoding, 10_000) ?? [])).toEqual(text);
  });

  test('that decodes to more than is allowed is not returned', () => {
    expect(decode(gzipSync(Buffer.alloc(10_000)), 'gzip', 10_000)?.byteLength).toBe(10_000);
    expect(decode(gzipSync(Buffer.alloc(10_001)), 'gzip', 10_000)).toBeUndefined();
  });

  test.each([
    ['gzip', text],
    ['gzip', gzipSync(text).subarray(0, 20)],
    ['zstd', text],
  ])('that cannot be decoded is returned as it is (%s, case %#)', (encoding, bytes) => {
    expect(decode(bytes, encoding, 10_000)).toBe(bytes);
  });
});
