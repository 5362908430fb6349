import { isIPv6 } from 'node:net';
import { Failure } from '../core/failure.ts';
import { count } from '../core/text.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A proxy from an environment variable. */
export interface ProxyAddress {
  /** `http://HOST:PORT`, without credentials. */
  readonly origin: string;
  /** The header `Proxy-Authorization`; undefined if the address has neither user nor password. */
  readonly authorization: string | undefined;
}

/** The proxies of the environment: one per scheme, and the hosts that are reached without. */
export type Proxies = ReturnType<typeof readProxies>;

/** The longest address of a proxy, in UTF-16 units. */
const maxAddressLength = 8192;

const scheme = /^[a-z][a-z\d+.-]*:\/\//i;

/**
 * Reads `http_proxy`, `https_proxy` and `no_proxy` as other actions do: lower case takes precedence, an empty
 * value counts as unset, and an address without a scheme as `http:`.
 *
 * @throws {Failure} `proxy-malformed`, with every variable that does not contain a proxy's address
 */
export function readProxies(env: Environment) {
  const problems: string[] = [];
  const address = (name: string) => {
    const { text, variable } = read(env, name);
    const parsed = parseAddress(text);
    // The value is not shown, since any part of it may be a password.
    const what =
      text.length > maxAddressLength
        ? `has ${count(text.length, 'character')}, more than the address of any proxy`
        : 'does not contain the address of a proxy';
    if (text !== '' && !parsed) problems.push(`The environment variable ${variable} ${what}.`);
    return parsed;
  };
  const proxies = { http: address('http_proxy'), https: address('https_proxy'), noProxy: noProxy(env) };
  if (problems.length > 0) throw new Failure('proxy-malformed', problems.join('\n'));
  return proxies;
}

/** The secrets in the addresses of proxies, whether or not they will be used or are well-formed. */
export function proxySecrets(env: Environment): readonly string[] {
  const secrets = Object.entries(env)
    .filter(([name]) => /^https?_proxy$/i.test(name))
    .flatMap(([, text = '']) => secretsIn(text))
    .filter(Boolean);
  return [...new Set(secrets)];
}

function read(env: Environment, name: string): { variable: string; text: string } {
  const names = [name, name.toUpperCase()];
  const variable = names.find((candidate) => env[candidate]?.trim()) ?? name;
  return { variable, text: env[variable]?.trim() ?? '' };
}

function parseAddress(text: string): ProxyAddress | undefined {
  if (text.length > maxAddressLength) return undefined;
  const url = URL.parse(scheme.test(text) ? text : `http://${text}`);
  // Anything after the port is the rest of a password that was not encoded.
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.hash)
    return undefined;
  const credentials = decode(`${url.username}:${url.password}`);
  if (credentials === undefined) return undefined;
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  return { origin: url.origin, authorization: credentials === ':' ? undefined : authorization };
}

/** The value of `no_proxy` as undici's matcher needs it: a lone `*`, and IPv6 addresses in brackets. */
function noProxy(env: Environment): string {
  const hosts: readonly string[] = read(env, 'no_proxy').text.match(/[^\s,]+/g) ?? [];
  return hosts.includes('*') ? '*' : hosts.map((host) => (isIPv6(host) ? `[${host}]` : host)).join();
}

/** The password (or, without one, the user), and both together as in the header; each raw and decoded. */
function secretsIn(text: string): string[] {
  const rest = text.replace(scheme, '').trim();
  // An @ that was encoded by mistake makes the address malformed, but the password is still a secret.
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
