/**
 * An instant in nanoseconds since 1970. Cloudflare gives up to 9 decimals of a second, and a `Date` keeps only 3 of
 * them.
 */
export type Instant = bigint;

export const secondNs = 1_000_000_000n;

const nsPerMs = 1_000_000n;

/** RFC 3339, and the forms of ISO 8601 that resemble it: an offset without minutes, a space instead of the `T`. */
const pattern =
  /^(?<date>\d{4}-\d\d-\d\d)[Tt ](?<time>\d\d:\d\d:\d\d)(?:\.(?<fraction>\d{1,9}))?(?:[Zz]| ?(?<sign>[+-])(?<hours>\d\d)(?::?(?<minutes>\d\d))?)$/;

/** @throws {RangeError} if the text is no time in RFC 3339 with at most 9 decimals */
export function parseInstant(text: string): Instant {
  const { date, time, fraction = '', sign, hours = '0', minutes = '0' } = pattern.exec(text)?.groups ?? {};
  const localMs = Date.parse(`${date}T${time}Z`);
  if (Number.isNaN(localMs)) throw new RangeError('The text is no time in RFC 3339.');
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000;
  const epochMs = sign === '-' ? localMs + offsetMs : localMs - offsetMs;
  return BigInt(epochMs) * nsPerMs + BigInt(fraction.padEnd(9, '0'));
}

/** An instant in RFC 3339, in UTC, with as many decimals as it needs. */
export function formatInstant(instant: Instant): string {
  const second = floor(instant, secondNs);
  const fraction = String(instant - second)
    .padStart(9, '0')
    .replace(/0+$/, '');
  const date = new Date(Number(second / nsPerMs)).toISOString().replace(/\.\d+Z$/, '');
  return `${date}${fraction && `.${fraction}`}Z`;
}

/** The largest multiple of a unit that is not after the instant. */
export function floor(instant: Instant, unit: bigint): Instant {
  const rest = instant % unit;
  return instant - (rest < 0n ? rest + unit : rest);
}
