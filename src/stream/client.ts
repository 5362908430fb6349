import * as v from 'valibot';
import { formatDuration } from '../core/text.ts';
import type { Timing } from '../core/timing.ts';
import type { Redact } from '../http/describe.ts';
import { type Http, maxListBytes, type TextResponse } from '../http/http.ts';
import { networkFailure } from '../http/network-failure.ts';
import type { Pace } from '../http/pace.ts';
import { RequestFailure } from '../http/request-failure.ts';
import { type RetryObserver, type RetryPolicy, withRetries } from '../http/retry.ts';
import { FatalFailure } from './fatal-failure.ts';
import { LookUps } from './look-ups.ts';
import { RequestQueue } from './request-queue.ts';
import { responseFailure } from './response-failure.ts';
import { ApiRetryPolicy } from './retry-policy.ts';
import { envelope } from './schemas.ts';

/** The longest time for one attempt, in ms. */
const attemptTimeoutMs = 30_000;

/** The shortest pause that is reported, in ms. */
const shownPauseMs = 2000;

/** By how much the end of a pause must be later than that of the last reported one, in ms. */
const betweenReportsMs = 30_000;

const envelopeText = v.pipe(v.string(), v.parseJson(), envelope);

/** An API token, or the legacy pair of a user's email and Global API Key. */
export type Credentials = { readonly token: string } | { readonly email: string; readonly key: string };

export interface StreamClientOptions extends Timing {
  /** The API's address up to and including `/client/v4`. */
  readonly apiUrl: string;
  readonly accountId: string;
  readonly credentials: Credentials;
  /** Attempts in flight at once. */
  readonly concurrency: number;
  readonly http: Http;
  readonly pace: Pace;
  /** Whether requests are retried until the time limit, since the step waits for something. */
  readonly waitsOutOutages: boolean;
  /** Follows the requests about one video, or about none. */
  readonly observe: (videoId: string | undefined) => RetryObserver;
  /** Called when no request may be sent for a while, with the reason. */
  readonly onPause: (ms: number, why: string) => void;
  readonly redact: Redact;
}

/** One call of the API. */
export interface Call<Result extends v.GenericSchema> {
  /** What the call does, as in "Could not DO". */
  readonly action: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** The path segments after `/accounts/ACCOUNT/stream`. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  /** Undefined if the call is not about one video. */
  readonly videoId?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Whether it only looks again, so that calls which start something go first. */
  readonly isPoll?: boolean | undefined;
  /** Whether the step goes on if it is refused, so that a refusal says nothing about other requests. */
  readonly isOptional?: boolean;
  /** The shape of the envelope's `result`. */
  readonly result: Result;
}

/**
 * Cloudflare Stream's API for one account: address, credentials, envelope and errors.
 *
 * @see https://developers.cloudflare.com/api/resources/stream/
 */
export class StreamClient {
  readonly #options: StreamClientOptions;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #queue: RequestQueue;
  /** Looks up the details of videos, several with one request. */
  readonly lookUps = new LookUps(this, (requests) => this.#pauseFor(requests));
  readonly #policy: ApiRetryPolicy;
  /** The last failure of a request that was sent. */
  #lastFailure: RequestFailure | undefined;
  readonly #fatal = new FatalFailure(() => this.#lookUpAccount());
  /** By how much Cloudflare's clock is ahead of that of this machine, in ms. */
  #aheadMs = 0;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: StreamClientOptions) {
    this.#options = options;
    const { clock, credentials, leftMs, random, waitsOutOutages } = options;
    this.#headers = {
      Accept: 'application/json',
      ...('token' in credentials
        ? { Authorization: `Bearer ${credentials.token}` }
        : { 'X-Auth-Email': credentials.email, 'X-Auth-Key': credentials.key }),
    };
    this.#queue = new RequestQueue(() => Math.min(options.concurrency, options.pace.atOnce));
    this.#policy = new ApiRetryPolicy({ clock, leftMs, random, waitsOutOutages });
  }

  /**
   * Makes a call, with retries.
   *
   * @returns the envelope's `result`
   * @throws {RequestFailure} when Cloudflare refuses it or cannot be reached
   * @throws the signal's reason when the step ends first
   */
  call<Result extends v.GenericSchema>(call: Call<Result>): Promise<v.InferOutput<Result>> {
    return this.#retried(call, () => this.#queue.run(() => this.#attempt(call), call.isPoll));
  }

  #retried<Result>(
    { videoId }: Pick<Call<v.GenericSchema>, 'videoId'>,
    attempt: () => Promise<Result>,
  ): Promise<Result> {
    const { clock, leftMs, observe, signal } = this.#options;
    return withRetries(attempt, this.#decide, { clock, signal, leftMs, observer: observe(videoId) });
  }

  /** Now by the API's clock, in ms since 1970; by that of this machine before the first response. */
  epochMs(): number {
    return this.#options.clock.epochMs() + this.#aheadMs;
  }

  /** Waits for the time that the rate limit allows so many requests in, or until the step ends. */
  async #pauseFor(requests: number): Promise<void> {
    const { clock, pace, signal } = this.#options;
    const ms = requests * pace.requestMs;
    if (ms > 0) await clock.sleep(ms, signal).catch(() => {});
  }

  readonly #decide: RetryPolicy = (failure, attempt) => {
    const retry = this.#policy.decide(failure, attempt);
    // Cloudflare counts the requests of a user together, so all of them wait, not only this one.
    if (failure.kind === 'rate-limited') this.#options.pace.hold(retry.pauseMs);
    return retry;
  };

  async #attempt<Result extends v.GenericSchema>(call: Call<Result>): Promise<v.InferOutput<Result>> {
    await this.#untilAllowed(call.action);
    if (this.#fatal.current) throw this.#fatal.current;
    try {
      return await this.#send(call);
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      this.#lastFailure = error;
      // A server that asks to wait has the right address.
      if (error.retryAfterMs !== undefined) this.#policy.confirmAddress();
      // No other request may start before `#decide` knows for how long.
      if (error.kind === 'rate-limited') this.#options.pace.hold(1);
      throw call.isOptional ? error : await this.#fatal.explain(error, call, this.#policy.hasAnswered);
    }
  }

  /** Requests that wait for this one must not take its place in the limit, so it has none. */
  #lookUpAccount(): Promise<unknown> {
    const call: Call<v.UnknownSchema> = {
      action: 'look up the account',
      method: 'GET',
      path: [],
      query: { limit: '1' },
      result: v.unknown(),
    };
    return this.#retried(call, () => this.#attempt(call));
  }

  /** Waits until the pace allows a request. Throws at once if that is too late. */
  async #untilAllowed(action: string): Promise<void> {
    const { clock, leftMs, pace, signal } = this.#options;
    signal.throwIfAborted();
    for (let waitMs = pace.take(); ; waitMs = pace.take()) {
      if (waitMs >= this.#policy.unansweredLeftMs) {
        const cause = this.#lastFailure;
        const what = `Could not ${action}: no more requests are sent, since the API did not respond in the first minute`;
        throw new RequestFailure(cause?.kind ?? 'unreachable', what, { cause });
      }
      if (waitMs === 0) return;
      if (waitMs >= leftMs()) {
        const what = `Could not ${action}: the API accepts no request for ${formatDuration(waitMs)}, which is longer than the time limit`;
        throw new RequestFailure('rate-limited', what);
      }
      this.#reportPause(waitMs);
      await clock.sleep(waitMs, signal);
    }
  }

  /** Reports a pause once, not for each request that waits, and of short ones in a row only some. */
  #reportPause(ms: number): void {
    const { clock, onPause } = this.#options;
    const untilMs = clock.now() + ms;
    if (ms < shownPauseMs || untilMs <= this.#pausedUntilMs + betweenReportsMs) return;
    this.#pausedUntilMs = untilMs;
    onPause(ms, 'the rate limit of the API allows no request');
  }

  async #send<Result extends v.GenericSchema>(call: Call<Result>): Promise<v.InferOutput<Result>> {
    const { accountId, apiUrl, http, pace, redact, signal } = this.#options;
    const { action, body, method, result } = call;
    const path = ['accounts', accountId, 'stream', ...call.path].map(encodeURIComponent).join('/');
    const url = new URL(`${apiUrl}/${path}`);
    url.search = String(new URLSearchParams(call.query));
    const headers = { ...this.#headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) };
    // Until the address is confirmed, no attempt takes longer than the time that is left for that.
    const timeoutMs = Math.ceil(Math.min(attemptTimeoutMs, this.#policy.unansweredLeftMs));
    const sentMs = this.#options.clock.now();
    let response: TextResponse;
    try {
      response = await http.text(
        { method, url, headers, body: body === undefined ? undefined : JSON.stringify(body) },
        // A page lists 1,000 videos, of which each may have some kB of metadata.
        { timeoutMs, signal, ...(call.path.length === 0 && { maxBytes: maxListBytes }) },
      );
    } catch (error) {
      signal.throwIfAborted();
      const target = { host: url.host, timeoutMs, unreachable: 'unreachable' } as const;
      throw networkFailure(error, target, (why) => `Could not ${action}: ${why}`);
    }

    pace.learn(response.headers, sentMs);
    const parsed = v.safeParse(envelopeText, response.text);
    if (parsed.success) {
      this.#policy.confirmAddress();
      const date = Date.parse(response.headers.get('date') ?? '');
      if (!Number.isNaN(date)) this.#aheadMs = date - this.#options.clock.epochMs();
    }
    if (parsed.success && parsed.output.success && response.status < 300) {
      const checked = v.safeParse(result, parsed.output.result);
      if (checked.success) return checked.output;
    }
    throw responseFailure(action, response, parsed.success ? parsed.output : undefined, redact);
  }
}
