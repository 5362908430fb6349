import { causeChain } from '../core/cause-chain.ts';
import { Failure } from '../core/failure.ts';
import { oneLine } from '../core/text.ts';
import type { Timing } from '../core/timing.ts';
import { describeBody, type Redact, serviceResponse } from '../http/describe.ts';
import { refusedAddressCode } from '../http/guarded-fetch.ts';
import { type Http, RedirectError } from '../http/http.ts';
import { networkFailure } from '../http/network-failure.ts';
import type { OpenResponse } from '../http/open-response.ts';
import { isRequestFailure, RequestFailure } from '../http/request-failure.ts';
import { parseRetryAfterMs, type RetryContext, withRetries } from '../http/retry.ts';
import { rangeHeaders, type Version } from './byte-range.ts';
import { type DeliveryPolicy, DeliveryRetries, idleTimeoutMs, redirectPolicy } from './delivery-policy.ts';
import { errorCode } from './disk-error.ts';
import { formatProgress, type Interpretation, interpret, interpretEnd, type Problem } from './interpret.ts';
import { headBytes, isIsoMedia } from './iso-media.ts';
import type { PartialFile } from './partial-file.ts';

/** Where a file comes from. */
export interface Source {
  readonly url: string;
  /** Since when Cloudflare reports the file as ready, on the clock's scale. */
  readonly readySinceMs: number;
  /**
   * Returns another URL in place of one that the host refused (401, 403): a signed URL may have expired.
   *
   * @throws {Failure} where there is none, with what to do about it
   */
  signAgain(refused: RequestFailure): Promise<string>;
}

export interface TransferOptions extends Timing, RetryContext {
  readonly http: Http;
  readonly policy: DeliveryPolicy;
  readonly redact: Redact;
  readonly onProgress: (receivedBytes: number, totalBytes: number | undefined) => void;
}

/** Receives one file, however often the connection breaks. No request contains credentials. */
export class Transfer {
  readonly #file: PartialFile;
  readonly #source: Source;
  readonly #options: TransferOptions;
  readonly #retries: DeliveryRetries;
  #url: string;
  #version: Version | undefined;
  /** The file's first bytes, until there are enough to check them. */
  #head = Buffer.alloc(0);
  /** Whether parts of the file may be requested: the host has honoured that so far. */
  #hasRanges = true;

  constructor(file: PartialFile, source: Source, options: TransferOptions) {
    this.#file = file;
    this.#source = source;
    this.#options = options;
    this.#retries = new DeliveryRetries(options, source.readySinceMs);
    this.#url = source.url;
  }

  /** How much was received. */
  get progress(): string {
    return formatProgress(this.#retries.furthestBytes, this.#version?.totalBytes);
  }

  /**
   * Resolves once the whole file was received.
   *
   * @throws {Failure} why it was not, or the end of the step
   */
  async receive(): Promise<void> {
    const { signal } = this.#options;
    try {
      await withRetries(
        () => this.#attempt(),
        (failure) => this.#retries.decide(failure),
        this.#options,
      );
    } catch (error) {
      // The error mentions the last failure, from which a transfer with new bytes has recovered.
      throw signal.aborted && this.#retries.hasNewBytes ? signal.reason : error;
    }
  }

  /** Requests what is missing of the file, a second time with another URL where the URL is refused. */
  async #attempt(): Promise<void> {
    try {
      await this.#request();
    } catch (error) {
      if (!isUrlRefused(error) || this.#retries.isSignedAgain) throw error;
      this.#retries.isSignedAgain = true;
      this.#url = await this.#source.signAgain(error);
      await this.#attempt();
    }
  }

  async #request(): Promise<void> {
    const { http, policy, signal } = this.#options;
    const range = this.#hasRanges ? rangeHeaders(this.#file.sizeBytes, this.#version) : {};
    // Fetch itself adds the header to requests for a part.
    const headers = { ...range, ...(!range['Range'] && { 'Accept-Encoding': 'identity' }) };
    const request = { method: 'GET', url: new URL(this.#url), headers, redirects: redirectPolicy(policy) };
    try {
      await using response = await http.open(request, { timeoutMs: idleTimeoutMs, signal });
      let next = interpret(response, this.#file.sizeBytes, this.#version);
      if ('ignoresRanges' in next && next.ignoresRanges) this.#hasRanges = false;
      if (next.action === 'restart') await this.#discard();
      if ('version' in next) {
        this.#version = next.version;
        next = await this.#receiveBody(response, next.action === 'append');
      }
      if ('kind' in next) throw await this.#responseFailure(next, response);
    } catch (error) {
      throw error instanceof Failure ? error : this.#networkFailure(error);
    }
  }

  async #receiveBody(response: OpenResponse, isPart: boolean): Promise<Interpretation> {
    for await (const piece of response.pieces()) {
      const problem = this.#checkHead(piece);
      if (problem) return problem;
      await this.#file.append(piece);
      const { sizeBytes } = this.#file;
      this.#options.onProgress(sizeBytes, this.#version?.totalBytes);
      this.#retries.noteBytes(sizeBytes, isPart);
    }
    const canResume = this.#hasRanges && this.#version?.validator !== undefined;
    const { headers } = response;
    return interpretEnd(headers, this.#file.sizeBytes, this.#version?.totalBytes, { canResume, isPart });
  }

  #checkHead(piece: Uint8Array): Problem | undefined {
    if (this.#head.byteLength >= headBytes) return undefined;
    this.#head = Buffer.concat([this.#head, piece.subarray(0, headBytes)]);
    if (this.#head.byteLength < headBytes || isIsoMedia(this.#head)) return undefined;
    const start = JSON.stringify(oneLine(this.#head.toString('latin1')));
    const what = `the file is not MP4 or M4A: it starts with ${start}`;
    return { action: 'retry', kind: 'not-media', what, discards: true };
  }

  async #discard(): Promise<void> {
    if (this.#file.sizeBytes > 0) this.#retries.restarts++;
    await this.#file.truncate();
    this.#head = Buffer.alloc(0);
    this.#version = undefined;
  }

  async #responseFailure(problem: Problem, response: OpenResponse): Promise<RequestFailure> {
    const { action, discards, hasReason, kind, what } = problem;
    const { headers } = response;
    const { redact } = this.#options;
    if (discards) await this.#discard();
    const reason = hasReason ? ` with ${describeBody(headers, await response.text(), redact)}` : '';
    return new RequestFailure(kind, `${what}${reason}`, {
      response: serviceResponse(response),
      retryable: action === 'retry' || (kind === 'file-missing' && this.#retries.missingLeftMs > 0),
      retryAfterMs: parseRetryAfterMs(headers.get('retry-after'), headers.get('date')),
    });
  }

  /** What an error that was thrown in place of a response, or of the rest of it, means. */
  #networkFailure(error: unknown): RequestFailure {
    if (error instanceof RedirectError) {
      const options = { response: serviceResponse(error.response), cause: error };
      return new RequestFailure('delivery-redirected', error.message, options);
    }
    const refused = causeChain(error).find((cause) => errorCode(cause) === refusedAddressCode);
    if (Error.isError(refused)) return new RequestFailure('unsafe-url', refused.message, { cause: error });
    const { sizeBytes } = this.#file;
    const target = { host: new URL(this.#url).host, timeoutMs: idleTimeoutMs, timeoutReason: 'sent nothing' };
    if (sizeBytes === 0) return networkFailure(error, { ...target, unreachable: 'delivery-unreachable' });
    const received = formatProgress(sizeBytes, this.#version?.totalBytes);
    const describe = (why: string) => `the connection broke after ${received}: ${why}`;
    return networkFailure(error, { ...target, unreachable: 'file-incomplete' }, describe);
  }
}

function isUrlRefused(error: unknown): error is RequestFailure {
  const status = isRequestFailure(error, 'delivery-refused') && error.response?.httpStatus;
  return status === 401 || status === 403;
}
