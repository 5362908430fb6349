import fc from 'fast-check';
import type { Sample } from '../../src/wait/estimate.ts';

/** A sample of this percentage after this many seconds. */
export function sampleAt(atSeconds: number, percent: number | null): Sample {
  return { atMs: atSeconds * 1000, percent };
}

/** Samples of even progress at these times (s), with 100 percent after `seconds`. */
export function even(seconds: number, times: readonly number[]): Sample[] {
  return times.map((time) => sampleAt(time, (100 * time) / seconds));
}

/** Any samples: percentages that grow, stay, fall or are missing, at times that never decrease. */
export const anySamples: fc.Arbitrary<Sample[]> = fc
  .tuple(
    fc.nat(1e9),
    fc.array(fc.tuple(fc.nat(3_600_000), fc.option(fc.double({ min: 0, max: 100, noNaN: true }))), {
      minLength: 1,
      maxLength: 30,
    }),
  )
  .map(([startMs, steps]) => {
    let atMs = startMs;
    return steps.map(([passedMs, percent], index) => {
      atMs += index === 0 ? 0 : passedMs;
      return { atMs, percent };
    });
  });
