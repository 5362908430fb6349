import { expect, test } from '@jest/globals';
import { localAddress } from '../../src/http/addresses.ts';

test.each([
  '127.0.0.0',
  '127.255.255.255',
  '0.0.0.0',
  '0.255.255.255',
  '::',
  '[::1]',
  '::ffff:127.0.0.1',
  '64:ff9b::7f00:1',
  '::2',
  '::7f00:1',
  '::ffff:0:7f00:1',
  '64:ff9b:1::7f00:1',
  '2002:7f00:1::1',
  'localhost.',
  'a.LocalHost',
  'localhost.localdomain',
  'ip6-localhost',
  'ip6-loopback',
])('%s is this machine', (host) => {
  expect(localAddress(host)).toBe('loopback');
});

test.each([
  '169.254.0.0',
  '169.254.255.255',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'fe80::',
  'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff%eth0',
  '[fd00:ec2::254]',
  '[fd00:ec2::23]',
  'fd20:ce::254',
  'ff02::1',
  '224.0.0.1',
  '239.255.255.255',
  '255.255.255.255',
  '::a9fe:a9fe',
  '::ffff:0:a9fe:a9fe',
  '64:ff9b:1::a9fe:a9fe',
  '2002:a9fe:a9fe::',
  '2002:a83f:8110::1',
  '::ffff:169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  'metadata',
  'Metadata.Google.Internal.',
  'metadata.goog',
  'metadata.tencentyun.com',
  'instance-data',
  'instance-data.ec2.internal',
  'a.internal.',
])('%s is an address that only this machine can reach', (host) => {
  expect(localAddress(host)).toBe('link-local');
});

test.each([
  '126.255.255.255',
  '128.0.0.0',
  '1.0.0.0',
  '169.253.255.255',
  '169.255.0.0',
  '168.63.129.17',
  '100.100.100.201',
  '192.0.0.193',
  '10.0.0.1',
  '223.255.255.255',
  '240.0.0.1',
  '2002:a9fd:ffff::',
  '::ffff:0:7eff:ffff',
  'fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  'fec0::',
  'fd00:ec3::254',
  'fd20:cf::254',
  '::ffff:126.255.255.255',
  '64:ff9b::7eff:ffff',
  '64:ff9b::8000:0',
  'localhost.example',
  'a-localhost',
  'a.metadata.goog',
  'metadata2.example',
  'internal.example',
])('%s is neither', (host) => {
  expect(localAddress(host)).toBeUndefined();
});
