import type { Clock } from '../../local-http/clock.ts';

/** A clock that advances only on request. It starts at a whole second. */
export class DrivenClock implements Clock {
  #nowMs = Date.UTC(2026, 0, 15, 12);

  now(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}
