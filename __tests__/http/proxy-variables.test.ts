import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Failure } from '../../src/core/failure.ts';
import { proxySecrets, readProxies } from '../../src/http/proxy-variables.ts';
import { Redaction } from '../../src/runner/redaction.ts';
import { anyText } from '../harness/arbitraries.ts';
import { leakedParts } from '../harness/leaked-parts.ts';

function failureOf(env: Readonly<Record<string, string>>): Failure {
  try {
    readProxies(env);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it was expected to fail');
}

function basic(both: string): string {
  return `Basic ${Buffer.from(both).toString('base64')}`;
}

describe('the proxies of the environment', () => {
  test('are none if no variable has a value', () => {
    const none = { http: undefined, https: undefined, noProxy: '' };
    expect(readProxies({})).toEqual(none);
    expect(readProxies({ http_proxy: '', HTTPS_PROXY: ' ', no_proxy: '' })).toEqual(none);
  });

  test('are read from variables in lower and in upper case', () => {
    const lower = { http_proxy: 'http://a:1', https_proxy: 'http://b:2', no_proxy: 'c' };
    const upper = { HTTP_PROXY: 'http://a:1', HTTPS_PROXY: 'http://b:2', NO_PROXY: 'c' };
    for (const env of [lower, upper]) {
      expect(readProxies(env)).toEqual({
        http: { origin: 'http://a:1', authorization: undefined },
        https: { origin: 'http://b:2', authorization: undefined },
        noProxy: 'c',
      });
    }
  });

  test('are those in lower case if both have a value', () => {
    const upper = { HTTP_PROXY: 'http://upper', HTTPS_PROXY: 'http://upper', NO_PROXY: 'upper' };
    const { http, https, noProxy } = readProxies({ ...upper, http_proxy: 'http://lower', no_proxy: 'lower' });
    expect([http?.origin, https?.origin, noProxy]).toEqual(['http://lower', 'http://upper', 'lower']);
    expect(readProxies({ ...upper, http_proxy: '' }).http?.origin).toBe('http://upper');
  });

  test.each([
    ['http://proxy.example:3128', 'http://proxy.example:3128', undefined],
    [' http://proxy.example:3128/ ', 'http://proxy.example:3128', undefined],
    ['proxy.example:3128', 'http://proxy.example:3128', undefined],
    ['proxy.example', 'http://proxy.example', undefined],
    ['user:secret@proxy.example:3128', 'http://proxy.example:3128', 'user:secret'],
    ['https://Proxy.example', 'https://proxy.example', undefined],
    ['http://[::1]:3128', 'http://[::1]:3128', undefined],
    ['http://user:secret@proxy:1', 'http://proxy:1', 'user:secret'],
    ['http://user@proxy:1', 'http://proxy:1', 'user:'],
    ['http://user:@proxy:1', 'http://proxy:1', 'user:'],
    ['http://:secret@proxy:1', 'http://proxy:1', ':secret'],
    ['http://us%40er:a%3Ab%2Fc%25@proxy:1', 'http://proxy:1', 'us@er:a:b/c%'],
    ['http://user:p@ss@proxy:1', 'http://proxy:1', 'user:p@ss'],
    ['http://user:p%C3%BC@proxy:1', 'http://proxy:1', 'user:pü'],
  ])('may be written as %s', (text, origin, both) => {
    expect(readProxies({ https_proxy: text }).https).toEqual({
      origin,
      authorization: both && basic(both),
    });
  });

  test.each([
    'http://',
    'http://proxy:99999',
    'http://pro xy:1',
    'http://proxy:1/path',
    'http://proxy:1?query',
    'socks5://proxy:1080',
    'file:///proxy',
    'http:/proxy',
    '://proxy',
    'user:Pa55word',
    'http://user:Pa55word%40proxy:3128',
  ])('are refused if one is %s, which is not shown, since it may contain a password', (text) => {
    const { kind, message } = failureOf({ https_proxy: text });
    expect(kind).toBe('proxy-malformed');
    expect(message).toContain(
      'The environment variable https_proxy does not contain the address of a proxy.',
    );
    expect(message).not.toContain(`"${text}"`);
    expect(message).not.toContain('Pa55word');
    expect(message).toContain('http://USER:PASSWORD@HOST:PORT');
  });

  test.each([
    'http://user:Pa55word%zz@proxy:1',
    'http://user:123#Pa55word@proxy:1',
    'http://user:123/Pa55word@proxy:1',
    'http://user:123?Pa55word@proxy:1',
    'http://user:Pa55word@',
    'socks5://user:Pa55word@proxy:1',
  ])('are not shown if they may contain a password: %s', (text) => {
    const { message } = failureOf({ HTTP_PROXY: text });
    expect(message).toContain('The environment variable HTTP_PROXY does not contain the address of a proxy.');
    expect(message).not.toMatch(/123|Pa55word/);
  });

  test('are all reported together if several are wrong', () => {
    const { message } = failureOf({ http_proxy: 'http://', HTTPS_PROXY: 'ftp://proxy' });
    expect(message).toMatch(/http_proxy .*\n.*HTTPS_PROXY .*\n/);
  });

  test('are an address or a failure, whatever the text', () => {
    const text = fc.tuple(fc.constantFrom('', 'http://', 'https://', 'http://a:b@', 'http://a:1'), anyText());
    fc.assert(
      fc.property(text, (parts) => {
        try {
          const { https } = readProxies({ https_proxy: parts.join('') });
          if (https) expect(https.origin).toMatch(/^https?:\/\/[^/@?#]+$/);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }),
    );
  });

  test('have the decoded user and password, whatever they are', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(text, text, (user, password) => {
        const encoded = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
        const { https } = readProxies({ https_proxy: `http://${encoded}@proxy:1` });
        expect(https).toEqual({ origin: 'http://proxy:1', authorization: basic(`${user}:${password}`) });
      }),
    );
  });
});

describe('no_proxy', () => {
  test.each([
    ['a.example, b.example  c.example', 'a.example,b.example,c.example'],
    ['*', '*'],
    ['a.example, *', '*'],
    ['*.example', '*.example'],
    ['localhost,127.0.0.1,::1', 'localhost,127.0.0.1,[::1]'],
    ['[::1]:8080', '[::1]:8080'],
  ])('%s is passed to the matcher as %s', (noProxy, given) => {
    expect(readProxies({ no_proxy: noProxy }).noProxy).toBe(given);
  });
});

describe('the secrets in the addresses of proxies', () => {
  /** The text as the log would show it. */
  function redacted(text: string, address: string): string {
    const redaction = new Redaction();
    for (const secret of proxySecrets({ https_proxy: address })) redaction.add(secret);
    return redaction.redact(text);
  }

  test('are none if there are no credentials, and in no other variable', () => {
    const env = { https_proxy: 'http://proxy:1', NO_PROXY: 'a@b', OTHER: 'http://user:secret@b' };
    expect(proxySecrets(env)).toEqual([]);
  });

  test('are found in every variable, also in those that are not used', () => {
    const env = {
      http_proxy: 'http://u:first1@a',
      HTTP_PROXY: 'http://u:second2@a',
      https_proxy: 'u:third3@a',
      HTTPS_PROXY: 'socks5://u:fourth4@a',
    };
    expect(proxySecrets(env)).toEqual(expect.arrayContaining(['first1', 'second2', 'third3', 'fourth4']));
  });

  test.each([
    ['http://us%40er:p%3Aw%25@proxy:1', ['p%3Aw%25', 'p:w%', 'us%40er:p%3Aw%25', 'us@er:p:w%']],
    ['http://user:secret@proxy:1', ['secret', 'user:secret']],
    // Without a password, the user is one.
    ['http://token@proxy:1', ['token']],
    ['http://token:@proxy:1', ['token', 'token:']],
  ])('are raw and decoded, alone and together, once each: %s', (address, secrets) => {
    expect(proxySecrets({ https_proxy: address })).toEqual(secrets);
  });

  test.each([
    'http://user:Pa55word%zz@proxy:1',
    'http://user:1#Pa55word@proxy:1',
    'http://user:Pa55/word@proxy:99999',
    'http://user:Pa55@word@',
    'http://user:Pa55word%40proxy:3128@',
    'http://user:Pa55word%40proxy:3128',
    'user:Pa55word',
  ])('are found if the address is malformed: %s', (address) => {
    const [, password = ''] = /user:(.*?)@?(?:proxy:\d+)?$/.exec(address) ?? [];
    expect(password).toContain('Pa55');
    expect(leakedParts(redacted(address, address), password)).toEqual([]);
  });

  test.each([
    'aüb"c/d',
    'a%C3%BCb%22c%2Fd',
    Buffer.from('user:aüb"c/d').toString('base64'),
    JSON.stringify('user:aüb"c/d'),
  ])('are redacted in every form in which a text may contain them: %s', (form) => {
    expect(leakedParts(redacted(`<${form}>`, 'http://user:a%C3%BCb%22c%2Fd@proxy:1'), form)).toEqual([]);
  });
});
