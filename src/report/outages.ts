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

  /** @param now in ms, on a scale that only grows */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Notes that a request failed and will be repeated. An outage starts with the first failure after a success.
   *
   * @param what what failed and why, on one line
   * @returns the line about it
   */
  retrying(service: string, what: string, pauseMs: number): string {
    const nowMs = this.#now();
    const outage = this.#current.get(service) ?? { sinceMs: nowMs, what, nextAttemptMs: 0 };
    outage.what = what;
    outage.nextAttemptMs = nowMs + pauseMs;
    this.#current.set(service, outage);
    return describe(service, outage, nowMs);
  }

  /** Notes that a request succeeded, which ends an outage. */
  succeeded(service: string): void {
    this.#current.delete(service);
  }

  /** A line about each service. */
  describe(): string[] {
    return [...this.#current].map(([service, outage]) => describe(service, outage, this.#now()));
  }
}

/** `GitHub: Could not list the assets: HTTP 502; failing for 12 s, next attempt in 4 s`. */
function describe(service: string, { nextAttemptMs, sinceMs, what }: Outage, nowMs: number): string {
  const since = nowMs - sinceMs < 1000 ? '' : `failing for ${formatDuration(nowMs - sinceMs)}, `;
  const leftMs = nextAttemptMs - nowMs;
  return `${service}: ${what}; ${since}${leftMs > 0 ? `next attempt in ${formatDuration(leftMs)}` : 'trying again now'}`;
}
