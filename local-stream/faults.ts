import { ApiError, failure } from './api/envelope.ts';
import type { Route } from './api/routes.ts';
import type { ByteSource } from './http/byte-source.ts';
import type { DownloadType } from './library/download.ts';
import { randomNumbers } from './random.ts';

/** What goes wrong with one request: before it is answered, in place of the answer, or while the answer is sent. */
export type Fault =
  /** The request is carried out and answered `ms` later, in real time, whatever the clock says. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** The connection is reset, and the request is not carried out. */
  | { readonly kind: 'reset' }
  /** The request is carried out, then the connection is reset. */
  | { readonly kind: 'answer-lost' }
  /** The request is not carried out, and this is answered. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string | Uint8Array | ByteSource;
      readonly contentType?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /**
   * The true answer, with these headers instead of its own, and without those that are null. Without `Content-Length`
   * it comes in chunks; a wrong one is for `wrong-length`, which keeps the connection's next answer in order.
   */
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string | null>> }
  /** The connection ends after this many bytes of the body, or this fraction (0–1) of it; after half of it by default. */
  | { readonly kind: 'cut'; readonly bytes?: number; readonly fraction?: number }
  /** `Content-Length` is off by `delta` bytes, and is told even where an answer tells none. */
  | { readonly kind: 'wrong-length'; readonly delta: number }
  /** After so many bytes of the body (0 by default) nothing more comes, until the client leaves. */
  | { readonly kind: 'stall'; readonly afterBytes?: number }
  /** The body comes so many `bytes` (1 at least) at a time, with `everyMs` between them, in real time. */
  | { readonly kind: 'drip'; readonly bytes: number; readonly everyMs: number };

/** The request that a fault is for: one call of the API, a download, or whatever comes. */
export type FaultRoute = Route | 'any';

/** What a request asks for, as far as its method and path tell. */
export interface Target {
  readonly route: Route | 'unknown';
  /** The id of the video that it names, or whose token it brings. */
  readonly video?: string | undefined;
  /** The type of download that it names. */
  readonly type?: DownloadType | undefined;
}

/** A fault for a number of requests. */
export interface PlannedFault {
  readonly route: FaultRoute;
  /** The id of the one video that it is for, also where a token stands for the id. Left out: whichever. */
  readonly video?: string;
  /** The one type of download that it is for, in requests that name one. Left out: whichever. */
  readonly type?: DownloadType;
  readonly fault: Fault;
  /** How many requests meet it, one by default; `Infinity` for all. */
  readonly times?: number;
  /** How many of the requests that it is for go well first. One that met a fault added earlier does not count. */
  readonly after?: number;
}

/** Faults that come at random, and in the same order for the same seed. */
export interface RandomFaults {
  /** Whatever comes, by default. */
  readonly route?: FaultRoute;
  /** A whole number. */
  readonly seed: number;
  /** The share of the requests that meet a fault, 0–1. */
  readonly rate: number;
  /** Those to draw from, all as likely. */
  readonly faults: readonly Fault[];
}

type Source = (target: Target) => Fault | undefined;

/** The faults that are still to come. A request meets at most one: the first in the order in which they were added. */
export class Faults {
  readonly #sources = new Set<Source>();

  /** Adds a fault. What comes back takes it away again. */
  add({ route, video, type, fault, times = 1, after = 0 }: PlannedFault): () => void {
    let passed = 0;
    let met = 0;
    return this.#addSource((target) => {
      const isMeant =
        (route === 'any' || route === target.route) &&
        (video === undefined || video === target.video) &&
        (type === undefined || type === target.type);
      if (!isMeant || met >= times) return undefined;
      if (passed < after) {
        passed += 1;
        return undefined;
      }
      met += 1;
      return fault;
    });
  }

  /** Adds faults at random. What comes back takes them away again. */
  addRandom({ route = 'any', seed, rate, faults }: RandomFaults): () => void {
    const random = randomNumbers(seed);
    return this.#addSource((target) => {
      if ((route !== 'any' && route !== target.route) || random() >= rate) return undefined;
      return faults[Math.floor(random() * faults.length)];
    });
  }

  /** The fault that the next request meets, if any. */
  next(target: Target): Fault | undefined {
    for (const source of this.#sources) {
      const fault = source(target);
      if (fault) return fault;
    }
    return undefined;
  }

  #addSource(source: Source): () => void {
    this.#sources.add(source);
    return () => {
      this.#sources.delete(source);
    };
  }
}

/** Cloudflare's own page for an origin that does not answer well: HTML with status 502. */
export function badGateway(): Fault {
  return htmlPage(502, 'api.cloudflare.com | 502: Bad gateway', 'Bad gateway <span>Error code 502</span>');
}

/** What a proxy within Cloudflare says when it waited too long: text with status 504. */
export function gatewayTimeout(): Fault {
  return { kind: 'status', status: 504, contentType: 'text/plain', body: 'upstream request timeout' };
}

/** The page of Cloudflare's firewall: HTML with status 403. */
export function blocked(): Fault {
  return htmlPage(403, 'Attention Required! | Cloudflare', 'Sorry, you have been blocked');
}

/** A success (status 200) that is no answer of the API: a page, or bytes that call themselves JSON. */
export function garbage(of: 'html' | 'bytes' = 'html'): Fault {
  if (of === 'html') return htmlPage(200, 'Welcome', 'It works!');
  const random = randomNumbers(1);
  const body = Uint8Array.from({ length: 256 }, () => random() * 256);
  return { kind: 'status', status: 200, contentType: 'application/json', body };
}

/** The API's answer to too many requests, without the block that follows a real one. */
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
 * An answer that sends the client elsewhere, by default with status 302. Where to may be relative to what was asked
 * for. Added with `times: n` for a target that asks the same host again, such as `?again`, it makes a chain of n; with
 * `times: Infinity`, one without end.
 */
export function redirect(location: string, status: 301 | 302 | 303 | 307 | 308 = 302): Fault {
  return { kind: 'status', status, headers: { location } };
}

function htmlPage(status: number, title: string, heading: string): Fault {
  const body = `<!DOCTYPE html>\n<html lang="en-US">\n<head><title>${title}</title></head>\n<body><h1>${heading}</h1></body>\n</html>\n`;
  return { kind: 'status', status, contentType: 'text/html; charset=UTF-8', body };
}
