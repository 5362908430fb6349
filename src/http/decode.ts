import { brotliDecompressSync, unzipSync } from 'node:zlib';

/**
 * Decodes a body that a host has encoded although that was not requested.
 *
 * @param encoding its `Content-Encoding` in lower case; undefined if there is none
 * @returns undefined if it decodes to more bytes than allowed; the bytes as they are if they cannot be decoded
 */
export function decode(
  bytes: Uint8Array,
  encoding: string | undefined,
  maxBytes: number,
): Uint8Array | undefined {
  const decompress = encoding === undefined ? undefined : decompressors.get(encoding);
  if (!decompress) return bytes;
  try {
    return decompress(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    const isTooLarge = Error.isError(error) && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return isTooLarge ? undefined : bytes;
  }
}

/** `unzip` decodes both gzip and deflate. */
const decompressors = new Map([
  ['gzip', unzipSync],
  ['x-gzip', unzipSync],
  ['deflate', unzipSync],
  ['br', brotliDecompressSync],
]);
