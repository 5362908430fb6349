import type { Dispatcher, EnvHttpProxyAgent } from 'undici';
import { causeChain } from '../core/cause-chain.ts';
import { type Environment, type ProxyAddress, readProxies } from './proxy-variables.ts';
import { ProxyAuthenticationError, type Receive } from './receive.ts';
import { isRetryableStatus } from './retry.ts';

/** The two ways to send a request. Through a proxy, they reject with a `ProxyError` if it fails on its way. */
export interface Senders {
  readonly fetch: typeof globalThis.fetch;
  readonly receive: Receive;
}

export interface ProxySenders extends Senders {
  /** The proxy for this address, as `http://HOST:PORT`; undefined if there is none. */
  proxyFor(url: URL): string | undefined;
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

/**
 * Adds the proxies of the environment, which Node's fetch and undici's agents ignore.
 *
 * @throws {Failure} `proxy-malformed`
 */
export async function addProxies(env: Environment, { fetch, receive }: Senders): Promise<ProxySenders> {
  const { http, https, noProxy } = readProxies(env);
  if (!http && !https) return { fetch, receive, proxyFor: () => undefined };

  // Dynamic import: built as its own chunk, loaded only when needed.
  const { Dispatcher1Wrapper, EnvHttpProxyAgent } = await import('undici');
  const agentFor: AgentFor = (uri, options) =>
    // Many proxies allow CONNECT for port 443 only, so `http:` is forwarded; `https:` always gets a tunnel.
    new EnvHttpProxyAgent({
      ...options,
      httpProxy: uri,
      httpsProxy: uri,
      noProxy,
      proxyTunnel: false,
      allowH2: false,
    });
  const bypasses = noProxyMatcher(agentFor);
  const routeThrough = (proxy: ProxyAddress) => {
    const { authorization: token, origin } = proxy;
    const dispatcher: Dispatcher = agentFor(origin, token ? { token } : {});
    // Node's fetch comes from an older version of undici, and Node's types from one older still.
    const forFetch: object = new Dispatcher1Wrapper(dispatcher);
    return { proxy, dispatcher, init: { dispatcher: forFetch } as RequestInit };
  };
  // One agent per scheme: a single one would also use `http_proxy` for `https:` addresses, unlike other actions.
  const routes = { http: http && routeThrough(http), https: https && routeThrough(https) };
  const routeFor = (url: URL) => {
    if (bypasses(url)) return undefined;
    return url.protocol === 'https:' ? routes.https : routes.http;
  };

  return {
    proxyFor: (url) => routeFor(url)?.proxy.origin,
    fetch: async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const route = routeFor(url);
      if (!route) return fetch(input, init);
      try {
        return await fetch(input, { ...init, ...route.init });
      } catch (error) {
        // An aborted request rejects with the signal's reason. `instanceof` would miss errors of another realm.
        const isFault = Error.isError(error) && ['TypeError', 'TimeoutError'].includes(error.name);
        throw isFault ? new ProxyError(route.proxy, url.host, error) : error;
      }
    },
    receive: async (url, options) => {
      const route = routeFor(url);
      if (!route) return receive(url, options);
      try {
        return await receive(url, { ...options, dispatcher: route.dispatcher });
      } catch (error) {
        const isTimeout = Error.isError(error) && error.name === 'TimeoutError';
        const isFault = !options.signal.aborted || isTimeout;
        throw isFault ? new ProxyError(route.proxy, url.host, error) : error;
      }
    },
  };
}

type AgentFor = (uri: string, options: EnvHttpProxyAgent.Options) => EnvHttpProxyAgent;

/** Uses undici's own `no_proxy` matcher, which tries to connect to the proxy or, if a host is exempt, to that host. */
function noProxyMatcher(agentFor: AgentFor): (url: URL) => boolean {
  const proxy = 'http://proxy.invalid/';
  let peer = '';
  const factory = (origin: string | URL) => {
    peer = String(origin);
    throw new Error('No request is sent.');
  };
  const agent = agentFor(proxy, { factory });
  return ({ hostname, port, protocol }) => {
    const origin = `http://${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
    agent.dispatch({ origin, path: '/', method: 'GET' }, { onResponseError: () => {} });
    return peer !== proxy;
  };
}

/** The status of a proxy's own response, which only the messages of undici's errors contain. */
function statusIn(error: unknown): number | undefined {
  if (isHidden407(error)) return 407;
  const messages = causeChain(error).map(String).join('\n');
  const match = /Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(messages);
  return match ? Number(match[1]) : undefined;
}
