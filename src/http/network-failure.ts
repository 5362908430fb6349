import { causeChain } from '../core/cause-chain.ts';
import type { FailureKind } from '../core/failures/table.ts';
import { foreignText } from '../core/foreign-text.ts';
import { formatDuration } from '../core/text.ts';
import { OtherHostError } from './http.ts';
import { isHidden407, ProxyError } from './proxy-error.ts';
import { RequestFailure } from './request-failure.ts';

/** The host that a request went to, and how long it may take. */
export interface RequestTarget {
  readonly host: string;
  readonly timeoutMs: number;
  /** What a timeout means, as in "HOST sent nothing in 30 s"; defaults to `sent no complete response`. */
  readonly timeoutReason?: string;
  /** The kind of failure if the host cannot be reached. */
  readonly unreachable: FailureKind;
}

/**
 * The failure for an error that was thrown in place of a complete response.
 *
 * @param describe adds what failed to the reason
 */
export function networkFailure(
  error: unknown,
  { host: firstHost, timeoutMs, timeoutReason = 'sent no complete response', unreachable }: RequestTarget,
  describe: (why: string) => string = (why) => why,
): RequestFailure {
  const chain = causeChain(error);
  const host = chain.find((cause) => cause instanceof OtherHostError)?.host ?? firstHost;
  const fail = (kind: FailureKind, why: string, retryable: boolean) =>
    new RequestFailure(kind, describe(why), { cause: error, retryable });

  const proxyError = chain.find((cause) => cause instanceof ProxyError);
  if (proxyError && !proxyError.retryable) return fail('proxy', proxyError.message, false);
  const via = proxyError ? ` through the proxy ${proxyError.proxy}` : '';

  if (chain.some((cause) => Error.isError(cause) && cause.name === 'TimeoutError')) {
    return fail(unreachable, `${host} ${timeoutReason} in ${formatDuration(timeoutMs)}${via}`, true);
  }
  if (isHidden407(error)) {
    const why = `${host} answered HTTP 407, so a proxy on the way requires a user and a password`;
    return fail('proxy', why, false);
  }
  const codes = chain.map((cause) => (Error.isError(cause) && 'code' in cause ? cause.code : undefined));
  const code = codes.find((found) => typeof found === 'string');
  if (code && untrustedCertificate.test(code)) {
    return fail('certificate', `the certificate of ${host}${via} is not trusted (${code})`, false);
  }
  const message = messageOf(chain.at(-1), code);
  const reason = proxyError?.status
    ? `the proxy answered HTTP ${proxyError.status}`
    : [code, message].filter(Boolean).join(': ');
  // The ports of other protocols are always refused.
  const isUnreadable = unreadable.test(reason);
  const what = isUnreadable
    ? `the response of ${host}${via} cannot be read`
    : `no response from ${host}${via}`;
  return fail(unreachable, `${what} (${reason})`, message !== 'bad port');
}

/** The longest message of an error, which may quote what a server sent; in UTF-16 units. */
const maxReasonLength = 500;

/** Errors of undici and its parser about a response that did arrive. */
const unreadable = /^(UND_ERR_RES_|UND_ERR_HEADERS_OVERFLOW|HPE_)|content-encodings/;

/** OpenSSL's and Node's codes for a certificate that fails verification. */
const untrustedCertificate =
  /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|ERR_TLS_CERT_)/;

function messageOf(error: unknown, code: string | undefined): string {
  // OpenSSL's own messages contain names of its source files.
  if (code?.startsWith('ERR_SSL_')) return 'the server does not speak TLS correctly; is it an http: address?';
  const message = Error.isError(error) ? error.message : String(error);
  return foreignText(message, 'a reason', maxReasonLength);
}
