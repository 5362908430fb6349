/** Bytes that are read in pieces, so that they need not fit into memory. They can be read any number of times. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Yields the bytes from `start` (inclusive, defaults to 0) to `end` (exclusive, defaults to the size). */
  read(start?: number, end?: number): Iterable<Uint8Array>;
}

/** Wraps bytes that are already in memory; returns a `ByteSource` unchanged. */
export function byteSource(bytes: Uint8Array | ByteSource): ByteSource {
  if (!(bytes instanceof Uint8Array)) return bytes;
  return { sizeBytes: bytes.byteLength, read: (start, end) => [bytes.subarray(start, end)] };
}

/** Returns the bytes of a source from `start` (inclusive) to `end` (exclusive). */
export function slice(source: ByteSource, start: number, end: number): ByteSource {
  const sizeBytes = end - start;
  return {
    sizeBytes,
    read: (from = 0, to = sizeBytes) => source.read(start + from, start + to),
  };
}
