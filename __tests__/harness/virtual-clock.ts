import type { Clock } from '../../src/core/clock.ts';

interface Sleeper {
  readonly wakeMs: number;
  readonly wake: () => void;
}

/** The instant at which the time begins: a whole second, long enough after 1970 for any age. */
const epochMs = Date.UTC(2026, 0, 15, 12);

/**
 * Time that jumps to the next sleeper's end as soon as no request is under way, so that a test of hours takes
 * milliseconds and comes out the same on every machine. Requests must go through its `fetch`.
 */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #requests = 0;
  readonly #sleepers = new Set<Sleeper>();

  now(): number {
    return this.#nowMs;
  }

  epochMs(): number {
    return epochMs + this.#nowMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const end = (act: () => void) => () => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener('abort', abort);
        act();
      };
      const abort = () => end(() => reject(signal.reason))();
      // In whole ms, as timers sleep: a pause of a rounding error would not bring the time forward.
      const sleeper = { wakeMs: this.#nowMs + Math.ceil(ms), wake: end(resolve) };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', abort);
      this.#advanceWhenIdle();
    });
  }

  /** The real `fetch`; the whole answer has come in when it resolves, so that reading it takes no time. */
  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    this.#requests++;
    try {
      const response = await globalThis.fetch(input, init);
      const { headers, status, url } = response;
      const body = await response.arrayBuffer();
      const whole = new Response(status === 204 || status === 304 ? null : body, { headers, status });
      return Object.defineProperty(whole, 'url', { value: url });
    } finally {
      this.#requests--;
      this.#advanceWhenIdle();
    }
  };

  #advanceWhenIdle(): void {
    setImmediate(() => {
      if (this.#requests > 0) return;
      const [next] = [...this.#sleepers].sort((a, b) => a.wakeMs - b.wakeMs);
      if (!next) return;
      this.#nowMs = Math.max(this.#nowMs, next.wakeMs);
      next.wake();
      this.#advanceWhenIdle();
    });
  }
}
