import type { Clock } from './clock.ts';

/** What everything that waits or retries needs to know about the step's time. */
export interface Timing {
  readonly clock: Clock;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** Aborted, with a `Failure` as its reason, when the step ends. */
  readonly signal: AbortSignal;
  /** What is left of the step's time, in ms. */
  readonly leftMs: () => number;
}
