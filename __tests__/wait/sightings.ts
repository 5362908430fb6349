import fc from 'fast-check';
import type { Sighting } from '../../src/wait/forecast.ts';

/** A sighting of so many percent after so many seconds. */
export function seen(atSeconds: number, percent: number | null): Sighting {
  return { atMs: atSeconds * 1000, percent };
}

/** Something done evenly, seen at these moments (s), with 100 percent after `seconds`. */
export function even(seconds: number, moments: readonly number[]): Sighting[] {
  return moments.map((moment) => seen(moment, (100 * moment) / seconds));
}

/** What may be seen over time: percentages that grow, stay, fall back, or are not said, at moments that never do. */
export const anySightings: fc.Arbitrary<Sighting[]> = fc
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
