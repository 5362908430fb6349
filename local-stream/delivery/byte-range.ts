import parseRange from 'range-parser';

/** The bytes of a file from `start` to `end`, both inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Parses a `Range` header with one range of bytes. Returns `undefined` where the header is to be ignored (malformed,
 * another unit, several ranges), and `'unsatisfiable'` where the file has none of these bytes.
 * Follows RFC 9110, section 14.2
 */
export function byteRange(header: string, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  const ranges = parseRange(sizeBytes, header);
  if (ranges === -1) return 'unsatisfiable';
  if (ranges === -2 || ranges.type !== 'bytes' || ranges.length > 1) return undefined;
  return ranges[0];
}
