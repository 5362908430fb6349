import { isIPv6 } from 'node:net';
import { Failure } from '../core/failure.ts';
import { sentence } from '../core/text.ts';
import type { Runner } from '../runner/runner.ts';

/** A proxy that a variable of the environment names. */
export interface ProxyAddress {
  /** `http://HOST:PORT`, which a message may show. */
  readonly origin: string;
  /** The header `Proxy-Authorization`; undefined where the address has neither user nor password. */
  readonly authorization: string | undefined;
}

/** How requests leave this machine. */
export interface Proxies {
  /** For `http:` addresses. */
  readonly http: ProxyAddress | undefined;
  /** For `https:` addresses. */
  readonly https: ProxyAddress | undefined;
  /** The hosts that are reached without a proxy, parted by commas or spaces. */
  readonly noProxy: string;
}

const scheme = /^[a-z][a-z\d+.-]*:\/\//i;

/**
 * Reads `http_proxy`, `https_proxy` and `no_proxy`. Lower case wins; what is empty counts as not set, and an address
 * without a scheme as `http:`, as other actions take them.
 *
 * @throws {Failure} `proxy-malformed`, with every variable that holds no address of a proxy
 */
export function readProxies(env: Runner['env']): Proxies {
  const problems: string[] = [];
  const address = (name: string): ProxyAddress | undefined => {
    const { text, variable } = read(env, name);
    if (text === '') return undefined;
    const parsed = parseAddress(text);
    // What it holds is not shown: any of it may be a password.
    if (!parsed) problems.push(`The environment variable ${variable} does not hold the address of a proxy`);
    return parsed;
  };
  const proxies = { http: address('http_proxy'), https: address('https_proxy'), noProxy: noProxy(env) };
  if (problems.length > 0) throw new Failure('proxy-malformed', problems.map(sentence).join('\n'));
  return proxies;
}

/** Masks what the addresses of proxies hold of credentials, whether or not they will be used or are well-formed. */
export function maskProxyCredentials(runner: Runner): void {
  const secrets = Object.entries(runner.env)
    .filter(([name]) => /^https?_proxy$/i.test(name))
    .flatMap(([, text = '']) => secretsIn(text));
  for (const secret of new Set(secrets)) runner.mask(secret);
}

function read(env: Runner['env'], name: string): { variable: string; text: string } {
  const values = [name, name.toUpperCase()].map((variable) => ({
    variable,
    text: env[variable]?.trim() ?? '',
  }));
  return values.find(({ text }) => text !== '') ?? { variable: name, text: '' };
}

function parseAddress(text: string): ProxyAddress | undefined {
  const url = URL.parse(scheme.test(text) ? text : `http://${text}`);
  // What comes after the port is the rest of a password that was not encoded.
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.hash)
    return undefined;
  const [user, password] = [decode(url.username), decode(url.password)];
  if (user === undefined || password === undefined) return undefined;
  const basic = user || password ? Buffer.from(`${user}:${password}`).toString('base64') : undefined;
  return { origin: url.origin, authorization: basic && `Basic ${basic}` };
}

/** `*` rules alone in undici's matcher, and IPv6 addresses have the brackets there that they have in a URL. */
function noProxy(env: Runner['env']): string {
  const hosts = read(env, 'no_proxy')
    .text.split(/[\s,]+/)
    .filter(Boolean);
  return hosts.includes('*') ? '*' : hosts.map((host) => (isIPv6(host) ? `[${host}]` : host)).join();
}

/** The password, or the user where there is no password, and both as the header has them; raw and decoded. */
function secretsIn(text: string): string[] {
  const rest = text.replace(scheme, '').trim();
  // An @ that was encoded by mistake makes the address malformed, and the password no less secret.
  const [, both = ''] = /^(.*)(?:@|%40)/is.exec(rest) ?? (parseAddress(text) ? [] : [rest, rest]);
  const [user = '', ...after] = both.split(':');
  return [after.join(':') || user, both].flatMap((secret) => [secret, decode(secret) ?? secret]);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
