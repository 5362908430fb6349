import { describe, expect, test } from '@jest/globals';
import type { FailureKind } from '../../src/core/failures/table.ts';
import { gitHubFailure, isConflict } from '../../src/release/github-failure.ts';

interface ResponseOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

function failureOf(status: number, { body = { message: 'No' }, headers = {} }: ResponseOptions = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = {
    url: new URL('https://api.github.com/'),
    status,
    headers: new Headers({ date: 'Thu, 15 Jan 2026 12:00:00 GMT', ...headers }),
    bytes: Buffer.from(text),
    text,
  };
  return gitHubFailure('do it', response, (text) => text.replaceAll('secret', '***'));
}

const resetIn90s = {
  'x-ratelimit-remaining': '0',
  'x-ratelimit-reset': String(Date.UTC(2026, 0, 15, 12, 1, 30) / 1000),
};
const secondary = { message: 'You have exceeded a secondary rate limit.' };

test.each<[FailureKind, number, ResponseOptions]>([
  ['github-refused', 400, {}],
  ['github-token', 401, {}],
  ['github-permission', 403, {}],
  ['github-permission', 403, { headers: { 'x-ratelimit-remaining': '1' } }],
  ['github-not-found', 404, {}],
  ['proxy', 407, { body: 'Log in' }],
  ['github-refused', 410, {}],
  ['asset-too-large', 413, {}],
  ['asset-too-large', 413, { body: '<html>' }],
  ['blocked', 403, { body: '<html>' }],
  ['github-permission', 403, { body: '<html>', headers: { 'x-github-request-id': 'A' } }],
  ['github-refused', 422, {}],
  ['github-refused', 451, {}],
  ['release-immutable', 422, { body: { message: 'Cannot upload assets to an immutable release.' } }],
  ['release-immutable', 422, { body: { message: 'Immutable releases have no new assets.' } }],
  ['github-refused', 304, { body: '' }],
])('%s is the failure for HTTP %d %j, which is not retried', (kind, status, options) => {
  expect(failureOf(status, options)).toMatchObject({ kind, retryable: false });
});

test.each<[FailureKind, number, number, ResponseOptions]>([
  ['github-error', 0, 408, {}],
  ['github-error', 0, 500, {}],
  ['github-error', 0, 502, { body: '<html>' }],
  ['github-error', 7000, 503, { headers: { 'retry-after': '7' } }],
  ['github-rate-limited', 60_000, 429, {}],
  ['github-rate-limited', 5000, 429, { headers: { 'retry-after': '5' } }],
  ['github-rate-limited', 5000, 403, { headers: { 'retry-after': '5' } }],
  ['github-rate-limited', 5000, 403, { headers: { ...resetIn90s, 'retry-after': '5' } }],
  ['github-rate-limited', 90_000, 403, { headers: resetIn90s }],
  ['github-rate-limited', 60_000, 403, { headers: { 'x-ratelimit-remaining': '0' } }],
  ['github-rate-limited', 60_000, 403, { body: secondary }],
  ['github-rate-limited', 60_000, 403, { body: { message: 'You triggered an abuse detection mechanism.' } }],
  [
    'github-rate-limited',
    60_000,
    403,
    { headers: { ...resetIn90s, 'x-ratelimit-remaining': '1' }, body: secondary },
  ],
  ['github-unreachable', 0, 200, { body: '<html>' }],
  ['github-unreachable', 0, 200, { body: '' }],
])('%s, to be retried after %d ms, is the failure for HTTP %d %j', (kind, retryAfterMs, status, options) => {
  expect(failureOf(status, options)).toMatchObject({ kind, retryable: true, retryAfterMs });
});

test.each([
  [true, { 'x-github-request-id': 'A' }],
  [false, {}],
])('the response is certainly GitHub’s, %j: %j', (isGenuine, headers) => {
  expect(failureOf(403, { headers })?.response).toMatchObject({ httpStatus: 403, isGenuine });
});

test.each([
  [200, '<html>'],
  [407, 'Log in'],
])('HTTP %d with %j has no response of GitHub', (status, body) => {
  const failure = failureOf(status, { body });
  expect(failure).toMatchObject({ what: expect.stringContaining(body), response: undefined });
});

test.each([
  [200, '[]'],
  [201, '{}'],
  [204, ''],
])('HTTP %d with %j is a success', (status, body) => {
  expect(failureOf(status, { body })).toBeUndefined();
});

test.each([
  [true, 404, {}],
  [true, 422, { body: { message: 'Validation Failed', errors: [{ code: 'already_exists' }] } }],
  [false, 422, {}],
  [false, 403, {}],
])('a conflict with another job, %j: HTTP %d %j', (expected, status, options) => {
  const failure = failureOf(status, options);
  expect(failure && isConflict(failure)).toBe(expected);
});

describe('GitHub’s message', () => {
  test('is quoted once, with the codes of its errors', () => {
    const errors = [{ resource: 'ReleaseAsset', code: 'already_exists', field: 'name' }, 'Another'];
    const failure = failureOf(422, { body: { message: 'Validation Failed', errors } });
    expect(failure?.message).toContain(
      'Could not do it: the request was refused. The response was: “Validation Failed”, “ReleaseAsset already_exists name”, “Another” (HTTP 422).',
    );
  });

  test('is never truncated, so that it is redacted wherever it is shown', () => {
    const message = `${'x'.repeat(990)}secret`;
    expect(failureOf(400, { body: { message } })?.message).toContain(message);
  });

  test('is one of at most 20, and the others are counted', () => {
    const errors = Array.from({ length: 1000 }, (_, number) => `error ${number}`);
    const { messages = [], omitted } = failureOf(422, { body: { message: 'No', errors } })?.response ?? {};
    expect([messages.length, messages.at(-1), omitted]).toEqual([20, { message: 'error 18' }, 981]);
    const few = failureOf(422, { body: { message: 'No', errors: errors.slice(0, 19) } });
    expect([few?.response?.messages.length, few?.response?.omitted]).toEqual([20, 0]);
  });

  test.each<[string, unknown, string]>([
    ['of lines and commands', 'No\n::set-output name=x::y', 'No ::set-output name=x::y'],
    ['that is as long as it may be', 'x'.repeat(1000), 'x'.repeat(1000)],
    ['that is too long', 'x'.repeat(1001), 'a message of 1,001 characters'],
    ['with a lone surrogate', 'a\ud800b', 'ab'],
  ])('%s is cleaned, alone or in an error', (_, message, shown) => {
    for (const body of [{ message }, { errors: [message] }, { errors: [{ code: message }] }]) {
      expect(failureOf(422, { body })?.response?.messages).toEqual([{ message: shown }]);
    }
  });

  test('is read beside odd errors', () => {
    const failure = failureOf(422, {
      body: { message: 'No', errors: [null, 7, [], { code: 7 }, { code: 'custom' }] },
    });
    expect(failure?.response?.messages).toEqual([{ message: 'No' }, { message: 'custom' }]);
  });

  test.each(['', '<html>', 'null', '7', '{"message":7,"errors":"none"}'])('may be missing: %j', (body) => {
    expect(failureOf(422, { body })).toMatchObject({
      kind: 'github-refused',
      response: { messages: [], httpStatus: 422 },
    });
  });
});
