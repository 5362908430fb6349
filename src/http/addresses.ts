import { BlockList, isIP } from 'node:net';

/** The IPv6 prefixes, of 96 bits, under which IPv4 addresses are reached: compatible, translated, and by NAT64. */
const prefixes = ['::', '::ffff:0:', '64:ff9b::', '64:ff9b:1::'];

/** Networks, each as an address and the number of its fixed bits. Those of IPv4 are also those that IPv6 reaches them by. */
function addresses(networks: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [address, bits] of networks) {
    // Node's `isIPv6` would do as well, but its pattern takes milliseconds to compile.
    if (address.includes(':')) {
      list.addSubnet(address, bits, 'ipv6');
      continue;
    }
    list.addSubnet(address, bits, 'ipv4');
    for (const prefix of prefixes) list.addSubnet(`${prefix}${address}`, 96 + bits, 'ipv6');
    // 6to4 has the address right after its prefix of 16 bits.
    const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
    const [high, low] = [a * 256 + b, c * 256 + d].map((part) => part.toString(16));
    list.addSubnet(`2002:${high}:${low}::`, 16 + bits, 'ipv6');
  }
  return list;
}

/** This machine. A connection to 0.0.0.0 or :: reaches it too. */
const loopback = addresses([
  ['127.0.0.0', 8],
  ['0.0.0.0', 8],
  ['::1', 128],
  ['::', 128],
]);

/**
 * What only the network of this machine has, where clouds offer the credentials of the machine: link-local and multicast
 * addresses, and those of Azure, Alibaba, Oracle, AWS and Google that serve the same.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3927
 * @see https://www.rfc-editor.org/rfc/rfc4291#section-2.5.6
 */
const linkLocal = addresses([
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['255.255.255.255', 32],
  ['168.63.129.16', 32],
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
  ['fe80::', 10],
  ['ff00::', 8],
  ['fd00:ec2::', 32],
  ['fd20:ce::', 32],
]);

/** Names of those services, and those that only a network of one's own resolves, whatever they resolve to. */
const linkLocalNames = /^(metadata|instance-data)(\.|$)|\.internal\.?$/i;

const loopbackNames = /(^|\.)localhost(\.localdomain)?\.?$|^ip6-(localhost|loopback)$/i;

/** What kind of address a host must not have that is reached over the internet. */
export type LocalAddress = 'loopback' | 'link-local';

/**
 * Whether a host name or an IP address is one of this machine, or of its own network.
 *
 * @param host as in `URL.hostname`, or as a DNS lookup returns it
 */
export function localAddress(host: string): LocalAddress | undefined {
  const address = host.replace(/^\[|\]$/g, '');
  const family = isIP(address);
  if (family === 0) {
    if (linkLocalNames.test(host)) return 'link-local';
    return loopbackNames.test(host) ? 'loopback' : undefined;
  }
  const isIn = (list: BlockList) => list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  // The network :: with its fixed 96 bits also contains ::1.
  if (isIn(loopback)) return 'loopback';
  return isIn(linkLocal) ? 'link-local' : undefined;
}
