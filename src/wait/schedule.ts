import { forecastMs, type Sighting } from './forecast.ts';

const shortestMs = 1000;
const longestMs = 15_000;

/**
 * When to ask again: soon in a young wait, since short clips are ready within seconds, rarer in an old one, and
 * at half of what seems to be left where progress tells that.
 *
 * @param sightings what was seen so far, in order, at least one
 * @param random from 0 to 1; spreads the waits of a batch by a tenth either way
 * @returns the pause in ms
 */
export function nextPauseMs(sightings: readonly Sighting[], random: number): number {
  const age = (sightings.at(-1)?.atMs ?? 0) - (sightings[0]?.atMs ?? 0);
  const left = forecastMs(sightings);
  const pause = left === undefined ? age / 4 : Math.min(left / 2, Math.max(age / 2, shortestMs));
  return Math.min(longestMs, Math.max(shortestMs, pause)) * (0.9 + random / 5);
}
