import { type Clock, sleepWith, systemClock } from '../../src/core/clock.ts';

/**
 * A clock that runs faster than real time, for work that the virtual clock cannot observe, such as reading files as
 * streams.
 *
 * @param factor how much faster; by default, an attempt times out after a real second, which a busy machine needs
 */
export function fastClock(factor = 30): Clock {
  const startMs = performance.now();
  const passedMs = () => (performance.now() - startMs) * factor;
  const epochMs = Date.now();
  const schedule: Clock['schedule'] = (ms, run) => systemClock.schedule(ms / factor, run);
  return {
    now: passedMs,
    epochMs: () => epochMs + passedMs(),
    schedule,
    sleep: sleepWith(schedule),
  };
}
