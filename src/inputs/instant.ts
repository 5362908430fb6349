import * as v from 'valibot';
import { formatNumber, quote } from '../core/text.ts';
import { parseDurationMs } from './duration.ts';

/** A point in time as an input gives it. */
export type GivenInstant =
  /** In RFC 3339 and in UTC, with as many decimals as were written. */
  | { readonly instant: string }
  /** How long ago it is, in ms. */
  | { readonly ageMs: number };

const forms =
  'write a date such as 2026-01-31 or 2026-01-31T09:30:00Z, or an age such as 7d (w, d, h, m and s in this order)';

const dayMs = 86_400_000;

/** The longest age, in days: 100 years. */
const maxAgeDays = 36_525;

/**
 * RFC 3339, in which a space may take the place of the T, or only its date.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
const rfc3339 =
  /^(?<date>\d{4}-\d\d-\d\d)(?:[Tt ](?<time>\d\d:\d\d:\d\d)(?:\.(?<decimals>\d+))?(?<zone>[Zz]|[+-]\d\d:\d\d)?)?$/;

/** Reads RFC 3339, a date alone (its start in UTC), or an age. */
export const givenInstant = v.pipe(
  v.string(),
  v.rawTransform<string, GivenInstant>(({ dataset: { value }, addIssue, NEVER }) => {
    const given = readInstant(value);
    if (typeof given !== 'string') return given;
    addIssue({ message: `${quote(value)} ${given}` });
    return NEVER;
  }),
);

/** @returns the problem with the text if it is a string */
function readInstant(text: string): GivenInstant | string {
  const parts = rfc3339.exec(text)?.groups;
  if (!parts) return readAge(text);
  const { date = '', time, decimals, zone } = parts;
  if (time !== undefined && zone === undefined) {
    return 'has no time zone: add Z for UTC, or an offset such as +02:00';
  }
  if ((decimals ?? '').length > 9) return 'has more than 9 decimals: leave out the last ones';
  const atDate = `${date}T${time ?? '00:00:00'}Z`;
  // Some days that do not exist are taken for the first ones of the next month.
  if (toText(Date.parse(atDate)) !== atDate)
    return `does not exist in the calendar or on the clock: ${forms}`;
  const utcText = toText(Date.parse(atDate.replace('Z', zone?.toUpperCase() ?? 'Z')));
  if (utcText === undefined) return 'is not in the years 0000 to 9999 of UTC, or has no valid offset';
  return { instant: decimals === undefined ? utcText : utcText.replace('Z', `.${decimals}Z`) };
}

/** `2026-01-31T09:30:00Z`; undefined if it is not in the years of RFC 3339. */
function toText(epochMs: number): string | undefined {
  if (Number.isNaN(epochMs)) return undefined;
  const text = new Date(epochMs).toISOString();
  // Other years have a sign and six digits.
  return /^\d/.test(text) ? text.replace(/\.000Z$/, 'Z') : undefined;
}

function readAge(text: string): GivenInstant | string {
  if (/^\d+$/.test(text)) return `has no unit: ${forms}`;
  const [, weeks = '0', rest = ''] = /^(?:(\d+)w)?(.*)$/is.exec(text) ?? [];
  const isAge = !/^\d+$/.test(rest) && text !== '';
  const restMs = rest === '' ? 0 : parseDurationMs(rest);
  if (!isAge || restMs === undefined) return `is neither a date nor an age: ${forms}`;
  const ageMs = Number(weeks) * 7 * dayMs + restMs;
  if (ageMs > maxAgeDays * dayMs) {
    return `is out of range: write an age of at most ${formatNumber(maxAgeDays)} days, which is 100 years`;
  }
  return { ageMs };
}

/**
 * In RFC 3339 and in UTC, with up to 9 decimals.
 *
 * @param epochMs the current time
 */
export function instantFrom(given: GivenInstant, epochMs: number): string {
  return 'instant' in given ? given.instant : new Date(epochMs - given.ageMs).toISOString();
}

/** Whether one instant is before another, both as `instantFrom` returns them. Nanoseconds count. */
export function isBefore(one: string, other: string): boolean {
  return sortKey(one) < sortKey(other);
}

/** Texts in the order of their instants. */
function sortKey(instant: string): string {
  const [seconds = '', decimals = ''] = instant.slice(0, -1).split('.');
  return `${seconds}.${decimals.padEnd(9, '0')}`;
}
