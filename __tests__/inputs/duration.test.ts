import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as v from 'valibot';
import { duration, parseDurationMs } from '../../src/inputs/duration.ts';
import { anyCharacter } from '../harness/arbitraries.ts';

const unitsMs = { d: 24 * 3600 * 1000, h: 3600 * 1000, m: 60 * 1000, s: 1000 };

/** Amounts by unit, at least one, from days to seconds. */
const amounts = fc
  .tuple(...Object.keys(unitsMs).map(() => fc.option(fc.nat(100_000), { nil: undefined })))
  .filter((parts) => parts.some((amount) => amount !== undefined));

function written(parts: readonly (number | undefined)[]): string {
  return Object.keys(unitsMs)
    .map((unit, index) => (parts[index] === undefined ? '' : `${parts[index]}${unit}`))
    .join('');
}

describe('parseDurationMs', () => {
  test.each([
    ['90s', 90_000],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['5d', 432_000_000],
    ['1h30m', 5_400_000],
    ['1d2h3m4s', 93_784_000],
    ['1H30M', 5_400_000],
    ['90m', 5_400_000],
    ['0s', 0],
    ['007s', 7000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  test('any combination of days, hours, minutes and seconds is their sum', () => {
    fc.assert(
      fc.property(amounts, (parts) => {
        const sum = Object.values(unitsMs).reduce(
          (ms, unitMs, index) => ms + (parts[index] ?? 0) * unitMs,
          0,
        );
        expect(parseDurationMs(written(parts))).toBe(sum);
        expect(parseDurationMs(written(parts).toUpperCase())).toBe(sum);
      }),
    );
  });

  test('a bare number is seconds', () => {
    fc.assert(
      fc.property(fc.nat(), (seconds) => {
        expect(parseDurationMs(String(seconds))).toBe(seconds * 1000);
      }),
    );
  });

  test.each([
    ['nothing', ''],
    ['white space', ' '],
    ['a word', 'forever'],
    ['a fraction', '1.5h'],
    ['a sign', '-5'],
    ['a plus', '+5s'],
    ['white space inside', '1h 30m'],
    ['white space around', ' 10m'],
    ['a line break after it', '10m\n'],
    ['a unit without an amount', 'h'],
    ['an unknown unit', '500ms'],
    ['units in the wrong order', '30m1h'],
    ['one unit twice', '1h1h'],
    ['an amount without a unit after one with a unit', '1h30'],
    ['an exponent', '1e3'],
    ['digits of another script', '١٠'],
  ])('%s is not a duration', (_, text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });

  test('a duration with any other character in it is not a duration', () => {
    fc.assert(
      fc.property(amounts, anyCharacter, fc.nat(), (parts, character, place) => {
        fc.pre(!/[0-9dhms]/i.test(character));
        const text = written(parts);
        const at = place % (text.length + 1);
        expect(parseDurationMs(text.slice(0, at) + character + text.slice(at))).toBeUndefined();
      }),
    );
  });

  test('no text gives a negative number or NaN', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789dhmsDHMS.-+ ') }));
    fc.assert(
      fc.property(text, (anything) => {
        const ms = parseDurationMs(anything);
        expect(ms === undefined || ms >= 0).toBe(true);
      }),
    );
  });
});

describe('duration', () => {
  const schema = duration(1000, 600_000);
  const messages = (text: string) => v.safeParse(schema, text).issues?.map(({ message }) => message);

  test('includes both bounds', () => {
    expect(v.parse(schema, '1s')).toBe(1000);
    expect(v.parse(schema, '10m')).toBe(600_000);
  });

  test.each(['0s', '601', '11m', '9'.repeat(400)])('refuses %s, with the bounds', (text) => {
    expect(messages(text)).toEqual([
      expect.stringMatching(/out of range: it must be between 1 s and 10 min/),
    ]);
  });

  test('has an example if the text is not a duration', () => {
    expect(messages('soon')).toEqual([
      expect.stringMatching(/^"soon" is not a duration: write it as 90s.*between/),
    ]);
  });
});
