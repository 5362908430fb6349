import { expect, test } from '@jest/globals';
import { deliveryPolicy } from '../../src/files/delivery-policy.ts';

const thisMachine = 'which is this machine';
const onlyThisMachine = 'which only this machine can reach';
const notEncrypted = 'which is not encrypted';

test.each([
  ['https://api.cloudflare.com/client/v4', 'https://a.example/', undefined],
  ['https://api.cloudflare.com/client/v4', 'http://a.example/', notEncrypted],
  ['https://api.cloudflare.com/client/v4', 'https://127.0.0.1/', thisMachine],
  ['https://169.254.1.1', 'https://127.0.0.1/', thisMachine],
  ['https://localhost', 'https://127.0.0.1/', undefined],
  ['https://localhost', 'http://127.0.0.1/', notEncrypted],
  ['http://api.example', 'http://127.0.0.1/', undefined],
  ['http://api.example', 'https://a.example/', undefined],
  ['http://127.0.0.1', 'http://169.254.169.254/', onlyThisMachine],
])('with the API at %s, a file at %s is one %s', (apiUrl, url, why) => {
  expect(deliveryPolicy(apiUrl).refuse(new URL(url))).toBe(why);
});
