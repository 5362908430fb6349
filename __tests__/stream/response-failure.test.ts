import { describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import type { FailureKind } from '../../src/core/failures/table.ts';
import type { RequestFailure } from '../../src/http/request-failure.ts';
import { Redaction } from '../../src/runner/redaction.ts';
import { responseFailure } from '../../src/stream/response-failure.ts';
import { envelope } from '../../src/stream/schemas.ts';
import { leakedParts } from '../harness/leaked-parts.ts';

const token = 'ATokenThatMustNotBeShown0';
const redaction = new Redaction();
redaction.add(token);

interface ResponseParts {
  readonly status: number;
  /** A string is sent as HTML, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

function failureOf({ status, body = '', headers = {} }: ResponseParts): RequestFailure {
  const isText = typeof body === 'string';
  const text = isText ? body : JSON.stringify(body);
  const parsed = v.safeParse(envelope, isText ? undefined : body);
  const response = {
    url: new URL('https://api.example/client/v4/accounts/a/stream/b'),
    status,
    headers: new Headers({
      'content-type': isText ? 'text/html; charset=UTF-8' : 'application/json',
      ...headers,
    }),
    bytes: Buffer.from(text),
    text,
  };
  const found = parsed.success ? parsed.output : undefined;
  return responseFailure('list the downloads', response, found, redaction.redact);
}

function errors(...errors: readonly { readonly code?: number; readonly message: string }[]) {
  return { success: false, errors, messages: [], result: null };
}

describe('an error response of the API', () => {
  test.each<[number, FailureKind]>([
    [200, 'request-refused'],
    [400, 'request-refused'],
    [401, 'token-invalid'],
    [403, 'token-permission'],
    [404, 'video-not-found'],
    [405, 'request-refused'],
    [409, 'request-refused'],
    [422, 'request-refused'],
  ])('with status %d and a general code is a final %s', (status, kind) => {
    for (const body of [errors({ code: 10001, message: 'No' }), errors({ message: 'No' }), errors()]) {
      expect(failureOf({ status, body })).toMatchObject({ kind, retryable: false });
    }
  });

  test.each<[number, number, FailureKind]>([
    [400, 6003, 'token-invalid'],
    [404, 7000, 'wrong-address'],
    [404, 7003, 'account-wrong'],
    [403, 7403, 'account-wrong'],
    [403, 9103, 'token-invalid'],
    [400, 9106, 'token-invalid'],
    [403, 9109, 'token-invalid'],
    [400, 10002, 'token-permission'],
    [400, 10003, 'video-not-found'],
    [400, 10005, 'request-refused'],
    [403, 971, 'rate-limited'],
    [400, 10016, 'rate-limited'],
    [400, 10429, 'rate-limited'],
  ])('with status %d and code %d is %s', (status, code, kind) => {
    const failure = failureOf({ status, body: errors({ code, message: 'No' }) });
    expect(failure).toMatchObject({ kind, retryable: kind === 'rate-limited' });
  });

  test('is classified by the first specific code', () => {
    const account = { code: 7003, message: 'Could not route' };
    expect(failureOf({ status: 404, body: errors(account, { code: 7000, message: 'No route' }) }).kind).toBe(
      'account-wrong',
    );
    expect(failureOf({ status: 403, body: errors({ code: 10000, message: 'No' }, account) }).kind).toBe(
      'account-wrong',
    );
  });

  test('is an error by its status even if it claims success', () => {
    expect(failureOf({ status: 400, body: { success: true, result: {} } }).kind).toBe('request-refused');
  });

  test('keeps messages, codes, status and Ray ID', () => {
    const body = {
      success: false,
      errors: [{ code: 10005, message: 'bad\nrequest' }],
      messages: [{ message: 'read the docs' }],
    };
    const failure = failureOf({ status: 400, body, headers: { 'cf-ray': '8f1e2d3c4b5a6978-FRA' } });
    expect(failure.response).toEqual({
      messages: [{ code: 10005, message: 'bad request' }, { message: 'read the docs' }],
      omitted: 0,
      httpStatus: 400,
      rayId: '8f1e2d3c4b5a6978-FRA',
      isGenuine: true,
    });
    expect(failure.message).toMatch(/“bad request”.*code 10005, HTTP 400, Ray ID 8f1e2d3c4b5a6978-FRA/);
  });

  test('can lack a Ray ID', () => {
    expect(failureOf({ status: 400, body: errors() }).response).not.toHaveProperty('rayId');
  });
});

test('a successful response of another shape is retryable', () => {
  const failure = failureOf({ status: 200, body: { success: true, result: { uid: 5 } } });
  expect(failure).toMatchObject({ kind: 'unknown-answer', retryable: true });
  expect(failure.what).toContain('application/json: “{"success":true,"result":{"uid":5}}”');
});

describe('a response of an overloaded or failing server', () => {
  test.each([408, 500, 502, 503, 504, 520, 530, 599])('has status %d, in any form', (status) => {
    const page = failureOf({ status, body: 'upstream request timeout' });
    expect(page).toMatchObject({ kind: 'server-error', retryable: true });
    expect(page.what).toContain(`HTTP ${status} with text/html: “upstream request timeout”`);
    const enveloped = failureOf({ status, body: errors({ code: 10001, message: 'Internal error' }) });
    expect(enveloped).toMatchObject({ kind: 'server-error', retryable: true });
    expect(enveloped.message).toContain('“Internal error”');
  });

  test('has status 429, in any form', () => {
    for (const body of [errors({ code: 10000, message: 'Slow down' }), 'error code: 1015']) {
      expect(failureOf({ status: 429, body })).toMatchObject({ kind: 'rate-limited', retryable: true });
    }
  });

  test.each([429, 503])('with status %d can have Retry-After, relative to its own date', (status) => {
    const date = 'Thu, 15 Jan 2026 12:00:00 GMT';
    expect(failureOf({ status }).retryAfterMs).toBeUndefined();
    expect(failureOf({ status, headers: { 'retry-after': '90' } }).retryAfterMs).toBe(90_000);
    const headers = { date, 'retry-after': 'Thu, 15 Jan 2026 12:00:30 GMT' };
    expect(failureOf({ status, headers }).retryAfterMs).toBe(30_000);
  });
});

describe('a response that is not the API’s', () => {
  test.each<[number, FailureKind, boolean]>([
    [200, 'not-json', true],
    [400, 'wrong-address', false],
    [401, 'token-invalid', false],
    [403, 'blocked', false],
    [404, 'wrong-address', false],
    [405, 'wrong-address', false],
  ])('with status %d is %s (retryable: %s), and is quoted', (status, kind, retryable) => {
    const failure = failureOf({ status, body: '<h1>It works!</h1>' });
    expect(failure).toMatchObject({ kind, retryable, response: { messages: [], httpStatus: status } });
    expect(failure.message).toContain('text/html: “<h1>It works!</h1>”');
  });

  test('with status 407 is attributed to a proxy, not to Cloudflare', () => {
    const failure = failureOf({ status: 407, body: 'Who are you?' });
    expect(failure).toMatchObject({ kind: 'proxy', retryable: false, response: undefined });
    expect(failure.message).toContain('Who are you?');
    expect(failure.message).not.toContain('Cloudflare');
  });

  test('is described as empty if it is', () => {
    expect(failureOf({ status: 200, body: ' \n' }).what).toContain('an empty body (text/html)');
  });

  test('is quoted in one line of at most 200 characters', () => {
    const { what } = failureOf({ status: 200, body: `<html>\n::error::x\n${'y'.repeat(10_000)}` });
    expect(what).toMatch(/“<html> ::error::x y+…”$/);
    expect(/“(.*)”/.exec(what)?.[1]).toHaveLength(200);
  });
});

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])('with status %d is final, and its target is named', (status) => {
    const failure = failureOf({ status, headers: { location: 'https://elsewhere.example/client/v4' } });
    expect(failure).toMatchObject({ kind: 'redirected', retryable: false });
    expect(failure.what).toMatch(/ to https:\/\/elsewhere\.example\/client\/v4$/);
  });

  test('may have a relative target', () => {
    const { what } = failureOf({ status: 302, headers: { location: '/client/v5' } });
    expect(what).toMatch(/ to https:\/\/api\.example\/client\/v5$/);
  });

  test('is named without user, query and fragment, which may contain secrets', () => {
    const location = 'https://user:password@elsewhere.example/a?session=abc#part';
    expect(failureOf({ status: 302, headers: { location } }).what).toMatch(
      / to https:\/\/elsewhere\.example\/a$/,
    );
  });

  test('can lack a target', () => {
    expect(failureOf({ status: 302 }).kind).toBe('redirected');
  });
});

test.each([
  [400, 'token-invalid'],
  [401, 'token-invalid'],
  [403, 'token-permission'],
  [404, 'token-invalid'],
] as const)('the code 10000 with status %d is %s', (status, kind) => {
  expect(failureOf({ status, body: errors({ code: 10000, message: 'Authentication error' }) }).kind).toBe(
    kind,
  );
});

describe('a secret in a response', () => {
  /** A text with the token where it is truncated. */
  const around = (length: number) => `${'x'.repeat(length - 10)}${token} and more ${'y'.repeat(300)}`;

  test.each<[string, ResponseParts]>([
    ['a page', { status: 200, body: `<p>${token}</p>` }],
    ['a page that is truncated within it', { status: 200, body: around(200) }],
    ['a server error', { status: 502, body: around(200) }],
    ['a wrong result', { status: 200, body: { success: true, result: around(170) } }],
    ['a message', { status: 400, body: errors({ code: 10005, message: `no: ${token}` }) }],
    ['a message that is truncated within it', { status: 400, body: errors({ message: around(300) }) }],
    [
      'a content type that is truncated within it',
      { status: 200, body: 'x', headers: { 'content-type': around(80) } },
    ],
    [
      'a redirect that is truncated within it',
      { status: 302, headers: { location: `https://e.example/${around(282)}` } },
    ],
    ['a redirect to a malformed URL', { status: 302, headers: { location: `http://[${token}` } }],
    [
      'a Ray ID that is truncated within it',
      { status: 400, body: errors(), headers: { 'cf-ray': around(64) } },
    ],
  ])('is never truncated, so that it is redacted wherever the failure is shown: %s', (_, parts) => {
    const { message, response, what } = failureOf(parts);
    expect(leakedParts(redaction.redact(`${message}\n${what}\n${JSON.stringify(response)}`), token)).toEqual(
      [],
    );
  });
});
