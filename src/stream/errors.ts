import type { FailureKind, Said } from '../core/failure.ts';
import { formatDuration, oneLine } from '../core/text.ts';
import { quoteBody } from '../http/body.ts';
import { networkFault } from '../http/network-error.ts';
import { redirectTarget } from '../http/redirect-target.ts';
import { RequestFailure } from '../http/request-failure.ts';
import { parseRetryAfterMs } from '../http/retry.ts';
import type { Envelope } from './answers.ts';

/** A request to the API that failed. */
export class StreamError extends RequestFailure {
  /** The same failure, which no attempt will follow, with the reason for that. */
  final(why: string): StreamError {
    return new StreamError(this.kind, `${this.what} (${why})`, { said: this.said, cause: this.cause });
  }
}

/** An answer as it came in: `envelope` where its body was one of the API's, `text` the body as it was. */
export interface Answer {
  readonly response: Response;
  readonly text: string;
  readonly envelope: Envelope | undefined;
}

/**
 * Codes that tell more than the HTTP status does.
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
  408: 'server-error',
  429: 'rate-limited',
};

/**
 * Tells what a failed answer means.
 *
 * @param doing what the request was for, as in "could not DOING"
 * @param cut cuts secrets out of a text
 */
export function answerError(doing: string, answer: Answer, cut: (text: string) => string): StreamError {
  const { response, envelope } = answer;
  const { status, headers } = response;
  const rayId = headers.get('cf-ray');
  const said: Said = {
    messages: envelope ? [...envelope.errors, ...envelope.messages].map(toMessage) : [],
    httpStatus: status,
    ...(rayId && { rayId: oneLine(rayId, 64) }),
  };
  const fail = (kind: FailureKind, why: string, options: { passing?: boolean } = {}) =>
    new StreamError(kind, `Could not ${doing}: ${why}`, {
      said,
      retryAfterMs: parseRetryAfterMs(headers.get('retry-after'), headers.get('date')),
      ...options,
    });

  if (status >= 300 && status < 400) {
    return fail('redirected', `the API redirects to ${oneLine(cut(redirectTarget(response, response.url)))}`);
  }
  if (status === 429) return fail('rate-limited', 'too many requests', { passing: true });
  if (status >= 500 || status === 408) {
    const shown = envelope ? '' : ` with ${quoteBody(headers, answer.text, cut)}`;
    return fail('server-error', `the API answered HTTP ${status}${shown}`, { passing: true });
  }
  if (!envelope) {
    const shown = quoteBody(headers, answer.text, cut);
    if (response.ok)
      return fail('not-json', `the answer is not the API's JSON but ${shown}`, { passing: true });
    if (status === 407) {
      return new StreamError('proxy', `Could not ${doing}: a proxy answered HTTP 407 with ${shown}`);
    }
    if (status === 401) return fail('token-invalid', `the credentials were refused with ${shown}`);
    if (status === 403) return fail('blocked', `the request was blocked with ${shown}`);
    return fail('wrong-address', `the answer is not the API's but HTTP ${status} with ${shown}`);
  }
  if (envelope.success && response.ok) {
    return fail(
      'unknown-answer',
      `the answer lacks what the API documents: ${quoteBody(headers, answer.text, cut)}`,
      {
        passing: true,
      },
    );
  }
  const known = said.messages.map(({ code }) => code && kindByCode[code]).find(Boolean);
  const kind = known || (kindByStatus[status] ?? 'request-refused');
  return fail(kind, 'Cloudflare refused', { passing: kind === 'rate-limited' });
}

/** Tells why no whole answer came. */
export function networkError(doing: string, host: string, error: unknown, timeoutMs: number): StreamError {
  const late = `gave no whole answer in ${formatDuration(timeoutMs)}`;
  const { kind, passing, what } = networkFault(host, error, late);
  return new StreamError(kind, `Could not ${doing}: ${what}`, { cause: error, passing });
}

/** Tells that the pace which the API allows does not let a request go in time. */
export function tooSlow(doing: string, waitMs: number): StreamError {
  const wait = formatDuration(waitMs);
  return new StreamError(
    'rate-limited',
    `Could not ${doing}: the API takes no request for ${wait}, which is past the time limit`,
  );
}

function toMessage({ code, message }: { code?: number | undefined; message: string }) {
  return { message: oneLine(message), ...(code !== undefined && { code }) };
}
