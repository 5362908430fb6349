import pLimit from 'p-limit';
import type { Timing } from '../core/timing.ts';
import { Pace } from '../http/pace.ts';

/**
 * GitHub asks for writes one after the other, and for a second between them when there are many.
 *
 * @see https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
 */
const allowance = { burst: 10, perSecond: 1 };

/** How long a write that must not be left half done may continue after the end of the step, in ms. */
const graceMs = 700;

/** Runs a write once those before it are done. Its signal is aborted `graceMs` after that of the step. */
export type WriteQueue = <Result>(write: (graced: AbortSignal) => Promise<Result>) => Promise<Result>;

/** Opens a queue that starts no write after the step has ended: it throws the reason for the end instead. */
export function openWriteQueue({ clock, signal }: Timing): WriteQueue {
  const oneAtATime = pLimit(1);
  const pace = new Pace(clock, allowance);
  return (write) =>
    oneAtATime(async () => {
      for (let waitMs = pace.take(); waitMs > 0; waitMs = pace.take()) await clock.sleep(waitMs, signal);
      signal.throwIfAborted();
      const graced = new AbortController();
      const done = new AbortController();
      const abort = () => graced.abort(signal.reason);
      const abortLater = () => void clock.sleep(graceMs, done.signal).then(abort, () => {});
      signal.addEventListener('abort', abortLater, { once: true, signal: done.signal });
      try {
        return await write(graced.signal);
      } finally {
        done.abort();
      }
    });
}
