import { causeChain } from '../core/cause-chain.ts';
import { Failure } from '../core/failure.ts';
import type { FailureKind } from '../core/failures/table.ts';
import type { Timing } from '../core/timing.ts';
import { describeBody, type Redact, serviceResponse } from '../http/describe.ts';
import { refusedAddressCode } from '../http/guarded-agent.ts';
import { type GuardedHttp, RedirectError } from '../http/http.ts';
import { networkFailure } from '../http/network-failure.ts';
import type { OpenResponse } from '../http/open-response.ts';
import { isRequestFailure, RequestFailure } from '../http/request-failure.ts';
import { parseRetryAfterMs, type RetryContext, withRetries } from '../http/retry.ts';
import { isRecognizable, rangeHeaders, type Version } from './byte-range.ts';
import {
  type DeliveryPolicy,
  DeliveryRetries,
  idleTimeoutMs,
  isMissing,
  redirectPolicy,
} from './delivery-policy.ts';
import { errorCode } from './disk-error.ts';
import {
  type FileBody,
  formatProgress,
  type Interpretation,
  interpret,
  interpretEnd,
  interpretHead,
  type Problem,
  surplus,
} from './interpret.ts';
import { headBytes } from './iso-media.ts';
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
  /** Whether Cloudflare failed to encode the video, so that its file will never be there. */
  hasFailed(): Promise<boolean>;
}

export interface TransferOptions extends Timing, RetryContext {
  readonly http: GuardedHttp;
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
  /** The version that the bytes received so far belong to; undefined where there are none. */
  #version: Version | undefined;
  /** Whether parts of the file may be requested: the host has honoured that so far. */
  #hasRanges = true;
  /** Whether the video's details were looked up to find out whether the file may still appear. */
  #isVideoChecked = false;

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
    const headers = { ...range, 'Accept-Encoding': 'identity' };
    const request = { method: 'GET', url: new URL(this.#url), headers, redirects: redirectPolicy(policy) };
    try {
      await using response = await http.open(request, { timeoutMs: idleTimeoutMs, signal });
      const next = await this.#receive(response);
      if ('kind' in next) throw await this.#responseFailure(next, response);
    } catch (error) {
      throw error instanceof Failure ? error : this.#networkFailure(error);
    }
  }

  async #receive(response: OpenResponse): Promise<Interpretation> {
    const next = interpret(response, this.#file.sizeBytes, this.#version);
    if (next.action === 'restart') {
      const problem = interpretHead(await response.peek(headBytes));
      if (problem) return problem;
      if (this.#file.sizeBytes > 0) this.#retries.restarts++;
      await this.#file.truncate();
    }
    if ('ignoresRanges' in next && next.ignoresRanges) this.#hasRanges = false;
    return 'version' in next ? this.#receiveBody(response, next) : next;
  }

  async #receiveBody(
    response: OpenResponse,
    { action, announcedBytes = Number.POSITIVE_INFINITY, version }: FileBody,
  ): Promise<Interpretation> {
    this.#version = version;
    this.#options.observer.succeeded();
    let leftBytes = announcedBytes;
    await response.read((piece) => {
      leftBytes -= piece.byteLength;
      if (leftBytes < 0) return false;
      const appending = this.#file.append(piece);
      const { sizeBytes } = this.#file;
      this.#options.onProgress(sizeBytes, version.totalBytes);
      this.#retries.noteBytes(sizeBytes, action === 'append');
      return appending;
    });
    if (leftBytes < 0) return surplus(announcedBytes);
    const canResume = this.#hasRanges && isRecognizable(version);
    return interpretEnd(response, this.#file.sizeBytes, version.totalBytes, canResume);
  }

  async #responseFailure(problem: Problem, response: OpenResponse): Promise<RequestFailure> {
    const { action, hasReason, kind, what } = problem;
    const { headers } = response;
    const { redact } = this.#options;
    const reason = hasReason ? ` with ${describeBody(headers, await response.bytes(), redact)}` : '';
    return new RequestFailure(kind, `${what}${reason}`, {
      response: serviceResponse(response),
      retryable: action === 'retry' || (await this.#mayAppear(kind)),
      retryAfterMs: parseRetryAfterMs(headers.get('retry-after'), headers.get('date')),
    });
  }

  /** Whether a file that the host does not have may still appear: Cloudflare reports some as ready a little early. */
  async #mayAppear(kind: FailureKind): Promise<boolean> {
    if (!isMissing(kind) || this.#retries.missingLeftMs === 0) return false;
    if (kind === 'file-missing' || this.#isVideoChecked) return true;
    this.#isVideoChecked = true;
    return !(await this.#source.hasFailed());
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
    const describe = (why: string) =>
      `the connection broke after ${received}: ${why.replace(/^no response from/, 'nothing more came from')}`;
    return networkFailure(error, { ...target, unreachable: 'file-incomplete' }, describe);
  }
}

function isUrlRefused(error: unknown): error is RequestFailure {
  const status = isRequestFailure(error, 'delivery-refused') && error.response?.httpStatus;
  return status === 401 || status === 403;
}
