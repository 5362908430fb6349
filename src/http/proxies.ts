import { type Environment, readProxies } from './proxy-variables.ts';
import type { Receive } from './receive.ts';

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
 * Adds the proxies of the environment, which Node's fetch and undici's agents ignore.
 *
 * @throws {Failure} `proxy-malformed`
 */
export async function addProxies(env: Environment, senders: Senders): Promise<ProxySenders> {
  const proxies = readProxies(env);
  if (!proxies.http && !proxies.https) return { ...senders, proxyFor: () => undefined };
  // Dynamic import: built as its own chunk, loaded only when needed.
  const { sendThrough } = await import('./send-through.ts');
  return sendThrough(proxies, senders);
}
