import type { FailureKind } from '../core/failures/table.ts';
import { count, formatDuration } from '../core/text.ts';
import type { Timing } from '../core/timing.ts';
import type { RequestFailure } from '../http/request-failure.ts';
import { backoffMs, type Retry } from '../http/retry.ts';

/** How long to retry while nothing has answered like the API, in ms: its address may be wrong. */
const unansweredMs = 60_000;

/** How much time to leave for a last attempt, in ms. */
const lastAttemptMs = 2000;

/** How many times a request is sent once the API has answered, unless the step waits for something. */
export const maxAttempts = 5;

/** Responses that are not the API's: an outage ends, but these rarely change. */
const strangeResponses: ReadonlySet<FailureKind> = new Set(['not-json', 'unknown-answer']);

export interface ApiRetryOptions extends Omit<Timing, 'signal'> {
  /** Whether requests are retried until the time limit, since the step waits for something. */
  readonly waitsOutOutages: boolean;
}

/** Decides when requests to Cloudflare's API are retried. One answer confirms the address for all requests. */
export class ApiRetryPolicy {
  readonly #options: ApiRetryOptions;
  readonly #startMs: number;
  #hasAnswered = false;

  /** The time for a first response starts now. */
  constructor(options: ApiRetryOptions) {
    this.#options = options;
    this.#startMs = options.clock.now();
  }

  /** Notes that something answered like the API. */
  confirmAddress(): void {
    this.#hasAnswered = true;
  }

  /** Whether something has answered like the API. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** What is left of the time for a first response, in ms. */
  get unansweredLeftMs(): number {
    if (this.#hasAnswered) return Number.POSITIVE_INFINITY;
    return this.#startMs + unansweredMs - this.#options.clock.now();
  }

  /** @see RetryPolicy */
  readonly decide = (failure: RequestFailure, attempt: number): Retry => {
    const { waitsOutOutages, leftMs, random } = this.#options;
    // A pause of our own choice leaves room for a last attempt.
    const roomMs = Math.min(leftMs(), this.unansweredLeftMs) - lastAttemptMs;
    const ownPauseMs = backoffMs(attempt, random());
    const pauseMs = Math.max(
      failure.retryAfterMs ?? 0,
      roomMs > 0 ? Math.min(ownPauseMs, roomMs) : ownPauseMs,
    );
    if (pauseMs >= this.unansweredLeftMs) {
      const pause = formatDuration(pauseMs);
      return {
        pauseMs,
        stop: `${count(attempt, 'attempt')} without a response from the API; the next one, in ${pause}, would be after the first minute`,
      };
    }
    const isLimited = strangeResponses.has(failure.kind) || (this.#hasAnswered && !waitsOutOutages);
    const isLast = isLimited && attempt >= maxAttempts;
    return { pauseMs, stop: isLast ? `the last of ${count(attempt, 'attempt')}` : undefined };
  };
}
