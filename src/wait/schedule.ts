import { crossing, Forecast, type Sighting } from './forecast.ts';

const shortestMs = 1000;
const longestMs = 60_000;

/** Without a forecast: the first pause, and how its square grows with the age of the wait. */
const blind = { firstMs: 2800, growthMs: 38 };

/** A question is worth so much lateness. */
const priceMs = 400;

/** How far a forecast is not trusted (0–1): less with each change of the percentage that agreed with it. */
const doubt = { perChange: 0.2, least: 0.006 };

/** A forecast is vague whose middle four fifths span more; then it is asked early, to learn more. */
const vagueMs = 1500;
const earlyShare = 0.7;

/**
 * When to ask again. Without a forecast soon in a young wait, since short clips are ready within seconds, and rarer
 * in an old one. With one, as soon as the lateness to be expected is worth a question; and while the forecast is
 * vague, on the way to the likely end.
 *
 * @param sightings what was seen so far, in order, at least one
 * @param random from 0 to 1; spreads the questions of a batch
 * @returns the pause in ms
 */
export function nextPauseMs(sightings: readonly Sighting[], random: number): number {
  const ageMs = (sightings.at(-1)?.atMs ?? 0) - (sightings[0]?.atMs ?? 0);
  const blindMs = Math.sqrt(blind.firstMs ** 2 + blind.growthMs * ageMs);
  const forecast = Forecast.of(sightings);
  const pauseMs = forecast ? foreseeing(forecast, blindMs, doubtOf(sightings)) : blindMs;
  return Math.min(longestMs * (0.9 + random / 10), Math.max(shortestMs, pauseMs) * (0.95 + random / 10));
}

function foreseeing(forecast: Forecast, blindMs: number, doubt: number): number {
  const costMs = (pauseMs: number) =>
    (1 - doubt) * forecast.latenessMs(pauseMs) + doubt * priceMs * (pauseMs / blindMs) ** 2;
  const worthMs = crossing((pauseMs) => costMs(pauseMs) - priceMs, longestMs);
  const isVague = forecast.quantileMs(0.9) - forecast.quantileMs(0.1) > vagueMs;
  return isVague ? Math.min(worthMs, earlyShare * forecast.quantileMs(0.5)) : worthMs;
}

function doubtOf(sightings: readonly Sighting[]): number {
  const changes = sightings.filter(
    ({ percent }, index) => index > 0 && percent !== sightings[index - 1]?.percent,
  );
  return Math.max(doubt.least, doubt.perChange ** changes.length);
}
