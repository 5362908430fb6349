import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as v from 'valibot';
import { duration, parseDurationMs } from '../../src/inputs/duration.ts';
import { anyCharacter } from '../harness/arbitraries.ts';

const unitsMs = { d: 24 * 3600 * 1000, h: 3600 * 1000, m: 60 * 1000, s: 1000 };

/** Amounts by unit, at least one, in the order in which they are written. */
const amounts = fc
  .tuple(...Object.keys(unitsMs).map(() => fc.option(fc.nat(100_000), { nil: undefined })))
  .filter((parts) => parts.some((amount) => amount !== undefined));

function written(parts: readonly (number | undefined)[]): string {
  return Object.keys(unitsMs)
    .map((unit, index) => (parts[index] === undefined ? '' : `${parts[index]}${unit}`))
    .join('');
}

describe('reading a duration', () => {
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

  test('whatever is composed of days, hours, minutes and seconds is their sum', () => {
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
    ['a unit that it does not know', '500ms'],
    ['the units the wrong way round', '30m1h'],
    ['one unit twice', '1h1h'],
    ['an amount without a unit after one that has it', '1h30'],
    ['an exponent', '1e3'],
    ['digits of another script', '١٠'],
  ])('%s is no duration', (_, text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });

  test('a duration with one foreign character anywhere in it is none', () => {
    fc.assert(
      fc.property(amounts, anyCharacter, fc.nat(), (parts, character, place) => {
        fc.pre(!/[0-9dhms]/i.test(character));
        const text = written(parts);
        const at = place % (text.length + 1);
        expect(parseDurationMs(text.slice(0, at) + character + text.slice(at))).toBeUndefined();
      }),
    );
  });

  test('no text at all gives less than nothing, or no number', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789dhmsDHMS.-+ ') }));
    fc.assert(
      fc.property(text, (anything) => {
        const ms = parseDurationMs(anything);
        expect(ms === undefined || ms >= 0).toBe(true);
      }),
    );
  });
});

describe('a duration within bounds', () => {
  const schema = duration(1000, 600_000);
  const messages = (text: string) => v.safeParse(schema, text).issues?.map(({ message }) => message);

  test('may be as short or long as the bounds themselves', () => {
    expect(v.parse(schema, '1s')).toBe(1000);
    expect(v.parse(schema, '10m')).toBe(600_000);
  });

  test.each(['0s', '601', '11m', '9'.repeat(400)])('cannot be %s, which is told with the bounds', (text) => {
    expect(messages(text)).toEqual([
      expect.stringMatching(/out of bounds: it must be between 1 s and 10 min/),
    ]);
  });

  test('is told how to be written where it is none', () => {
    expect(messages('soon')).toEqual([
      expect.stringMatching(/^"soon" is no duration: write it as 90s.*between/),
    ]);
  });
});
