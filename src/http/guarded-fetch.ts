import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** The code of the error for a host with an address that is refused. Fetch would lose a class of our own. */
export const refusedAddressCode = 'ERR_REFUSED_ADDRESS';

/**
 * Adds a check of each address right before fetch connects to it: by then, nobody can change what the name resolves to.
 * Addresses in URLs are not looked up, and a proxy looks up names itself.
 *
 * @param refuse why an address must not be connected to, as in "ADDRESS, WHY"; undefined if it may
 */
export function guardedFetch(
  fetch: typeof globalThis.fetch,
  refuse: (address: string) => string | undefined,
): typeof globalThis.fetch {
  // It is loaded while the first requests to the API wait for their responses.
  const opening = openAgent(refuse);
  // Whoever awaits it gets its error.
  opening.catch(() => {});
  return async (input, init) => fetch(input, { ...init, dispatcher: await opening } as RequestInit);
}

/** @returns an agent for fetch, of which Node's types contain a copy of an older version */
async function openAgent(refuse: (address: string) => string | undefined): Promise<object> {
  // Dynamic import: built as its own chunk, loaded only when needed.
  const { Agent } = await import('undici');
  return new Agent({ connect: { lookup: guardedLookup(refuse) } });
}

/** Node's lookup, which fails if any of the addresses is refused. */
export function guardedLookup(
  refuse: (address: string) => string | undefined,
  resolve: LookupFunction = lookup,
): LookupFunction {
  return (host, options, callback) =>
    resolve(host, options, (error, found, family) => {
      const addresses = Array.isArray(found) ? found.map(({ address }) => address) : [found];
      const refused = error ? undefined : addresses.find((address) => refuse(address) !== undefined);
      if (refused === undefined) return callback(error, found, family);
      const what = `${host} has the address ${refused}, ${refuse(refused)}`;
      callback(Object.assign(new Error(what), { code: refusedAddressCode }), found, family);
    });
}
