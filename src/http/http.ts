import ky, { isNetworkError } from 'ky';
import type { Clock } from '../core/clock.ts';
import { type OpenResponse, openResponse, startRequestTimeout } from './open-response.ts';

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
}

/** A response whose whole body was received. */
export interface TextResponse {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A redirect that its policy refuses. */
export class RedirectError extends Error {
  override readonly name = 'RedirectError';
  readonly response: Response;

  constructor(from: URL, response: Response, why: string) {
    super(`${from.host} redirects to ${redirectTarget(response.headers, from)}, ${why}`);
    this.response = response;
  }
}

/** Where a response redirects to, without user and query, which may hold secrets. */
export function redirectTarget(headers: Headers, from: URL): string {
  const url = locationOf(headers, from);
  if (!url) return headers.get('location') || 'nowhere';
  return url.host ? `${url.protocol}//${url.host}${url.pathname}` : url.protocol;
}

function locationOf(headers: Headers, from: URL): URL | null {
  const location = headers.get('location');
  return location ? URL.parse(location, from.href) : null;
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Sends single requests to any host. Every request of the action is sent here.
 *
 * @throws {RedirectError}
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
    return { headers, status, url, text: await response.text() };
  }

  /**
   * Sends a request and returns once the headers are there; the body can be read piece by piece. The timeout is an
   * idle timeout then: it starts again with each piece. Many small files are received faster without ky.
   */
  open(request: HttpRequest, limits: RequestLimits): Promise<OpenResponse> {
    return this.#open(request, limits, this.#options.fetch);
  }

  async #open(
    request: HttpRequest,
    { signal, timeoutMs }: RequestLimits,
    send: typeof fetch,
  ): Promise<OpenResponse> {
    const { redirects } = request;
    const timeout = startRequestTimeout(timeoutMs, this.#options.clock, signal);
    try {
      let { url } = request;
      for (let followed = 0; ; followed++) {
        const response = await this.#send(request, url, timeout.signal, send);
        if (!redirects || !redirectStatuses.has(response.status)) return openResponse(url, response, timeout);
        await response.body?.cancel();
        const to = locationOf(response.headers, url);
        const isLast = followed === redirects.maxRedirects;
        const why = isLast ? `after ${followed} redirects` : redirects.refuse(to, url);
        if (!to || why !== undefined) throw new RedirectError(url, response, why ?? 'which is not a URL');
        url = to;
      }
    } catch (error) {
      timeout[Symbol.dispose]();
      throw error;
    }
  }

  async #send(
    { body, headers = {}, method }: HttpRequest,
    url: URL,
    signal: AbortSignal,
    send: typeof fetch,
  ): Promise<Response> {
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
      const rayId = response.headers.get('cf-ray');
      log(`${response.status}${rayId === null ? '' : `, Ray ID ${rayId}`}`);
      return response;
    } catch (error) {
      log(Error.isError(error) ? error.name : 'failed');
      // Ky's error holds the request, and with it the credentials.
      throw isNetworkError(error) ? error.cause : error;
    }
  }
}
