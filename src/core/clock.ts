/** Source of time for the whole action; tests replace it with a virtual clock. */
export interface Clock {
  /** Monotonic time in ms; its origin is arbitrary. */
  now(): number;
  /** Wall-clock time, in ms since 1970. */
  epochMs(): number;
  /** Calls `run` after `ms`. The function that it returns cancels that. */
  schedule(ms: number, run: () => void): () => void;
  /** Resolves after `ms`; rejects with the signal's reason as soon as `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The `sleep` of a clock, from its `schedule`. */
export function sleepWith(schedule: Clock['schedule']): Clock['sleep'] {
  return (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const abort = () => {
        cancel();
        reject(signal.reason);
      };
      const cancel = schedule(ms, () => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
      signal.addEventListener('abort', abort, { once: true });
    });
}

function schedule(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  epochMs: () => Date.now(),
  schedule,
  sleep: sleepWith(schedule),
};
