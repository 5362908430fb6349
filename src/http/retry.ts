import { Failure, responseFacts } from '../core/failure.ts';
import { formatDuration } from '../core/text.ts';
import type { Timing } from '../core/timing.ts';
import { RequestFailure } from './request-failure.ts';

/** What to do after a failed attempt. */
export interface Retry {
  /** The pause before the next attempt, in ms. */
  readonly pauseMs: number;
  /** Why there is no next attempt; undefined if there is one. */
  readonly stop?: string | undefined;
}

/**
 * Decides how often, and with which pauses, requests to one host are retried.
 *
 * @param failure a retryable one
 * @param attempt the number of the attempt that failed, from 1
 */
export type RetryPolicy = (failure: RequestFailure, attempt: number) => Retry;

/** Follows the attempts of requests to one service. */
export interface RetryObserver {
  /**
   * Called when an attempt failed that will be repeated.
   *
   * @param what what failed and why, on one line
   * @param pauseMs the time until the next attempt
   * @param isFirst whether it is the first one of its request
   */
  retrying(what: string, pauseMs: number, isFirst: boolean): void;
  /** Called when an attempt succeeded. */
  succeeded(): void;
  /** Called when a request that was retried ends, whatever its result. */
  ended(): void;
}

export interface RetryContext extends Pick<Timing, 'clock' | 'leftMs' | 'signal'> {
  readonly observer: RetryObserver;
}

/**
 * The one retry loop: repeats an attempt while it fails with a retryable `RequestFailure` and its policy allows.
 *
 * @throws {RequestFailure} the last failure, with the reason why it was not retried
 * @throws the signal's reason when the step ends, with the failure that was being retried
 */
export async function withRetries<Result>(
  attempt: (number: number) => Promise<Result>,
  policy: RetryPolicy,
  { clock, leftMs, observer, signal }: RetryContext,
): Promise<Result> {
  let failure: RequestFailure | undefined;
  let isRetried = false;
  try {
    for (let number = 1; ; number++) {
      try {
        const result = await attempt(number);
        observer.succeeded();
        return result;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof RequestFailure) || !error.retryable) throw error;
        failure = error;
      }
      const { pauseMs, stop } = policy(failure, number);
      const tooLate = `the next attempt, in ${formatDuration(pauseMs)}, would be after the time limit`;
      const why = stop ?? (pauseMs >= leftMs() ? tooLate : undefined);
      if (why !== undefined) throw failure.final(why);
      observer.retrying(`${failure.what}${wordsOf(failure)}`, pauseMs, !isRetried);
      isRetried = true;
      await clock.sleep(pauseMs, signal);
    }
  } catch (error) {
    if (!failure || !(error instanceof Failure) || !error.isEndOfStep) throw error;
    const what = `${error.what} while a failed request was being retried: ${failure.what}`;
    throw new Failure(error.kind, what, { response: failure.response, cause: failure });
  } finally {
    if (isRetried) observer.ended();
  }
}

/** What the service said about a failure, beside the status that `what` has. */
function wordsOf({ response }: RequestFailure): string {
  const words = response && responseFacts({ ...response, httpStatus: undefined });
  return words ? `: ${words}` : '';
}

/**
 * Exponential backoff with equal jitter: random in the upper half of an interval that doubles from 1 s to 30 s, so
 * that requests that failed together do not come back together.
 *
 * @param attempt the number of the attempt that failed, from 1
 * @param random from 0 to 1
 * @returns ms
 */
export function backoffMs(attempt: number, random: number): number {
  return Math.min(30_000, 1000 * 2 ** (attempt - 1)) * (0.5 + random / 2);
}

/**
 * Parses `Retry-After`, a number of seconds or a date.
 *
 * @param date the response's own `Date`, from which a date is measured, so that the clocks need not agree
 * @returns ms, or undefined if the header is missing or malformed
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function parseRetryAfterMs(retryAfter: string | null, date: string | null): number | undefined {
  const value = retryAfter?.trim() ?? '';
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, Number.MAX_SAFE_INTEGER);
  // `Date.parse` alone accepts almost anything with a number in it.
  const retryAtMs = value.endsWith(' GMT') ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(retryAtMs)) return undefined;
  const sentAtMs = Date.parse(date ?? '');
  return Math.max(0, retryAtMs - (Number.isNaN(sentAtMs) ? Date.now() : sentAtMs));
}

/** Whether a request that was answered with this status may succeed later. */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}
