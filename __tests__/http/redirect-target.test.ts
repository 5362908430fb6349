import { expect, test } from '@jest/globals';
import { redirectTarget } from '../../src/http/http.ts';

test.each([
  ['https://b.example/c', 'https://b.example/c'],
  ['https://user:secret@b.example/c?token=secret#secret', 'https://b.example/c'],
  ['/login', 'https://a.example/login'],
  ['login?token=secret', 'https://a.example/x/login'],
  ['data:text/plain,secret', 'data:'],
  ['https://', '"https://"'],
  ['https://user:secret@[', 'what may contain a password'],
  [`/${'x'.repeat(1982)}`, `https://a.example/${'x'.repeat(1982)}`],
  [`/${'x'.repeat(1983)}`, 'a URL of 2,001 characters'],
  ['', 'no address, or one that is too long'],
  [undefined, 'no address, or one that is too long'],
  ['https://user:secret%40b.example/c', 'what may contain a password'],
])('the target of %j is %s, without user and query', (location, target) => {
  const headers = new Headers(location === undefined ? {} : { location });
  expect(redirectTarget(headers, new URL('https://a.example/x/y?z'))).toBe(target);
});
