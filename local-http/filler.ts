import { gzipSync } from 'node:zlib';
import { type ByteSource, byteSource, concat, repeat } from './byte-source.ts';

/** A prefix, then this many spaces (`Infinity` for no end), which JSON ignores between two tokens. */
export function filler(spaces: number, prefix = ''): ByteSource {
  return concat([byteSource(Buffer.from(prefix)), repeat(Buffer.from(' '), spaces)]);
}

/**
 * The gzip encoding of `filler`, about a thousandth of its size. It takes a few milliseconds and no more than 2 MiB of
 * memory, because it consists of many gzip members, most of them equal. Decoders must accept that (RFC 1952, section
 * 2.2); those of Node.js and `fetch` do.
 */
export function gzippedFiller(spaces: number, prefix = ''): ByteSource {
  const block = Buffer.alloc(2 ** 20, ' ');
  const gzip = (bytes: Uint8Array) => gzipSync(bytes, { level: 9 });
  return concat([
    byteSource(gzip(Buffer.from(prefix))),
    repeat(gzip(block), Math.floor(spaces / block.byteLength)),
    byteSource(gzip(block.subarray(0, spaces % block.byteLength))),
  ]);
}
