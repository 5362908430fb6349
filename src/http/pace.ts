import type { Clock } from '../core/clock.ts';

/** Requests that may go at once, and how many more may every second. */
export interface Allowance {
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * A part of what Cloudflare allows a user (1,200 requests in 5 minutes), since other programs of the user's share it.
 *
 * @see https://developers.cloudflare.com/fundamentals/api/reference/limits/
 */
export const cloudflareAllowance: Allowance = { burst: 600, perSecond: 2 };

/** With fewer requests left than this, they are spread over the time until there are more. */
const littleLeft = 60;

const noGap = { ms: 0, untilMs: Number.NEGATIVE_INFINITY };

/** What `Ratelimit` says: requests left, and seconds until there are more. */
export interface RateLimit {
  readonly left: number;
  readonly resetSeconds: number;
}

/**
 * When the step's requests may go: one pace for all of them, since Cloudflare counts them together.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #allowance: Allowance | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;
  #heldUntilMs = Number.NEGATIVE_INFINITY;
  /** The gap between two requests, and until when it is kept. */
  #gap = noGap;
  /** When the allowance would be whole again. */
  #wholeAtMs = Number.NEGATIVE_INFINITY;

  /** @param allowance undefined where only the headers of answers limit the pace */
  constructor(clock: Clock, allowance: Allowance | undefined) {
    this.#clock = clock;
    this.#allowance = allowance;
  }

  /**
   * Asks to let a request go.
   *
   * @returns 0 where it may go now, which counts it; else in how many ms to ask again
   */
  take(): number {
    const nowMs = this.#clock.now();
    const atMs = Math.max(this.#heldUntilMs, this.#afterGapMs(nowMs), this.#allowedAtMs());
    if (atMs > nowMs) return atMs - nowMs;
    this.#lastMs = nowMs;
    this.#wholeAtMs = Math.max(nowMs, this.#wholeAtMs) + this.#refillMs();
    return 0;
  }

  /** Takes in what an answer says of the limit. */
  learn(headers: Headers): void {
    const limits = parseRateLimit(headers.get('ratelimit'));
    const gaps = [];
    for (const { left, resetSeconds } of limits) {
      const resetMs = resetSeconds * 1000;
      if (left === 0) this.hold(resetMs);
      else if (left < littleLeft) gaps.push({ ms: resetMs / left, untilMs: this.#clock.now() + resetMs });
    }
    // Of several limits the tightest decides.
    const [tightest = noGap] = gaps.toSorted((one, other) => other.ms - one.ms);
    if (limits.length > 0) this.#gap = tightest;
  }

  /** Lets no request go for so many ms. */
  hold(ms: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, this.#clock.now() + ms);
  }

  #afterGapMs(nowMs: number): number {
    return nowMs < this.#gap.untilMs ? Math.min(this.#lastMs + this.#gap.ms, this.#gap.untilMs) : nowMs;
  }

  #allowedAtMs(): number {
    return this.#wholeAtMs - ((this.#allowance?.burst ?? 0) - 1) * this.#refillMs();
  }

  #refillMs(): number {
    return this.#allowance ? 1000 / this.#allowance.perSecond : 0;
  }
}

/**
 * Reads `Ratelimit`, which may tell of several limits: `"default";r=50;t=30`.
 *
 * @returns what makes sense of it
 * @see https://developers.cloudflare.com/fundamentals/api/reference/limits/
 */
export function parseRateLimit(header: string | null): RateLimit[] {
  return (header ?? '').split(',').flatMap((limit) => {
    const left = /;\s*r=(\d{1,9})\s*(?:;|$)/.exec(limit)?.[1];
    const resetSeconds = /;\s*t=(\d{1,9})\s*(?:;|$)/.exec(limit)?.[1];
    return left && resetSeconds ? [{ left: Number(left), resetSeconds: Number(resetSeconds) }] : [];
  });
}
