import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
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
