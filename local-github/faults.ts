import type { Clock } from '../local-stream/clock.ts';
import type { Route } from './api/routes.ts';

/** What goes wrong with one request: before it is answered, in place of the answer, or while its body comes. */
export type Fault =
  /** The request is carried out and answered `ms` later, in real time. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** The connection is reset, and the request is not carried out. */
  | { readonly kind: 'reset' }
  /** The request is carried out, then the connection is reset. */
  | { readonly kind: 'answer-lost' }
  /** The request is not carried out, and this is answered. */
  | {
      readonly kind: 'status';
      readonly status: number;
      /** Text as it is, and what is no text as JSON. */
      readonly body?: string | object;
      /** By default that of the body. */
      readonly contentType?: string;
      readonly headers?: Readonly<Record<string, string>>;
      /** An upload's body is taken in first, and its asset stays behind as a `starter`. */
      readonly leavesStarter?: boolean;
    }
  /**
   * The connection is reset when so many bytes of an upload have come, or all of them if it has fewer, and the asset
   * stays behind as a `starter`. An upload that is refused has its answer before. For other requests it is a `reset`.
   */
  | { readonly kind: 'broken-upload'; readonly bytes: number }
  /**
   * No answer comes until the client leaves, and the request is not carried out. With `afterBytes` an upload begins:
   * so many bytes are taken, and then no more, and the asset stays behind as a `starter`.
   */
  | { readonly kind: 'stall'; readonly afterBytes?: number };

/** The request that a fault is for: one call, or whatever comes. */
export type FaultRoute = Route | 'any';

/** What a request asks for, as far as its address tells. */
export interface Target {
  readonly route: Route | 'unknown';
  /** The name of the asset that it is about: of an upload, the one that is asked for. */
  readonly asset?: string | undefined;
}

/** A fault for a number of requests. */
export interface PlannedFault {
  readonly route: FaultRoute;
  /** The name of the one asset that it is for; of an upload, the one that is asked for. Left out: whichever. */
  readonly asset?: string;
  readonly fault: Fault;
  /** How many requests meet it, one by default; `Infinity` for all. */
  readonly times?: number;
  /** How many of the requests that it is for go well first. One that met a fault added earlier does not count. */
  readonly after?: number;
}

type Source = (target: Target) => Fault | undefined;

/** The faults that are still to come. A request meets at most one: the first in the order in which they were added. */
export class Faults {
  readonly #sources = new Set<Source>();

  /** Adds a fault. What comes back takes it away again. */
  add({ route, asset, fault, times = 1, after = 0 }: PlannedFault): () => void {
    let passed = 0;
    let met = 0;
    const source: Source = (target) => {
      const isMeant =
        (route === 'any' || route === target.route) && (asset === undefined || asset === target.asset);
      if (!isMeant || met >= times) return undefined;
      if (passed < after) {
        passed += 1;
        return undefined;
      }
      met += 1;
      return fault;
    };
    this.#sources.add(source);
    return () => {
      this.#sources.delete(source);
    };
  }

  /** The fault that the next request meets, if any. */
  next(target: Target): Fault | undefined {
    for (const source of this.#sources) {
      const fault = source(target);
      if (fault) return fault;
    }
    return undefined;
  }
}

/**
 * The hour's requests are used up: status 403, and in its headers when there are more again.
 * Follows https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 *
 * @param seconds until then
 */
export function primaryRateLimit(seconds: number, status: 403 | 429 = 403, clock: Clock = Date): Fault {
  return {
    kind: 'status',
    status,
    body: {
      message: 'API rate limit exceeded for installation.',
      documentation_url: 'https://docs.github.com/rest/overview/resources-in-the-rest-api#rate-limiting',
      status: String(status),
    },
    headers: {
      'x-ratelimit-limit': '1000',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-used': '1000',
      'x-ratelimit-reset': String(Math.ceil(clock.now() / 1000) + seconds),
      'x-ratelimit-resource': 'core',
    },
  };
}

/**
 * Too much was asked at once: status 403 or 429, although requests remain.
 * Follows https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
 *
 * @param seconds to wait; left out, the answer does not say
 */
export function secondaryRateLimit(seconds?: number, status: 403 | 429 = 403): Fault {
  return {
    kind: 'status',
    status,
    body: {
      message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
      documentation_url:
        'https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits',
      status: String(status),
    },
    ...(seconds !== undefined && { headers: { 'retry-after': String(seconds) } }),
  };
}

/**
 * The API does not get through to what is behind it: status 502. An upload "may leave an empty asset with a state of
 * starter", and does so here.
 * Follows https://docs.github.com/rest/releases/assets#upload-a-release-asset
 */
export function badGateway(): Fault {
  return { kind: 'status', status: 502, body: { message: 'Server Error' }, leavesStarter: true };
}
