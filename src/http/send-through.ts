import type { Dispatcher, EnvHttpProxyAgent } from 'undici';
import type { ProxySenders, Senders } from './proxies.ts';
import { ProxyError } from './proxy-error.ts';
import type { Proxies, ProxyAddress } from './proxy-variables.ts';

/** Sends requests through the proxy for their addresses. */
export async function sendThrough(
  { http, https, noProxy }: Proxies,
  { fetch, receive }: Senders,
): Promise<ProxySenders> {
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
