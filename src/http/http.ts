import ky, { isNetworkError } from 'ky';
import type { Clock } from '../core/clock.ts';
import { foreignText } from '../core/foreign-text.ts';
import { mayContainPassword, quote } from '../core/text.ts';
import { type ReceivedResponse, receivedFrom } from './body.ts';
import { rayIdIn } from './describe.ts';
import { openGuardedAgent } from './guarded-agent.ts';
import { type OpenResponse, openResponse } from './open-response.ts';
import type { Receive, ReceiveOptions } from './receive.ts';
import { startRequestTimeout } from './request-timeout.ts';

/** The version of this action, as in `package.json`. */
export const version = '1.0.0';
export const userAgent = `stream-downloads/${version}`;

export interface HttpOptions {
  /** Node's own fetch with the proxies of the environment. */
  readonly fetch: typeof globalThis.fetch;
  /** undici's `dispatch` with the same proxies. */
  readonly receive: Receive;
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

/** Receives bodies of any size, piece by piece. */
export interface GuardedHttp {
  /**
   * Sends a request without a body and returns once the headers are there. The timeout is an idle timeout: it starts
   * again with each piece of the body.
   */
  open(request: Omit<HttpRequest, 'body'>, limits: RequestLimits): Promise<OpenResponse>;
}

/** Sends one request, and resolves once the headers of its response are there. */
type Send = (
  url: URL,
  init: Omit<ReceiveOptions, 'dispatcher'> & { readonly body: string | Blob | null },
) => Promise<ReceivedResponse>;

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
  #requestCount = 0;

  constructor(options: HttpOptions) {
    this.#options = options;
    // This folder handles retries, redirects, timeouts and errors itself, by their cause.
    this.#ky = ky.create({ fetch: options.fetch, retry: 0, throwHttpErrors: false, timeout: false });
  }

  /** How many requests were sent, those after redirects included. */
  get requestCount(): number {
    return this.#requestCount;
  }

  /** Sends a request and receives the whole response as text. */
  async text(request: HttpRequest, limits: RequestLimits): Promise<TextResponse> {
    const send: Send = async (url, init) =>
      receivedFrom(await this.#ky(url, { ...init, redirect: 'manual' }));
    await using response = await this.#open(request, limits, send);
    const { headers, status, url } = response;
    const bytes = await response.bytes(limits.maxBytes);
    return { headers, status, url, bytes, text: bytes && decoder.decode(bytes) };
  }

  /**
   * Receives files from the internet, without any host that has an address that is refused.
   *
   * @param refuse why an address is, as in "ADDRESS, WHY"; undefined if it is not
   */
  guarded(refuse: (address: string) => string | undefined): GuardedHttp {
    const { receive } = this.#options;
    // It is loaded while the first requests to the API wait for their responses.
    const opening = openGuardedAgent(refuse);
    // Whoever awaits it gets its error.
    opening.catch(() => {});
    const send: Send = async (url, { headers, method, signal }) =>
      receive(url, { method, headers, signal, dispatcher: await opening });
    return { open: (request, limits) => this.#open(request, limits, send) };
  }

  async #open(request: HttpRequest, { signal, timeoutMs }: RequestLimits, send: Send): Promise<OpenResponse> {
    const { redirects } = request;
    const timeout = startRequestTimeout(timeoutMs, this.#options.clock, signal);
    let { url } = request;
    try {
      for (let followed = 0; ; followed++) {
        const response = await this.#send(request, url, timeout.signal, send);
        if (!redirects || !redirectStatuses.has(response.status)) return openResponse(url, response, timeout);
        response.body?.cancel();
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
    send: Send,
  ): Promise<ReceivedResponse> {
    const { clock, debug } = this.#options;
    const startMs = clock.now();
    const what = [method, `${url.host}${url.pathname}`, headers['Range']].filter(Boolean).join(' ');
    const log = (outcome: string) => debug(`${what}: ${outcome}, ${Math.round(clock.now() - startMs)} ms`);
    try {
      signal.throwIfAborted();
      this.#requestCount++;
      const aborted = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true });
      const sentHeaders = { ...headers, 'User-Agent': userAgent };
      const sent = send(url, { method, headers: sentHeaders, body: body ?? null, signal });
      // Fetch may lose a signal to the garbage collector while nothing arrives.
      const response = await Promise.race([sent, aborted.promise]);
      const rayId = rayIdIn(response.headers);
      log(`${response.status}${rayId === undefined ? '' : `, Ray ID ${rayId}`}`);
      return response;
    } catch (error) {
      log(Error.isError(error) ? error.name : 'failed');
      // Ky's error holds the request, and with it the credentials.
      throw isNetworkError(error) ? error.cause : error;
    }
  }
}
