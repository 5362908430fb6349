import { type Clock, sleepWith } from '../../src/core/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

/** A clock that stands still until the test advances it. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#nowMs;
  }

  epochMs(): number {
    return this.#nowMs;
  }

  readonly schedule: Clock['schedule'] = (ms, run) => {
    const timer = { atMs: this.#nowMs + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  readonly sleep = sleepWith(this.schedule);

  /** Advances the time, runs the timers that are due, and resolves after the turn of the event loop. */
  async advance(ms: number): Promise<void> {
    this.#nowMs += ms;
    for (const timer of this.#timers) {
      if (timer.atMs > this.#nowMs) continue;
      this.#timers.delete(timer);
      timer.run();
    }
    await new Promise(setImmediate);
  }
}
