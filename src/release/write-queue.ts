import pLimit from 'p-limit';
import type { Timing } from '../core/timing.ts';
import { Pace } from '../http/pace.ts';

/**
 * GitHub asks for writes one after the other, and for a second between them when there are many.
 *
 * @see https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
 */
const allowance = { burst: 10, perSecond: 1 };

/** How long after the end of the step a write may continue that must not be left half done, in ms. */
const writeGraceMs = 5000;

/** How long after the end of the step traces of it may be removed, in ms: it is to end within a second. */
const cleanUpGraceMs = 700;

/** The time of a write: that of the step and its grace. */
export type Grace = Pick<Timing, 'leftMs' | 'signal'>;

/** Runs a write once those before it are done. */
type QueueWrite = <Result>(write: (grace: Grace) => Promise<Result>) => Promise<Result>;

export interface WriteQueue {
  /** Starts nothing after the step has ended: throws the reason for the end instead. */
  readonly write: QueueWrite;
  /** For what removes traces of this step: starts after the end of the step too, within its grace. */
  readonly cleanUp: QueueWrite;
}

/** Opens a queue for all writes of a step. */
export function openWriteQueue({ clock, leftMs, signal }: Timing): WriteQueue {
  const oneAtATime = pLimit(1);
  const pace = new Pace(clock, allowance);
  /** When the step ended; only used after that. */
  let endedMs = clock.now();
  signal.addEventListener('abort', () => (endedMs = clock.now()), { once: true });

  async function untilAllowed(): Promise<void> {
    for (let waitMs = pace.take(); waitMs > 0; waitMs = pace.take()) await clock.sleep(waitMs, signal);
    signal.throwIfAborted();
  }

  async function withGrace<Result>(
    write: (grace: Grace) => Promise<Result>,
    graceMs: number,
  ): Promise<Result> {
    const graceLeftMs = () => Math.max(0, endedMs + graceMs - clock.now());
    const graced = new AbortController();
    const done = new AbortController();
    const abort = () => graced.abort(signal.reason);
    const abortLater = () => {
      if (graceLeftMs() === 0) abort();
      else clock.sleep(graceLeftMs(), done.signal).then(abort, () => {});
    };
    if (signal.aborted) abortLater();
    signal.addEventListener('abort', abortLater, { once: true, signal: done.signal });
    try {
      return await write({
        signal: graced.signal,
        leftMs: () => (signal.aborted ? graceLeftMs() : leftMs() + graceMs),
      });
    } finally {
      done.abort();
    }
  }

  return {
    write: (write) =>
      oneAtATime(async () => {
        await untilAllowed();
        return withGrace(write, writeGraceMs);
      }),
    cleanUp: (write) =>
      oneAtATime(async () => {
        // Only the end of the step makes this fail: then there is no time to spread requests.
        await untilAllowed().catch(() => {});
        return withGrace(write, cleanUpGraceMs);
      }),
  };
}
