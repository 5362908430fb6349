import { even, type Shape, shapes } from './shapes.ts';

/** What was seen at one moment of something that is being done. */
export interface Sighting {
  /** When, in ms on the clock's scale. */
  readonly atMs: number;
  /** How much was done, 0–100; `null` where it was not said. */
  readonly percent: number | null;
}

/** A stretch of time in which one percentage was seen, in ms since the first one. */
interface Plateau {
  readonly percent: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** The time in which the end must lie, in ms since the first percentage. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Percentages may be rounded down to whole ones … */
const roundingPercent = 1;

/** … and no real progress keeps to a formula. */
const slackPercent = 0.1;

/** So many questions per new percentage tell that it grows in steps. */
const questionsPerStep = 3;

/**
 * When something will end, as far as its progress tells. Each shape of progress that agrees with all that was seen
 * leaves a span for the end. The shapes are equally likely, and within its span the logarithm of the end is evenly
 * spread. All times that it takes and gives are in ms from the last sighting.
 */
export class Forecast {
  readonly #spans: readonly Span[];
  readonly #nowMs: number;
  readonly #mass: number;

  private constructor(spans: readonly Span[], nowMs: number) {
    this.#spans = spans;
    this.#nowMs = nowMs;
    this.#mass = this.#sum(Number.POSITIVE_INFINITY, (fromMs, toMs) => Math.log(toMs / fromMs));
  }

  /**
   * @param sightings what was seen so far, in order
   * @param among the shapes that progress may have
   * @returns undefined while progress tells nothing, or when it has none of the shapes
   */
  static of(sightings: readonly Sighting[], among = shapes): Forecast | undefined {
    const { nowMs, plateaus } = progressOf(sightings);
    const step =
      sightings.length > questionsPerStep * plateaus.length ? smallestStep(plateaus) : roundingPercent;
    const spans = among
      .map((shape) => spanOf(shape, plateaus, Math.max(roundingPercent, step), nowMs))
      .filter(({ fromMs, toMs }) => 0 < fromMs && fromMs < toMs && toMs < Number.POSITIVE_INFINITY);
    return spans.length > 0 ? new Forecast(spans, nowMs) : undefined;
  }

  /** The time within which the end comes with this probability (0–1). */
  quantileMs(probability: number): number {
    const latestMs = Math.max(...this.#spans.map(({ toMs }) => toMs));
    const lacking = (ms: number) =>
      this.#sum(this.#nowMs + ms, (fromMs, toMs) => Math.log(toMs / fromMs)) / this.#mass - probability;
    return crossing(lacking, latestMs - this.#nowMs);
  }

  /** How late a question after `ms` would find the end, on average; an end that is still to come counts as 0. */
  latenessMs(ms: number): number {
    const atMs = this.#nowMs + ms;
    return this.#sum(atMs, (fromMs, toMs) => atMs * Math.log(toMs / fromMs) - (toMs - fromMs)) / this.#mass;
  }

  #sum(untilMs: number, part: (fromMs: number, toMs: number) => number): number {
    return this.#spans
      .filter(({ fromMs }) => fromMs < untilMs)
      .reduce((sum, { fromMs, toMs }) => sum + part(fromMs, Math.min(toMs, untilMs)), 0);
  }
}

/**
 * How long until the end, to tell a person: at the pace so far, as long as progress is even.
 *
 * @param sightings what was seen so far, in order
 * @returns ms from the last sighting; undefined while it cannot be told
 */
export function forecastMs(sightings: readonly Sighting[]): number | undefined {
  return (Forecast.of(sightings, [even]) ?? Forecast.of(sightings))?.quantileMs(0.5);
}

/**
 * Where a value that grows crosses zero, to a thousandth of what is looked at.
 *
 * @param highest nothing above it is looked at
 */
export function crossing(value: (at: number) => number, highest: number): number {
  let [low, high] = [0, highest];
  while (high - low > highest / 1000) {
    const middle = (low + high) / 2;
    if (value(middle) < 0) low = middle;
    else high = middle;
  }
  return high;
}

/** What was seen since progress last fell back, if it ever did. */
function progressOf(sightings: readonly Sighting[]): { plateaus: readonly Plateau[]; nowMs: number } {
  let plateaus: Plateau[] = [];
  let startMs = 0;
  for (const { atMs, percent } of sightings) {
    if (percent === null) continue;
    const last = plateaus.at(-1);
    if (!last || percent < last.percent) {
      startMs = atMs;
      plateaus = [];
    }
    const ms = atMs - startMs;
    if (last?.percent === percent) plateaus.splice(-1, 1, { ...last, lastMs: ms });
    else plateaus.push({ percent, firstMs: ms, lastMs: ms });
  }
  return { plateaus, nowMs: (sightings.at(-1)?.atMs ?? startMs) - startMs };
}

function smallestStep(plateaus: readonly Plateau[]): number {
  return Math.min(
    ...plateaus.slice(1).map(({ percent }, index) => percent - (plateaus[index]?.percent ?? 0)),
  );
}

/** While a percentage is seen, as much is done or more, but not as much as the next one says. */
function spanOf(shape: Shape, plateaus: readonly Plateau[], stepPercent: number, nowMs: number): Span {
  // What was done before it was first seen is none of the shape's; above 0 it may have been rounded.
  const before = plateaus[0]?.percent ?? 0;
  const rounded = before > 0 ? roundingPercent : 0;
  const share = (percent: number) => shape(Math.min(1, Math.max(0, (percent - before) / (100 - before))));
  const earliest = plateaus.map(
    ({ lastMs, percent }) => lastMs / share(percent + stepPercent + slackPercent),
  );
  const latest = plateaus
    .slice(1)
    .map(({ firstMs, percent }) => firstMs / share(percent - slackPercent - rounded));
  return { fromMs: Math.max(nowMs, ...earliest), toMs: Math.min(...latest) };
}
