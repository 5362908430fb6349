import type { Clock } from '../core/clock.ts';

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

const unlimited: Allowance = { burst: 1, perSecond: Number.POSITIVE_INFINITY };

/** If fewer requests than this are left, they are spread over the time until the limit is reset. */
const fewLeft = 60;

const noGap = { ms: 0, untilMs: Number.NEGATIVE_INFINITY };

/** Decides when requests may be sent. Those to one service share a pace, since the service counts them together. */
export class Pace {
  readonly #clock: Clock;
  /** The time in which the bucket regains one request. */
  readonly #refillMs: number;
  /** A request may be sent this long before the bucket would be full. */
  readonly #burstMs: number;
  #lastMs = Number.NEGATIVE_INFINITY;
  #heldUntilMs = Number.NEGATIVE_INFINITY;
  /** The shortest time between two requests, and until when it applies. */
  #gap = noGap;
  /** When the bucket will be full again. */
  #fullAtMs = Number.NEGATIVE_INFINITY;

  /** @param allowance by default, only response headers limit the pace */
  constructor(clock: Clock, { burst, perSecond }: Allowance = unlimited) {
    this.#clock = clock;
    this.#refillMs = 1000 / perSecond;
    this.#burstMs = (burst - 1) * this.#refillMs;
  }

  /**
   * Takes the right to send one request.
   *
   * @returns 0 if it may be sent now; otherwise in how many ms to try again
   */
  take(): number {
    const nowMs = this.#clock.now();
    const gapEndMs = Math.min(this.#lastMs + this.#gap.ms, this.#gap.untilMs);
    const atMs = Math.max(this.#heldUntilMs, gapEndMs, this.#fullAtMs - this.#burstMs);
    if (atMs > nowMs) return atMs - nowMs;
    this.#lastMs = nowMs;
    this.#fullAtMs = Math.max(nowMs, this.#fullAtMs) + this.#refillMs;
    return 0;
  }

  /** Applies the limits in the headers of a response. */
  learn(headers: Headers): void {
    const limits = parseRateLimit(headers.get('ratelimit'));
    if (limits.length > 0) this.#gap = noGap;
    for (const { left, resetSeconds } of limits) {
      const resetMs = resetSeconds * 1000;
      const gap = { ms: resetMs / left, untilMs: this.#clock.now() + resetMs };
      if (left === 0) this.hold(resetMs);
      // The strictest of several limits decides.
      else if (left < fewLeft && gap.ms > this.#gap.ms) this.#gap = gap;
    }
  }

  /** Allows no request for this long. */
  hold(ms: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, this.#clock.now() + ms);
  }
}

/** Parses `Ratelimit`, which may contain several limits: `"default";r=50;t=30`. Malformed ones are ignored. */
export function parseRateLimit(header: string | null) {
  return (header ?? '').split(',').flatMap((limit) => {
    const left = /;\s*r=(\d{1,9})\s*(?:;|$)/.exec(limit)?.[1];
    const resetSeconds = /;\s*t=(\d{1,9})\s*(?:;|$)/.exec(limit)?.[1];
    return left && resetSeconds ? [{ left: Number(left), resetSeconds: Number(resetSeconds) }] : [];
  });
}
