import { RateLimit, type RateLimitOptions } from '../../local-stream/api/rate-limit.ts';
import { Pace } from '../../src/http/pace.ts';

export interface SharedLimitOptions {
  readonly rateLimit: RateLimitOptions;
  /** How many processes start at the same time, unknown to one another. */
  readonly processes: number;
  /** Requests that each process has in flight at most. */
  readonly concurrency: number;
  /** Requests of all processes together, with those that are sent again after a refusal. */
  readonly requests: number;
  /** How long a request of a process takes, and how much of that passes before the service counts it, in ms. */
  readonly latency: (process: number) => { readonly totalMs: number; readonly countedAfterMs: number };
  /** Requests that the service has counted before the first process starts. */
  readonly usedBefore?: number;
  /** How long a process starts no request after this many of them have ended, in ms. */
  readonly pauseMs?: (process: number, ended: number) => number;
  /** Another program, which sends a request every so many ms whatever the headers say. */
  readonly otherEveryMs?: number;
  /** Changes the headers of a response before a process sees them. */
  readonly rewrite?: (headers: Headers) => void;
}

export interface SharedLimitResult {
  readonly tookMs: number;
  readonly refused: number;
  /** The lowest count of requests left that the service reported. */
  readonly lowest: number;
  /** The largest number of requests of one process that were in flight at the same time. */
  readonly mostInFlight: number;
}

/**
 * Simulates processes that share a rate limit, each with a pace of its own and with requests in flight as those of a
 * `StreamClient`. Events are run in the order of their time, without waiting for anything.
 */
export function simulateSharedLimit(options: SharedLimitOptions): SharedLimitResult {
  const {
    concurrency,
    latency,
    otherEveryMs,
    pauseMs,
    processes,
    requests,
    rewrite,
    usedBefore = 0,
  } = options;
  const events: { readonly atMs: number; readonly run: () => void }[] = [];
  let nowMs = 0;
  const after = (ms: number, run: () => void) => {
    const atMs = nowMs + ms;
    // Events of the same time keep their order.
    let [low, high] = [0, events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((events[middle]?.atMs ?? 0) > atMs) low = middle + 1;
      else high = middle;
    }
    events.splice(low, 0, { atMs, run });
  };
  const clock = {
    now: () => nowMs,
    epochMs: () => nowMs,
    schedule: () => () => {},
    sleep: () => Promise.reject(new Error('a pace does not sleep')),
  };
  const limit = new RateLimit(options.rateLimit, clock);
  for (let request = 0; request < usedBefore; request++) limit.admit();

  const result = { refused: 0, lowest: Number.POSITIVE_INFINITY, mostInFlight: 0 };
  let open = requests;

  function count(): Headers {
    const { admitted, headers } = limit.admit();
    if (!admitted) result.refused += 1;
    const seen = new Headers(headers);
    result.lowest = Math.min(result.lowest, Number(/r=(\d+)/.exec(seen.get('ratelimit') ?? '')?.[1]));
    rewrite?.(seen);
    return seen;
  }

  function startProcess(process: number): void {
    const pace = new Pace(clock);
    let left = Math.floor(requests / processes) + (process < requests % processes ? 1 : 0);
    let ended = 0;
    let turns = 0;
    let inFlight = 0;
    let pausedUntilMs = 0;

    const next = () => {
      if (nowMs < pausedUntilMs) return;
      const most = Math.min(concurrency, pace.atOnce);
      for (; turns < most && left > 0; turns++, left--) attempt();
    };
    const attempt = () => {
      const waitMs = pace.take();
      if (waitMs > 0) return after(waitMs, attempt);
      inFlight += 1;
      result.mostInFlight = Math.max(result.mostInFlight, inFlight);
      const sentMs = nowMs;
      const { countedAfterMs, totalMs } = latency(process);
      after(countedAfterMs, () => {
        const headers = count();
        after(totalMs - countedAfterMs, () => end(headers, sentMs));
      });
    };
    const end = (headers: Headers, sentMs: number) => {
      pace.learn(headers, sentMs);
      inFlight -= 1;
      open -= 1;
      turns -= 1;
      ended += 1;
      const ms = pauseMs?.(process, ended) ?? 0;
      if (ms > 0) pausedUntilMs = nowMs + ms;
      after(Math.max(0, pausedUntilMs - nowMs), next);
    };
    next();
  }

  if (otherEveryMs !== undefined) {
    const other = () => {
      count();
      after(otherEveryMs, other);
    };
    after(otherEveryMs, other);
  }
  for (let process = 0; process < processes; process++) startProcess(process);
  while (open > 0) {
    const event = events.pop();
    if (!event) throw new Error('A request was never sent');
    nowMs = event.atMs;
    event.run();
  }
  return { ...result, tookMs: nowMs };
}
