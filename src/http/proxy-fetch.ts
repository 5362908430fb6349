import type { Dispatcher } from 'undici';
import { causes, ProxyError } from '../core/failure.ts';
import type { Runner } from '../runner/runner.ts';
import { type ProxyAddress, readProxies } from './proxy-variables.ts';

/** How every request of the action is made. */
export interface Transport {
  /** Rejects with a `ProxyError` where a request fails on its way through a proxy. */
  readonly fetch: typeof globalThis.fetch;
  /** The proxy that a request to this address takes, as `http://HOST:PORT`; undefined where it takes none. */
  proxyFor(url: URL): string | undefined;
}

/**
 * Adds the proxies of the environment to Node's fetch, which ignores them. Nothing is loaded where there are none.
 *
 * @throws {Failure} `proxy-malformed`
 */
export async function openTransport(env: Runner['env'], fetch: typeof globalThis.fetch): Promise<Transport> {
  const proxies = readProxies(env);
  if (!proxies.http && !proxies.https) return { fetch, proxyFor: () => undefined };

  // The build makes a file of its own of it, which no other run reads.
  const undici = await import(/* webpackIgnore: true */ 'undici');
  const dispatcher = byScheme(undici, (scheme) => agent(undici, proxies[scheme], proxies.noProxy));
  const bypasses = bypass(undici, proxies.noProxy);
  const addressFor = (url: URL) => (bypasses(url) ? undefined : proxies[schemeOf(url)]);

  return {
    proxyFor: (url) => addressFor(url)?.origin,
    fetch: async (input, init) => {
      try {
        return await fetch(input, { ...init, dispatcher });
      } catch (error) {
        const url = new URL(input instanceof Request ? input.url : input);
        const address = addressFor(url);
        throw address && isFault(error) ? proxyError(address, url, error) : error;
      }
    },
  };
}

type Undici = typeof import('undici');
type Scheme = 'http' | 'https';

function schemeOf(url: string | URL | undefined): Scheme {
  return String(url).startsWith('https:') ? 'https' : 'http';
}

/** Node's types know undici's by a copy of an older version. */
type FetchDispatcher = NonNullable<RequestInit['dispatcher']>;

/** Reaches `https:` addresses through `https_proxy` alone, as other actions do, also after a redirect. */
function byScheme({ Dispatcher }: Undici, agentFor: (scheme: Scheme) => Dispatcher): FetchDispatcher {
  const agents = { http: agentFor('http'), https: agentFor('https') };
  const dispatcher: unknown = new (class extends Dispatcher {
    override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
      return agents[schemeOf(options.origin)].dispatch(options, handler);
    }
  })();
  return dispatcher as FetchDispatcher;
}

function agent({ EnvHttpProxyAgent }: Undici, proxy: ProxyAddress | undefined, noProxy: string): Dispatcher {
  // An empty address, unlike none, is not looked for in the environment.
  const uri = proxy?.origin ?? '';
  return new EnvHttpProxyAgent({
    httpProxy: uri,
    httpsProxy: uri,
    noProxy,
    ...(proxy?.authorization && { token: proxy.authorization }),
    // Many proxies take CONNECT for port 443 alone, so that `http:` goes the classical way; `https:` has a tunnel always.
    proxyTunnel: false,
  });
}

/** Asks undici's own matcher whether a host is reached without a proxy: by which of the two a connection is asked for. */
function bypass({ EnvHttpProxyAgent }: Undici, noProxy: string): (url: URL) => boolean {
  const proxy = 'http://proxy.invalid/';
  let peer = '';
  const agent = new EnvHttpProxyAgent({
    httpProxy: proxy,
    httpsProxy: proxy,
    noProxy,
    proxyTunnel: false,
    factory: (origin) => {
      peer = String(origin);
      throw new Error('Nothing is to be sent.');
    },
  });
  return ({ hostname, port, protocol }) => {
    const origin = `http://${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
    agent.dispatch({ origin, path: '/', method: 'GET' }, { onError: () => {} });
    return peer !== proxy;
  };
}

/** Whether a request failed rather than was ended by who made it; by name, since errors may come from another realm. */
function isFault(error: unknown): boolean {
  return Error.isError(error) && (error.name === 'TypeError' || error.name === 'TimeoutError');
}

/** How undici tells of a proxy's own answer. */
const answers = [/Proxy response \((\d{3})\) /, /Proxy Authentication Required \((407)\)/];

function proxyError({ authorization, origin }: ProxyAddress, { host }: URL, cause: unknown): ProxyError {
  const messages = causes(cause).map((error) => (Error.isError(error) ? error.message : ''));
  const [status] = messages.flatMap((message) =>
    answers.flatMap((answer) => answer.exec(message)?.[1] ?? []),
  );
  return new ProxyError(origin, host, {
    cause,
    authorized: authorization !== undefined,
    ...(status !== undefined && { status: Number(status) }),
  });
}
