import { causes, Failure, type FailureKind, ProxyError, type Said } from '../failure.ts';
import { formatDuration, oneLine } from '../text.ts';
import type { Envelope } from './answers.ts';
import { parseRetryAfterMs } from './retry.ts';

/** A request that failed, with what decides whether and when it is worth another attempt. */
export class StreamError extends Failure {
  /** Whether the same request may succeed later. */
  readonly passing: boolean;
  /** How long Cloudflare asked to wait (`Retry-After`), in ms. */
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: FailureKind,
    what: string,
    options: {
      said?: Said | undefined;
      cause?: unknown;
      passing?: boolean;
      retryAfterMs?: number | undefined;
    } = {},
  ) {
    super(kind, what, options);
    this.passing = options.passing ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }

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
    return fail('redirected', `the API redirects to ${oneLine(cut(redirectTarget(response)))}`);
  }
  if (status === 429) return fail('rate-limited', 'too many requests', { passing: true });
  if (status >= 500 || status === 408) {
    const shown = envelope ? '' : ` with ${quoteBody(answer, cut)}`;
    return fail('server-error', `the API answered HTTP ${status}${shown}`, { passing: true });
  }
  if (!envelope) {
    const shown = quoteBody(answer, cut);
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
    return fail('unknown-answer', `the answer lacks what the API documents: ${quoteBody(answer, cut)}`, {
      passing: true,
    });
  }
  const known = said.messages.map(({ code }) => code && kindByCode[code]).find(Boolean);
  const kind = known || (kindByStatus[status] ?? 'request-refused');
  return fail(kind, 'Cloudflare refused', { passing: kind === 'rate-limited' });
}

/** Tells why no whole answer came. */
export function networkError(doing: string, host: string, error: unknown, timeoutMs: number): StreamError {
  const chain = causes(error);
  const code = chain.map(errorCode).find((found) => found !== undefined);
  const deepest = chain.at(-1);
  // OpenSSL's own words name its source files.
  const words = code?.startsWith('ERR_SSL_')
    ? 'what answers there does not speak TLS as it should; is it an http: address?'
    : oneLine(Error.isError(deepest) ? deepest.message : String(deepest));

  const proxied = chain.find((cause) => cause instanceof ProxyError);
  const way = proxied ? ` through the proxy ${proxied.proxy}` : '';

  if (proxied && !proxied.passing) {
    return new StreamError('proxy', `Could not ${doing}: ${proxied.message}`, { cause: error });
  }
  if (chain.some((cause) => Error.isError(cause) && cause.name === 'TimeoutError')) {
    return new StreamError(
      'unreachable',
      `Could not ${doing}: ${host} gave no whole answer in ${formatDuration(timeoutMs)}${way}`,
      {
        cause: error,
        passing: true,
      },
    );
  }
  if (code && untrusted.test(code)) {
    return new StreamError(
      'certificate',
      `Could not ${doing}: the certificate of ${host}${way} is not trusted (${code})`,
      {
        cause: error,
      },
    );
  }
  // Fetch itself refuses the ports of other protocols.
  const passing = words !== 'bad port';
  const reason = proxied?.status
    ? `the proxy answered HTTP ${proxied.status}`
    : [code, words].filter(Boolean).join(': ');
  return new StreamError('unreachable', `Could not ${doing}: no answer from ${host}${way} (${reason})`, {
    cause: error,
    passing,
  });
}

/** Tells that the pace which the API allows does not let a request go in time. */
export function tooSlow(doing: string, waitMs: number): StreamError {
  const wait = formatDuration(waitMs);
  return new StreamError(
    'rate-limited',
    `Could not ${doing}: the API takes no request for ${wait}, which is past the time limit`,
  );
}

/** OpenSSL's and Node's codes for a certificate that fails verification. */
const untrusted =
  /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|ERR_TLS_CERT_)/;

function errorCode(error: unknown): string | undefined {
  return Error.isError(error) && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function toMessage({ code, message }: { code?: number | undefined; message: string }) {
  return { message: oneLine(message), ...(code !== undefined && { code }) };
}

/** The target without its query, which may hold what is nobody's business. */
function redirectTarget(response: Response): string {
  const location = response.headers.get('location') ?? '';
  const base = response.url || undefined;
  if (!URL.canParse(location, base)) return location || 'nowhere';
  const { origin, pathname } = new URL(location, base);
  return `${origin}${pathname}`;
}

/** Secrets are cut before the text is, so that no half of one stays. */
function quoteBody({ response, text }: Answer, cut: (text: string) => string): string {
  const type = response.headers.get('content-type')?.split(';')[0] ?? 'no content type';
  return text.trim() === '' ? `an empty body (${type})` : `${type}: “${oneLine(cut(text), 200)}”`;
}
