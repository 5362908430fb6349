import { expect, test } from '@jest/globals';
import type { FailureKind } from '../../src/core/failures/table.ts';
import { OtherHostError } from '../../src/http/http.ts';
import { networkFailure } from '../../src/http/network-failure.ts';
import { ProxyError } from '../../src/http/proxy-error.ts';

const target = { host: 'a.example', timeoutMs: 30_000, unreachable: 'delivery-unreachable' } as const;

/** Fetch's error for a cause with this code. */
function fetchError(code: string, message = 'system message'): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) });
}

function proxyError(cause: unknown): ProxyError {
  return new ProxyError({ origin: 'http://p:1', authorization: undefined }, 'a.example', cause);
}

/** Undici's error for a proxy that refuses to open a tunnel. */
function refusal(status: number): Error {
  return new TypeError('fetch failed', { cause: new Error(`Proxy response (${status}) !== 200`) });
}

const timeout = new DOMException('No response in time', 'TimeoutError');

/** This table owns the wording; other tests assert the kind. */
test.each<[string, unknown, FailureKind, boolean, string]>([
  [
    'a refused connection',
    fetchError('ECONNREFUSED', 'connect ECONNREFUSED'),
    'delivery-unreachable',
    true,
    'no response from a.example (ECONNREFUSED: connect ECONNREFUSED)',
  ],
  [
    'several addresses, of which the first counts',
    new TypeError('fetch failed', {
      cause: new AggregateError([
        Object.assign(new Error('no route'), { code: 'EHOSTUNREACH' }),
        new Error('b'),
      ]),
    }),
    'delivery-unreachable',
    true,
    'no response from a.example (EHOSTUNREACH: no route)',
  ],
  [
    'an error without a code',
    new TypeError('fetch failed'),
    'delivery-unreachable',
    true,
    'no response from a.example (fetch failed)',
  ],
  ['a thrown text', 'two\nlines', 'delivery-unreachable', true, 'no response from a.example (two lines)'],
  [
    'an error with only a code',
    fetchError('ECONNRESET', ''),
    'delivery-unreachable',
    true,
    'no response from a.example (ECONNRESET)',
  ],
  [
    'a port of another protocol',
    new TypeError('fetch failed', { cause: new Error('bad port') }),
    'delivery-unreachable',
    false,
    'no response from a.example (bad port)',
  ],
  [
    'a server without TLS',
    fetchError('ERR_SSL_WRONG_VERSION_NUMBER', 'C0:error:ssl/record/rec_layer_s3.c'),
    'delivery-unreachable',
    true,
    'no response from a.example (ERR_SSL_WRONG_VERSION_NUMBER: the server does not speak TLS correctly; is it an http: address?)',
  ],
  [
    'a message that is as long as it may be',
    fetchError('HPE_INVALID', 'x'.repeat(500)),
    'delivery-unreachable',
    true,
    `the response of a.example cannot be read (HPE_INVALID: ${'x'.repeat(500)})`,
  ],
  [
    'a longer message',
    fetchError('HPE_INVALID', 'x'.repeat(501)),
    'delivery-unreachable',
    true,
    'the response of a.example cannot be read (HPE_INVALID: a reason of 501 characters)',
  ],
  ...['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'UND_ERR_HEADERS_OVERFLOW'].map(
    (code): [string, unknown, FailureKind, boolean, string] => [
      `a response that cannot be read: ${code}`,
      fetchError(code),
      'delivery-unreachable',
      true,
      `the response of a.example cannot be read (${code}: system message)`,
    ],
  ),
  [
    'too many encodings',
    new TypeError('fetch failed', { cause: new Error('too many content-encodings in response: 50') }),
    'delivery-unreachable',
    true,
    'the response of a.example cannot be read (too many content-encodings in response: 50)',
  ],
  [
    'another host, to which the first one redirected',
    new OtherHostError('b.example', fetchError('ENOTFOUND')),
    'delivery-unreachable',
    true,
    'no response from b.example (ENOTFOUND: system message)',
  ],
  [
    'a 407, which fetch replaces by an error without a message',
    new TypeError('fetch failed', { cause: new Error() }),
    'proxy',
    false,
    'a.example answered HTTP 407, so a proxy on the way requires a user and a password',
  ],
  [
    'a 407 of a proxy that forwards',
    proxyError(new TypeError('fetch failed', { cause: new Error() })),
    'proxy',
    false,
    'the proxy http://p:1 requires a user and a password (HTTP 407)',
  ],
  ['a timeout', timeout, 'delivery-unreachable', true, 'a.example sent no complete response in 30 s'],
  [
    'a certificate',
    fetchError('DEPTH_ZERO_SELF_SIGNED_CERT'),
    'certificate',
    false,
    'the certificate of a.example is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)',
  ],
  [
    'a proxy that refuses',
    proxyError(refusal(403)),
    'proxy',
    false,
    'the proxy http://p:1 answered HTTP 403 instead of forwarding the request to a.example',
  ],
  [
    'a proxy that fails',
    proxyError(refusal(502)),
    'delivery-unreachable',
    true,
    'no response from a.example through the proxy http://p:1 (the proxy answered HTTP 502)',
  ],
  [
    'a proxy that is not there',
    proxyError(fetchError('ECONNREFUSED')),
    'delivery-unreachable',
    true,
    'no response from a.example through the proxy http://p:1 (ECONNREFUSED: system message)',
  ],
  [
    'a response that cannot be read through a proxy',
    proxyError(fetchError('HPE_INVALID')),
    'delivery-unreachable',
    true,
    'the response of a.example through the proxy http://p:1 cannot be read (HPE_INVALID: system message)',
  ],
  [
    'a timeout through a proxy',
    proxyError(timeout),
    'delivery-unreachable',
    true,
    'a.example sent no complete response in 30 s through the proxy http://p:1',
  ],
  [
    'the certificate of a proxy',
    proxyError(fetchError('SELF_SIGNED_CERT_IN_CHAIN')),
    'certificate',
    false,
    'the certificate of a.example through the proxy http://p:1 is not trusted (SELF_SIGNED_CERT_IN_CHAIN)',
  ],
])('%s', (_, error, kind, retryable, what) => {
  expect(networkFailure(error, target)).toMatchObject({ kind, retryable, what, cause: error });
});

test.each([
  'CERT_HAS_EXPIRED',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])('the code %s is a certificate failure', (code) => {
  expect(networkFailure(fetchError(code), target).kind).toBe('certificate');
});

test.each([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNRESET',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'EPIPE',
])('the code %s is a retryable network failure', (code) => {
  expect(networkFailure(fetchError(code), target)).toMatchObject({
    kind: 'delivery-unreachable',
    retryable: true,
  });
});

test('the caller describes what is missing, and what failed', () => {
  const missing = { ...target, timeoutReason: 'sent nothing' };
  expect(networkFailure(timeout, missing, (reason) => `Could not save: ${reason}`).what).toBe(
    'Could not save: a.example sent nothing in 30 s',
  );
});
