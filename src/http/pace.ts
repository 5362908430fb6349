import type { Clock } from '../core/clock.ts';
import { maxLimits, parseRateLimit, type ReportedLimit } from './rate-limit.ts';

/** A token bucket: requests that may be sent at once, and how many more each second. */
export interface Allowance {
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * In the long run half of the 1,200 requests in 5 minutes that Cloudflare allows a user, whose other programs share
 * them.
 *
 * @see https://developers.cloudflare.com/fundamentals/api/reference/limits/
 */
export const cloudflareAllowance: Allowance = { burst: 600, perSecond: 2 };

/** Among how many shards the allowance is divided at most: more of them rarely run at the same time. */
const maxDivisor = 8;

/**
 * The part of Cloudflare's allowance that one of several shards may use.
 *
 * @param shardCount a whole number from 1
 */
export function allowanceFor(shardCount: number): Allowance {
  const divisor = Math.min(shardCount, maxDivisor);
  return { burst: cloudflareAllowance.burst / divisor, perSecond: cloudflareAllowance.perSecond / divisor };
}

const unlimited: Allowance = { burst: 1, perSecond: Number.POSITIVE_INFINITY };

/** The part of the quota that is left to others: 80 of 1,200 requests. */
const reservedPart = 1 / 15;

/**
 * The part of the remaining requests that one process may have in flight. The service has not counted these, and a
 * process does not know how many others there are: up to 32 of them do not exceed the limit together.
 */
const inFlightPart = 1 / 32;

/** How long after a response its count is relied on, in ms, since other processes may lower it at any time. */
const freshMs = 500;

/** The longest time until a reset that is accepted, in seconds. */
const longestResetSeconds = 3600;

/** By how much two responses may differ in the end of the same window, since it is rounded to seconds, in ms. */
const toleranceMs = 2000;

/** What is known about one limit of the service. */
interface Limit {
  /** Requests in a whole window. */
  readonly quota: number;
  /** How long a whole window lasts, as far as is known. */
  readonly windowMs: number;
  /** Requests left in this window, after those that this process has sent since. */
  left: number;
  /** When the window ends. */
  resetMs: number;
}

/**
 * Decides when requests may be sent. Those to one service share a pace, since the service counts them together.
 *
 * Once a response reports the service's own limits, only these decide. Shards, other workflows and the dashboard may
 * share them without knowing of one another. So each process sends requests until only the reserve is left, and lowers
 * the number in flight as it gets close to that.
 */
export class Pace {
  readonly #clock: Clock;
  /** The time in which the bucket regains one request. */
  readonly #refillMs: number;
  /** A request may be sent this long before the bucket would be full. */
  readonly #burstMs: number;
  #heldUntilMs = Number.NEGATIVE_INFINITY;
  /** When the bucket will be full again. */
  #fullAtMs = Number.NEGATIVE_INFINITY;
  #hasAnswered = false;
  /** By name. Empty if the service reports none. */
  readonly #limits = new Map<string, Limit>();
  /** When the last response with a limit arrived. */
  #learnedMs = Number.NEGATIVE_INFINITY;
  /** As the congestion window in the slow start of TCP: doubles in each round trip, from 1 while the count is unknown. */
  #slowStart = 1;

  /** @param allowance applies while no response has reported a limit; by default, nothing limits the pace then */
  constructor(clock: Clock, { burst, perSecond }: Allowance = unlimited) {
    this.#clock = clock;
    this.#refillMs = 1000 / perSecond;
    this.#burstMs = (burst - 1) * this.#refillMs;
  }

  /**
   * How many requests may be in flight at once: a whole number from 1, or infinity if the service reports no limits.
   * It is 1 while the count is unknown: before the first response, when a new window may have begun, and after a while
   * without a response. So one request learns the count before others follow.
   */
  get atOnce(): number {
    if (!this.#hasAnswered) return 1;
    if (this.#limits.size === 0) return Number.POSITIVE_INFINITY;
    if (this.#isStale) return 1;
    const parts = [...this.#limits.values()].map((limit) => Math.floor(spare(limit) * inFlightPart));
    return Math.max(1, Math.min(this.#slowStart, ...parts));
  }

  /** The time in which one request is allowed in the long run, in ms; 0 if nothing limits it. */
  get requestMs(): number {
    if (this.#limits.size === 0) return this.#refillMs;
    const times = this.#limits
      .values()
      .map(({ quota, windowMs }) => windowMs / Math.max(1, quota * (1 - reservedPart)));
    return Math.max(...times);
  }

  /**
   * Takes the right to send one request.
   *
   * @returns 0 if it may be sent now; otherwise in how many ms to try again
   */
  take(): number {
    const nowMs = this.#clock.now();
    const limits = [...this.#limits.values()];
    const resetsMs = limits.filter((limit) => spare(limit) <= 0).map(({ resetMs }) => resetMs);
    const atMs = Math.max(
      this.#heldUntilMs,
      ...(limits.length > 0 ? resetsMs : [this.#fullAtMs - this.#burstMs]),
    );
    if (atMs > nowMs) return atMs - nowMs;
    if (limits.length > 0 && this.#isStale) this.#slowStart = 1;
    for (const limit of limits) limit.left -= 1;
    if (limits.length === 0) this.#fullAtMs = Math.max(nowMs, this.#fullAtMs) + this.#refillMs;
    return 0;
  }

  /**
   * Applies the limits in the headers of a response.
   *
   * @param sentMs when its request was sent, by the clock
   */
  learn(headers: Headers, sentMs = this.#clock.now()): void {
    this.#hasAnswered = true;
    const nowMs = this.#clock.now();
    const reported = parseRateLimit(headers.get('ratelimit'), headers.get('ratelimit-policy'));
    if (reported.length > 0) this.#slowStart += 1;
    for (const limit of reported) {
      const known = this.#limits.get(limit.name);
      const update = toLimit(limit, known, nowMs);
      // The service may have stated the time left as soon as the request was sent.
      const endsLater = known && update.resetMs - (nowMs - sentMs) > known.resetMs + toleranceMs;
      // Responses of one window arrive in any order, and do not count the requests that are still in flight.
      if (known && sentMs < known.resetMs && !endsLater) {
        update.left = Math.min(update.left, known.left);
        update.resetMs = Math.min(update.resetMs, known.resetMs);
      }
      if (known || this.#limits.size < maxLimits) this.#limits.set(limit.name, update);
    }
    if (reported.length > 0) this.#learnedMs = nowMs;
    // A limit that is no longer reported ends with its window.
    for (const [name, { resetMs }] of this.#limits) if (resetMs <= nowMs) this.#limits.delete(name);
  }

  /** Allows no request for this long. */
  hold(ms: number): void {
    // Whoever was refused sends one request alone afterwards.
    this.#hasAnswered = false;
    this.#heldUntilMs = Math.max(this.#heldUntilMs, this.#clock.now() + ms);
  }

  /** Whether others may have used up what was left, or a new window may have begun. */
  get #isStale(): boolean {
    const nowMs = this.#clock.now();
    return (
      nowMs - this.#learnedMs > freshMs || [...this.#limits.values()].some(({ resetMs }) => nowMs >= resetMs)
    );
  }
}

/** How many requests are left beyond those that are reserved for others. */
function spare({ left, quota }: Limit): number {
  return left - Math.ceil(quota * reservedPart);
}

/** @param known the same limit in earlier responses */
function toLimit(
  { left, quota, resetSeconds, windowSeconds }: ReportedLimit,
  known: Limit | undefined,
  nowMs: number,
): Limit {
  // The service may have rounded less than a second down to 0.
  const toMs = (seconds: number) => 1000 * Math.min(Math.max(1, seconds), longestResetSeconds);
  const untilResetMs = toMs(resetSeconds);
  return {
    quota: quota ?? Math.max(left, known?.quota ?? 0),
    windowMs:
      windowSeconds === undefined ? Math.max(untilResetMs, known?.windowMs ?? 0) : toMs(windowSeconds),
    left,
    resetMs: nowMs + untilResetMs,
  };
}
