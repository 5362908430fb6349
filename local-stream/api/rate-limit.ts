import type { Clock } from '../../local-http/clock.ts';

/** How many requests are admitted, and for how long further ones are refused. */
export interface RateLimitOptions {
  /** Requests admitted per window. */
  readonly requests: number;
  readonly windowMs: number;
  /** How long every request is refused once the limit is exceeded. */
  readonly blockMs: number;
}

/** Cloudflare's own limit. Follows https://developers.cloudflare.com/fundamentals/api/reference/limits/ */
export const cloudflareRateLimit: RateLimitOptions = {
  requests: 1200,
  windowMs: 300_000,
  blockMs: 300_000,
};

/** The decision about one request. */
export interface Admission {
  readonly admitted: boolean;
  /** Whole seconds until requests are admitted again; 0 for an admitted request. */
  readonly retryAfterSeconds: number;
  /** The `Ratelimit` and `Ratelimit-Policy` headers. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Counts requests in fixed windows, and refuses them for a while once the limit is exceeded. */
export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #clock: Clock;
  #used = 0;
  #resetsAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: RateLimitOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Counts a request and decides whether it is admitted. */
  admit(): Admission {
    const { requests, windowMs, blockMs } = this.#options;
    const nowMs = this.#clock.now();
    if (nowMs >= this.#resetsAtMs) {
      this.#used = 0;
      this.#resetsAtMs = nowMs + windowMs;
    }
    this.#used += 1;
    // The first request over the limit starts the block; those during the block do not extend it.
    if (this.#used === requests + 1) this.#resetsAtMs = nowMs + blockMs;

    const admitted = this.#used <= requests;
    const secondsLeft = Math.ceil((this.#resetsAtMs - nowMs) / 1000);
    return {
      admitted,
      retryAfterSeconds: admitted ? 0 : secondsLeft,
      headers: {
        ratelimit: `"default";r=${Math.max(0, requests - this.#used)};t=${secondsLeft}`,
        // Cloudflare's examples name the limit and the policy differently, so a client cannot match them by name.
        'ratelimit-policy': `"burst";q=${requests};w=${Math.ceil(windowMs / 1000)}`,
      },
    };
  }
}
