import pLimit, { type LimitFunction } from 'p-limit';
import * as v from 'valibot';
import { formatDuration } from '../core/text.ts';
import type { Timing } from '../core/timing.ts';
import type { Redact } from '../http/describe.ts';
import type { Http, TextResponse } from '../http/http.ts';
import { networkFailure } from '../http/network-failure.ts';
import type { Pace } from '../http/pace.ts';
import { RequestFailure } from '../http/request-failure.ts';
import { withRetries } from '../http/retry.ts';
import { responseFailure } from './response-failure.ts';
import { ApiRetryPolicy } from './retry-policy.ts';
import { envelope } from './schemas.ts';

/** The longest time for one attempt, in ms. */
const attemptTimeoutMs = 30_000;

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
  /** Takes one line when a request is to be retried, with the video that it is about. */
  readonly log: (line: string, videoId: string | undefined) => void;
  readonly redact: Redact;
}

/** One call of the API. */
export interface Call<Result extends v.GenericSchema> {
  /** What the call does, as in "Could not DO". */
  readonly action: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** The path segments after `/accounts/ACCOUNT/stream`. */
  readonly path: readonly string[];
  /** Undefined if the call is not about one video. */
  readonly videoId?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
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
  readonly #inFlight: LimitFunction;
  readonly #policy: ApiRetryPolicy;
  /** The last failure of a request that was sent. */
  #lastFailure: RequestFailure | undefined;

  constructor(options: StreamClientOptions) {
    this.#options = options;
    const { clock, credentials, leftMs, random, waitsOutOutages } = options;
    this.#headers = {
      Accept: 'application/json',
      ...('token' in credentials
        ? { Authorization: `Bearer ${credentials.token}` }
        : { 'X-Auth-Email': credentials.email, 'X-Auth-Key': credentials.key }),
    };
    this.#inFlight = pLimit(options.concurrency);
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
    const { clock, leftMs, log, signal } = this.#options;
    const attempt = (number: number) => this.#inFlight(() => this.#attempt(call, number));
    return withRetries(attempt, this.#policy.decide, {
      clock,
      signal,
      leftMs,
      log: (line) => log(line, call.videoId),
    });
  }

  async #attempt<Result extends v.GenericSchema>(
    call: Call<Result>,
    number: number,
  ): Promise<v.InferOutput<Result>> {
    await this.#untilAllowed(call.action);
    try {
      return await this.#send(call);
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      this.#lastFailure = error;
      // A server that asks to wait has the right address.
      if (error.retryAfterMs !== undefined) this.#policy.confirmAddress();
      // Cloudflare counts the requests of a user together, so all of them wait, not only this one.
      if (error.kind === 'rate-limited') this.#options.pace.hold(this.#policy.decide(error, number).pauseMs);
      throw error;
    }
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
      await clock.sleep(waitMs, signal);
    }
  }

  async #send<Result extends v.GenericSchema>(call: Call<Result>): Promise<v.InferOutput<Result>> {
    const { accountId, apiUrl, http, pace, redact, signal } = this.#options;
    const { action, body, method, result } = call;
    const path = ['accounts', accountId, 'stream', ...call.path].map(encodeURIComponent).join('/');
    const url = new URL(`${apiUrl}/${path}`);
    const headers = { ...this.#headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) };
    // Until the address is confirmed, no attempt takes longer than the time that is left for that.
    const timeoutMs = Math.ceil(Math.min(attemptTimeoutMs, this.#policy.unansweredLeftMs));
    let response: TextResponse;
    try {
      response = await http.text(
        { method, url, headers, body: body === undefined ? undefined : JSON.stringify(body) },
        { timeoutMs, signal },
      );
    } catch (error) {
      signal.throwIfAborted();
      const target = { host: url.host, timeoutMs, unreachable: 'unreachable' } as const;
      throw networkFailure(error, target, (why) => `Could not ${action}: ${why}`);
    }

    pace.learn(response.headers);
    const parsed = v.safeParse(envelopeText, response.text);
    if (parsed.success) this.#policy.confirmAddress();
    if (parsed.success && parsed.output.success && response.status < 300) {
      const checked = v.safeParse(result, parsed.output.result);
      if (checked.success) return checked.output;
    }
    throw responseFailure(action, response, parsed.success ? parsed.output : undefined, redact);
  }
}
