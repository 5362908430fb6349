import type { Clock } from '../clock.ts';

/** How many requests are let through, and what happens past that. */
export interface RateLimitOptions {
  /** Requests in a window. */
  readonly requests: number;
  readonly windowMs: number;
  /** For how long every call is refused once there were more. */
  readonly blockMs: number;
}

/** Cloudflare's own limit. Follows https://developers.cloudflare.com/fundamentals/api/reference/limits/ */
export const cloudflareRateLimit: RateLimitOptions = {
  requests: 1200,
  windowMs: 300_000,
  blockMs: 300_000,
};

/** What the limit says to one request. */
export interface Admission {
  readonly admitted: boolean;
  /** Whole seconds until requests are let through again; 0 for a request that was. */
  readonly retryAfterSeconds: number;
  /** The headers `Ratelimit` and `Ratelimit-Policy`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Counts requests, and refuses them for a while once there were too many in a window. */
export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #clock: Clock;
  #used = 0;
  #resetsAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: RateLimitOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Counts a request in, and tells whether it is let through. */
  admit(): Admission {
    const { requests, windowMs, blockMs } = this.#options;
    const nowMs = this.#clock.now();
    if (nowMs >= this.#resetsAtMs) {
      this.#used = 0;
      this.#resetsAtMs = nowMs + windowMs;
    }
    this.#used += 1;
    // The request that goes over the limit starts the block; those during the block do not make it longer.
    if (this.#used === requests + 1) this.#resetsAtMs = nowMs + blockMs;

    const admitted = this.#used <= requests;
    const secondsLeft = Math.ceil((this.#resetsAtMs - nowMs) / 1000);
    return {
      admitted,
      retryAfterSeconds: admitted ? 0 : secondsLeft,
      headers: {
        ratelimit: `"default";r=${Math.max(0, requests - this.#used)};t=${secondsLeft}`,
        'ratelimit-policy': `"default";q=${requests};w=${windowMs / 1000}`,
      },
    };
  }
}
