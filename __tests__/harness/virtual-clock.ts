import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, sleepWith } from '../../src/core/clock.ts';
import { type Receive, receive } from '../../src/http/receive.ts';
import { observedBody } from './received.ts';

interface Sleeper {
  readonly wakeMs: number;
  readonly wake: () => void;
}

/** A request under way, from its start until its response body has been read, is cancelled or fails. */
interface PendingRequest {
  /** For how many ticks neither headers nor bytes of the body have come. */
  silentTicks: number;
}

/** The instant at which the clock starts: a whole second, long enough after 1970 for any age. */
const startEpochMs = Date.UTC(2026, 0, 15, 12);

/**
 * How often silence is measured, in real ms. Each tick takes at least one turn of the event loop, in which a busy
 * process continues its requests, so that slowness is not mistaken for silence.
 */
const tickMs = 5;

/** A request that has been silent for this many ticks is stalled: 300 ms on a machine that is not busy. */
const stalledAfterTicks = 60;

/** How many turns of the event loop must pass without anything under way before time advances. */
const quietTurns = 4;

/**
 * A clock that jumps to the end of the next sleep as soon as nothing else is going on, so that a test of hours takes
 * milliseconds and has the same result on every machine. Time stands still
 *
 * - while a request sent through `fetch` or `receive` is under way, unless all such requests are stalled;
 * - while the process accesses the file system.
 */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #advancing = false;
  #requestEnded = () => {};
  readonly #sleepers = new Set<Sleeper>();
  readonly #requests = new Set<PendingRequest>();

  now(): number {
    return this.#nowMs;
  }

  epochMs(): number {
    return startEpochMs + this.#nowMs;
  }

  readonly schedule: Clock['schedule'] = (ms, run) => {
    const end = () => this.#sleepers.delete(sleeper);
    const wake = () => {
      end();
      run();
    };
    // In whole ms, as timers run: a pause of a rounding error would not advance the time.
    const sleeper = { wakeMs: this.#nowMs + Math.ceil(ms), wake };
    this.#sleepers.add(sleeper);
    if (!this.#advancing) void this.#advance();
    return end;
  };

  readonly sleep = sleepWith(this.schedule);

  /** The real `fetch`, whose requests hold the time. */
  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const { end, note } = this.#hold(init?.signal ?? (input instanceof Request ? input.signal : undefined));
    try {
      const response = await globalThis.fetch(input, init);
      note();
      if (!response.body) end();
      const body = response.body && observed(response.body, note, end);
      const { headers, status, statusText, url } = response;
      return Object.defineProperty(new Response(body, { headers, status, statusText }), 'url', {
        value: url,
      });
    } catch (error) {
      end();
      throw error;
    }
  };

  /** The real `receive`, whose requests hold the time. */
  readonly receive: Receive = async (url, options) => {
    const { end, note } = this.#hold(options.signal);
    try {
      const response = await receive(url, options);
      note();
      if (!response.body) end();
      return { ...response, body: response.body && observedBody(response.body, note, end) };
    } catch (error) {
      end();
      throw error;
    }
  };

  /** Starts a request: `note` is to be called whenever something arrives, and `end` once nothing more will. */
  #hold(signal: AbortSignal | undefined) {
    const request: PendingRequest = { silentTicks: 0 };
    const end = () => {
      signal?.removeEventListener('abort', end);
      this.#requests.delete(request);
      this.#requestEnded();
    };
    const note = () => {
      request.silentTicks = 0;
    };
    this.#requests.add(request);
    signal?.addEventListener('abort', end);
    return { end, note };
  }

  async #advance(): Promise<void> {
    this.#advancing = true;
    for (let turns = 0; this.#sleepers.size > 0; ) {
      if ([...this.#requests].some(({ silentTicks }) => silentTicks < stalledAfterTicks)) {
        await this.#tick();
        turns = 0;
      } else {
        await nextTurn();
        turns = fileSystemIsBusy() ? 0 : turns + 1;
      }
      if (turns < quietTurns || this.#sleepers.size === 0) continue;
      turns = 0;
      const next = [...this.#sleepers].reduce((one, other) => (other.wakeMs < one.wakeMs ? other : one));
      this.#nowMs = Math.max(this.#nowMs, next.wakeMs);
      next.wake();
    }
    this.#advancing = false;
  }

  /** Waits until a request ends, or for a tick in which each of them is silent unless something comes. */
  async #tick(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      for (const request of this.#requests) request.silentTicks += 1;
      resolve();
    }, tickMs);
    this.#requestEnded = resolve;
    await promise;
    clearTimeout(timer);
  }
}

/**
 * Calls with a callback or a promise, and the closing of a file. A file that is read as a stream, `FileHandleReadWrap`,
 * does not count: it is listed until the garbage collector finds it.
 */
const fileSystemCalls = /^(FSReq|CloseReq)/;

function fileSystemIsBusy(): boolean {
  return process.getActiveResourcesInfo().some((name) => fileSystemCalls.test(name));
}

/** A response body that reports each read, and once its end: that all was read, a cancellation or an error. */
function observed(
  body: ReadableStream<Uint8Array>,
  onRead: () => void,
  onEnd: () => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          onRead();
          if (!done) return controller.enqueue(value);
          onEnd();
          controller.close();
        } catch (error) {
          onEnd();
          throw error;
        }
      },
      cancel(reason) {
        onEnd();
        return reader.cancel(reason);
      },
    },
    // Nothing is read ahead: what the consumer has not asked for stays with the sender.
    { highWaterMark: 0 },
  );
}
