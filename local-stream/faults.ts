import type {
  AlterationFault,
  ConnectionFault,
  PlannedFault as PlannedFaultOf,
  StatusFault,
} from '../local-http/faults.ts';
import { randomNumbers } from '../local-http/random.ts';
import { ApiError, failure } from './api/envelope.ts';
import type { Route } from './api/routes.ts';
import type { DownloadType } from './library/download.ts';

/** A fault while the body of a response is sent, of the API or the delivery host: the request is carried out. */
export type BodyFault =
  /** Closes the connection after this many bytes of the body, or this fraction (0–1) of it. Defaults to half of it. */
  | { readonly kind: 'cut'; readonly bytes?: number; readonly fraction?: number }
  /**
   * Sends a `Content-Length` that is off by `delta` bytes, also where the response would have none. The connection is
   * closed after it, so that the next response stays intact.
   */
  | { readonly kind: 'wrong-length'; readonly delta: number }
  /** Sends this many bytes of the body (defaults to 0), then nothing until the client disconnects. */
  | { readonly kind: 'stall'; readonly afterBytes?: number }
  /** Sends `bytes` (at least 1) of the body at a time, with a pause of `everyMs` between them, in real time. */
  | { readonly kind: 'drip'; readonly bytes: number; readonly everyMs: number };

/** What goes wrong with one request. */
export type Fault = ConnectionFault | AlterationFault | StatusFault | BodyFault;

/** What a request addresses, as far as its method and path show. */
export interface Target {
  readonly route: Route | 'unknown';
  /** The ID of the video that the path names, directly or as the subject of a signed token. */
  readonly video?: string | undefined;
  /** The download type that the path names. */
  readonly type?: DownloadType | undefined;
}

/** A fault for a number of requests, optionally those for one `video` or one download `type`. */
export type PlannedFault = PlannedFaultOf<Fault, Target>;

/** Cloudflare's error page for an origin that fails: HTML with status 502. */
export function badGateway(): Fault {
  return htmlPage(502, 'api.cloudflare.com | 502: Bad gateway', 'Bad gateway <span>Error code 502</span>');
}

/** The timeout of a proxy within Cloudflare: plain text with status 504. */
export function gatewayTimeout(): Fault {
  return { kind: 'status', status: 504, contentType: 'text/plain', body: 'upstream request timeout' };
}

/** The block page of Cloudflare's firewall: HTML with status 403. */
export function blocked(): Fault {
  return htmlPage(403, 'Attention Required! | Cloudflare', 'Sorry, you have been blocked');
}

/** A response with status 200 that does not come from the API: an HTML page, or random bytes labelled as JSON. */
export function garbage(of: 'html' | 'bytes' = 'html'): Fault {
  if (of === 'html') return htmlPage(200, 'Welcome', 'It works!');
  const random = randomNumbers(1);
  const body = Uint8Array.from({ length: 256 }, () => random() * 256);
  return { kind: 'status', status: 200, contentType: 'application/json', body };
}

/** The API's response to too many requests (status 429), without the block that follows a real one. */
export function rateLimited(retryAfterSeconds?: number): Fault {
  const { body } = failure(new ApiError(429, { code: 10429, message: 'Rate limited' }));
  return {
    kind: 'status',
    status: 429,
    contentType: 'application/json',
    body,
    ...(retryAfterSeconds !== undefined && { headers: { 'retry-after': String(retryAfterSeconds) } }),
  };
}

/**
 * A redirect. The location may be relative to the requested URL. Planned with `times: n` and a location on the same
 * host, such as `?again`, it makes a chain of n redirects; with `times: Infinity`, an endless one.
 */
export function redirect(location: string, status: 301 | 302 | 303 | 307 | 308 = 302): Fault {
  return { kind: 'status', status, headers: { location } };
}

function htmlPage(status: number, title: string, heading: string): Fault {
  const body = `<!DOCTYPE html>\n<html lang="en-US">\n<head><title>${title}</title></head>\n<body><h1>${heading}</h1></body>\n</html>\n`;
  return { kind: 'status', status, contentType: 'text/html; charset=UTF-8', body };
}
