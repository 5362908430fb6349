import * as v from 'valibot';
import type { ServiceResponse } from '../core/failure.ts';
import type { FailureKind } from '../core/failures/table.ts';
import { foreignText } from '../core/foreign-text.ts';
import { describeBody, type Redact } from '../http/describe.ts';
import type { TextResponse } from '../http/http.ts';
import { RequestFailure } from '../http/request-failure.ts';
import { isRetryableStatus, parseRetryAfterMs } from '../http/retry.ts';

const json = v.pipe(v.string(), v.parseJson());

/** The body of an error. `errors` has a text or an object for each. */
const errorBody = v.object({
  message: v.fallback(v.string(), ''),
  errors: v.fallback(v.array(v.unknown()), []),
});

/** How many messages of one response are read. */
const maxMessages = 20;

/** The longest message that is read, in UTF-16 units. */
const maxMessageLength = 1000;

const kindByStatus: Readonly<Record<number, FailureKind>> = {
  401: 'github-token',
  403: 'github-permission',
  404: 'github-not-found',
  407: 'proxy',
  413: 'asset-too-large',
};

/**
 * What a response of GitHub means.
 *
 * @param action what the request was to do, as in "Could not DO"
 * @returns undefined for a success, which is JSON or has no content
 */
export function gitHubFailure(
  action: string,
  response: TextResponse,
  redact: Redact,
): RequestFailure | undefined {
  const { bytes, headers, status, text } = response;
  const isJson = v.is(json, text);
  if (status === 204 || (status < 300 && isJson)) return undefined;

  const { messages, omitted } = messagesIn(text);
  // GitHub's own responses have it, unlike those of a proxy.
  const isGenuine = headers.has('x-github-request-id');
  const body = isJson ? '' : ` with ${describeBody(headers, bytes, redact)}`;
  /** @param retryAfterMs makes it retryable */
  const fail = (kind: FailureKind, why: string, retryAfterMs?: number) => {
    const isFromGitHub = kind !== 'github-unreachable' && kind !== 'proxy';
    return new RequestFailure(kind, `Could not ${action}: ${why}`, {
      response: isFromGitHub ? { messages, omitted, httpStatus: status, isGenuine } : undefined,
      retryable: retryAfterMs !== undefined,
      retryAfterMs,
    });
  };

  if (status < 300) {
    return fail('github-unreachable', `the response is not GitHub's JSON but HTTP ${status}${body}`, 0);
  }
  const requestedMs = parseRetryAfterMs(headers.get('retry-after'), headers.get('date'));
  if (isRateLimit(response)) {
    // GitHub asks for "at least one minute" where it gives no time.
    return fail('github-rate-limited', 'too many requests', requestedMs ?? untilResetMs(headers) ?? 60_000);
  }
  if (isRetryableStatus(status)) {
    return fail('github-error', `the response was HTTP ${status}${body}`, requestedMs ?? 0);
  }
  const isImmutable = messages.some(({ message }) => /immutable/i.test(message));
  const isBlocked = status === 403 && !isJson && !isGenuine;
  const kind = isImmutable
    ? 'release-immutable'
    : isBlocked
      ? 'blocked'
      : (kindByStatus[status] ?? 'github-refused');
  return fail(kind, `the request was refused${body}`);
}

/** Whether the list of assets was outdated: an asset is gone, or its name is taken. */
export function isConflict(failure: RequestFailure): boolean {
  return failure.kind === 'github-not-found' || isNameTaken(failure);
}

/** Whether another asset has the name, as far as GitHub compares names. */
export function isNameTaken({ response }: RequestFailure): boolean {
  return response?.messages.some(({ message }) => message.includes('already_exists')) === true;
}

/** The first messages in GitHub's own words, such as `ReleaseAsset already_exists name` for a single error. */
function messagesIn(text: string | undefined): Required<Pick<ServiceResponse, 'messages' | 'omitted'>> {
  const { output, success } = v.safeParse(v.pipe(json, errorBody), text);
  const all = success ? [output.message, ...output.errors] : [];
  const messages = all
    .slice(0, maxMessages)
    .map((error) => ({ message: foreignText(describeError(error), 'a message', maxMessageLength) }))
    .filter(({ message }) => message !== '');
  return { messages, omitted: Math.max(0, all.length - maxMessages) };
}

function describeError(error: unknown): string {
  if (typeof error === 'string') return error;
  const values = typeof error === 'object' && error !== null ? Object.values(error) : [];
  return values.filter((value) => typeof value === 'string').join(' ');
}

/** @see https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit */
function isRateLimit({ headers, status, text }: TextResponse): boolean {
  if (status !== 403) return status === 429;
  const isExhausted = headers.get('x-ratelimit-remaining') === '0';
  return isExhausted || headers.has('retry-after') || /rate limit|abuse detection/i.test(text ?? '');
}

/** The time until there are requests again, in ms; undefined where some are left. */
function untilResetMs(headers: Headers): number | undefined {
  if (headers.get('x-ratelimit-remaining') !== '0') return undefined;
  const reset = new Date(Number(headers.get('x-ratelimit-reset') ?? Number.NaN) * 1000);
  return parseRetryAfterMs(reset.toUTCString(), headers.get('date'));
}
