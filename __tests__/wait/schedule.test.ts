import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Sighting } from '../../src/wait/forecast.ts';
import { nextPauseMs } from '../../src/wait/schedule.ts';
import { anySightings, even, seen } from './sightings.ts';

const random = fc.double({ min: 0, max: 1, noNaN: true });

/**
 * Wider than any sensible schedule: faster would use up the limit of 1,200 requests in 5 minutes with a handful of
 * videos, slower would let a finished download lie about.
 */
const limitsMs = { shortest: 500, longest: 60_000 };

describe('the pause before the next question', () => {
  test('is a number within limits, whatever was seen', () => {
    fc.assert(
      fc.property(anySightings, random, (sightings, share) => {
        const pause = nextPauseMs(sightings, share);
        expect(pause).toBeGreaterThanOrEqual(limitsMs.shortest);
        expect(pause).toBeLessThanOrEqual(limitsMs.longest);
      }),
    );
  });

  test('follows from what was seen and the random number alone', () => {
    fc.assert(
      fc.property(anySightings, random, (sightings, share) => {
        expect(nextPauseMs(structuredClone(sightings), share)).toBe(nextPauseMs(sightings, share));
      }),
    );
  });

  test('is spread, so that the waits of a batch do not ask in step', () => {
    fc.assert(
      fc.property(anySightings, random, random, (sightings, one, other) => {
        fc.pre(Math.abs(one - other) > 0.01);
        expect(nextPauseMs(sightings, one)).not.toBe(nextPauseMs(sightings, other));
      }),
    );
  });

  describe('adds up to a bounded number of questions', () => {
    const dayMs = 86_400_000;

    /** How often is asked until something is done that shows this progress over the share of its time. */
    function questions(durationMs: number, share: number, percentAt: (passed: number) => number | null) {
      const sightings: Sighting[] = [{ atMs: 0, percent: percentAt(0) }];
      for (let atMs = 0; atMs < durationMs; ) {
        atMs += nextPauseMs(sightings, share);
        sightings.push({ atMs, percent: percentAt(Math.min(1, atMs / durationMs)) });
      }
      return sightings.length - 1;
    }

    const unseen = () => null;

    /** Whatever progress makes believe, it is asked at most twice as often as where it tells nothing at all. */
    const atMost = (durationMs: number, share: number) => 10 + 2 * questions(durationMs, share, unseen);

    /** Percentages at moments that part the time evenly, with straight lines between, told in steps. */
    const anyProgress = fc
      .record({
        knots: fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 12 }),
        grows: fc.boolean(),
        step: fc.constantFrom(0.1, 1, 10, 25),
      })
      .map(({ grows, knots, step }) => {
        const points = grows ? knots.toSorted((one, other) => one - other) : knots;
        return (passed: number) => {
          const at = passed * (points.length - 1);
          const [from = 0, to = from] = points.slice(Math.floor(at));
          return Math.floor((from + (to - from) * (at % 1)) / step) * step;
        };
      });

    test('of whatever shape the progress is, and however long it takes', () => {
      const durationMs = fc.double({ min: 0, max: 1, noNaN: true }).map((share) => 1000 * 21_600 ** share);
      fc.assert(
        fc.property(durationMs, anyProgress, random, (ms, progress, share) => {
          expect(questions(ms, share, progress)).toBeLessThanOrEqual(atMost(ms, share));
        }),
        { numRuns: 60 },
      );
    });

    test('over the longest time that a step may take', () => {
      const asked = questions(5 * dayMs, 0, unseen);
      expect(asked).toBeLessThan(10_000);
      expect(asked).toBeGreaterThanOrEqual((5 * dayMs) / limitsMs.longest);
    });

    test.each<[name: string, percentAt: (passed: number) => number | null]>([
      ['that it goes on evenly', (passed) => Math.floor(100 * passed)],
      ['that it is about to end', (passed) => Math.min(99, Math.floor(1e6 * passed))],
      ['ever smaller steps to the end', (passed) => 100 - 100 / (1 + 1e4 * passed)],
      ['nothing that makes sense', (passed) => Math.floor(1e9 * passed) % 101],
    ])('over an hour, where progress tells %s', (_, percentAt) => {
      expect(questions(dayMs / 24, 0, percentAt)).toBeLessThanOrEqual(atMost(dayMs / 24, 0));
    });
  });

  test('is short at first, since a short clip is ready within seconds', () => {
    expect(nextPauseMs([seen(0, 0)], 0.5)).toBeLessThanOrEqual(5000);
    expect(nextPauseMs([seen(0, null)], 0.5)).toBeLessThanOrEqual(5000);
  });

  test('is longer in an old wait that tells nothing', () => {
    const waited = (seconds: number) => nextPauseMs([seen(0, null), seen(seconds, null)], 0.5);
    expect(waited(3600)).toBeGreaterThan(waited(1));
  });

  test('is shorter near the end than in the midst of a long work', () => {
    const minutes = Array.from({ length: 50 }, (_, index) => index * 60);
    const midst = nextPauseMs(even(6000, minutes), 0.5);
    const end = nextPauseMs(even(6000, [...minutes, 3000, 4000, 5000, 5998]), 0.5);
    expect(end).toBeLessThan(midst);
  });
});
