import { causes, ProxyError } from '../core/failure.ts';
import { oneLine } from '../core/text.ts';

/** Why no whole answer came. */
export interface NetworkFault {
  readonly kind: 'unreachable' | 'certificate' | 'proxy';
  /** In words, as in "could not do this: WHAT". */
  readonly what: string;
  /** Whether the same request may succeed later. */
  readonly passing: boolean;
}

/**
 * Tells what the error of a request means.
 *
 * @param host where the request was to go
 * @param late what to say where the request took too long, as in "HOST LATE"
 */
export function networkFault(host: string, error: unknown, late: string): NetworkFault {
  const chain = causes(error);
  const code = chain.map(errorCode).find((found) => found !== undefined);
  const deepest = chain.at(-1);
  // OpenSSL's own words name its source files.
  const words = code?.startsWith('ERR_SSL_')
    ? 'what answers there does not speak TLS as it should; is it an http: address?'
    : oneLine(Error.isError(deepest) ? deepest.message : String(deepest));

  const proxied = chain.find((cause) => cause instanceof ProxyError);
  const way = proxied ? ` through the proxy ${proxied.proxy}` : '';

  if (proxied && !proxied.passing) return { kind: 'proxy', what: proxied.message, passing: false };
  if (chain.some((cause) => Error.isError(cause) && cause.name === 'TimeoutError')) {
    return { kind: 'unreachable', what: `${host} ${late}${way}`, passing: true };
  }
  if (code && untrusted.test(code)) {
    const what = `the certificate of ${host}${way} is not trusted (${code})`;
    return { kind: 'certificate', what, passing: false };
  }
  const reason = proxied?.status
    ? `the proxy answered HTTP ${proxied.status}`
    : [code, words].filter(Boolean).join(': ');
  // Fetch itself refuses the ports of other protocols.
  const passing = words !== 'bad port';
  return { kind: 'unreachable', what: `no answer from ${host}${way} (${reason})`, passing };
}

/** OpenSSL's and Node's codes for a certificate that fails verification. */
const untrusted =
  /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|ERR_TLS_CERT_)/;

function errorCode(error: unknown): string | undefined {
  return Error.isError(error) && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
