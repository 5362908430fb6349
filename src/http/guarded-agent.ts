import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';

/** The code of the error for a host with an address that is refused. */
export const refusedAddressCode = 'ERR_REFUSED_ADDRESS';

/**
 * Opens a dispatcher that checks each address right before it connects to it: by then, nobody can change what the name
 * resolves to. Addresses in URLs are not looked up, and a proxy looks up names itself.
 *
 * @param refuse why an address must not be connected to, as in "ADDRESS, WHY"; undefined if it may
 */
export async function openGuardedAgent(refuse: (address: string) => string | undefined): Promise<Dispatcher> {
  // Dynamic import: built as its own chunk, loaded only when needed.
  const { Agent } = await import('undici');
  return new Agent({ allowH2: false, connect: { lookup: guardedLookup(refuse) } });
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
