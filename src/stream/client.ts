import ky, { type KyInstance } from 'ky';
import pLimit, { type LimitFunction } from 'p-limit';
import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import type { Deadline } from '../deadline.ts';
import { count, formatDuration } from '../text.ts';
import { version } from '../version.ts';
import { envelope } from './answers.ts';
import { type Credentials, credentialHeaders } from './credentials.ts';
import { type Answer, answerError, networkError, StreamError, tooSlow } from './errors.ts';
import type { Pace } from './pace.ts';
import { maxAttempts, retryPauseMs, unansweredMs } from './retry.ts';

/** Where the client tells what it does; every text may hold foreign words, none a line break. */
export interface RequestLog {
  /** One line per attempt. */
  debug(line: string): void;
  /** One line when a request is to be repeated, with the video that it is about. */
  info(line: string, videoId: string): void;
}

export interface StreamClientOptions {
  /** The API's address up to and including `/client/v4`. */
  readonly apiUrl: string;
  readonly accountId: string;
  readonly credentials: Credentials;
  /** Attempts in flight at once. */
  readonly concurrency: number;
  readonly pace: Pace;
  /** Whether there is something to wait for, so that an outage is sat out until the time limit. */
  readonly patient: boolean;
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
  readonly videoId: string;
  /** The segments after `/accounts/ACCOUNT/stream/VIDEO`. */
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
  readonly #startMs: number;
  /** Whether some answer was the API's. */
  #answered = false;

  constructor(options: StreamClientOptions) {
    this.#options = options;
    this.#inFlight = pLimit(options.concurrency);
    this.#startMs = options.clock.now();
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
    const { clock, deadline, log, pace, random } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#inFlight(() => this.#attempt(call));
      if (!(outcome instanceof StreamError)) return outcome.result;
      if (!outcome.passing) throw outcome;

      const pauseMs = Math.max(outcome.retryAfterMs ?? 0, retryPauseMs(attempt, random()));
      const why = this.#whyNotAgain(attempt, pauseMs);
      if (why) throw outcome.final(why);
      // Cloudflare counts the requests together, so all of them wait.
      if (outcome.kind === 'rate-limited') pace.hold(pauseMs);
      log.info(`${outcome.what}; next attempt in ${formatDuration(pauseMs)}`, call.videoId);
      await clock.sleep(pauseMs, deadline.signal);
    }
  }

  /** Why a request that failed is not made again after the pause; undefined where it is. */
  #whyNotAgain(attempt: number, pauseMs: number): string | undefined {
    const { clock, deadline, patient } = this.#options;
    const pause = formatDuration(pauseMs);
    if (pauseMs >= deadline.leftMs()) return `the next attempt, in ${pause}, would be past the time limit`;
    if (!this.#answered) {
      const late = clock.now() + pauseMs >= this.#startMs + unansweredMs;
      return late ? `given up after ${count(attempt, 'attempt')} without any answer of the API` : undefined;
    }
    return !patient && attempt >= maxAttempts ? `the last of ${maxAttempts} attempts` : undefined;
  }

  async #attempt<Result extends v.GenericSchema>(
    call: Call<Result>,
  ): Promise<StreamError | { result: v.InferOutput<Result> }> {
    const { accountId, apiUrl, attemptTimeoutMs, clock, cut, deadline, log, pace } = this.#options;
    deadline.signal.throwIfAborted();
    for (let waitMs = pace.take(); waitMs > 0; waitMs = pace.take()) {
      if (waitMs >= deadline.leftMs()) return tooSlow(call.doing, waitMs);
      await clock.sleep(waitMs, deadline.signal);
    }
    const path = ['accounts', accountId, 'stream', call.videoId, ...call.path]
      .map(encodeURIComponent)
      .join('/');
    const url = new URL(`${apiUrl}/${path}`);
    const startMs = clock.now();
    const debug = (outcome: string) =>
      log.debug(`${call.method} ${url.pathname} ${outcome} ${Math.round(clock.now() - startMs)} ms`);

    // While no answer was the API's, no attempt outlasts the time for getting one.
    const restMs = this.#answered ? attemptTimeoutMs : this.#startMs + unansweredMs - startMs;
    const timeoutMs = Math.max(1000, Math.min(attemptTimeoutMs, restMs));
    let answer: Answer;
    try {
      const response = await this.#ky(url, {
        method: call.method,
        signal: AbortSignal.any([deadline.signal, AbortSignal.timeout(timeoutMs)]),
        ...(call.body !== undefined && { json: call.body }),
      });
      answer = readAnswer(response, await response.text());
      debug(`${response.status} ray ${response.headers.get('cf-ray') ?? 'none'}`);
    } catch (error) {
      deadline.signal.throwIfAborted();
      const failure = networkError(call.doing, url.host, error, timeoutMs);
      debug(failure.what);
      return failure;
    }

    pace.learn(answer.response.headers);
    if (answer.envelope) this.#answered = true;
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
