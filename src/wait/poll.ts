import type { Clock } from '../core/clock.ts';
import type { Sighting } from './forecast.ts';
import { nextPauseMs } from './schedule.ts';

/** What is still being done, by name, each with its percentage (0–100) or `null`. */
export type Pending = ReadonlyMap<string, number | null>;

/** What was seen so far of each that was ever pending, by name. */
export type Sightings = ReadonlyMap<string, readonly Sighting[]>;

export interface PollOptions {
  readonly clock: Clock;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** Ends the wait: the loop then throws the signal's reason. */
  readonly signal: AbortSignal;
  /** What is left of the time, in ms. */
  readonly leftMs: () => number;
  /** A fixed pause in ms; undefined adapts it to what is seen. */
  readonly pollIntervalMs: number | undefined;
}

/** What a last question needs before the time is over, in ms. */
const lastQuestionMs = 2000;

/**
 * Asks until nothing is pending any more.
 *
 * @param pending what is known to be pending now; nothing is asked while it is empty
 * @param ask asks once; handed what was seen before of each, for an estimate
 */
export async function poll(
  pending: Pending,
  ask: (sightings: Sightings) => Promise<Pending>,
  { clock, leftMs, random, signal, pollIntervalMs }: PollOptions,
): Promise<void> {
  const sightings = new Map<string, Sighting[]>();
  for (let current = pending; current.size > 0; current = await ask(sightings)) {
    const atMs = clock.now();
    for (const [name, percent] of current) {
      sightings.set(name, [...(sightings.get(name) ?? []), { atMs, percent }]);
    }
    const pauses = [...current.keys()].map(
      (name) => pollIntervalMs ?? nextPauseMs(sightings.get(name) ?? [], random()),
    );
    const roomMs = leftMs() - lastQuestionMs;
    await clock.sleep(Math.min(...pauses, ...(roomMs > 0 ? [roomMs] : [])), signal);
  }
}
