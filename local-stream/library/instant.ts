const timestamp = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/**
 * Parses a timestamp with up to nine decimals into nanoseconds since the epoch, which are exact: a `Date` has
 * milliseconds, and a number of this size has no room for nanoseconds. Returns `undefined` for any other text.
 * Follows RFC 3339, section 5.6
 */
export function instantNs(text: string): bigint | undefined {
  const [, dateAndTime, decimals = '', offset] = timestamp.exec(text) ?? [];
  const wholeMs = Date.parse(`${dateAndTime}${offset}`);
  return Number.isNaN(wholeMs) ? undefined : BigInt(wholeMs) * 1_000_000n + BigInt(decimals.padEnd(9, '0'));
}
