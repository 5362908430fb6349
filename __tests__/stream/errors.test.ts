import { describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { Failure, type FailureKind, ProxyError } from '../../src/core/failure.ts';
import { Secrets } from '../../src/runner/redaction.ts';
import { envelope } from '../../src/stream/answers.ts';
import { answerError, networkError, StreamError } from '../../src/stream/errors.ts';
import { piecesIn } from '../harness/pieces.ts';

const token = 'TokenThatNobodyMaySee0123';
const secrets = new Secrets();
secrets.add(token);

interface Sent {
  readonly status: number;
  /** A text, or something to be sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an answer of the API is taken for. */
function errorOf({ status, body = '', headers = {} }: Sent): StreamError {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const parsed = v.safeParse(envelope, typeof body === 'string' ? undefined : body);
  const type = typeof body === 'string' ? 'text/html; charset=UTF-8' : 'application/json';
  const response = new Response(text, { status, headers: { 'content-type': type, ...headers } });
  const answer = { response, text, envelope: parsed.success ? parsed.output : undefined };
  return answerError('list the downloads', answer, secrets.cut);
}

function refusal(...errors: readonly { readonly code?: number; readonly message: string }[]) {
  return { success: false, errors, messages: [], result: null };
}

describe('an answer of the API', () => {
  test.each<[number, FailureKind]>([
    [400, 'request-refused'],
    [401, 'token-invalid'],
    [403, 'token-permission'],
    [404, 'video-not-found'],
    [405, 'request-refused'],
    [409, 'request-refused'],
    [422, 'request-refused'],
    [200, 'request-refused'],
  ])('with status %d and a code that says no more is %s, which does not pass', (status, kind) => {
    const error = errorOf({ status, body: refusal({ code: 10000, message: 'No' }) });
    expect(error).toMatchObject({ kind, passing: false });
    expect(error.what).toBe('Could not list the downloads: Cloudflare refused');
  });

  test.each<[number, number, FailureKind, boolean]>([
    [400, 6003, 'token-invalid', false],
    [400, 9106, 'token-invalid', false],
    [403, 9109, 'token-invalid', false],
    [403, 9103, 'token-invalid', false],
    [404, 7003, 'account-wrong', false],
    [403, 7403, 'account-wrong', false],
    [404, 7000, 'wrong-address', false],
    [400, 10002, 'token-permission', false],
    [404, 10003, 'video-not-found', false],
    [400, 10005, 'request-refused', false],
    [403, 971, 'rate-limited', true],
    [400, 10016, 'rate-limited', true],
    [429, 10429, 'rate-limited', true],
  ])('with status %d and code %d is %s (passing: %s)', (status, code, kind, passing) => {
    expect(errorOf({ status, body: refusal({ code, message: 'No' }) })).toMatchObject({ kind, passing });
  });

  test('is told by the first code that says more, of several', () => {
    const body = refusal({ code: 7003, message: 'could not route' }, { code: 7000, message: 'no route' });
    expect(errorOf({ status: 404, body }).kind).toBe('account-wrong');
    const later = refusal({ code: 10000, message: 'no' }, { code: 7403, message: 'not your account' });
    expect(errorOf({ status: 403, body: later }).kind).toBe('account-wrong');
  });

  test('is told by its status where it has no code', () => {
    expect(errorOf({ status: 404, body: refusal({ message: 'no' }) }).kind).toBe('video-not-found');
    expect(errorOf({ status: 401, body: refusal() }).kind).toBe('token-invalid');
  });

  test('carries what Cloudflare said: codes, words, status, Ray id', () => {
    const body = {
      success: false,
      errors: [{ code: 10005, message: 'bad\nrequest' }],
      messages: [{ message: 'read the docs' }],
    };
    const error = errorOf({ status: 400, body, headers: { 'cf-ray': '8f1e2d3c4b5a6978-FRA' } });
    expect(error.said).toEqual({
      messages: [{ code: 10005, message: 'bad request' }, { message: 'read the docs' }],
      httpStatus: 400,
      rayId: '8f1e2d3c4b5a6978-FRA',
    });
    expect(error.message).toMatch(/“bad request”.*code 10005, HTTP 400, Ray id 8f1e2d3c4b5a6978-FRA/);
  });

  test('has no Ray id where it came with none', () => {
    expect(errorOf({ status: 400, body: refusal() }).said).not.toHaveProperty('rayId');
  });

  test('that is a success but not what was asked for may pass', () => {
    const error = errorOf({ status: 200, body: { success: true, result: { uid: 5 } } });
    expect(error).toMatchObject({ kind: 'unknown-answer', passing: true });
    expect(error.what).toMatch(/lacks what the API documents: application\/json: “\{"success":true/);
  });
});

describe('an answer that may pass', () => {
  test.each([408, 500, 502, 503, 504, 520, 522, 525, 530, 599])('has status %d', (status) => {
    expect(errorOf({ status, body: 'upstream request timeout' })).toMatchObject({
      kind: 'server-error',
      passing: true,
      what: `Could not list the downloads: the API answered HTTP ${status} with text/html: “upstream request timeout”`,
    });
    const enveloped = errorOf({ status, body: refusal({ code: 10001, message: 'Internal error' }) });
    expect(enveloped).toMatchObject({ kind: 'server-error', passing: true });
    expect(enveloped.message).toContain('“Internal error”');
  });

  test('has status 429, in whatever form, and may say when to come back', () => {
    const body = refusal({ code: 971, message: 'slow down' });
    expect(errorOf({ status: 429, body, headers: { 'retry-after': '90' } })).toMatchObject({
      kind: 'rate-limited',
      passing: true,
      retryAfterMs: 90_000,
    });
    expect(errorOf({ status: 429, body: 'error code: 1015' })).toMatchObject({
      kind: 'rate-limited',
      passing: true,
      retryAfterMs: undefined,
    });
  });

  test('says when to come back by the clock of its own date', () => {
    const headers = { 'retry-after': 'Thu, 15 Jan 2026 12:00:30 GMT', date: 'Thu, 15 Jan 2026 12:00:00 GMT' };
    expect(errorOf({ status: 503, headers }).retryAfterMs).toBe(30_000);
  });
});

describe('an answer that is not the API’s', () => {
  test.each<[number, FailureKind, boolean]>([
    [200, 'not-json', true],
    [401, 'token-invalid', false],
    [403, 'blocked', false],
    [404, 'wrong-address', false],
    [405, 'wrong-address', false],
    [400, 'wrong-address', false],
  ])('with status %d is %s (passing: %s), and is shown', (status, kind, passing) => {
    const error = errorOf({ status, body: '<h1>It works!</h1>' });
    expect(error).toMatchObject({ kind, passing });
    expect(error.message).toContain('text/html: “<h1>It works!</h1>”');
    expect(error.said).toEqual({ messages: [], httpStatus: status });
  });

  test('is told as empty where it is', () => {
    expect(errorOf({ status: 200, body: ' \n' }).what).toContain('an empty body (text/html)');
  });

  test('is shown in one line of 200 characters at most', () => {
    const { what } = errorOf({ status: 200, body: `<html>\n::error::x\n${'y'.repeat(10_000)}` });
    expect(what).toMatch(/“<html> ::error::x y+…”$/);
    expect(/“(.*)”/.exec(what)?.[1]).toHaveLength(200);
  });
});

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])('with status %d names its target, and does not pass', (status) => {
    const error = errorOf({ status, headers: { location: 'https://elsewhere.example/client/v4' } });
    expect(error).toMatchObject({ kind: 'redirected', passing: false });
    expect(error.what).toBe(
      'Could not list the downloads: the API redirects to https://elsewhere.example/client/v4',
    );
  });

  test('names its target without the query, which may hold a secret', () => {
    const location = 'https://elsewhere.example/a?session=abc#part';
    const { what } = errorOf({ status: 302, headers: { location } });
    expect(what).toMatch(/https:\/\/elsewhere\.example\/a$/);
  });

  test('may lack a target', () => {
    expect(errorOf({ status: 302 })).toMatchObject({ kind: 'redirected' });
  });
});

describe('a secret that a server sends back', () => {
  // Each hides the token where a text is cut short, at 200 and 300 characters.
  const near = (length: number) => `${'x'.repeat(length - 10)}${token} and more ${'y'.repeat(300)}`;

  test.each<[string, Sent]>([
    ['a page', { status: 200, body: `<p>${token}</p>` }],
    ['a page that is cut within it', { status: 200, body: near(200) }],
    ['a fault', { status: 502, body: near(200) }],
    ['a wrong result', { status: 200, body: { success: true, result: near(160) } }],
    ['a message', { status: 400, body: refusal({ code: 10005, message: `no: ${token}` }) }],
    ['a message that is cut within it', { status: 400, body: refusal({ message: near(300) }) }],
    ['a redirect', { status: 302, headers: { location: `https://elsewhere.example/${token}` } }],
    [
      'a redirect that is cut within it',
      { status: 302, headers: { location: `https://e.example/${near(280)}` } },
    ],
    ['a relative redirect', { status: 302, headers: { location: `//${token}` } }],
    ['a Ray id that is cut within it', { status: 400, body: refusal(), headers: { 'cf-ray': near(64) } }],
  ])('is not in the failure, neither whole nor in part: %s', (_, sent) => {
    // All that leaves the action is cut as well, which helps only as long as a secret is whole.
    const message = secrets.cut(errorOf(sent).message);
    expect(piecesIn(message, token)).toEqual([]);
  });
});

describe('no answer', () => {
  /** As fetch fails: with an error of its own, which the system's caused. */
  function fetchError(code: string, message: string): TypeError {
    return new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) });
  }

  test.each([
    'ECONNRESET',
    'ECONNREFUSED',
    'ENOTFOUND',
    'EAI_AGAIN',
    'ETIMEDOUT',
    'EPIPE',
    'UND_ERR_SOCKET',
    'UND_ERR_CONNECT_TIMEOUT',
  ])('because of %s may pass, and names the host and the cause', (code) => {
    const cause = fetchError(code, 'what the system says');
    const error = networkError('list the downloads', 'api.example:8080', cause, 30_000);
    expect(error).toMatchObject({ kind: 'unreachable', passing: true, cause });
    expect(error.what).toBe(
      `Could not list the downloads: no answer from api.example:8080 (${code}: what the system says)`,
    );
  });

  test('is told by the first of several causes at once', () => {
    const several = new AggregateError(
      [Object.assign(new Error('connect ECONNREFUSED ::1:1'), { code: 'ECONNREFUSED' }), new Error('second')],
      'all failed',
    );
    const error = networkError('try', 'host', new TypeError('fetch failed', { cause: several }), 30_000);
    expect(error.what).toContain('(ECONNREFUSED: connect ECONNREFUSED ::1:1)');
  });

  test('in time may pass, and says how long was waited', () => {
    const timeout = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    const error = networkError('list the downloads', 'api.example', timeout, 30_000);
    expect(error).toMatchObject({ kind: 'unreachable', passing: true });
    expect(error.what).toBe('Could not list the downloads: api.example gave no whole answer in 30 s');
  });

  test.each([
    'SELF_SIGNED_CERT_IN_CHAIN',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'CERT_HAS_EXPIRED',
    'CERT_NOT_YET_VALID',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ])('because of a certificate (%s) does not pass, and says how to trust it', (code) => {
    const error = networkError('try', 'gateway.example', fetchError(code, 'no'), 30_000);
    expect(error).toMatchObject({ kind: 'certificate', passing: false });
    expect(error.message).toMatch(
      new RegExp(`gateway\\.example is not trusted \\(${code}\\).*NODE_EXTRA_CA_CERTS`),
    );
  });

  test('may have a cause that is no error', () => {
    expect(networkError('try', 'host', 'odd', 30_000)).toMatchObject({ kind: 'unreachable', passing: true });
  });
});

describe('no answer through a proxy', () => {
  const proxy = 'http://proxy.example:3128';

  /** As it comes from the client: with the proxy in the midst of the causes. */
  function through(cause: unknown, status?: number): StreamError {
    const options = { authorized: false, cause, ...(status !== undefined && { status }) };
    const error = new Error('ky', { cause: new ProxyError(proxy, 'api.example', options) });
    return networkError('try', 'api.example', error, 30_000);
  }

  const coded = (code: string) => Object.assign(new Error('what the system says'), { code });

  test.each([400, 401, 403, 404, 405, 407])('that refuses with %d does not pass', (status) => {
    const error = through(coded('UND_ERR_ABORTED'), status);
    expect(error).toMatchObject({ kind: 'proxy', passing: false });
    expect(error.what).toMatch(
      new RegExp(`^Could not try: the proxy http://proxy\\.example:3128 .*HTTP ${status}`),
    );
    expect(error.message).toContain('`no_proxy`');
  });

  test.each([408, 429, 500, 502, 503, 504])('that answers %d may pass', (status) => {
    const error = through(coded('UND_ERR_ABORTED'), status);
    expect(error).toMatchObject({ kind: 'unreachable', passing: true });
    expect(error.what).toBe(
      `Could not try: no answer from api.example through the proxy ${proxy} (the proxy answered HTTP ${status})`,
    );
  });

  test('that gives none either may pass, and names the proxy', () => {
    const error = through(coded('ECONNREFUSED'));
    expect(error).toMatchObject({ kind: 'unreachable', passing: true });
    expect(error.what).toBe(
      `Could not try: no answer from api.example through the proxy ${proxy} (ECONNREFUSED: what the system says)`,
    );
  });

  test('in time may pass, and names the proxy', () => {
    const error = through(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    expect(error).toMatchObject({ kind: 'unreachable', passing: true });
    expect(error.what).toBe(
      `Could not try: api.example gave no whole answer in 30 s through the proxy ${proxy}`,
    );
  });

  test('because of a certificate does not pass, and names both who may have shown it', () => {
    const error = through(coded('SELF_SIGNED_CERT_IN_CHAIN'));
    expect(error).toMatchObject({ kind: 'certificate', passing: false });
    expect(error.what).toContain(`the certificate of api.example through the proxy ${proxy} is not trusted`);
  });
});

describe('an answer of a proxy that no variable names', () => {
  test('which asks for a password is told as such, and not as words of Cloudflare', () => {
    const error = errorOf({ status: 407, body: 'Who are you?' });
    expect(error).toMatchObject({ kind: 'proxy', passing: false });
    expect(error.message).toContain('a proxy answered HTTP 407 with');
    expect(error.message).toContain('Who are you?');
    expect(error.message).not.toContain('Cloudflare');
  });
});

describe('a failure of a request', () => {
  test('can be made final, with the reason', () => {
    const cause = new Error('x');
    const said = { messages: [], httpStatus: 500 };
    const error = new StreamError('server-error', 'It failed', {
      said,
      cause,
      passing: true,
      retryAfterMs: 5,
    });
    expect(error.final('the last of 5 attempts')).toMatchObject({
      kind: 'server-error',
      what: 'It failed (the last of 5 attempts)',
      said,
      cause,
      passing: false,
    });
  });

  test('is told as every failure is', () => {
    const error = errorOf({ status: 404, body: refusal({ code: 10003, message: 'Not Found' }) });
    expect(error).toBeInstanceOf(Failure);
    expect(Failure.from(error)).toBe(error);
  });
});
