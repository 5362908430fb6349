import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { forecastMs } from '../../src/wait/forecast.ts';
import { anySightings, even, seen } from './sightings.ts';

describe('the forecast', () => {
  test('is right for what is done evenly', () => {
    const moments = fc
      .uniqueArray(fc.double({ min: 0, max: 0.99, noNaN: true }), { minLength: 2, maxLength: 10 })
      .map((fractions) => fractions.toSorted((a, b) => a - b))
      .filter(([first = 0, second = 0]) => second - first > 0.01);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 36_000 }), moments, (seconds, fractions) => {
        const sightings = even(
          seconds,
          fractions.map((fraction) => fraction * seconds),
        );
        const leftMs = seconds * 1000 - (sightings.at(-1)?.atMs ?? 0);
        const forecast = forecastMs(sightings) ?? Number.NaN;
        // Half a percent of the whole allows for rounding, and for a forecast that does not trust its last digit.
        expect(Math.abs(forecast - leftMs)).toBeLessThanOrEqual(seconds * 5);
      }),
    );
  });

  test.each([
    ['nothing was seen', []],
    ['it was seen once', [seen(0, 40)]],
    ['it stands still', [seen(0, 40), seen(60, 40)]],
    ['it fell back', [seen(0, 40), seen(60, 30)]],
    ['its percentage was never said', [seen(0, null), seen(60, null)]],
    ['its percentage was said once', [seen(0, null), seen(10, 40), seen(20, null)]],
  ])('is not made where %s', (_, sightings) => {
    expect(forecastMs(sightings)).toBeUndefined();
  });

  test('overlooks moments at which no percentage was said', () => {
    const sightings = [seen(0, null), seen(10, 20), seen(15, null), seen(20, 40)];
    expect(forecastMs(sightings)).toBe(forecastMs([seen(10, 20), seen(20, 40)]));
    expect(forecastMs(sightings)).toBeGreaterThan(0);
  });

  test('is nothing at 100 percent', () => {
    expect(forecastMs([seen(0, 0), seen(10, 100)])).toBe(0);
  });

  test('is never negative or no number, whatever was seen', () => {
    fc.assert(
      fc.property(anySightings, (sightings) => {
        const forecast = forecastMs(sightings);
        expect(forecast === undefined || forecast >= 0).toBe(true);
      }),
    );
  });
});
