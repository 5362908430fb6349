import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as v from 'valibot';
import { givenInstant, instantFrom, isBefore } from '../../src/inputs/instant.ts';
import { anyText } from '../harness/arbitraries.ts';

const now = Date.UTC(2026, 0, 31, 9, 30, 15, 250);

/** The instant of a text, or the problem with it. */
function read(text: string): string {
  const parsed = v.safeParse(givenInstant, text);
  return parsed.success
    ? instantFrom(parsed.output, now)
    : parsed.issues.map(({ message }) => message).join();
}

describe('an instant in RFC 3339', () => {
  test.each([
    ['2026-01-31', '2026-01-31T00:00:00Z'],
    ['2024-02-29', '2024-02-29T00:00:00Z'],
    ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00Z'],
    ['2026-01-31t09:30:00z', '2026-01-31T09:30:00Z'],
    ['2026-01-31 09:30:00Z', '2026-01-31T09:30:00Z'],
    ['2026-01-31T09:30:00+02:00', '2026-01-31T07:30:00Z'],
    ['2026-01-31T23:30:00-05:45', '2026-02-01T05:15:00Z'],
    ['2026-01-31T09:30:00-00:00', '2026-01-31T09:30:00Z'],
    ['2026-01-31T09:30:00.5Z', '2026-01-31T09:30:00.5Z'],
    ['2026-01-31T09:30:00.100Z', '2026-01-31T09:30:00.100Z'],
    ['2026-01-31T09:30:00.123456789+02:00', '2026-01-31T07:30:00.123456789Z'],
    ['0000-01-01', '0000-01-01T00:00:00Z'],
    ['9999-12-31T23:59:59.999999999Z', '9999-12-31T23:59:59.999999999Z'],
  ])('%s is %s', (text, instant) => {
    expect(read(text)).toBe(instant);
  });

  test.each([
    '2026-02-30',
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '2026-01-32',
    '2026-01-31T24:00:00Z',
    '2026-01-31T09:60:00Z',
    '2026-06-30T23:59:60Z',
    '2026-02-30T09:30:00+02:00',
  ])('is not %s, which does not exist', (text) => {
    expect(read(text)).toMatch(/^".*" does not exist in the calendar or on the clock: write a date such as /);
  });

  test.each([
    ['2026-01-31T09:30:00', 'has no time zone: add Z'],
    ['2026-01-31 09:30:00', 'has no time zone: add Z'],
    ['2026-01-31T09:30:00.1234567890Z', 'has more than 9 decimals'],
    ['0000-01-01T00:00:00+01:00', 'is not in the years 0000 to 9999'],
    ['9999-12-31T23:59:59-01:00', 'is not in the years 0000 to 9999'],
    ['2026-01-31T09:30:00+25:00', 'or has no valid offset'],
    ['2026-01-31T09:30:00+02:60', 'or has no valid offset'],
  ])('is not %s, which %s', (text, problem) => {
    expect(read(text)).toContain(`"${text}" `);
    expect(read(text)).toContain(problem);
  });

  test('is the same instant as written, with the same decimals', () => {
    const date = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9998-12-31T00:00:00Z'),
      noInvalidDate: true,
    });
    const decimals = fc.option(fc.stringMatching(/^\d{1,9}$/), { nil: undefined });
    const minutes = fc.integer({ min: -1439, max: 1439 });
    fc.assert(
      fc.property(date, decimals, minutes, (utc, fraction, offset) => {
        const local = new Date(utc.getTime() + offset * 60_000).toISOString().slice(0, 19);
        const two = (number: number) => String(number).padStart(2, '0');
        const size = Math.abs(offset);
        const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
        const part = fraction === undefined ? '' : `.${fraction}`;
        expect(read(`${local}${part}${zone}`)).toBe(`${utc.toISOString().slice(0, 19)}${part}Z`);
      }),
    );
  });
});

describe('an age', () => {
  test.each([
    ['7d', '2026-01-24T09:30:15.250Z'],
    ['1w', '2026-01-24T09:30:15.250Z'],
    ['12h', '2026-01-30T21:30:15.250Z'],
    ['30m', '2026-01-31T09:00:15.250Z'],
    ['15s', '2026-01-31T09:30:00.250Z'],
    ['0s', '2026-01-31T09:30:15.250Z'],
    ['1w2d3h4m5s', '2026-01-22T06:26:10.250Z'],
    ['1W2D', '2026-01-22T09:30:15.250Z'],
    ['36525d', '1926-01-31T09:30:15.250Z'],
  ])('of %s is %s', (text, instant) => {
    expect(read(text)).toBe(instant);
  });

  test.each(['36526d', '5218w', `${'9'.repeat(200)}d`])('is not %s, which is out of range', (text) => {
    expect(read(text)).toContain('is out of range: write an age of at most 36,525 days');
  });

  test.each(['7', '1769817600', '0'])('is not %s, which has no unit', (text) => {
    expect(read(text)).toMatch(/^".*" has no unit: write /);
  });

  test.each([
    '7 d',
    '-7d',
    '7days',
    '1d1w',
    '1w5',
    'w',
    '1.5d',
    'yesterday',
    '7d ago',
    '31.01.2026',
    '2026-1-31',
    '20260131',
    '2026-01',
    '2026-01-31T09:30Z',
    '٧d',
    '1w\n2d',
  ])('or a date is not %j', (text) => {
    expect(read(text)).toMatch(/^".*" (is neither a date nor an age|has no unit): write a date such as /);
  });
});

test('whatever is written, it is read as an instant, or refused with a fix', () => {
  const text = fc.oneof(
    anyText(),
    fc.string({ unit: fc.constantFrom(...'0123456789-:.TtZz+ wdhms'), maxLength: 40 }),
  );
  fc.assert(
    fc.property(text, (anything) => {
      expect(read(anything)).toMatch(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$| (write|add|leave out) | has no valid offset$/,
      );
    }),
    { numRuns: 1000 },
  );
});

describe('isBefore', () => {
  test.each([
    ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000000001Z', true],
    ['2026-01-31T09:30:00.1Z', '2026-01-31T09:30:00.10Z', false],
    ['2026-01-31T09:30:00.10Z', '2026-01-31T09:30:00.1Z', false],
    ['2026-01-31T09:30:00.09Z', '2026-01-31T09:30:00.1Z', true],
    ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00Z', false],
    ['2026-01-31T09:30:01Z', '2026-01-31T09:30:00.9Z', false],
  ])('of %s and %s is %s', (one, other, expected) => {
    expect(isBefore(one, other)).toBe(expected);
  });
});
