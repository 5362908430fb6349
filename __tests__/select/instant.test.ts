import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { floor, formatInstant, parseInstant } from '../../src/select/instant.ts';

describe('an instant', () => {
  test.each([
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00Z'],
    ['2026-01-31t12:00:00z', '2026-01-31T12:00:00Z'],
    ['2026-01-31 12:00:00.5Z', '2026-01-31T12:00:00.5Z'],
    ['2026-01-31T12:00:00.123456789Z', '2026-01-31T12:00:00.123456789Z'],
    ['2026-01-31T12:00:00.100000000Z', '2026-01-31T12:00:00.1Z'],
    ['2026-01-31T01:30:00.000000001+02:00', '2026-01-30T23:30:00.000000001Z'],
    ['2026-01-31T23:30:00-0130', '2026-02-01T01:00:00Z'],
    ['2026-01-31T12:00:00+01', '2026-01-31T11:00:00Z'],
    ['1969-12-31T23:59:59.999999999Z', '1969-12-31T23:59:59.999999999Z'],
  ])('is read from %s', (text, formatted) => {
    expect(formatInstant(parseInstant(text))).toBe(formatted);
  });

  test.each([
    '',
    '2026-01-31',
    '2026-13-01T00:00:00Z',
    '2026-01-31T12:00:00',
    '2026-01-31T12:00:00.1234567891Z',
  ])('is not read from %j', (text) => {
    expect(() => parseInstant(text)).toThrow(RangeError);
  });

  test('survives being written and read, to the nanosecond', () => {
    const instants = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 19n });
    fc.assert(fc.property(instants, (instant) => expect(parseInstant(formatInstant(instant))).toBe(instant)));
  });

  test('is rounded down, also before 1970', () => {
    expect(floor(1999n, 1000n)).toBe(1000n);
    expect(floor(2000n, 1000n)).toBe(2000n);
    expect(floor(-1n, 1000n)).toBe(-1000n);
  });
});
