import type { Timing } from '../core/timing.ts';
import type { Sample } from '../wait/estimate.ts';
import { nextPauseMs } from '../wait/schedule.ts';

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
 * @throws the signal's reason
 */
export async function* polls(
  pending: () => Pending,
  { clock, leftMs, pollIntervalMs, random, signal }: PollContext,
): AsyncGenerator<Samples> {
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
    await clock.sleep(Math.min(...pauses, ...(roomMs > 0 ? [roomMs] : [])), signal);
    yield samples;
  }
}
