/** Bytes that are read in pieces, so that they need not fit into memory. They can be read any number of times. */
export interface ByteSource {
  /** `Infinity` for bytes that never end. */
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

/** Returns the bytes of several sources, one after another. */
export function concat(sources: readonly ByteSource[]): ByteSource {
  const sizeBytes = sources.reduce((total, source) => total + source.sizeBytes, 0);
  return {
    sizeBytes,
    *read(start = 0, end = sizeBytes) {
      let offset = 0;
      for (const source of sources) {
        const from = Math.max(0, start - offset);
        const to = Math.min(source.sizeBytes, end - offset);
        if (from < to) yield* source.read(from, to);
        offset += source.sizeBytes;
      }
    },
  };
}

/** Returns the same bytes over and over. `times` may be `Infinity`. */
export function repeat(bytes: Uint8Array, times: number): ByteSource {
  // Pieces of a few bytes each would be sent slowly.
  const piece = Buffer.alloc(bytes.byteLength * Math.ceil(65_536 / bytes.byteLength), bytes);
  const sizeBytes = bytes.byteLength * times;
  return {
    sizeBytes,
    *read(start = 0, end = sizeBytes) {
      for (let at = start; at < end; ) {
        const from = at % piece.byteLength;
        const part = piece.subarray(from, Math.min(piece.byteLength, from + end - at));
        yield part;
        at += part.byteLength;
      }
    },
  };
}
