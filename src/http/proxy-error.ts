import { causeChain } from '../core/cause-chain.ts';
import type { ProxyAddress } from './proxy-variables.ts';
import { isRetryableStatus } from './retry.ts';

/** A response with status 407, which only a proxy sends. fetch does not return it either. */
export class ProxyAuthenticationError extends Error {
  override readonly name = 'ProxyAuthenticationError';
}

/**
 * Whether an error stands for a response with status 407. In its place, fetch throws one without a message.
 *
 * @see https://fetch.spec.whatwg.org/#http-network-or-cache-fetch
 */
export function isHidden407(error: unknown): boolean {
  const cause = causeChain(error).at(-1);
  if (cause instanceof ProxyAuthenticationError) return true;
  return Error.isError(cause) && cause.message === '' && !('code' in cause);
}

/** A request that failed on its way through a proxy. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  /** The proxy, as `http://HOST:PORT`. */
  readonly proxy: string;
  /** The status of the proxy's own response; undefined if it sent none. */
  readonly status: number | undefined;
  readonly retryable: boolean;

  constructor({ authorization, origin }: ProxyAddress, targetHost: string, cause: unknown) {
    const status = statusIn(cause);
    super(`the proxy ${origin} ${outcome(targetHost, authorization !== undefined, status)}`, { cause });
    this.proxy = origin;
    this.status = status;
    this.retryable = status === undefined || isRetryableStatus(status);
  }
}

function outcome(targetHost: string, authorized: boolean, status: number | undefined): string {
  if (status === undefined) return `cannot be reached, or cannot reach ${targetHost}`;
  if (status !== 407) return `answered HTTP ${status} instead of forwarding the request to ${targetHost}`;
  return authorized
    ? 'does not accept the user and the password in its address (HTTP 407)'
    : 'requires a user and a password (HTTP 407)';
}

/** The status of a proxy's own response, which only the messages of undici's errors contain. */
function statusIn(error: unknown): number | undefined {
  if (isHidden407(error)) return 407;
  const messages = causeChain(error).map(String).join('\n');
  const match = /Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(messages);
  return match ? Number(match[1]) : undefined;
}
