import type { Timing } from '../core/timing.ts';
import type { Sample } from '../wait/estimate.ts';
import { nextPauseMs } from '../wait/schedule.ts';
import type { PollTurn } from '../wait/turns.ts';

/** What is still in progress, by name, each with its percentage (0–100) or `null`. */
export type Pending = ReadonlyMap<string, number | null>;

/** The samples so far of everything that ever was in progress, by name. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

export interface PollContext extends Timing {
  /** A fixed interval in ms; undefined for an adaptive one. */
  readonly pollIntervalMs: number | undefined;
}

/** The time that a last poll needs before the time limit, in ms. */
const lastPollMs = 2000;

/**
 * Yields whenever it is time to poll, until nothing is in progress any more.
 *
 * @param pending what is in progress now; called again after each poll
 * @param turn delays polls that share a rate limit, unless their interval is fixed
 * @throws the signal's reason
 */
export async function* polls(
  pending: () => Pending,
  { clock, leftMs, pollIntervalMs, random, signal }: PollContext,
  turn?: PollTurn,
): AsyncGenerator<Samples> {
  const startMs = clock.now();
  const samples = new Map<string, Sample[]>();
  for (let current = pending(); current.size > 0; current = pending()) {
    const atMs = clock.now();
    for (const [name, percent] of current) {
      samples.set(name, [...(samples.get(name) ?? []), { atMs, percent }]);
    }
    const pauses = [...current.keys()].map(
      (name) => pollIntervalMs ?? nextPauseMs(samples.get(name) ?? [], random()),
    );
    const roomMs = leftMs() - lastPollMs;
    const longestMs = roomMs > 0 ? roomMs : Number.POSITIVE_INFINITY;
    const ownPauseMs = Math.min(...pauses, longestMs);
    const delayMs = () =>
      pollIntervalMs ? ownPauseMs : (turn?.pauseMs(ownPauseMs, atMs - startMs) ?? ownPauseMs);
    const leftOf = () => atMs + Math.min(delayMs(), longestMs) - clock.now();
    // Its turn may come earlier once others have ended.
    for (let waitMs = leftOf(); waitMs > 0; waitMs = leftOf()) {
      await clock.sleep(Math.min(waitMs, Math.max(ownPauseMs, waitMs / 2)), signal);
    }
    yield samples;
  }
}
