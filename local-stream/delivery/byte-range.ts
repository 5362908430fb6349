import parseRange from 'range-parser';

/** A part of a file: the bytes from `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The one range of bytes that a `Range` header asks for; `undefined` where it is to be ignored (malformed, another
 * unit, several ranges), `'unsatisfiable'` where the file has none of these bytes.
 * Follows RFC 9110, section 14.2
 */
export function byteRange(header: string, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  const ranges = parseRange(sizeBytes, header);
  if (ranges === -1) return 'unsatisfiable';
  if (ranges === -2 || ranges.type !== 'bytes' || ranges.length > 1) return undefined;
  return ranges[0];
}
