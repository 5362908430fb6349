/** Bytes that need not be in memory all at once: they are read piece by piece, as often as one likes. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** The bytes from `start` (included; 0 when left out) to `end` (excluded; the end when left out), in pieces. */
  read(start?: number, end?: number): Iterable<Uint8Array>;
}

/** Bytes that are in memory, or a source as it is, to read alike. */
export function byteSource(bytes: Uint8Array | ByteSource): ByteSource {
  if (!(bytes instanceof Uint8Array)) return bytes;
  return { sizeBytes: bytes.byteLength, read: (start, end) => [bytes.subarray(start, end)] };
}

/** A part of a source: the bytes from `start` (included) to `end` (excluded). */
export function partOf(source: ByteSource, start: number, end: number): ByteSource {
  const sizeBytes = end - start;
  return {
    sizeBytes,
    read: (from = 0, to = sizeBytes) => source.read(start + from, start + to),
  };
}
