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
  'localhost.',
  'a.LocalHost',
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
  'fd20:ce::254',
  '::ffff:169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  'metadata',
  'Metadata.Google.Internal.',
  'metadata.goog',
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
  '::2',
  'fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  'fec0::',
  'fd00:ec2::255',
  'fd20:ce::255',
  '::ffff:126.255.255.255',
  '64:ff9b::7eff:ffff',
  '64:ff9b::8000:0',
  'localhost.example',
  'a-localhost',
  'metadata.example',
  'a.metadata.goog',
])('%s is neither', (host) => {
  expect(localAddress(host)).toBeUndefined();
});
