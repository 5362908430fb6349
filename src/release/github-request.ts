import { getOctokit } from '@actions/github';
import { causeChain } from '../core/cause-chain.ts';
import { Failure } from '../core/failure.ts';
import type { Timing } from '../core/timing.ts';
import { excerpt, type Redact } from '../http/describe.ts';
import { type Http, type HttpRequest, maxListBytes, RedirectError, type TextResponse } from '../http/http.ts';
import { networkFailure } from '../http/network-failure.ts';
import { isRequestFailure, RequestFailure } from '../http/request-failure.ts';
import {
  backoffMs,
  type RetryContext,
  type RetryObserver,
  type RetryPolicy,
  withRetries,
} from '../http/retry.ts';
import { gitHubFailure } from './github-failure.ts';
import type { Grace } from './write-queue.ts';

/** How often a request is attempted, and for how long at most. */
interface AttemptLimits {
  readonly maxAttempts: number;
  /** For an attempt without a file, in ms. */
  readonly timeoutMs: number;
}

const usualLimits: AttemptLimits = { maxAttempts: 5, timeoutMs: 30_000 };

export interface GitHubOptions extends Timing {
  /** `OWNER/NAME` */
  readonly repository: string;
  readonly token: string;
  readonly apiUrl: string;
  readonly http: Http;
  /** Follows the requests about the file of one video, or about all of them. */
  readonly observe: (videoId: string | undefined) => RetryObserver;
  /** Takes what Octokit reports, such as that a route is deprecated: one redacted line each. */
  readonly debug: (line: string) => void;
  readonly redact: Redact;
}

type Octokit = ReturnType<typeof getOctokit>;

/** The context of a request. */
export interface GitHubCall {
  /** The video whose file it is about; undefined if it is about all of them. */
  readonly videoId?: string;
  /** Its time, in place of that of the step. */
  readonly grace?: Grace;
  /** In place of the usual ones. */
  readonly limits?: AttemptLimits;
}

/**
 * Makes requests about one repository. What they return is to be read with `readResponse`.
 *
 * @param action what they do, as in "Could not DO"
 * @throws {RequestFailure} when GitHub refuses or cannot be reached
 * @throws the reason for the end of the request's time
 */
export type GitHubRequest = (
  action: string,
  work: (
    octokit: Octokit,
    repo: { readonly owner: string; readonly repo: string },
  ) => Promise<GitHubResponse>,
  call?: GitHubCall,
) => Promise<GitHubResponse>;

export interface GitHubResponse {
  readonly data: unknown;
  readonly headers: { readonly link?: string | undefined };
}

/** Octokit contributes GitHub's routes; this action sends, retries and interprets its requests. */
export function openGitHub(options: GitHubOptions): GitHubRequest {
  const { apiUrl: baseUrl, debug, redact, repository, token } = options;
  const [owner = '', repo = ''] = repository.split('/');
  const toDebug = (text: string) => debug(excerpt(text, redact, 1000));
  const log = { debug: toDebug, info: toDebug, warn: toDebug, error: toDebug };

  return async (action, work, { grace, limits = usualLimits, videoId } = {}) => {
    const fetch = gitHubFetch(action, limits, { ...options, ...grace, observer: options.observe(videoId) });
    try {
      // Without a log of their own, requests would write to stderr.
      return await work(getOctokit(token, { baseUrl, log, request: { fetch, log } }), { owner, repo });
    } catch (error) {
      // Octokit wraps what its fetch throws.
      throw causeChain(error).find((cause) => cause instanceof Failure) ?? error;
    }
  };
}

/** What Octokit reads besides the body. Some other headers describe the body before it was decoded. */
const passedHeaders: ReadonlySet<string> = new Set(['link', 'deprecation', 'sunset']);

/** @see https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects */
function gitHubFetch(
  action: string,
  { maxAttempts, timeoutMs }: AttemptLimits,
  options: GitHubOptions & Pick<RetryContext, 'observer'>,
): typeof globalThis.fetch {
  const { apiUrl, random } = options;
  const policy: RetryPolicy = ({ retryAfterMs = 0 }, attempt) => ({
    pauseMs: Math.max(retryAfterMs, backoffMs(attempt, random())),
    stop: attempt >= maxAttempts ? `the last of ${maxAttempts} attempts` : undefined,
  });
  const refuse = (to: URL | null) =>
    to && !isGitHubUrl(to, apiUrl) ? 'which is not a host of GitHub' : undefined;

  return async (input, { body, headers: octokitHeaders, method = 'GET' } = {}) => {
    const url = new URL(String(input));
    if (!isGitHubUrl(url, apiUrl)) {
      throw new RequestFailure('github-refused', `Could not ${action}: ${url.host} is not a host of GitHub`);
    }
    const headers = new Headers(octokitHeaders);
    // `Http` adds the name of this action, not that of Octokit.
    headers.delete('user-agent');
    const request = {
      method,
      url,
      headers: Object.fromEntries(headers),
      body: body as string | Blob | undefined,
      redirects: { maxRedirects: 3, refuse },
    };
    const response = await withRetries(() => send(action, request, timeoutMs, options), policy, options);
    const passed = [...response.headers].filter(([name]) => passedHeaders.has(name));
    return new Response(response.status === 204 ? null : response.text, {
      status: response.status,
      headers: [['content-type', 'application/json'], ...passed],
    });
  };
}

async function send(
  action: string,
  request: HttpRequest,
  attemptTimeoutMs: number,
  { http, leftMs, redact, signal }: GitHubOptions,
): Promise<TextResponse> {
  // How long an upload may take is unknown, so only the end of the step limits it.
  const timeoutMs = attemptTimeoutMs + (request.body instanceof Blob ? leftMs() : 0);
  // A release contains the list of its assets.
  const maxBytes = request.method === 'GET' ? { maxBytes: maxListBytes } : {};
  const response = await http.text(request, { timeoutMs, signal, ...maxBytes }).catch((error: unknown) => {
    signal.throwIfAborted();
    const describe = (why: string) => `Could not ${action}: ${why}`;
    if (error instanceof RedirectError) {
      // Something else may have answered in place of GitHub for a moment.
      const options = { cause: error, retryable: true };
      throw new RequestFailure('github-unreachable', describe(error.message), options);
    }
    const target = { host: request.url.host, timeoutMs, unreachable: 'github-unreachable' } as const;
    throw networkFailure(error, target, describe);
  });
  const failure = gitHubFailure(action, response, redact);
  if (failure) throw failure;
  return response;
}

/** Whether the token may be sent to a URL: to the API's host, and to the one for uploads beside it. */
export function isGitHubUrl({ hostname, password, protocol, username }: URL, apiUrl: string): boolean {
  const api = new URL(apiUrl);
  const uploads = `uploads.${api.hostname.replace(/^api\./, '')}`;
  const isItsHost = hostname === api.hostname || hostname === uploads;
  return isItsHost && protocol === api.protocol && username === '' && password === '';
}

/** What was requested; undefined where GitHub reports that it does not exist. */
export function ifFound<Result>(request: Promise<Result>): Promise<Result | undefined> {
  return request.catch((error: unknown) => {
    if (isRequestFailure(error, 'github-not-found')) return undefined;
    throw error;
  });
}
