import { setTimeout as timer } from 'node:timers/promises';

/** Time as the action sees it; tests hand in one that they drive. */
export interface Clock {
  /** Milliseconds on a scale that only ever grows; its zero means nothing. */
  now(): number;
  /** The time of day, in ms since 1970. */
  epochMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason as soon as `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  epochMs: () => Date.now(),
  async sleep(ms, signal) {
    try {
      await timer(ms, undefined, { signal });
    } catch {
      throw signal.reason;
    }
  },
};
