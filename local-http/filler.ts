import { constants, crc32, deflateRawSync } from 'node:zlib';
import { type ByteSource, byteSource, concat, repeat } from './byte-source.ts';

/** A prefix, then this many spaces (`Infinity` for no end), which JSON ignores between two tokens. */
export function filler(spaces: number, prefix = ''): ByteSource {
  return concat([byteSource(Buffer.from(prefix)), repeat(Buffer.from(' '), spaces)]);
}

/**
 * The gzip encoding of `filler`, about a thousandth of its size. Any size takes a few milliseconds and no more than 2 MiB
 * of memory: a full flush makes the deflate blocks independent of those before them, so equal ones can be repeated.
 * Follows RFC 1952
 */
export function gzippedFiller(spaces: number, prefix = ''): ByteSource {
  const start = Buffer.from(prefix);
  const block = Buffer.alloc(2 ** 20, ' ');
  const blocks = Math.floor(spaces / block.byteLength);
  const rest = block.subarray(0, spaces % block.byteLength);
  const flushed = (bytes: Uint8Array) => deflateRawSync(bytes, { finishFlush: constants.Z_FULL_FLUSH });
  return concat([
    byteSource(Buffer.from('1f8b08000000000000ff', 'hex')),
    byteSource(flushed(start)),
    repeat(flushed(block), blocks),
    byteSource(deflateRawSync(rest)),
    {
      sizeBytes: 8,
      // Computed when it is sent, because there is none if the spaces never end.
      *read(from, to) {
        const trailer = Buffer.alloc(8);
        trailer.writeUInt32LE(crc32(rest, crcOfRepeated(block, blocks, crc32(start))));
        trailer.writeUInt32LE((start.byteLength + spaces) % 2 ** 32, 4);
        yield trailer.subarray(from, to);
      },
    },
  ]);
}

/**
 * Continues a CRC-32 with `times` times the same bytes. Reading them once is an affine map of the 32 bits of the CRC, so
 * exponentiation by squaring replaces reading gigabytes.
 */
function crcOfRepeated(bytes: Uint8Array, times: number, crc: number): number {
  let offset = crc32(bytes, 0);
  let columns = Array.from({ length: 32 }, (_, bit) => crc32(bytes, (1 << bit) >>> 0) ^ offset);
  const linear = (value: number) =>
    columns.reduce((sum, column, bit) => ((value >>> bit) & 1 ? sum ^ column : sum), 0);
  let result = crc;
  for (let left = times; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = linear(result) ^ offset;
    offset ^= linear(offset);
    columns = columns.map(linear);
  }
  return result >>> 0;
}
