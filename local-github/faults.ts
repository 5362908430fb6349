import type { ByteSource } from '../local-http/byte-source.ts';
import type { Clock } from '../local-http/clock.ts';
import type {
  AlterationFault,
  ConnectionFault,
  PlannedFault as PlannedFaultOf,
  StatusFault,
} from '../local-http/faults.ts';
import { injection, injectionText } from '../local-http/injection.ts';
import type { Route } from './api/routes.ts';

/** A fault while the body of an upload is received. The asset remains as a `starter`. */
export type UploadFault =
  /**
   * The connection is reset after this many bytes of the body, or after all of it if it is shorter. An upload that the
   * API refuses gets its response first. For other requests this is a `reset`.
   */
  | { readonly kind: 'broken-upload'; readonly bytes: number }
  /**
   * There is no response until the client disconnects, and the request is not carried out. With `afterBytes` the
   * upload begins, and no more than this many bytes of its body are read.
   */
  | { readonly kind: 'stall'; readonly afterBytes?: number };

/** A response in place of the real one; a body that is neither text nor a source of bytes is sent as JSON. */
export interface ResponseFault extends StatusFault<string | ByteSource | object> {
  /** The body of an upload is received first, and its asset remains as a `starter`. */
  readonly leavesStarter?: boolean;
}

/** What goes wrong with one request. */
export type Fault = ConnectionFault | AlterationFault | ResponseFault | UploadFault;

/** What a request addresses, as far as its URL shows. */
export interface Target {
  readonly route: Route | 'unknown';
  /** The name of the asset; for an upload, the requested one. */
  readonly asset?: string | undefined;
}

/** A fault for a number of requests, optionally those for one `asset`. */
export type PlannedFault = PlannedFaultOf<Fault, Target>;

/** The keys of all strings that a client may show or request. */
const textKeys = [
  'tag_name',
  'name',
  'label',
  'body',
  'state',
  'digest',
  'url',
  'html_url',
  'upload_url',
  'browser_download_url',
  'login',
  'message',
  'documentation_url',
];

/**
 * The real response with `text` at the end of every string at these keys (by default all that a client may show or
 * request), and, as far as HTTP can send it, in the reason phrase and the headers that Octokit logs.
 */
export function injected(text = injectionText, keys: readonly string[] = textKeys): Fault {
  return injection(text, keys, {
    'x-github-request-id': 'A1B2:C3D4',
    deprecation: 'Fri, 01 Jan 2027 00:00:00 GMT',
    sunset: 'Fri, 01 Jan 2027 00:00:00 GMT',
  });
}

/**
 * The primary rate limit is exceeded: status 403 or 429, with headers that say when it resets.
 * Follows https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 *
 * @param seconds until the limit resets
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
 * A secondary rate limit is exceeded: status 403 or 429, although primary requests remain.
 * Follows https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
 *
 * @param seconds the value of `Retry-After`; without it the header is absent
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
 * The request is refused: status 403 with the message of GitHub for a token that lacks a permission, or with another
 * one, such as `Repository was archived so is read-only.`
 * Follows https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#resource-not-accessible
 */
export function forbidden(message = 'Resource not accessible by integration'): Fault {
  return {
    kind: 'status',
    status: 403,
    body: { message, documentation_url: 'https://docs.github.com/rest', status: '403' },
  };
}

/**
 * The API cannot reach its backend: status 502. An upload "may leave an empty asset with a state of `starter`", and
 * here it always does.
 * Follows https://docs.github.com/rest/releases/assets#upload-a-release-asset
 */
export function badGateway(): Fault {
  return { kind: 'status', status: 502, body: { message: 'Server Error' }, leavesStarter: true };
}
