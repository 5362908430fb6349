import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { forecastMs } from '../../src/wait/forecast.ts';
import { anySightings, even, seen } from './sightings.ts';

describe('the forecast', () => {
  test('is right for what is done evenly, wherever it is seen first, the more so the more of it was seen', () => {
    const started = fc.double({ min: 0, max: 0.5, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 36_000 }), started, (seconds, start) => {
        const moments = Array.from(
          { length: 20 },
          (_, index) => seconds * (start + (0.95 - start) * (index / 19)),
        );
        const seenSoFar = (share: number) => even(seconds, moments.slice(0, Math.ceil(20 * share)));
        const errorOf = (share: number) => {
          const leftMs = seconds * 1000 - (seenSoFar(share).at(-1)?.atMs ?? 0);
          return Math.abs((forecastMs(seenSoFar(share)) ?? Number.NaN) - leftMs) / (seconds * 1000);
        };
        expect(errorOf(0.5)).toBeLessThan(0.4);
        expect(errorOf(1)).toBeLessThan(0.04);
      }),
    );
  });

  test.each([
    ['ever slower', (done: number) => 1 - (1 - done) ** 2],
    ['ever faster', (done: number) => done ** 2],
    ['in steps of a quarter', (done: number) => Math.floor(4 * done) / 4],
  ])('is right for what is done %s', (_, progress) => {
    const sightings = Array.from({ length: 80 }, (_, index) =>
      seen(index, Math.floor(100 * progress(index / 100))),
    );
    expect(forecastMs(sightings)).toBeGreaterThan(15_000);
    expect(forecastMs(sightings)).toBeLessThan(30_000);
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

  test('is next to nothing at 100 percent', () => {
    expect(forecastMs([seen(0, 0), seen(10, 100)])).toBeLessThan(1000);
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
