import type { Clock } from '../core/clock.ts';

/**
 * Aborts a request that takes too long: after a fixed time, or after an idle time if it is restarted whenever
 * something arrives. The outer signal aborts it too, with its own reason. Both signals are held strongly, since
 * those that `AbortSignal.any` and fetch derive can be garbage-collected while a response stalls.
 */
export function startRequestTimeout(limitMs: number, clock: Clock, outer: AbortSignal) {
  const aborted = new AbortController();
  /** When the time started, on the clock's scale; undefined while paused. */
  let sinceMs: number | undefined = clock.now();
  const abort = () => aborted.abort(outer.reason);
  if (outer.aborted) abort();
  outer.addEventListener('abort', abort);

  const check = () => {
    const leftMs = limitMs - (clock.now() - (sinceMs ?? clock.now()));
    if (leftMs > 0) cancel = clock.schedule(leftMs, check);
    else aborted.abort(new DOMException('No response in time', 'TimeoutError'));
  };
  let cancel = clock.schedule(limitMs, check);

  return {
    /** Aborted with a `TimeoutError`, or with the outer signal's reason. */
    signal: aborted.signal,
    /** Starts the time again, since something arrived. */
    restart(): void {
      sinceMs = clock.now();
    },
    /** Stops the time until the next restart. */
    pause(): void {
      sinceMs = undefined;
    },
    [Symbol.dispose](): void {
      cancel();
      outer.removeEventListener('abort', abort);
    },
  };
}

export type RequestTimeout = ReturnType<typeof startRequestTimeout>;
