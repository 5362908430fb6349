import { setTimeout as timer } from 'node:timers/promises';
import type { Clock } from '../../src/core/clock.ts';

/**
 * Time that passes many times as fast as it does, for work that a clock which jumps knows nothing of, such as writing
 * files.
 *
 * @param factor how many times; with 200, a pause of 1 s takes 5 ms
 */
export function fastClock(factor = 200): Clock {
  const startMs = performance.now();
  const passedMs = () => (performance.now() - startMs) * factor;
  const epochMs = Date.now();
  return {
    now: passedMs,
    epochMs: () => epochMs + passedMs(),
    async sleep(ms, signal) {
      try {
        await timer(ms / factor, undefined, { signal });
      } catch {
        throw signal.reason;
      }
    },
  };
}
