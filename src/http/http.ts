import ky, { isNetworkError } from 'ky';
import type { Clock } from '../core/clock.ts';
import { foreignText } from '../core/foreign-text.ts';
import { mayContainPassword, quote } from '../core/text.ts';
import { rayIdIn } from './describe.ts';
import { guardedFetch } from './guarded-fetch.ts';
import {
  cleanHeaders,
  type OpenResponse,
  openResponse,
  type ReceivedResponse,
  startRequestTimeout,
} from './open-response.ts';

/** The version of this action, as in `package.json`. */
export const version = '1.0.0';
export const userAgent = `stream-downloads/${version}`;

export interface HttpOptions {
  /** Node's own fetch with the proxies of the environment. */
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** Takes one line per request: method, host, path, status, time and Ray ID. */
  readonly debug: (line: string) => void;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Blob | undefined;
  /** Whether to follow redirects; without it, a redirect is returned like any other response. */
  readonly redirects?: RedirectPolicy;
}

export interface RedirectPolicy {
  readonly maxRedirects: number;
  /** Why a redirect must not be followed, as in "HOST redirects to TARGET, WHY"; undefined if it may. */
  refuse(to: URL | null, from: URL): string | undefined;
}

export interface RequestLimits {
  /** The longest time for the whole response, or the longest silence while its pieces arrive, in ms. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** How large a body of text may be once it is decoded, in bytes; 1 MiB by default. */
  readonly maxBytes?: number;
}

/** The largest page of a listing, in bytes. */
export const maxListBytes = 64 * 1024 * 1024;

/** A response whose whole body was received. */
export interface TextResponse {
  readonly url: URL;
  readonly status: number;
  /** Each value on one line, without control characters. */
  readonly headers: Headers;
  /** The body as it was received; undefined if it is larger than allowed. */
  readonly bytes: Uint8Array | undefined;
  /** The body in UTF-8, with a replacement for each byte that is not; undefined if it is larger than allowed. */
  readonly text: string | undefined;
}

/** A redirect that its policy refuses. */
export class RedirectError extends Error {
  override readonly name = 'RedirectError';
  readonly response: ReceivedResponse;

  constructor(from: URL, response: ReceivedResponse, why: string) {
    super(`${from.host} redirects to ${redirectTarget(response.headers, from)}, ${why}`);
    this.response = response;
  }
}

/** An error of a request to a host to which another one had redirected. */
export class OtherHostError extends Error {
  override readonly name = 'OtherHostError';
  readonly host: string;

  constructor(host: string, cause: unknown) {
    super(`The request was redirected to ${host}`, { cause });
    this.host = host;
  }
}

/** Where a response redirects to, as a message shows it. */
export function redirectTarget(headers: Headers, from: URL): string {
  const location = headers.get('location');
  if (!location) return 'no address, or one that is too long';
  const url = locationOf(headers, from);
  if (!url) return mayContainPassword(location) ? 'what may contain a password' : quote(location);
  return describeUrl(url);
}

/** A URL as a message shows it, without user and query, which may contain secrets. */
export function describeUrl({ host, pathname, protocol }: URL): string {
  return foreignText(host ? `${protocol}//${host}${pathname}` : protocol, 'a URL', maxDescribedLength);
}

/** The longest URL that a message shows, in UTF-16 units. */
const maxDescribedLength = 2000;

function locationOf(headers: Headers, from: URL): URL | null {
  const location = headers.get('location');
  return location ? URL.parse(location, from.href) : null;
}

const decoder = new TextDecoder();

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Sends single requests to any host. Every request of the action is sent here.
 *
 * @throws {RedirectError}
 * @throws {OtherHostError}
 * @throws fetch's error, a `TimeoutError`, or the signal's reason, also while a body is read
 */
export class Http {
  readonly #options: HttpOptions;
  readonly #ky: typeof fetch;

  constructor(options: HttpOptions) {
    this.#options = options;
    // This folder handles retries, redirects, timeouts and errors itself, by their cause.
    this.#ky = ky.create({ fetch: options.fetch, retry: 0, throwHttpErrors: false, timeout: false });
  }

  /** Sends a request and receives the whole response as text. */
  async text(request: HttpRequest, limits: RequestLimits): Promise<TextResponse> {
    await using response = await this.#open(request, limits, this.#ky);
    const { headers, status, url } = response;
    const bytes = await response.bytes(limits.maxBytes);
    return { headers, status, url, bytes, text: bytes && decoder.decode(bytes) };
  }

  /**
   * Sends a request and returns once the headers are there; the body can be read piece by piece. The timeout is an
   * idle timeout then: it starts again with each piece. Many small files are received faster without ky.
   */
  open(request: HttpRequest, limits: RequestLimits): Promise<OpenResponse> {
    return this.#open(request, limits, this.#options.fetch);
  }

  /**
   * The same, but it connects to no host with an address that is refused.
   *
   * @param refuse why an address is, as in "ADDRESS, WHY"; undefined if it is not
   */
  guarded(refuse: (address: string) => string | undefined): Http {
    return new Http({ ...this.#options, fetch: guardedFetch(this.#options.fetch, refuse) });
  }

  async #open(
    request: HttpRequest,
    { signal, timeoutMs }: RequestLimits,
    send: typeof fetch,
  ): Promise<OpenResponse> {
    const { redirects } = request;
    const timeout = startRequestTimeout(timeoutMs, this.#options.clock, signal);
    let { url } = request;
    try {
      for (let followed = 0; ; followed++) {
        const response = await this.#send(request, url, timeout.signal, send);
        if (!redirects || !redirectStatuses.has(response.status)) return openResponse(url, response, timeout);
        await response.body?.cancel();
        const to = locationOf(response.headers, url);
        const isLast = followed === redirects.maxRedirects;
        const why = isLast ? `after ${followed} other redirects` : redirects.refuse(to, url);
        if (!to || why !== undefined) throw new RedirectError(url, response, why ?? 'which is not a URL');
        url = to;
      }
    } catch (error) {
      timeout[Symbol.dispose]();
      const isOtherHost = url.host !== request.url.host && !(error instanceof RedirectError);
      throw isOtherHost && !signal.aborted ? new OtherHostError(url.host, error) : error;
    }
  }

  async #send(
    { body, headers = {}, method }: HttpRequest,
    url: URL,
    signal: AbortSignal,
    send: typeof fetch,
  ): Promise<ReceivedResponse> {
    const { clock, debug } = this.#options;
    const startMs = clock.now();
    const what = [method, `${url.host}${url.pathname}`, headers['Range']].filter(Boolean).join(' ');
    const log = (outcome: string) => debug(`${what}: ${outcome}, ${Math.round(clock.now() - startMs)} ms`);
    try {
      signal.throwIfAborted();
      const aborted = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true });
      const sentHeaders = { ...headers, 'User-Agent': userAgent };
      const sent = send(url, {
        method,
        headers: sentHeaders,
        body: body ?? null,
        signal,
        redirect: 'manual',
      });
      // Fetch may lose a signal to the garbage collector while nothing arrives.
      const response = await Promise.race([sent, aborted.promise]);
      const cleaned = cleanHeaders(response.headers);
      const rayId = rayIdIn(cleaned);
      log(`${response.status}${rayId === undefined ? '' : `, Ray ID ${rayId}`}`);
      return { headers: cleaned, status: response.status, body: response.body };
    } catch (error) {
      log(Error.isError(error) ? error.name : 'failed');
      // Ky's error holds the request, and with it the credentials.
      throw isNetworkError(error) ? error.cause : error;
    }
  }
}
