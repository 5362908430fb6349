import type { FailureKind } from '../core/failures/table.ts';
import { describeBody, type Redact, serviceResponse } from '../http/describe.ts';
import { redirectTarget, type TextResponse } from '../http/http.ts';
import { RequestFailure } from '../http/request-failure.ts';
import { isRetryableStatus, parseRetryAfterMs } from '../http/retry.ts';
import type { Envelope } from './schemas.ts';

/**
 * Codes that say more than the HTTP status does.
 *
 * @see https://developers.cloudflare.com/fundamentals/api/troubleshooting/
 */
const kindByCode: Readonly<Record<number, FailureKind>> = {
  971: 'rate-limited',
  6003: 'token-invalid',
  7000: 'wrong-address',
  7003: 'account-wrong',
  7403: 'account-wrong',
  9103: 'token-invalid',
  9106: 'token-invalid',
  9109: 'token-invalid',
  10002: 'token-permission',
  10003: 'video-not-found',
  10016: 'rate-limited',
  10429: 'rate-limited',
};

const kindByStatus: Readonly<Record<number, FailureKind>> = {
  401: 'token-invalid',
  403: 'token-permission',
  404: 'video-not-found',
};

/**
 * The failure for a response other than the successful one that was expected.
 *
 * @param action what the request was to do, as in "Could not DO"
 * @param envelope undefined if the body is not the API's JSON
 */
export function responseFailure(
  action: string,
  { bytes, headers, status, url }: TextResponse,
  envelope: Envelope | undefined,
  redact: Redact,
): RequestFailure {
  const { messages = [], omitted = 0 } = envelope ?? {};
  const response = serviceResponse({ headers, status }, { messages, omitted });
  const fail = (kind: FailureKind, why: string, retryable = false) =>
    new RequestFailure(kind, `Could not ${action}: ${why}`, {
      // A proxy's response has neither Cloudflare's messages nor its Ray ID.
      response: kind === 'proxy' ? undefined : response,
      retryable,
      retryAfterMs: parseRetryAfterMs(headers.get('retry-after'), headers.get('date')),
    });
  const body = describeBody(headers, bytes, redact);

  if (status >= 300 && status < 400) {
    return fail('redirected', `the request is redirected to ${redirectTarget(headers, url)}`);
  }
  if (status === 429) return fail('rate-limited', 'too many requests', true);
  if (isRetryableStatus(status)) {
    return fail('server-error', `the response was HTTP ${status}${envelope ? '' : ` with ${body}`}`, true);
  }
  if (!envelope) return fail(...notFromApi(status, body));
  if (envelope.success && status < 300) {
    return fail('unknown-answer', `the response lacks what the API documents: ${body}`, true);
  }
  const codes = response.messages.map(({ code = 0 }) => code);
  const known = codes.map((code) => kindByCode[code]).find(Boolean);
  const kind =
    known ??
    (codes.includes(10000) ? authenticationFailure(status) : kindByStatus[status]) ??
    'request-refused';
  return fail(kind, 'the request was refused', kind === 'rate-limited');
}

/** What code 10000 means, "authentication error": with status 403, most likely that a permission is missing. */
function authenticationFailure(status: number): FailureKind {
  return status === 403 ? 'token-permission' : 'token-invalid';
}

function notFromApi(status: number, body: string): [FailureKind, string, boolean?] {
  switch (status) {
    case 401:
      return ['token-invalid', `the credentials were refused with ${body}`];
    case 403:
      return ['blocked', `the request was blocked with ${body}`];
    case 407:
      return ['proxy', `a proxy answered HTTP 407 with ${body}`];
    default:
      return status < 300
        ? ['not-json', `the response is not the API's JSON but ${body}`, true]
        : ['wrong-address', `the response is not the API's but HTTP ${status} with ${body}`];
  }
}
