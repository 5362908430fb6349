/** The progress of one piece of work at one moment. */
export interface Sample {
  /** When it was taken, in ms on the clock's scale. */
  readonly atMs: number;
  /** How much was done, 0–100; `null` where it was not reported. */
  readonly percent: number | null;
}

/** A time span in which the work may end, in ms from the last sample. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Maps the share of the work that is done (0–1) to the share of the time that has passed (0–1). */
type Shape = (done: number) => number;

const even: Shape = (done) => done;

/**
 * The shapes that progress may have: a power of the time that has passed, or the mirror image of one, with degrees
 * from 1 (even) to 3. Fitted with bench:wait, whose degrees are from 1.5 to 3: there, half as many degrees need
 * about 20 % more polls, and twice as many up to 18 % fewer, which may only fit the exact powers of the benchmark.
 */
const shapes: readonly Shape[] = Array.from({ length: 33 }, (_, index) => 1 + index / 16).flatMap(
  (degree): Shape[] => [(done) => done ** (1 / degree), (done) => 1 - (1 - done) ** (1 / degree)],
);

/** A percentage may have been rounded down to a whole one. */
const roundingPercent = 1;

/**
 * Progress is taken for stepwise when each percentage was sampled more often than this on average. Fitted with
 * bench:wait: with half or twice as many, quarter steps are up to 6 % later. Without the rule, they are twice as
 * late; if all progress is taken for stepwise, short waits with even progress need 30 % more polls.
 */
const samplesPerStep = 3;

/**
 * The spans in which the work may end: one for each shape of progress that agrees with all samples since the
 * percentage last fell.
 *
 * @param samples in the order in which they were taken
 * @param among the shapes that progress may have
 * @returns an empty array while the percentage has not grown, and where progress has none of the shapes
 */
export function possibleEnds(samples: readonly Sample[], among = shapes): Span[] {
  const progress = progressOf(samples);
  const [first] = progress;
  if (!first) return [];
  const elapsedMs = (samples.at(-1)?.atMs ?? 0) - first.atMs;
  const increases = progress
    .map(({ percent }, index) => percent - (progress[index - 1]?.percent ?? percent))
    .filter((increase) => increase > 0);
  const isStepwise = samples.length > samplesPerStep * (increases.length + 1);
  const stepPercent = Math.max(roundingPercent, isStepwise ? Math.min(...increases) : 0);
  // A first percentage above 0 may have been rounded down, so that less was done since than the difference.
  const firstRoundingPercent = first.percent > 0 ? roundingPercent : 0;

  return among
    .map((shape) => {
      // The shape describes the work that was left at the first sample.
      const timeShare = (percent: number) =>
        shape(Math.min(1, Math.max(0, (percent - first.percent) / (100 - first.percent))));
      const earliestMs = progress.map(
        ({ atMs, percent }) => (atMs - first.atMs) / timeShare(percent + stepPercent),
      );
      const latestMs = progress
        .filter(({ percent }) => percent > first.percent)
        .map(({ atMs, percent }) => (atMs - first.atMs) / timeShare(percent - firstRoundingPercent));
      return {
        fromMs: Math.max(elapsedMs, ...earliestMs) - elapsedMs,
        // At 100 percent the end is now: one more ms keeps that span from being empty.
        toMs: Math.min(...latestMs) - elapsedMs + 1,
      };
    })
    .filter(({ fromMs, toMs }) => fromMs < toMs && toMs < Number.POSITIVE_INFINITY);
}

/**
 * How late, in ms, a poll after `pauseMs` notices the end on average, if the end is uniformly distributed over the
 * spans. An end after the poll counts as 0.
 */
export function expectedLatenessMs(spans: readonly Span[], pauseMs: number): number {
  const weighted = spans.reduce((sum, { fromMs, toMs }) => {
    const untilMs = Math.min(toMs, pauseMs);
    return fromMs < untilMs ? sum + (untilMs - fromMs) * (pauseMs - (fromMs + untilMs) / 2) : sum;
  }, 0);
  return weighted / totalMs(spans);
}

/**
 * Estimates the remaining time for display: at the average pace so far, as long as progress is even.
 *
 * @param samples in the order in which they were taken
 * @returns ms from the last sample; undefined while there is no estimate
 */
export function estimateRemainingMs(samples: readonly Sample[]): number | undefined {
  const spans = [possibleEnds(samples, [even]), possibleEnds(samples)].find(({ length }) => length > 0);
  if (!spans) return undefined;
  const weighted = spans.reduce((sum, { fromMs, toMs }) => sum + (toMs ** 2 - fromMs ** 2) / 2, 0);
  return weighted / totalMs(spans);
}

/** A shorter history says little about the shape of progress: how many different percentages it must have. */
const tellingPercentages = 3;

/**
 * The shortest time that the work may still take, whatever the shape of its progress.
 *
 * @returns ms from the last sample; undefined while too little is known
 */
export function shortestRemainingMs(samples: readonly Sample[]): number | undefined {
  const known = new Set(samples.map(({ percent }) => percent)).size >= tellingPercentages;
  const spans = known ? possibleEnds(samples) : [];
  return spans.length > 0 ? Math.min(...spans.map(({ fromMs }) => fromMs)) : undefined;
}

interface Progress {
  readonly atMs: number;
  readonly percent: number;
}

/** The first and the last sample of each percentage since it last fell; those in between narrow nothing down. */
function progressOf(samples: readonly Sample[]): Progress[] {
  const reported = samples.flatMap(({ atMs, percent }) => (percent === null ? [] : [{ atMs, percent }]));
  const start = reported.findLastIndex(({ percent }, index) => percent < (reported[index - 1]?.percent ?? 0));
  return reported
    .slice(Math.max(0, start))
    .filter(
      ({ percent }, index, all) => percent !== all[index - 1]?.percent || percent !== all[index + 1]?.percent,
    );
}

function totalMs(spans: readonly Span[]): number {
  return spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}
