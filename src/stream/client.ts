import ky, { type KyInstance } from 'ky';
import pLimit, { type LimitFunction } from 'p-limit';
import * as v from 'valibot';
import type { Clock } from '../core/clock.ts';
import type { Deadline } from '../core/deadline.ts';
import { Failure } from '../core/failure.ts';
import { count, formatDuration } from '../core/text.ts';
import { attempt as attemptWithin } from '../http/attempt.ts';
import { readText } from '../http/body.ts';
import type { Pace } from '../http/pace.ts';
import { retryPauseMs } from '../http/retry.ts';
import { version } from '../http/version.ts';
import { envelope } from './answers.ts';
import { type Credentials, credentialHeaders } from './credentials.ts';
import { type Answer, answerError, networkError, StreamError, tooSlow } from './errors.ts';
import { lastAttemptMs, maxAttempts, unansweredMs } from './patience.ts';

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
  /** How the last attempt failed. */
  #lastFailure: StreamError | undefined;

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
   * @throws the deadline's reason when the step ends meanwhile, told with how the request had failed until then
   */
  async call<Result extends v.GenericSchema>(call: Call<Result>): Promise<v.InferOutput<Result>> {
    const { clock, deadline, log } = this.#options;
    let failed: StreamError | undefined;
    try {
      for (let attempt = 1; ; attempt++) {
        const outcome = await this.#inFlight(() => this.#attempt(call, attempt));
        if ('result' in outcome) return outcome.result;
        const { failure, pauseMs } = outcome;
        if (!failure.passing) throw failure;

        failed = failure;
        const why = this.#whyNotAgain(attempt, pauseMs);
        if (why) throw failure.final(why);
        log.info(`${failure.what}; next attempt in ${formatDuration(pauseMs)}`, call.videoId);
        await clock.sleep(pauseMs, deadline.signal);
      }
    } catch (error) {
      throw failed && error === deadline.signal.reason ? whileFailing(error, failed) : error;
    }
  }

  /** Why a request that failed is not made again after the pause; undefined where it is. */
  #whyNotAgain(attempt: number, pauseMs: number): string | undefined {
    const { deadline, patient } = this.#options;
    const pause = formatDuration(pauseMs);
    if (pauseMs >= deadline.leftMs()) return `the next attempt, in ${pause}, would be past the time limit`;
    if (pauseMs >= this.#unansweredLeftMs()) {
      const soFar = `${count(attempt, 'attempt')} without any answer of the API`;
      return `given up after ${soFar}, since the next one, in ${pause}, would be past the first minute`;
    }
    return this.#answered && !patient && attempt >= maxAttempts
      ? `the last of ${count(attempt, 'attempt')}`
      : undefined;
  }

  /** A pause of our own choice leaves room for a last attempt, as long as there is some. */
  #withinTime(pauseMs: number): number {
    const roomMs = Math.min(this.#options.deadline.leftMs(), this.#unansweredLeftMs()) - lastAttemptMs;
    return roomMs > 0 ? Math.min(pauseMs, roomMs) : pauseMs;
  }

  /** What is left of the time for getting an answer of the API at all. */
  #unansweredLeftMs(): number {
    return this.#answered
      ? Number.POSITIVE_INFINITY
      : this.#startMs + unansweredMs - this.#options.clock.now();
  }

  /** Makes a request as soon as the pace allows, and tells how long to pause where it failed. */
  async #attempt<Result extends v.GenericSchema>(call: Call<Result>, attempt: number) {
    const { pace, random } = this.#options;
    const tooLate = await this.#untilAllowed(call.doing);
    const answer = tooLate ?? (await this.#request(call));
    if (!(answer instanceof StreamError)) return answer;

    if (!tooLate) this.#lastFailure = answer;
    // A server that asks to be spared for a while is there.
    if (answer.retryAfterMs !== undefined) this.#answered = true;
    const pauseMs = Math.max(answer.retryAfterMs ?? 0, this.#withinTime(retryPauseMs(attempt, random())));
    // Cloudflare counts the requests together, so all of them wait, the one that is next in turn as well.
    if (answer.kind === 'rate-limited' && answer.passing) pace.hold(pauseMs);
    return { failure: answer, pauseMs };
  }

  /** Waits until the pace lets a request go, unless that is too late. */
  async #untilAllowed(doing: string): Promise<StreamError | undefined> {
    const { clock, deadline, pace } = this.#options;
    deadline.signal.throwIfAborted();
    for (let waitMs = pace.take(); ; waitMs = pace.take()) {
      if (waitMs >= this.#unansweredLeftMs()) return neverAnswered(doing, this.#lastFailure);
      if (waitMs === 0) return undefined;
      if (waitMs >= deadline.leftMs()) return tooSlow(doing, waitMs);
      await clock.sleep(waitMs, deadline.signal);
    }
  }

  async #request<Result extends v.GenericSchema>(
    call: Call<Result>,
  ): Promise<StreamError | { result: v.InferOutput<Result> }> {
    const { accountId, apiUrl, attemptTimeoutMs, clock, cut, deadline, log, pace } = this.#options;
    const path = ['accounts', accountId, 'stream', call.videoId, ...call.path]
      .map(encodeURIComponent)
      .join('/');
    const url = new URL(`${apiUrl}/${path}`);
    const startMs = clock.now();
    const debug = (outcome: string) =>
      log.debug(`${call.method} ${url.pathname} ${outcome} ${Math.round(clock.now() - startMs)} ms`);

    // While no answer was the API's, no attempt outlasts the time for getting one.
    const timeoutMs = Math.ceil(Math.min(attemptTimeoutMs, this.#unansweredLeftMs()));
    let answer: Answer;
    try {
      answer = await attemptWithin(timeoutMs, deadline.signal, async (signal) => {
        const { body: json, method } = call;
        const response = await this.#ky(url, { method, signal, ...(json !== undefined && { json }) });
        return readAnswer(response, await readText(response, signal));
      });
      const { headers, status } = answer.response;
      debug(`${status} ray ${headers.get('cf-ray') ?? 'none'}`);
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

/** The end of the step, told with how a request had failed until then. */
function whileFailing(end: unknown, failed: StreamError): unknown {
  if (!(end instanceof Failure) || end.kind !== 'time-over') return end;
  const what = `${end.what} while a request was being repeated that had failed: ${failed.what}`;
  return new Failure(end.kind, what, { said: failed.said, cause: failed });
}

/** A request that is not made, since all that came before it got no answer of the API. */
function neverAnswered(doing: string, lastFailure: StreamError | undefined): StreamError {
  const { kind = 'unreachable' } = lastFailure ?? {};
  const what = `Could not ${doing}: the API is not asked any more, since the first minute brought no answer of it`;
  return new StreamError(kind, what, { cause: lastFailure });
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
