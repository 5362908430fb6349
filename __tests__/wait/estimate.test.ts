import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { estimateRemainingMs, shortestRemainingMs } from '../../src/wait/estimate.ts';
import { anySamples, even, sampleAt } from './samples.ts';

describe('the estimate of the remaining time', () => {
  test('is right for even progress, whatever the first percentage, and improves with more samples', () => {
    const started = fc.double({ min: 0, max: 0.5, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 36_000 }), started, (seconds, start) => {
        const times = Array.from(
          { length: 20 },
          (_, index) => seconds * (start + (0.95 - start) * (index / 19)),
        );
        const samplesUntil = (share: number) => even(seconds, times.slice(0, Math.ceil(20 * share)));
        const errorOf = (share: number) => {
          const leftMs = seconds * 1000 - (samplesUntil(share).at(-1)?.atMs ?? 0);
          return (
            Math.abs((estimateRemainingMs(samplesUntil(share)) ?? Number.NaN) - leftMs) / (seconds * 1000)
          );
        };
        expect(errorOf(0.5)).toBeLessThan(0.4);
        expect(errorOf(1)).toBeLessThan(0.04);
      }),
    );
  });

  test.each([
    ['that slows down', (done: number) => 1 - (1 - done) ** 2],
    ['that accelerates', (done: number) => done ** 2],
    ['in steps of a quarter', (done: number) => Math.floor(4 * done) / 4],
  ])('is right for progress %s', (_, progress) => {
    const samples = Array.from({ length: 80 }, (_, index) =>
      sampleAt(index, Math.floor(100 * progress(index / 100))),
    );
    expect(estimateRemainingMs(samples)).toBeGreaterThan(15_000);
    expect(estimateRemainingMs(samples)).toBeLessThan(30_000);
  });

  test.each([
    ['there is no sample', []],
    ['there is one sample', [sampleAt(0, 40)]],
    ['the percentage stays the same', [sampleAt(0, 40), sampleAt(60, 40)]],
    ['the percentage fell', [sampleAt(0, 40), sampleAt(60, 30)]],
    ['no percentage was reported', [sampleAt(0, null), sampleAt(60, null)]],
    ['one percentage was reported', [sampleAt(0, null), sampleAt(10, 40), sampleAt(20, null)]],
  ])('is undefined if %s', (_, samples) => {
    expect(estimateRemainingMs(samples)).toBeUndefined();
  });

  test('ignores samples without a percentage', () => {
    const samples = [sampleAt(0, null), sampleAt(10, 20), sampleAt(15, null), sampleAt(20, 40)];
    expect(estimateRemainingMs(samples)).toBe(estimateRemainingMs([sampleAt(10, 20), sampleAt(20, 40)]));
    expect(estimateRemainingMs(samples)).toBeGreaterThan(0);
  });

  test('is close to 0 at 100 percent', () => {
    expect(estimateRemainingMs([sampleAt(0, 0), sampleAt(10, 100)])).toBeLessThan(1000);
  });

  test('is never negative or NaN, whatever the samples', () => {
    fc.assert(
      fc.property(anySamples, (samples) => {
        const estimateMs = estimateRemainingMs(samples);
        expect(estimateMs === undefined || estimateMs >= 0).toBe(true);
      }),
    );
  });
});

describe('the shortest time that may remain', () => {
  const shapes = {
    even: (share: number) => share,
    'fast then slow': (share: number) => share ** (1 / 3),
    'slow then fast': (share: number) => share ** 3,
    'in quarters': (share: number) => Math.floor(share * 4) / 4,
  };

  test.each(Object.entries(shapes))('is at most a fifth longer than it takes: %s', (_, shape) => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 36_000 }), fc.integer({ min: 2, max: 20 }), (seconds, count) => {
        const samples = Array.from({ length: count }, (_, index) => {
          const share = (0.95 * (index + 1)) / 20;
          return sampleAt(seconds * share, Math.floor(100 * shape(share)));
        });
        const leftMs = seconds * 1000 - (samples.at(-1)?.atMs ?? 0);
        expect(shortestRemainingMs(samples) ?? 0).toBeLessThanOrEqual(1.2 * leftMs);
      }),
    );
  });

  test('is unknown while the percentage has grown only once', () => {
    expect(shortestRemainingMs([sampleAt(0, 0), sampleAt(600, 0), sampleAt(605, 1)])).toBeUndefined();
  });

  test('is more than nothing long before the end', () => {
    expect(shortestRemainingMs(even(1000, [100, 200, 300]))).toBeGreaterThan(100_000);
  });
});
