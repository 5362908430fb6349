import { BlockList, isIP } from 'node:net';

/** Addresses of one kind, also as IPv6 addresses that contain an IPv4 address. */
class Addresses {
  readonly #list = new BlockList();

  constructor(v4: readonly [string, number][], v6: readonly [string, number][]) {
    for (const [address, bits] of v4) {
      this.#list.addSubnet(address, bits, 'ipv4');
      // What a NAT64 gateway translates to that address.
      this.#list.addSubnet(`64:ff9b::${address}`, 96 + bits, 'ipv6');
    }
    for (const [address, bits] of v6) this.#list.addSubnet(address, bits, 'ipv6');
  }

  has(address: string): boolean {
    return this.#list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
}

/** This machine. A connection to 0.0.0.0 or :: reaches it too. */
const loopback = new Addresses(
  [
    ['127.0.0.0', 8],
    ['0.0.0.0', 8],
  ],
  [
    ['::1', 128],
    ['::', 128],
  ],
);

/**
 * The network of this machine alone, where clouds offer the credentials of the machine; and addresses outside of it that
 * do the same: those of Azure, Alibaba and Oracle, and of AWS and Google over IPv6.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3927
 * @see https://www.rfc-editor.org/rfc/rfc4291#section-2.5.6
 */
const linkLocal = new Addresses(
  [
    ['169.254.0.0', 16],
    ['168.63.129.16', 32],
    ['100.100.100.200', 32],
    ['192.0.0.192', 32],
  ],
  [
    ['fe80::', 10],
    ['fd00:ec2::254', 128],
    ['fd20:ce::254', 128],
  ],
);

/** Names of the metadata services, whatever resolves them. */
const metadataNames = /^metadata(\.google\.internal|\.goog)?\.?$/i;

const loopbackNames = /(^|\.)localhost\.?$/i;

/** What kind of address a host must not have that is reached over the internet. */
export type LocalAddress = 'loopback' | 'link-local';

/**
 * Whether a host name or an IP address is one of this machine, or of its own network.
 *
 * @param host as in `URL.hostname`, or as a DNS lookup returns it
 */
export function localAddress(host: string): LocalAddress | undefined {
  const address = host.replace(/^\[|\]$|%.*$/g, '');
  if (isIP(address) === 0) {
    if (metadataNames.test(host)) return 'link-local';
    return loopbackNames.test(host) ? 'loopback' : undefined;
  }
  if (linkLocal.has(address)) return 'link-local';
  return loopback.has(address) ? 'loopback' : undefined;
}
