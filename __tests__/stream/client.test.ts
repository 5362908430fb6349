import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { listen } from '../../local-http/listener.ts';
import type { RateLimitOptions } from '../../local-stream/api/rate-limit.ts';
import {
  badGateway,
  blocked,
  type Fault,
  garbage,
  rateLimited,
  redirect,
} from '../../local-stream/faults.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import type { FailureKind } from '../../src/core/failures/table.ts';
import { userAgent } from '../../src/http/http.ts';
import { Pace } from '../../src/http/pace.ts';
import { RequestFailure } from '../../src/http/request-failure.ts';
import { stackTrace } from '../../src/report/annotations.ts';
import { Redaction } from '../../src/runner/redaction.ts';
import type { StreamClient } from '../../src/stream/client.ts';
import { maxAttempts } from '../../src/stream/retry-policy.ts';
import { type Connection, type ConnectOptions, connect } from '../harness/connect.ts';
import { leakedParts } from '../harness/leaked-parts.ts';
import { always } from '../harness/responses.ts';
import { unknownId } from '../harness/videos.ts';
import { VirtualClock } from '../harness/virtual-clock.ts';
import { waitUntil } from '../harness/wait-until.ts';

const minuteMs = 60_000;
const never = new AbortController().signal;

let stream: LocalStream;
let uid: string;

beforeEach(async () => {
  stream = await startLocalStream();
  uid = stream.addVideo().uid;
});

afterEach(() => stream.close());

/** Requests a video's details. */
function get(client: StreamClient, id = uid): Promise<{ uid: string }> {
  const result = v.object({ uid: v.string() });
  return client.call({ action: 'try', method: 'GET', path: [id], videoId: id, result });
}

/** Opens a client to which the API has already responded, and clears what was recorded until then. */
async function connectAnswered(options?: ConnectOptions): Promise<Connection> {
  const connection = connect(stream, options);
  await get(connection.client);
  stream.requests.length = 0;
  connection.times.length = 0;
  connection.debug.length = 0;
  return connection;
}

/** The failure of a call. */
async function failureOf(call: Promise<unknown>): Promise<RequestFailure> {
  try {
    await call;
  } catch (error) {
    if (error instanceof RequestFailure) return error;
    throw error;
  }
  throw new Error('The call was expected to fail.');
}

function plan(fault: Fault, times = always): void {
  stream.faults.add({ route: 'any', fault, times });
}

/** A response with a body of text, or of JSON. */
function response(
  status: number,
  body: unknown = 'error',
  headers: Readonly<Record<string, string>> = {},
): Fault {
  const isText = typeof body === 'string';
  return {
    kind: 'status',
    status,
    body: isText ? body : JSON.stringify(body),
    contentType: isText ? 'text/plain' : 'application/json',
    headers,
  };
}

function apiError(status: number, code: number, message = 'No'): Fault {
  return response(status, { success: false, errors: [{ code, message }], messages: [], result: null });
}

const wrongResult = response(200, { success: true, errors: [], messages: [], result: { uid: 5 } });

describe('a request', () => {
  test('returns the result with one attempt', async () => {
    expect(await get(connect(stream).client)).toEqual({ uid });
    expect(stream.requests).toHaveLength(1);
  });

  test('has the token and the version of this action, and no legacy credentials', async () => {
    await get(connect(stream).client);
    const headers = stream.requests[0]?.headers ?? {};
    expect(headers).toMatchObject({
      authorization: `Bearer ${stream.token}`,
      accept: 'application/json',
      'user-agent': userAgent,
    });
    expect(Object.keys(headers).filter((name) => name.startsWith('x-auth'))).toEqual([]);
  });

  test('has the legacy credentials and no token if those were given', async () => {
    const { email, key } = stream;
    expect(await get(connect(stream, { credentials: { email, key } }).client)).toEqual({ uid });
    const headers = stream.requests[0]?.headers;
    expect(headers).toMatchObject({ 'x-auth-email': email, 'x-auth-key': key });
    expect(headers).not.toHaveProperty('authorization');
  });

  test('has a path below the account’s videos, whose segments are encoded', async () => {
    const { client } = connect(stream, { accountId: 'my account/' });
    const path = ['a/b', 'c?d#e', 'ü%2f'];
    await failureOf(client.call({ action: 'try', method: 'GET', path, result: v.unknown() }));
    await failureOf(client.call({ action: 'try', method: 'GET', path: [], result: v.unknown() }));
    const account = '/client/v4/accounts/my%20account%2F/stream';
    expect(stream.requests).toMatchObject([
      { path: `${account}/a%2Fb/c%3Fd%23e/%C3%BC%252f`, query: {} },
      { path: account, query: {} },
    ]);
  });

  test('has a JSON body only if one is given', async () => {
    const { client } = connect(stream);
    const call = { action: 'try', path: [unknownId], result: v.unknown() } as const;
    await failureOf(client.call({ ...call, method: 'POST', body: { b: 1 } }));
    await failureOf(client.call({ ...call, method: 'DELETE' }));
    expect(stream.requests).toMatchObject([
      { method: 'POST', body: '{"b":1}', headers: { 'content-type': 'application/json' } },
      { method: 'DELETE', body: '' },
    ]);
    expect(stream.requests[1]?.headers).not.toHaveProperty('content-type');
  });
});

describe('a retryable failure', () => {
  test.each<[name: string, fault: Fault, kind: FailureKind]>([
    ['a connection that is reset', { kind: 'reset' }, 'unreachable'],
    ['an incomplete body', { kind: 'cut' }, 'unreachable'],
    ['an error page', badGateway(), 'server-error'],
    ['an error of the API', apiError(500, 10001), 'server-error'],
    ['too many requests', rateLimited(), 'rate-limited'],
    ['a page with status 200', garbage('html'), 'not-json'],
    ['other JSON with status 200', response(200, { status: 'ok' }), 'not-json'],
    ['a result of another shape', wrongResult, 'unknown-answer'],
  ])('is retried four times: %s', async (_, fault, kind) => {
    const { client } = await connectAnswered();
    plan(fault, 2 * maxAttempts - 1);
    const failure = await failureOf(get(client));
    expect(failure).toMatchObject({ kind, retryable: false });
    expect(failure.what).toMatch(/^Could not try: .* \(the last of 5 attempts\)$/);
    expect(stream.requests).toHaveLength(maxAttempts);
    if (fault.kind === 'status') expect(failure.response?.rayId).toBe(stream.requests.at(-1)?.rayId);

    expect(await get(client)).toEqual({ uid });
    expect(stream.requests).toHaveLength(2 * maxAttempts);
  });

  test('is a response that is not complete after 30 s', async () => {
    plan({ kind: 'stall', afterBytes: 10 }, 1);
    const { client, log, times } = connect(stream);
    expect(await get(client)).toEqual({ uid });
    expect(times).toEqual([0, expect.any(Number)]);
    expect(times[1]).toBeGreaterThan(30_000);
    expect(times[1]).toBeLessThan(32_000);
    expect(log).toEqual([expect.stringMatching(/no complete response in 30 s; next attempt in/)]);
  });

  test('is logged with its video before each retry, and each attempt in the debug log', async () => {
    plan(badGateway(), 2);
    const { client, debug, log } = connect(stream);
    await get(client);
    const line = expect.stringMatching(`^${uid}: Could not try: .*HTTP 502.*; next attempt in \\d`);
    expect(log).toEqual([line, line]);
    expect(debug).toEqual(
      [502, 502, 200].map((status, index) =>
        expect.stringMatching(`/stream/${uid}: ${status}, Ray ID ${stream.requests[index]?.rayId}, 0 ms$`),
      ),
    );
  });
});

describe('until the API has answered', () => {
  test.each<[name: string, fault: Fault]>([
    ['an error page', badGateway()],
    ['a connection that is reset', { kind: 'reset' }],
    ['a rate limit that may not be the API’s', response(429, 'error code: 1015')],
  ])('a request is retried for a minute: %s', async (_, fault) => {
    plan(fault);
    const { client, times } = connect(stream);
    const failure = await failureOf(get(client));
    expect(failure.what).toContain(`${times.length} attempts without a response from the API`);
    expect(times.length).toBeGreaterThan(maxAttempts);
    expect(times.at(-1)).toBeLessThan(minuteMs);
  });

  test('a page with status 200 is tried five times', async () => {
    plan(garbage('html'));
    const failure = await failureOf(get(connect(stream).client));
    expect(failure).toMatchObject({ kind: 'not-json', what: expect.stringMatching(/last of 5 attempts\)$/) });
    expect(stream.requests).toHaveLength(maxAttempts);
  });

  test.each<[name: string, fault: Fault]>([
    ['an error of the API', apiError(500, 10001)],
    ['a result of another shape', wrongResult],
    ['a wait that the server asks for', response(503, 'busy', { 'retry-after': '20' })],
  ])('that minute ends with %s', async (_, fault) => {
    plan(fault);
    const failure = await failureOf(get(connect(stream).client));
    expect(failure.what).toMatch(/\(the last of 5 attempts\)$/);
    expect(stream.requests).toHaveLength(maxAttempts);
  });

  test('a response to another request ends that minute as well', async () => {
    const { client } = connect(stream, {
      intercept: ({ pass, url }) => (url.endsWith('lost') ? Promise.reject(new Error('lost')) : pass()),
    });
    const lost = failureOf(get(client, 'lost'));
    await failureOf(get(client, unknownId));
    expect((await lost).what).toMatch(/\(the last of 5 attempts\)$/);
  });

  test('all requests together take a minute if nothing listens at the address', async () => {
    await stream.close();
    const { client, clock, times } = connect(stream);
    const failures = await Promise.all(Array.from({ length: 20 }, () => failureOf(get(client))));
    expect(new Set(failures.map(({ kind }) => kind))).toEqual(new Set(['unreachable']));
    expect(clock.now()).toBeLessThanOrEqual(minuteMs);
    expect(Math.max(...times)).toBeLessThan(minuteMs);
  });

  test('an attempt takes no longer than the rest of the minute', async () => {
    plan({ kind: 'stall' });
    const { client, clock, log } = connect(stream);
    await clock.sleep(minuteMs - 40, never);
    const failure = await failureOf(get(client));
    expect(failure).toMatchObject({ kind: 'unreachable', retryable: false });
    expect(clock.now()).toBe(minuteMs);
    expect(stream.requests).toHaveLength(1);
    expect(log).toEqual([]);
  });

  test('no request is sent after the minute, which fails as the last one did', async () => {
    plan(badGateway(), 1);
    plan(garbage('html'));
    const { client, clock } = connect(stream);
    await failureOf(get(client));
    stream.requests.length = 0;
    await clock.sleep(minuteMs - clock.now(), never);
    const failure = await failureOf(get(client));
    expect(failure).toMatchObject({ kind: 'not-json', cause: { kind: 'not-json' } });
    expect(failure.what).toContain('no more requests are sent');
    expect(stream.requests).toEqual([]);
  });
});

test('an outage is waited out if the step waits', async () => {
  const outageMs = 10 * minuteMs;
  const clock = new VirtualClock();
  const { client, times } = await connectAnswered({
    clock,
    waitsOutOutages: true,
    intercept: ({ pass }) =>
      clock.now() > 0 && clock.now() < outageMs
        ? Promise.resolve(new Response('<h1>Back soon</h1>', { status: 503 }))
        : pass(),
  });
  await clock.sleep(1000, never);
  expect(await get(client)).toEqual({ uid });
  expect(clock.now()).toBeGreaterThanOrEqual(outageMs);
  expect(clock.now()).toBeLessThan(outageMs + 31_000);
  expect(times.length).toBeLessThan(50);
});

test.each<[name: string, fault: Fault, kind: FailureKind]>([
  ['a page with status 200', garbage('html'), 'not-json'],
  ['a result of another shape', wrongResult, 'unknown-answer'],
])('%s is tried five times, even if the step waits', async (_, fault, kind) => {
  const { client } = await connectAnswered({ waitsOutOutages: true });
  plan(fault);
  stream.requests.length = 0;
  expect(await failureOf(get(client))).toMatchObject({ kind });
  expect(stream.requests).toHaveLength(maxAttempts);
});

describe('a response with `Retry-After`', () => {
  test('is waited for, also longer than the first minute', async () => {
    const date = 'Thu, 15 Jan 2026 12:00:00 GMT';
    plan(response(429, 'slow down', { date, 'retry-after': 'Thu, 15 Jan 2026 12:05:00 GMT' }), 1);
    const { client, times } = connect(stream);
    expect(await get(client)).toEqual({ uid });
    expect(times).toEqual([0, 300_000]);
  });

  test.each([
    ['at', 120, '2 min'],
    ['after', 300, '5 min'],
  ])('%s the time limit ends all calls at once', async (_, seconds, duration) => {
    plan(rateLimited(seconds));
    const { client, clock } = connect(stream, { limitMs: 2 * minuteMs, waitsOutOutages: true });
    expect(await failureOf(get(client))).toMatchObject({ kind: 'rate-limited', retryable: false });
    const second = await failureOf(get(client));
    expect(second).toMatchObject({ kind: 'rate-limited', retryable: false });
    expect(second.what).toContain(`no request for ${duration}, which`);
    expect(stream.requests).toHaveLength(1);
    expect(clock.now()).toBe(0);
  });

  test('with status 429 delays every request', async () => {
    const { client, times } = connect(stream, { concurrency: 1 });
    plan(rateLimited(50), 1);
    await Promise.all([get(client), get(client), get(client)]);
    expect(times).toEqual([0, 50_000, 50_000, 50_000]);
  });

  test('with status 503 does not delay others', async () => {
    const { client, times } = connect(stream, { concurrency: 1 });
    plan(response(503, 'busy', { 'retry-after': '40' }), 1);
    await Promise.all([get(client), get(client)]);
    expect(times).toEqual([0, 0, 40_000]);
  });
});

describe('a rate limit', () => {
  /** A local Stream with a rate limit, on the test's clock. */
  function startLimited(clock: VirtualClock, requests: number): Promise<LocalStream> {
    const rateLimit: RateLimitOptions = { requests, windowMs: 60_000, blockMs: 90_000 };
    return startLocalStream({ clock: { now: () => clock.epochMs() }, rateLimit });
  }

  test('that others have used up is waited out', async () => {
    const clock = new VirtualClock();
    await using limited = await startLimited(clock, 1);
    const video = limited.addVideo().uid;
    await get(connect(limited, { clock }).client, video);
    expect(await get(connect(limited, { clock }).client, video)).toEqual({ uid: video });
    expect(limited.requests.map(({ status }) => status)).toEqual([200, 429, 200]);
    expect(clock.now()).toBeGreaterThanOrEqual(90_000);
  });

  test('that responses announce is kept', async () => {
    const clock = new VirtualClock();
    await using limited = await startLimited(clock, 5);
    const video = limited.addVideo().uid;
    const { client } = connect(limited, { clock });
    for (let request = 0; request < 12; request++) await get(client, video);
    expect(new Set(limited.requests.map(({ status }) => status))).toEqual(new Set([200]));
    // One of five requests is left to others.
    expect(clock.now()).toBe(120_000);
  });
});

test('a pause is reported from 2 s on, and the next one only if it ends over 30 s later', async () => {
  const clock = new VirtualClock();
  const pace = new Pace(clock, undefined);
  const { client, log } = connect(stream, { clock, pace });
  for (const ms of [1999, 2000, 30_000, 2000]) {
    pace.hold(ms);
    await get(client);
  }
  expect(clock.now()).toBe(35_999);
  expect(log).toEqual(Array(2).fill('the rate limit of the API allows no request for 2000 ms'));
});

describe('a final failure', () => {
  test.each<[name: string, fault: Fault, kind: FailureKind]>([
    ['an error of the API', apiError(400, 10005), 'request-refused'],
    [
      'an error of the API with status 200',
      response(200, { success: false, result: { uid: 'v' } }),
      'request-refused',
    ],
    [
      'an error that claims success',
      response(400, { success: true, errors: [], messages: [], result: { uid: 'v' } }),
      'request-refused',
    ],
    ['the page of a firewall', blocked(), 'blocked'],
  ])('is reported after one request: %s', async (_, fault, kind) => {
    plan(fault);
    const { client, clock, log } = connect(stream, { waitsOutOutages: true });
    expect(await failureOf(get(client))).toMatchObject({
      kind,
      retryable: false,
      response: { rayId: stream.requests[0]?.rayId },
    });
    expect(stream.requests).toHaveLength(1);
    expect(clock.now()).toBe(0);
    expect(log).toEqual([]);
  });

  test.each<[name: string, options: ConnectOptions, kind: FailureKind, code: number]>([
    ['an unknown token', { credentials: { token: 'unknown' } }, 'token-invalid', 10000],
    ['unknown credentials', { credentials: { email: 'a@example.org', key: 'k' } }, 'token-invalid', 9103],
    ['another account', { accountId: '0'.repeat(32) }, 'account-wrong', 7403],
  ])('is %s', async (_, options, kind, code) => {
    const failure = await failureOf(get(connect(stream, options).client));
    expect(failure.kind).toBe(kind);
    expect(failure.response?.messages.map((message) => message.code)).toContain(code);
    expect(stream.requests).toHaveLength(1);
  });

  test('is a malformed account ID, once the account is found to be the cause', async () => {
    stream.faults.add({ route: 'videos.list', fault: badGateway(), times: 1 });
    const failure = await failureOf(get(connect(stream, { accountId: 'mine' }).client));
    expect(failure.kind).toBe('account-wrong');
    expect(failure.response?.messages.map((message) => message.code)).toEqual([7003, 7000]);
    expect(stream.requests.map(({ route }) => route)).toEqual(['videos.get', 'videos.list', 'videos.list']);
  });

  test('is a token that may not write', async () => {
    const { client } = connect(stream, { credentials: { token: stream.readOnlyToken } });
    const path = [uid, 'downloads'];
    const creation = client.call({ action: 'create', method: 'POST', path, result: v.unknown() });
    expect(await failureOf(creation)).toMatchObject({ kind: 'token-permission' });
  });

  test('is an address without an API', async () => {
    const apiUrl = stream.apiUrl.replace('/v4', '/v3');
    const { client } = connect({ ...stream, apiUrl });
    expect(await failureOf(get(client))).toMatchObject({ kind: 'wrong-address' });
    expect(stream.requests).toHaveLength(1);
  });

  test('is a redirect, which is not followed', async () => {
    await using other = await startLocalStream();
    plan(redirect(`${other.apiUrl}/accounts/${other.accountId}/stream/${uid}`));
    expect(await failureOf(get(connect(stream).client))).toMatchObject({ kind: 'redirected' });
    expect(stream.requests).toHaveLength(1);
    expect(other.requests).toEqual([]);
  });
});

describe('a secret', () => {
  // The local Stream's own token consists of words that other texts contain as well.
  const token = 'Zq7xW2vKp9LmT4sRb8YdHn3cJf6G';

  test.each<[name: string, fault: Fault]>([
    ['an error page', response(502, `${'x'.repeat(185)}${token}${'y'.repeat(99)}`)],
    ['an error message', apiError(500, 10001, `${'x'.repeat(285)}${token}`)],
    ['a wrong result', response(200, { success: true, result: `${'x'.repeat(155)}${token}` })],
    ['a redirect', redirect(`https://elsewhere.example/${'x'.repeat(265)}${token}?${token}`)],
  ])('is not truncated in %s, so that it is redacted wherever that is shown', async (_, fault) => {
    plan(fault);
    const { client, debug, log } = connect({ ...stream, token });
    const failure = await failureOf(get(client));
    const texts = [...debug, ...log, failure.message, failure.what, stackTrace(failure)].join('\n');
    const redaction = new Redaction();
    redaction.add(token);
    expect(leakedParts(redaction.redact(texts), token)).toEqual([]);
  });

  test('is in no debug line', async () => {
    const { email, key, token } = stream;
    for (const credentials of [{ token }, { email, key }]) {
      const { client, debug } = connect(stream, { credentials });
      await get(client);
      expect(debug).toHaveLength(1);
      for (const secret of [token, email, key]) expect(debug.join()).not.toContain(secret);
    }
  });
});

test('the pace learns when the request of a response was sent', async () => {
  const clock = new VirtualClock();
  const pace = new Pace(clock);
  const learned: unknown[] = [];
  pace.learn = (_, sentMs) => learned.push([sentMs, clock.now()]);
  const { client } = connect(stream, {
    clock,
    pace,
    intercept: ({ pass }) => clock.sleep(700, never).then(() => pass()),
  });
  await get(client);
  expect(learned).toEqual([[0, 700]]);
});

describe('concurrent requests', () => {
  /**
   * A server that responds to the first request at once, and to others 30 ms after `expected` of them have arrived, so
   * that excess ones would arrive as well.
   */
  async function startBatchServer(expected: number) {
    const waiting = new Set<() => void>();
    let most = 0;
    let isFirst = true;
    let timer: NodeJS.Timeout | undefined;
    const respond = () => {
      for (const end of waiting) end();
      waiting.clear();
    };
    const server = await listen(0, '127.0.0.1', (_request, response) => {
      waiting.add(() => response.end(JSON.stringify({ success: true, result: { uid } })));
      most = Math.max(most, waiting.size);
      clearTimeout(timer);
      // If too few arrive, the test must fail rather than hang.
      timer = setTimeout(respond, isFirst ? 0 : waiting.size < expected ? 10_000 : 30);
      isFirst = false;
    });
    return { apiUrl: server.url, most: () => most, [Symbol.asyncDispose]: server.close };
  }

  test.each([1, 3])('are exactly %d if that is the limit', async (concurrency) => {
    await using server = await startBatchServer(concurrency);
    const { client } = connect({ ...stream, apiUrl: server.apiUrl }, { concurrency });
    await Promise.all(Array.from({ length: 1 + 2 * concurrency }, () => get(client)));
    expect(server.most()).toBe(concurrency);
  });

  test('start with a single one, from which the rate limit is learned', async () => {
    const inFlight: number[] = [];
    let now = 0;
    const intercept: ConnectOptions['intercept'] = async ({ pass }) => {
      inFlight.push(++now);
      return pass().finally(() => now--);
    };
    const { client } = connect(stream, { concurrency: 4, intercept });
    await Promise.all(Array.from({ length: 20 }, () => get(client)));
    expect(inFlight.slice(0, 3)).toEqual([1, 1, 2]);
    expect(Math.max(...inFlight)).toBe(4);
  });
});

describe('the end of the step', () => {
  test('ends the request in flight, and queued ones are not sent', async () => {
    plan({ kind: 'stall' });
    const end = new AbortController();
    const { client, debug, log } = connect(stream, { concurrency: 1, signal: end.signal });
    const calls = Promise.allSettled([get(client), get(client)]);
    await waitUntil(() => stream.requests.length > 0);
    end.abort('SIGTERM');
    const ended = [...(await calls), ...(await Promise.allSettled([get(client)]))];
    expect(ended).toEqual(Array(3).fill({ status: 'rejected', reason: 'SIGTERM' }));
    expect(stream.requests).toHaveLength(1);
    expect(debug).toHaveLength(1);
    expect(log).toEqual([]);
  });

  test('ends the pause of a rate limit for all requests', async () => {
    const end = new AbortController();
    const { client, clock } = connect(stream, { concurrency: 1, signal: end.signal });
    plan(rateLimited(50));
    void clock.sleep(1000, never).then(() => end.abort('SIGTERM'));
    const calls = await Promise.allSettled([get(client), get(client)]);
    expect(calls).toEqual(Array(2).fill({ status: 'rejected', reason: 'SIGTERM' }));
    expect(clock.now()).toBe(1000);
    expect(stream.requests).toHaveLength(1);
  });
});
