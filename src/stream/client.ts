import ky, { type KyInstance } from 'ky';
import pLimit, { type LimitFunction } from 'p-limit';
import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import type { Deadline } from '../deadline.ts';
import { formatDuration } from '../text.ts';
import { version } from '../version.ts';
import { envelope } from './answers.ts';
import { type Credentials, credentialHeaders } from './credentials.ts';
import { type Answer, answerError, networkError, StreamError } from './errors.ts';
import { maxAttempts, retryPauseMs } from './retry.ts';

/** Where the client tells what it does; every text may hold foreign words, none a line break. */
export interface RequestLog {
  /** One line per attempt. */
  debug(line: string): void;
  /** One line when a request is to be repeated. */
  info(line: string): void;
}

export interface StreamClientOptions {
  /** The API's address up to and including `/client/v4`. */
  readonly apiUrl: string;
  readonly accountId: string;
  readonly credentials: Credentials;
  /** Attempts in flight at once. */
  readonly concurrency: number;
  /** Longest time for one attempt, its body included, in ms. */
  readonly attemptTimeoutMs: number;
  readonly deadline: Pick<Deadline, 'signal' | 'leftMs'>;
  readonly clock: Clock;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  readonly fetch: typeof globalThis.fetch;
  readonly log: RequestLog;
  /** Cuts secrets out of a text. */
  readonly cut: (text: string) => string;
}

/** One call of the API. */
export interface Call<Result extends v.GenericSchema> {
  /** What the call is for, as in "could not DOING". */
  readonly doing: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** The segments after `/accounts/ACCOUNT/stream`. */
  readonly path: readonly string[];
  readonly body?: unknown;
  /** The shape of the envelope's `result`. */
  readonly result: Result;
}

/**
 * Cloudflare's API for one account: address, credentials, attempts, envelope and errors.
 *
 * @see https://developers.cloudflare.com/api/
 */
export class StreamClient {
  readonly #options: StreamClientOptions;
  readonly #ky: KyInstance;
  readonly #inFlight: LimitFunction;

  constructor(options: StreamClientOptions) {
    this.#options = options;
    this.#inFlight = pLimit(options.concurrency);
    // One attempt per call: repeating, telling and redirecting are decided here, not by ky.
    this.#ky = ky.create({
      fetch: options.fetch,
      headers: {
        ...credentialHeaders(options.credentials),
        Accept: 'application/json',
        'User-Agent': `stream-downloads/${version}`,
      },
      redirect: 'manual',
      retry: 0,
      throwHttpErrors: false,
      timeout: false,
    });
  }

  /**
   * Makes a call, again where its failure may pass.
   *
   * @returns the envelope's `result`
   * @throws {StreamError} when Cloudflare refuses or cannot be reached
   * @throws the deadline's reason when the step ends meanwhile
   */
  async call<Result extends v.GenericSchema>(call: Call<Result>): Promise<v.InferOutput<Result>> {
    const { clock, deadline, log, random } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#inFlight(() => this.#attempt(call));
      if (!(outcome instanceof StreamError)) return outcome.result;
      if (!outcome.passing) throw outcome;
      if (attempt === maxAttempts) throw outcome.final(`the last of ${maxAttempts} attempts`);

      const pauseMs = Math.max(outcome.retryAfterMs ?? 0, retryPauseMs(attempt, random()));
      if (pauseMs >= deadline.leftMs()) {
        throw outcome.final(`the next attempt, in ${formatDuration(pauseMs)}, would be past the time limit`);
      }
      log.info(`${outcome.what}; next attempt in ${formatDuration(pauseMs)}`);
      await clock.sleep(pauseMs, deadline.signal);
    }
  }

  async #attempt<Result extends v.GenericSchema>(
    call: Call<Result>,
  ): Promise<StreamError | { result: v.InferOutput<Result> }> {
    const { accountId, apiUrl, attemptTimeoutMs, clock, cut, deadline, log } = this.#options;
    deadline.signal.throwIfAborted();
    const path = ['accounts', accountId, 'stream', ...call.path].map(encodeURIComponent).join('/');
    const url = new URL(`${apiUrl}/${path}`);
    const startMs = clock.now();
    const debug = (outcome: string) =>
      log.debug(`${call.method} ${url.pathname} ${outcome} ${Math.round(clock.now() - startMs)} ms`);

    let answer: Answer;
    try {
      const response = await this.#ky(url, {
        method: call.method,
        signal: AbortSignal.any([deadline.signal, AbortSignal.timeout(attemptTimeoutMs)]),
        ...(call.body !== undefined && { json: call.body }),
      });
      answer = readAnswer(response, await response.text());
      debug(`${response.status} ray ${response.headers.get('cf-ray') ?? 'none'}`);
    } catch (error) {
      deadline.signal.throwIfAborted();
      const failure = networkError(call.doing, url.host, error, attemptTimeoutMs);
      debug(failure.what);
      return failure;
    }

    if (answer.response.ok && answer.envelope?.success) {
      const parsed = v.safeParse(call.result, answer.envelope.result);
      if (parsed.success) return { result: parsed.output };
    }
    return answerError(call.doing, answer, cut);
  }
}

function readAnswer(response: Response, text: string): Answer {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // No JSON: the answer has no envelope.
  }
  const parsed = v.safeParse(envelope, json);
  return { response, text, envelope: parsed.success ? parsed.output : undefined };
}
