import { attempt } from '../http/attempt.ts';
import { quoteBody, readText } from '../http/body.ts';
import { networkFault } from '../http/network-error.ts';
import { redirectTarget } from '../http/redirect-target.ts';

/** The longest time for a request that brings no file, in ms. */
const attemptTimeoutMs = 30_000;

const maxRedirects = 3;

export interface GitHubFetchOptions {
  /** The address of the API. */
  readonly apiUrl: string;
  readonly fetch: typeof globalThis.fetch;
  /** One line per request. */
  readonly debug: (line: string) => void;
}

/**
 * The fetch that Octokit is given. It speaks to GitHub's hosts alone, whatever redirects say, and each request ends; and
 * it tells in Octokit's terms what is worth another attempt: what is not has the name of an abort.
 */
export function gitHubFetch({ apiUrl, debug, fetch }: GitHubFetchOptions): typeof globalThis.fetch {
  const once = async (url: string, init: RequestInit, signal: AbortSignal): Promise<Response> => {
    const response = await fetch(url, { ...init, redirect: 'manual', signal });
    const { pathname } = new URL(url);
    debug(`${init.method ?? 'GET'} ${pathname} ${response.status}`);
    const text = await readText(response, signal);
    return answer(response, text);
  };

  const follow = async (address: string, init: RequestInit, signal: AbortSignal): Promise<Response> => {
    let url = address;
    for (let redirects = 0; ; redirects++) {
      if (!isGitHubs(url, apiUrl)) throw new TypeError(`${new URL(url).host} is not GitHub's`);
      const response = await once(url, init, signal);
      const { status } = response;
      if (status < 300 || status > 399) return response;
      const next = URL.parse(response.headers.get('location') ?? '', url);
      const same = status === 307 || status === 308 || (init.method ?? 'GET') === 'GET';
      if (!next || !same || redirects === maxRedirects) {
        throw new TypeError(`GitHub redirects to ${redirectTarget(response, url)}`);
      }
      url = next.href;
    }
  };

  return async (input, init = {}) => {
    const url = String(input);
    const signal = init.signal ?? new AbortController().signal;
    try {
      // How long a file takes, nobody knows.
      if (init.body instanceof Blob) return await follow(url, init, signal);
      return await attempt(attemptTimeoutMs, signal, (bounded) => follow(url, init, bounded));
    } catch (error) {
      if (signal.aborted || networkFault(new URL(url).host, error, '').passing) throw error;
      throw Object.assign(new Error('no attempt will follow', { cause: error }), { name: 'AbortError' });
    }
  };
}

/** The answer as Octokit reads it: limits are what its plugin takes for one, and what is not GitHub's is a fault. */
function answer(response: Response, text: string): Response {
  const { headers, status } = response;
  const isJson = /\bjson\b/i.test(headers.get('content-type') ?? '');
  if (response.ok && status !== 204 && !isJson) {
    throw new TypeError(`the answer is not GitHub's JSON but ${quoteBody(headers, text, (shown) => shown)}`);
  }
  const limited = status === 429 || (status === 403 && headers.has('retry-after'));
  const isTold = /secondary rate/i.test(text) || headers.get('x-ratelimit-remaining') === '0';
  const body =
    limited && !isTold ? JSON.stringify({ message: 'You have exceeded a secondary rate limit' }) : text;
  const plain = new Headers(headers);
  if (body !== text) plain.set('content-type', 'application/json');
  plain.delete('content-encoding');
  plain.delete('content-length');
  return new Response(status === 204 || status === 304 ? null : body, { status, headers: plain });
}

/** Whether the token may be sent to an address: to the API's host, and to the one for uploads beside it. */
export function isGitHubs(address: string, apiUrl: string): boolean {
  const { hostname, protocol } = new URL(apiUrl);
  const url = new URL(address);
  const uploads = `uploads.${hostname.replace(/^api\./, '')}`;
  return url.protocol === protocol && (url.hostname === hostname || url.hostname === uploads);
}
