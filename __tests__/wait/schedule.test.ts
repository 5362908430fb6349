import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Sample } from '../../src/wait/estimate.ts';
import { nextPauseMs } from '../../src/wait/schedule.ts';
import { anySamples, even, sampleAt } from './samples.ts';

const random = fc.double({ min: 0, max: 1, noNaN: true });

/**
 * Wider than any sensible schedule: faster would use up the limit of 1,200 requests in 5 minutes with a handful of
 * videos, slower would notice a finished download late.
 */
const limitsMs = { shortest: 500, longest: 60_000 };

describe('the pause before the next poll', () => {
  test('is within limits, whatever the samples', () => {
    fc.assert(
      fc.property(anySamples, random, (samples, share) => {
        const pause = nextPauseMs(samples, share);
        expect(pause).toBeGreaterThanOrEqual(limitsMs.shortest);
        expect(pause).toBeLessThanOrEqual(limitsMs.longest);
      }),
    );
  });

  test('depends only on the samples and the random number', () => {
    fc.assert(
      fc.property(anySamples, random, (samples, share) => {
        expect(nextPauseMs(structuredClone(samples), share)).toBe(nextPauseMs(samples, share));
      }),
    );
  });

  test('is spread, so that the waits of a batch do not poll in step', () => {
    fc.assert(
      fc.property(anySamples, random, random, (samples, one, other) => {
        fc.pre(Math.abs(one - other) > 0.01);
        expect(nextPauseMs(samples, one)).not.toBe(nextPauseMs(samples, other));
      }),
    );
  });

  describe('leads to a bounded number of polls', () => {
    const dayMs = 86_400_000;

    /** The number of polls until the end of work that reports this percentage after a share of its time. */
    function polls(durationMs: number, share: number, percentAt: (elapsed: number) => number | null) {
      const samples: Sample[] = [{ atMs: 0, percent: percentAt(0) }];
      for (let atMs = 0; atMs < durationMs; ) {
        atMs += nextPauseMs(samples, share);
        samples.push({ atMs, percent: percentAt(Math.min(1, atMs / durationMs)) });
      }
      return samples.length - 1;
    }

    const unknown = () => null;

    /** However misleading the progress, there are at most twice as many polls as without any percentage. */
    const atMost = (durationMs: number, share: number) => 10 + 2 * polls(durationMs, share, unknown);

    /** Percentages at regular times, with straight lines between them, reported in steps. */
    const anyProgress = fc
      .record({
        knots: fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 12 }),
        grows: fc.boolean(),
        step: fc.constantFrom(0.1, 1, 10, 25),
      })
      .map(({ grows, knots, step }) => {
        const points = grows ? knots.toSorted((one, other) => one - other) : knots;
        return (elapsed: number) => {
          const at = elapsed * (points.length - 1);
          const [from = 0, to = from] = points.slice(Math.floor(at));
          return Math.floor((from + (to - from) * (at % 1)) / step) * step;
        };
      });

    test('whatever the progress and the duration', () => {
      const durationMs = fc.double({ min: 0, max: 1, noNaN: true }).map((share) => 1000 * 3600 ** share);
      fc.assert(
        fc.property(durationMs, anyProgress, random, (ms, progress, share) => {
          expect(polls(ms, share, progress)).toBeLessThanOrEqual(atMost(ms, share));
        }),
        { numRuns: 60 },
      );
    });

    test('over the longest time of a step', () => {
      const count = polls(5 * dayMs, 0, unknown);
      expect(count).toBeLessThan(10_000);
      expect(count).toBeGreaterThanOrEqual((5 * dayMs) / limitsMs.longest);
    });

    test.each<[name: string, percentAt: (elapsed: number) => number | null]>([
      ['is even', (elapsed) => Math.floor(100 * elapsed)],
      ['always seems about to end', (elapsed) => Math.min(99, Math.floor(1e6 * elapsed))],
      ['takes ever smaller steps towards the end', (elapsed) => 100 - 100 / (1 + 1e4 * elapsed)],
      ['is erratic', (elapsed) => Math.floor(1e9 * elapsed) % 101],
    ])('over 20 minutes of progress that %s', (_, percentAt) => {
      expect(polls(1_200_000, 0, percentAt)).toBeLessThanOrEqual(atMost(1_200_000, 0));
    });
  });

  test('is short at first, since a short clip is ready within seconds', () => {
    expect(nextPauseMs([sampleAt(0, 0)], 0.5)).toBeLessThanOrEqual(5000);
    expect(nextPauseMs([sampleAt(0, null)], 0.5)).toBeLessThanOrEqual(5000);
  });

  test('is longer in an old wait without a percentage', () => {
    const waited = (seconds: number) => nextPauseMs([sampleAt(0, null), sampleAt(seconds, null)], 0.5);
    expect(waited(3600)).toBeGreaterThan(waited(1));
  });

  test('is shorter near the end than in the middle of long work', () => {
    const minutes = Array.from({ length: 50 }, (_, index) => index * 60);
    const middle = nextPauseMs(even(6000, minutes), 0.5);
    const end = nextPauseMs(even(6000, [...minutes, 3000, 4000, 5000, 5998]), 0.5);
    expect(end).toBeLessThan(middle);
  });
});
