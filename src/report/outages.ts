import { formatDuration } from '../core/text.ts';

/** A service whose requests fail. */
interface Outage {
  readonly sinceMs: number;
  what: string;
  nextAttemptMs: number;
}

/** The services whose requests are failing now, described for the log. */
export class Outages {
  readonly #now: () => number;
  /** By the name of the service. */
  readonly #current = new Map<string, Outage>();
  /** How many requests to each service are being retried. */
  readonly #retried = new Map<string, number>();

  /** @param now in ms, on a scale that only grows */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Notes that a request failed and will be repeated. An outage starts with the first failure after a success, and ends
   * with the next success, or when nothing is retried any more.
   *
   * @param what what failed and why, on one line
   * @param isFirst whether it is the first failure of this request
   * @returns the line about it
   */
  retrying(service: string, what: string, pauseMs: number, isFirst: boolean): string {
    const nowMs = this.#now();
    const outage = this.#current.get(service) ?? { sinceMs: nowMs, what, nextAttemptMs: 0 };
    outage.what = what;
    outage.nextAttemptMs = nowMs + pauseMs;
    this.#current.set(service, outage);
    if (isFirst) this.#retried.set(service, (this.#retried.get(service) ?? 0) + 1);
    return describe(service, outage, nowMs);
  }

  succeeded(service: string): void {
    this.#current.delete(service);
  }

  /** Notes that a request that was retried has ended. */
  ended(service: string): void {
    const retried = (this.#retried.get(service) ?? 0) - 1;
    this.#retried.set(service, retried);
    if (retried === 0) this.#current.delete(service);
  }

  /** A line about each service, by its name. */
  describe(): ReadonlyMap<string, string> {
    const lines = [...this.#current].map(
      ([service, outage]) => [service, describe(service, outage, this.#now())] as const,
    );
    return new Map(lines);
  }
}

/** `GitHub: Could not list the assets: HTTP 502; failing for 12 s, next attempt in 4 s`. */
function describe(service: string, { nextAttemptMs, sinceMs, what }: Outage, nowMs: number): string {
  const since = nowMs - sinceMs < 1000 ? '' : `failing for ${formatDuration(nowMs - sinceMs)}, `;
  const leftMs = nextAttemptMs - nowMs;
  return `${service}: ${what}; ${since}${leftMs > 0 ? `next attempt in ${formatDuration(leftMs)}` : 'trying again now'}`;
}
