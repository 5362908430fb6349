import { expectedLatenessMs, possibleEnds, type Sample, type Span } from './estimate.ts';

// The constants below were fitted with bench:wait, on the shapes of its first table. The percentages in the
// comments are the effects there on the mean lateness and on the number of polls.

/** Not fitted: limits the load. Half as much makes even progress 25 % less late, twice as much 67 % later. */
const shortestMs = 1000;

/** Not fitted: limits the lateness where an estimate is wrong or a wait lasts for hours. */
const longestMs = 60_000;

/**
 * The first pause without an estimate, and by how much the square of the pause grows per ms of the wait. Fitted
 * for waits without progress, as a balance of lateness and polls. A first pause half as long makes those under a
 * minute 49 % less late for 78 % more polls. Half the growth makes all of them 20 % less late for 20 % more polls.
 */
const withoutEstimate = { firstMs: 2800, growthMs: 38 };

/**
 * How much longer the pause may become with each change of the percentage. Twice as much makes progress in quarter
 * steps 28 % later for 15 % fewer polls, and short waits with even progress more than twice as late.
 */
const growthPerChange = 2;

/**
 * The mean lateness that ends a pause. Half as much makes quarter steps 7 % later, and doubles their 95th
 * percentile; twice as much makes even progress and quarter steps 14 % later.
 */
const acceptableLatenessMs = 100;

/**
 * When to poll next. While there is no estimate of the end, the pause depends on the age of the wait alone: short at
 * first, since short clips are ready within seconds. With possible ends, the pause lasts until the expected
 * lateness is no longer acceptable, but only so much longer as the percentage has already changed.
 *
 * @param samples in the order in which they were taken, at least one
 * @param random from 0 to 1; spreads the polls of several videos
 * @returns the pause in ms
 */
export function nextPauseMs(samples: readonly Sample[], random: number): number {
  const pauseMs = Math.max(shortestMs, unspreadPauseMs(samples));
  return Math.min(longestMs * (0.9 + random / 10), pauseMs * (0.95 + random / 10));
}

function unspreadPauseMs(samples: readonly Sample[]): number {
  const ageMs = (samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0);
  const byAgeMs = Math.sqrt(withoutEstimate.firstMs ** 2 + withoutEstimate.growthMs * ageMs);
  const ends = possibleEnds(samples);
  if (ends.length === 0) return byAgeMs;
  return Math.min(acceptablePauseMs(ends), byAgeMs * growthPerChange ** changes(samples));
}

/** The pause after which the expected lateness reaches what is acceptable. */
function acceptablePauseMs(ends: readonly Span[]): number {
  let [low, high] = [0, longestMs];
  while (high - low > 50) {
    const middle = (low + high) / 2;
    if (expectedLatenessMs(ends, middle) < acceptableLatenessMs) low = middle;
    else high = middle;
  }
  return high;
}

function changes(samples: readonly Sample[]): number {
  return samples.filter(({ percent }, index) => index > 0 && percent !== samples[index - 1]?.percent).length;
}
