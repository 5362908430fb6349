import { count, formatDuration } from '../core/text.ts';

/** How often an outage is reported in a batch, in ms. */
const betweenReportsMs = 30_000;

/** A service whose requests fail. */
interface Outage {
  readonly sinceMs: number;
  what: string;
  nextAttemptMs: number;
}

/** What takes the lines about the requests to a service. */
export interface RetryLog {
  /** Whether a line about the service in 30 s is enough. */
  readonly isBatch: boolean;
  /** Takes a line about the outage. */
  readonly report: (line: string) => void;
  /** Takes a line about a request that was retried, once it has ended. */
  readonly summarize: (line: string) => void;
}

/**
 * The services whose requests are failing now. An outage starts with the first failure after a success, and ends with the
 * next success, or when nothing is retried any more.
 */
export class Outages {
  readonly #now: () => number;
  /** By the name of the service. */
  readonly #current = new Map<string, Outage>();
  /** How many requests to each service are being retried. */
  readonly #retried = new Map<string, number>();
  /** When each service was last reported to fail. */
  readonly #reportedMs = new Map<string, number>();
  #retryCount = 0;

  /** @param now in ms, on a scale that only grows */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** How many requests were repeated. */
  get retryCount(): number {
    return this.#retryCount;
  }

  /** Follows requests to a service, as a `RetryObserver`. */
  observe(service: string, log: RetryLog) {
    let [retries, startMs, last] = [0, 0, ''];
    return {
      retrying: (what: string, pauseMs: number, isFirst: boolean) => {
        this.#retryCount++;
        if (retries++ === 0) startMs = this.#now();
        last = what;
        const line = this.#note(service, what, pauseMs, isFirst);
        const sinceMs = this.#now() - (this.#reportedMs.get(service) ?? Number.NEGATIVE_INFINITY);
        if (log.isBatch && sinceMs < betweenReportsMs) return;
        this.#reportedMs.set(service, this.#now());
        log.report(line);
      },
      succeeded: () => void this.#current.delete(service),
      ended: () => {
        this.#end(service);
        const took = formatDuration(this.#now() - startMs);
        log.summarize(`retried ${count(retries, 'time')} in ${took}: ${last}`);
        retries = 0;
      },
    };
  }

  /**
   * A line about each service.
   *
   * @param except a service of which nothing is to be said
   */
  describe(except?: string): string[] {
    const nowMs = this.#now();
    const shown = [...this.#current].filter(([service]) => service !== except);
    for (const [service] of shown) this.#reportedMs.set(service, nowMs);
    return shown.map(([service, outage]) => describe(service, outage, nowMs));
  }

  #note(service: string, what: string, pauseMs: number, isFirst: boolean): string {
    const nowMs = this.#now();
    const outage = this.#current.get(service) ?? { sinceMs: nowMs, what, nextAttemptMs: 0 };
    outage.what = what;
    outage.nextAttemptMs = nowMs + pauseMs;
    this.#current.set(service, outage);
    if (isFirst) this.#retried.set(service, (this.#retried.get(service) ?? 0) + 1);
    return describe(service, outage, nowMs);
  }

  #end(service: string): void {
    const retried = (this.#retried.get(service) ?? 0) - 1;
    this.#retried.set(service, retried);
    if (retried === 0) this.#current.delete(service);
  }
}

/** `GitHub: Could not list the assets: HTTP 502; failing for 12 s, next attempt in 4 s`. */
function describe(service: string, { nextAttemptMs, sinceMs, what }: Outage, nowMs: number): string {
  const subject = what.startsWith(service) ? what : `${service}: ${what}`;
  const since = nowMs - sinceMs < 1000 ? '' : `failing for ${formatDuration(nowMs - sinceMs)}, `;
  const leftMs = nextAttemptMs - nowMs;
  return `${subject}; ${since}${leftMs > 0 ? `next attempt in ${formatDuration(leftMs)}` : 'trying again now'}`;
}
