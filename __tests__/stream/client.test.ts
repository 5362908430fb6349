import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import type { RateLimitOptions } from '../../local-stream/api/rate-limit.ts';
import {
  badGateway,
  blocked,
  type Fault,
  garbage,
  gatewayTimeout,
  rateLimited,
  redirect,
} from '../../local-stream/faults.ts';
import { listen } from '../../local-stream/http/listener.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { startDeadline } from '../../src/core/deadline.ts';
import type { FailureKind } from '../../src/core/failure.ts';
import { version } from '../../src/http/version.ts';
import { trace } from '../../src/report/annotations.ts';
import { Secrets } from '../../src/runner/redaction.ts';
import type { StreamClient } from '../../src/stream/client.ts';
import { StreamError } from '../../src/stream/errors.ts';
import { maxAttempts, unansweredMs } from '../../src/stream/patience.ts';
import { type Connection, connect } from '../harness/connect.ts';
import { piecesIn } from '../harness/pieces.ts';
import { hang } from '../harness/step-on-stream.ts';
import { VirtualClock } from '../harness/virtual-clock.ts';

const always = Number.POSITIVE_INFINITY;
const found = v.object({ uid: v.string() });

let stream: LocalStream;
let uid: string;

beforeEach(async () => {
  stream = await startLocalStream();
  uid = stream.addVideo().uid;
});

afterEach(() => stream.close());

/** A local Stream with a limit, whose time is the clock's. */
function startLimited(clock: VirtualClock, rateLimit: RateLimitOptions): Promise<LocalStream> {
  const epochMs = Date.UTC(2026, 0, 15, 12);
  return startLocalStream({ clock: { now: () => epochMs + clock.now() }, rateLimit });
}

/** Asks for a video's details. */
function ask(client: StreamClient, id = uid): Promise<v.InferOutput<typeof found>> {
  return client.call({ doing: 'ask', method: 'GET', videoId: id, path: [], result: found });
}

/** A client to which the API has answered before; the request for that is not kept. */
async function acquainted(options?: Parameters<typeof connect>[1]): Promise<Connection> {
  const connection = connect(stream, options);
  await ask(connection.client);
  stream.requests.length = 0;
  connection.debug.length = 0;
  return connection;
}

/** A client with the moments at which it made its requests, in virtual ms. */
function timed(options?: Parameters<typeof connect>[1]): Connection & { readonly times: number[] } {
  const times: number[] = [];
  const connection = connect(stream, {
    fetch: (input, init) => {
      times.push(connection.clock.now());
      return connection.clock.fetch(input, init);
    },
    ...options,
  });
  return { ...connection, times };
}

/** Why a call fails. */
async function failureOf(call: Promise<unknown>): Promise<StreamError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof StreamError) return error;
    throw error;
  }
  throw new Error('The call was expected to fail.');
}

function plan(fault: Fault, times = 1): void {
  stream.faults.add({ route: 'any', fault, times });
}

function status(
  code: number,
  body: unknown = 'error',
  headers: Readonly<Record<string, string>> = {},
): Fault {
  const json = typeof body !== 'string';
  return {
    kind: 'status',
    status: code,
    body: json ? JSON.stringify(body) : body,
    contentType: json ? 'application/json' : 'text/plain',
    headers,
  };
}

function enveloped(code: number, error: { readonly code: number; readonly message: string }): Fault {
  return status(code, { success: false, errors: [error], messages: [], result: null });
}

describe('a request', () => {
  test('brings the result, checked, with one attempt', async () => {
    expect(await ask(connect(stream).client)).toEqual({ uid });
    expect(stream.requests).toHaveLength(1);
  });

  test('carries the token, the version of this action, and nothing of the older pair', async () => {
    await ask(connect(stream).client);
    const headers = stream.requests[0]?.headers;
    expect(headers).toMatchObject({
      authorization: `Bearer ${stream.token}`,
      accept: 'application/json',
      'user-agent': `stream-downloads/${version}`,
    });
    expect(Object.keys(headers ?? {}).filter((name) => name.startsWith('x-auth'))).toEqual([]);
  });

  test('carries the older pair, and no token, where that is what was given', async () => {
    const { email, key } = stream;
    expect(await ask(connect(stream, { credentials: { email, key } }).client)).toEqual({ uid });
    const headers = stream.requests[0]?.headers;
    expect(headers).toMatchObject({ 'x-auth-email': email, 'x-auth-key': key });
    expect(headers).not.toHaveProperty('authorization');
  });

  test('goes to the account’s videos, with what could mislead encoded', async () => {
    const { client } = connect(stream, { accountId: 'my account/' });
    await failureOf(
      client.call({ doing: 'ask', method: 'GET', videoId: 'a/b', path: ['c?d#e', 'ü%2f'], result: found }),
    );
    expect(stream.requests[0]).toMatchObject({
      path: '/client/v4/accounts/my%20account%2F/stream/a%2Fb/c%3Fd%23e/%C3%BC%252f',
      query: {},
    });
  });

  test('has a body of JSON where one is given, and none otherwise', async () => {
    const { client } = connect(stream);
    await failureOf(
      client.call({
        doing: 'ask',
        method: 'POST',
        videoId: 'a',
        path: [],
        body: { b: 1 },
        result: v.unknown(),
      }),
    );
    await failureOf(
      client.call({ doing: 'ask', method: 'DELETE', videoId: 'a', path: [], result: v.unknown() }),
    );
    expect(stream.requests).toMatchObject([
      { method: 'POST', body: '{"b":1}', headers: { 'content-type': 'application/json' } },
      { method: 'DELETE', body: '' },
    ]);
    expect(stream.requests[1]?.headers).not.toHaveProperty('content-type');
  });
});

describe('a failure that may pass', () => {
  const wrongResult = { success: true, errors: [], messages: [], result: { uid: 5 } };
  const rows: [name: string, fault: Fault, kind: FailureKind, words: RegExp][] = [
    [
      'a reset connection',
      { kind: 'reset' },
      'unreachable',
      /no answer from 127\.0\.0\.1:\d+ \(.*ECONNRESET/,
    ],
    [
      'a lost answer',
      { kind: 'answer-lost' },
      'unreachable',
      /no answer from 127\.0\.0\.1:\d+ \(.*ECONNRESET/,
    ],
    [
      'a body cut half-way',
      { kind: 'cut' },
      'unreachable',
      /no answer from 127\.0\.0\.1:\d+ \(UND_ERR_SOCKET/,
    ],
    ['a body cut at its start', { kind: 'cut', bytes: 0 }, 'unreachable', /no answer from/],
    ['a body that is too short', { kind: 'wrong-length', delta: 5 }, 'unreachable', /no answer from/],
    ['408', status(408), 'server-error', /HTTP 408/],
    ['429', rateLimited(), 'rate-limited', /too many requests.*“Rate limited” \(code 10429, HTTP 429/],
    [
      '429 that is not the API’s',
      status(429, 'error code: 1015'),
      'rate-limited',
      /too many requests.*HTTP 429/,
    ],
    ['500 of the API', enveloped(500, { code: 10001, message: 'oops' }), 'server-error', /HTTP 500.*“oops”/],
    [
      'a page with 502',
      badGateway(),
      'server-error',
      /HTTP 502 with text\/html: “<!DOCTYPE html> .*Bad gateway/,
    ],
    [
      'a text with 504',
      gatewayTimeout(),
      'server-error',
      /HTTP 504 with text\/plain: “upstream request timeout”/,
    ],
    ['503', status(503, 'upstream connect error'), 'server-error', /HTTP 503/],
    ['520', status(520, 'error code: 520'), 'server-error', /HTTP 520/],
    ['530', status(530, 'error code: 1016'), 'server-error', /HTTP 530/],
    ['a page with 200', garbage('html'), 'not-json', /not the API's JSON but text\/html: “.*It works!/],
    ['bytes with 200', garbage('bytes'), 'not-json', /not the API's JSON but application\/json/],
    ['nothing with 200', status(200, ''), 'not-json', /an empty body/],
    ['JSON of something else with 200', status(200, { status: 'ok' }), 'not-json', /“\{"status":"ok"\}”/],
    ['a result of another shape', status(200, wrongResult), 'unknown-answer', /lacks what the API documents/],
  ];

  test.each(rows)('is tried again until it has passed: %s', async (_, fault) => {
    plan(fault, maxAttempts - 1);
    expect(await ask(connect(stream).client)).toEqual({ uid });
    expect(stream.requests).toHaveLength(maxAttempts);
  });

  test.each(rows)('is told after the last attempt: %s', async (_, fault, kind, words) => {
    const { client } = await acquainted();
    plan(fault, always);
    const error = await failureOf(ask(client));
    expect(stream.requests).toHaveLength(maxAttempts);
    expect(error).toMatchObject({ kind, passing: false });
    expect(error.what).toMatch(/^Could not ask: .* \(the last of 5 attempts\)$/);
    expect(error.message).toMatch(words);
    if (fault.kind === 'status') {
      expect(error.said).toMatchObject({ httpStatus: fault.status, rayId: stream.requests.at(-1)?.rayId });
    }
  });

  test('is a server that is not there any more', async () => {
    const { client, debug } = await acquainted();
    await stream.close();
    const error = await failureOf(ask(client));
    expect(error).toMatchObject({ kind: 'unreachable', said: undefined });
    expect(error.message).toContain(
      `no answer from ${new URL(stream.apiUrl).host} (ECONNREFUSED: connect ECONNREFUSED`,
    );
    expect(debug).toHaveLength(maxAttempts);
  });

  test('is an attempt that takes too long', async () => {
    plan({ kind: 'stall', afterBytes: 10 });
    const { client, info } = connect(stream, { attemptTimeoutMs: 50 });
    expect(await ask(client)).toEqual({ uid });
    expect(stream.requests).toHaveLength(2);
    expect(info).toEqual([
      expect.stringMatching(/127\.0\.0\.1:\d+ gave no whole answer in 50 ms; next attempt in/),
    ]);
  });

  test('is told of in the log before the next attempt', async () => {
    plan(badGateway(), 2);
    const { client, info } = connect(stream);
    await ask(client);
    expect(info).toHaveLength(2);
    for (const line of info) expect(line).toMatch(/^Could not ask: .*HTTP 502.*; next attempt in \d.* m?s$/);
  });

  test('is not tried again at once, and each time later', async () => {
    const { client, clock, times } = timed();
    await ask(client);
    plan(badGateway(), always);
    times.length = 0;
    await failureOf(ask(client));
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(pauses).toHaveLength(maxAttempts - 1);
    expect(pauses[0]).toBeGreaterThan(0);
    expect(times.at(-1)).toBe(clock.now());
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
  });

  test('is not tried again where the next attempt would be past the time limit', async () => {
    plan(badGateway(), always);
    const { client, clock } = connect(stream, { limitMs: 1 });
    const error = await failureOf(ask(client));
    expect(error.what).toMatch(/\(the next attempt, in .*, would be past the time limit\)$/);
    expect(error.passing).toBe(false);
    expect(stream.requests).toHaveLength(1);
    expect(clock.now()).toBe(0);
  });
});

describe('until the API has answered', () => {
  const noAnswers: readonly [name: string, fault: Fault][] = [
    ['a gateway', badGateway()],
    ['a web server', garbage('html')],
    ['a server that hangs up', { kind: 'reset' }],
    ['an edge that limits', status(429, 'error code: 1015')],
  ];

  test.each(noAnswers)('a request is tried for a minute, and no longer: %s', async (_, fault) => {
    for (const patient of [false, true]) {
      plan(fault, always);
      const { client, times } = timed({ patient });
      const error = await failureOf(ask(client));
      expect(error.what).toContain(
        `(given up after ${times.length} attempts without any answer of the API, since the next one, in`,
      );
      expect(times.length).toBeGreaterThan(maxAttempts);
      expect(times.at(-1)).toBeLessThan(unansweredMs);
      // The next pause would not have been longer than half a minute.
      expect(times.at(-1)).toBeGreaterThan(unansweredMs - 30_000);
    }
  });

  test('any number of requests take no longer than a minute together, where nothing is at the address', async () => {
    await stream.close();
    const { client, clock, times } = timed();
    const failures = await Promise.all(Array.from({ length: 60 }, () => failureOf(ask(client))));
    expect(new Set(failures.map(({ kind }) => kind))).toEqual(new Set(['unreachable']));
    expect(clock.now()).toBeLessThanOrEqual(unansweredMs);
    expect(Math.max(...times)).toBeLessThan(unansweredMs);
  });

  test('an attempt is bounded by what is left of the minute, in a fraction of a ms too', async () => {
    plan({ kind: 'stall' }, always);
    let nowMs = 0.25;
    const { client, info } = connect(stream, {
      clock: { now: () => nowMs, epochMs: () => nowMs, sleep: () => Promise.resolve() },
      attemptTimeoutMs: 30_000,
    });
    nowMs = unansweredMs - 39.5;
    const error = await failureOf(ask(client));
    expect(error).toMatchObject({ kind: 'unreachable', passing: false });
    expect(error.what).toMatch(/gave no whole answer in 40 ms \(given up after 1 attempt without any answer/);
    expect(stream.requests).toHaveLength(1);
    expect(info).toEqual([]);
  });

  test('nothing is asked any more once the minute is over, with the advice for how it failed before', async () => {
    plan(garbage('html'), always);
    const { client, clock } = connect(stream);
    await failureOf(ask(client));
    stream.requests.length = 0;
    await clock.sleep(unansweredMs, new AbortController().signal);
    const error = await failureOf(ask(client));
    expect(error).toMatchObject({ kind: 'not-json', cause: { kind: 'not-json' } });
    expect(error.what).toBe(
      'Could not ask: the API is not asked any more, since the first minute brought no answer of it',
    );
    expect(stream.requests).toEqual([]);
  });

  test('the minute is used up to its end', async () => {
    plan(badGateway(), always);
    const { client, clock } = connect(stream);
    expect(await failureOf(ask(client))).toMatchObject({ kind: 'server-error' });
    expect(unansweredMs - clock.now()).toBeLessThanOrEqual(2000);
  });

  test('a limit that lasts longer than the minute is waited for, since who asks for that is there', async () => {
    plan(status(429, 'error code: 1015', { 'retry-after': '300' }));
    const { client, clock } = connect(stream);
    expect(await ask(client)).toEqual({ uid });
    expect(clock.now()).toBe(300_000);
    expect(stream.requests).toHaveLength(2);
  });

  test.each<[name: string, fault: Fault]>([
    ['a fault', enveloped(500, { code: 10001, message: 'oops' })],
    ['a limit', rateLimited()],
    ['a wrong result', status(200, { success: true, errors: [], messages: [], result: { uid: 5 } })],
  ])('any answer of the API is one: %s is met with five attempts', async (_, fault) => {
    plan(fault, always);
    const error = await failureOf(ask(connect(stream).client));
    expect(error.what).toMatch(/\(the last of 5 attempts\)$/);
    expect(stream.requests).toHaveLength(maxAttempts);
  });

  test.each<[name: string, id: () => string]>([
    ['an answer', () => uid],
    ['a refusal', () => '0'.repeat(32)],
  ])('%s to another request is one as well', async (_, id) => {
    const { client, clock } = connect(stream, {
      fetch: (input, init) => {
        const { url } = new Request(input, init);
        return url.includes('lost') ? Promise.reject(new Error('lost')) : clock.fetch(input, init);
      },
    });
    const lost = failureOf(ask(client, 'lost'));
    await ask(client, id()).catch(() => {});
    expect((await lost).what).toMatch(/\(the last of 5 attempts\)$/);
  });
});

describe('where there is something to wait for', () => {
  const outageMs = 600_000;

  test.each<[name: string, outage: () => Promise<Response>]>([
    ['the gateway says so', () => Promise.resolve(new Response('Bad gateway', { status: 502 }))],
    ['nothing is reached', () => Promise.reject(new TypeError('fetch failed'))],
    ['a portal answers', () => Promise.resolve(new Response('<h1>Pay for the Wi-Fi</h1>'))],
  ])('an outage of ten minutes is sat out: %s', async (_, outage) => {
    let attempts = 0;
    const { client, clock } = connect(stream, {
      patient: true,
      fetch: (input, init) => {
        attempts++;
        return clock.now() > 0 && clock.now() < outageMs ? outage() : clock.fetch(input, init);
      },
    });
    await ask(client);
    await clock.sleep(1000, new AbortController().signal);
    attempts = 0;
    expect(await ask(client)).toEqual({ uid });
    expect(clock.now()).toBeGreaterThanOrEqual(outageMs);
    expect(clock.now()).toBeLessThan(outageMs + 31_000);
    expect(attempts).toBeGreaterThan(maxAttempts);
    expect(attempts).toBeLessThan(50);
  });

  test('a request is repeated until the time limit, and none is made past it', async () => {
    const { client, clock } = await acquainted({ patient: true, limitMs: outageMs });
    plan(badGateway(), always);
    const error = await failureOf(ask(client));
    expect(error).toMatchObject({ kind: 'server-error', passing: false });
    expect(error.what).toMatch(/\(the next attempt, in .*, would be past the time limit\)$/);
    expect(clock.now()).toBeGreaterThan(outageMs - 30_000);
    expect(clock.now()).toBeLessThan(outageMs);
  });

  test('the time limit is told with how the request had failed until then', async () => {
    const clock = new VirtualClock();
    using deadline = startDeadline(20_000, clock, new AbortController().signal);
    const answers = [() => Promise.reject(new TypeError('fetch failed'))];
    const { client } = connect(stream, {
      patient: true,
      clock,
      deadline,
      fetch: (input, init) => answers.shift()?.() ?? hang(new Request(input, init)),
    });
    const error = await ask(client).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: 'time-over', cause: { kind: 'unreachable' } });
    expect(error).toMatchObject({
      what: expect.stringMatching(
        /^The time limit of 20 s was reached while a request was being repeated that had failed: Could not ask: no answer from .*fetch failed/,
      ),
    });
    expect(clock.now()).toBe(20_000);
  });

  test('what cannot pass fails at once all the same', async () => {
    const { client, clock } = await acquainted({ patient: true });
    plan(enveloped(401, { code: 10000, message: 'no' }), always);
    expect(await failureOf(ask(client))).toMatchObject({ kind: 'token-invalid' });
    expect(stream.requests).toHaveLength(1);
    expect(clock.now()).toBe(0);
  });
});

describe('Retry-After', () => {
  test.each([
    ['429', rateLimited(70)],
    ['503', status(503, 'busy', { 'retry-after': '70' })],
  ])('of %s is waited for', async (_, fault) => {
    const { client, clock } = await acquainted();
    plan(fault);
    expect(await ask(client)).toEqual({ uid });
    expect(clock.now()).toBeGreaterThanOrEqual(70_000);
    // What comes on top spreads the attempts, and keeps nobody waiting for long.
    expect(clock.now()).toBeLessThan(80_000);
    expect(stream.requests).toHaveLength(2);
  });

  test('that is a date is waited for', async () => {
    const { client, clock } = await acquainted();
    const date = 'Thu, 15 Jan 2026 12:00:00 GMT';
    plan(status(429, 'slow down', { date, 'retry-after': 'Thu, 15 Jan 2026 12:01:10 GMT' }));
    await ask(client);
    expect(clock.now()).toBeGreaterThanOrEqual(70_000);
    expect(clock.now()).toBeLessThan(80_000);
  });

  test('of no seconds does not mean at once', async () => {
    plan(rateLimited(0));
    const { client, clock } = connect(stream);
    await ask(client);
    expect(clock.now()).toBeGreaterThan(0);
  });

  test.each([false, true])(
    'past the time limit ends the call at once, and says so, patient: %s',
    async (patient) => {
      plan(rateLimited(300), always);
      const { client, clock } = connect(stream, { limitMs: 60_000, patient });
      const error = await failureOf(ask(client));
      expect(error).toMatchObject({ kind: 'rate-limited' });
      expect(error.what).toContain('the next attempt, in 5 min, would be past the time limit');
      expect(clock.now()).toBe(0);
      expect(stream.requests).toHaveLength(1);
    },
  );

  test('of a limit that others have used up is waited for', async () => {
    const clock = new VirtualClock();
    await using limited = await startLimited(clock, { requests: 1, windowMs: 60_000, blockMs: 90_000 });
    const video = limited.addVideo().uid;
    await ask(connect(limited, { clock, fetch: clock.fetch }).client, video);
    const { client } = connect(limited, { clock, fetch: clock.fetch });
    expect(await ask(client, video)).toEqual({ uid: video });
    expect(limited.requests.map((request) => request.status)).toEqual([200, 429, 200]);
    expect(clock.now()).toBeGreaterThanOrEqual(90_000);
  });
});

describe('the pace', () => {
  test('keeps a limit that the answers tell of from being broken', async () => {
    const clock = new VirtualClock();
    await using limited = await startLimited(clock, { requests: 5, windowMs: 60_000, blockMs: 90_000 });
    const video = limited.addVideo().uid;
    const { client } = connect(limited, { clock, fetch: clock.fetch });
    for (let request = 0; request < 12; request++) await ask(client, video);
    expect(new Set(limited.requests.map((request) => request.status))).toEqual(new Set([200]));
    expect(clock.now()).toBeGreaterThan(120_000);
    expect(clock.now()).toBeLessThan(180_000);
  });

  test('makes every request wait for what one was told by a 429', async () => {
    const other = stream.addVideo().uid;
    const { client, times } = timed({ concurrency: 1 });
    plan(rateLimited(50));
    await Promise.all([ask(client), ask(client, other), ask(client, other)]);
    expect(times[0]).toBe(0);
    expect(times).toHaveLength(4);
    for (const time of times.slice(1)) expect(time).toBeGreaterThanOrEqual(50_000);
  });

  test('lets no request go which a 429 puts off past the time limit', async () => {
    plan(rateLimited(300));
    const { client, clock } = connect(stream, { limitMs: 120_000 });
    await failureOf(ask(client));
    const error = await failureOf(ask(client));
    expect(error).toMatchObject({ kind: 'rate-limited', passing: false });
    expect(error.what).toBe(
      'Could not ask: the API takes no request for 5 min, which is past the time limit',
    );
    expect(stream.requests).toHaveLength(1);
    expect(clock.now()).toBe(0);
  });

  test('ends its pause with the step', async () => {
    const clock = new VirtualClock();
    const end = new AbortController();
    const { client } = connect(stream, {
      clock,
      fetch: clock.fetch,
      deadline: { signal: end.signal, leftMs: () => 3_600_000 },
    });
    plan(rateLimited(50));
    void clock.sleep(1000, new AbortController().signal).then(() => end.abort('SIGTERM'));
    const refused = ask(client);
    await expect(refused.catch(() => ask(client))).rejects.toBe('SIGTERM');
    await expect(refused).rejects.toBe('SIGTERM');
    expect(clock.now()).toBe(1000);
    expect(stream.requests).toHaveLength(1);
  });
});

describe('a failure that will not pass', () => {
  test.each<[name: string, fault: Fault, kind: FailureKind, words: RegExp]>([
    [
      '400',
      enveloped(400, { code: 10005, message: 'bad request' }),
      'request-refused',
      /“bad request” \(code 10005/,
    ],
    ['401', enveloped(401, { code: 10000, message: 'no' }), 'token-invalid', /code 10000, HTTP 401/],
    ['403', enveloped(403, { code: 10000, message: 'no' }), 'token-permission', /code 10000, HTTP 403/],
    ['403 of a firewall', blocked(), 'blocked', /blocked with text\/html: “.*Sorry, you have been blocked/],
    ['404', enveloped(404, { code: 10003, message: 'Not Found' }), 'video-not-found', /code 10003, HTTP 404/],
    [
      '404 of another server',
      status(404, '<h1>Not Found</h1>'),
      'wrong-address',
      /HTTP 404.*Check `api-url`/,
    ],
    ['405', enveloped(405, { code: 10405, message: 'no' }), 'request-refused', /code 10405, HTTP 405/],
    ['409', enveloped(409, { code: 10005, message: 'exists' }), 'request-refused', /HTTP 409/],
    ['422', enveloped(422, { code: 10005, message: 'no' }), 'request-refused', /HTTP 422/],
    [
      'a failure that calls itself a success',
      status(400, { success: true, errors: [], messages: [], result: { uid: 'v' } }),
      'request-refused',
      /HTTP 400/,
    ],
    [
      'a success that is none',
      enveloped(200, { code: 10005, message: 'no' }),
      'request-refused',
      /code 10005, HTTP 200/,
    ],
  ])('is told after one request: %s', async (_, fault, kind, words) => {
    plan(fault, always);
    const { client, clock, info } = connect(stream);
    const error = await failureOf(ask(client));
    expect(stream.requests).toHaveLength(1);
    expect(clock.now()).toBe(0);
    expect(info).toEqual([]);
    expect(error).toMatchObject({ kind, passing: false, said: { rayId: stream.requests[0]?.rayId } });
    expect(error.what).toMatch(/^Could not ask: /);
    expect(error.message).toMatch(words);
    expect(error.message).toContain(`Ray id ${stream.requests[0]?.rayId}`);
  });

  test.each<[name: string, options: Parameters<typeof connect>[1], kind: FailureKind, code: number]>([
    ['an unknown token', { credentials: { token: 'unknown' } }, 'token-invalid', 10000],
    ['an unknown pair', { credentials: { email: 'a@example.org', key: 'k' } }, 'token-invalid', 9103],
    ['an id that is no account’s', { accountId: 'mine' }, 'account-wrong', 7003],
    ['somebody else’s account', { accountId: '0'.repeat(32) }, 'account-wrong', 7403],
  ])('is %s', async (_, options, kind, code) => {
    const error = await failureOf(ask(connect(stream, options).client));
    expect(error).toMatchObject({
      kind,
      said: { messages: expect.arrayContaining([expect.objectContaining({ code })]) },
    });
    expect(stream.requests).toHaveLength(1);
  });

  test('is a token that may not write', async () => {
    const { client } = connect(stream, { credentials: { token: stream.readOnlyToken } });
    const create = client.call({
      doing: 'create',
      method: 'POST',
      videoId: uid,
      path: ['downloads'],
      result: v.unknown(),
    });
    expect(await failureOf(create)).toMatchObject({ kind: 'token-permission', said: { httpStatus: 403 } });
  });

  test('is a video that the account does not have', async () => {
    expect(await failureOf(ask(connect(stream).client, '0'.repeat(32)))).toMatchObject({
      kind: 'video-not-found',
    });
  });

  test('is an address without an API', async () => {
    const apiUrl = stream.apiUrl.replace('/v4', '/v3');
    const error = await failureOf(ask(connect({ ...stream, apiUrl }).client));
    expect(error).toMatchObject({ kind: 'wrong-address' });
    expect(stream.requests).toHaveLength(1);
  });
});

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])('with %d is told, and not followed', async (code) => {
    await using other = await startLocalStream();
    const target = `${other.apiUrl}/accounts/${other.accountId}/stream/${uid}`;
    plan(status(code, '', { location: `${target}?from=here` }), always);
    const error = await failureOf(ask(connect(stream).client));
    expect(error).toMatchObject({ kind: 'redirected' });
    expect(error.what).toBe(`Could not ask: the API redirects to ${target}`);
    expect(stream.requests).toHaveLength(1);
    expect(other.requests).toEqual([]);
  });

  test('within the API is told with its whole target', async () => {
    plan(redirect('/client/v5/accounts'), always);
    const error = await failureOf(ask(connect(stream).client));
    expect(error.what).toBe(
      `Could not ask: the API redirects to ${new URL(stream.apiUrl).origin}/client/v5/accounts`,
    );
  });
});

describe('the debug log', () => {
  test('has one line per attempt, with method, path, status, time and Ray id', async () => {
    plan(badGateway());
    const { client, debug } = connect(stream);
    await ask(client);
    const path = `/client/v4/accounts/${stream.accountId}/stream/${uid}`;
    const [first, second] = stream.requests;
    expect(debug).toEqual([
      `GET ${path} 502 ray ${first?.rayId} 0 ms`,
      `GET ${path} 200 ray ${second?.rayId} 0 ms`,
    ]);
  });

  test('has a line for an attempt without an answer, and for one without a Ray id', async () => {
    plan({ kind: 'reset' });
    const { client, debug } = connect(stream, {
      fetch: async (input, init) => {
        const response = await clock.fetch(input, init);
        response.headers.delete('cf-ray');
        return response;
      },
    });
    const clock = new VirtualClock();
    await ask(client);
    expect(debug).toEqual([
      expect.stringMatching(/^GET \/client\/v4\/\S+ Could not ask: no answer from .* 0 ms$/),
      expect.stringMatching(/^GET \/client\/v4\/\S+ 200 ray none 0 ms$/),
    ]);
  });

  test('has the time that an attempt took', async () => {
    const virtual = new VirtualClock();
    let tookMs = 0;
    const { client, debug } = connect(stream, {
      clock: {
        now: () => virtual.now() + tookMs,
        epochMs: () => virtual.epochMs() + tookMs,
        sleep: (ms, signal) => virtual.sleep(ms, signal),
      },
      fetch: async (input, init) => {
        const response = await virtual.fetch(input, init);
        tookMs += 1234.4;
        return response;
      },
    });
    await ask(client);
    expect(debug).toEqual([expect.stringMatching(/ 1234 ms$/)]);
  });
});

describe('a secret', () => {
  // The local Stream's own token consists of words that stand in other texts as well.
  const secret = 'Zq7xW2vKp9LmT4sRb8YdHn3cJf6G';

  test.each<[name: string, fault: (token: string) => Fault]>([
    ['a page', (token) => status(200, `<p>${token}</p>`)],
    [
      'a page that is cut short within it',
      (token) => status(200, `${'x'.repeat(185)}${token}${'y'.repeat(99)}`),
    ],
    ['a fault', (token) => status(502, `${'x'.repeat(185)}${token}${'y'.repeat(99)}`)],
    ['a wrong result', (token) => status(200, { success: true, result: token })],
    ['a refusal', (token) => enveloped(400, { code: 10005, message: `${token} is bad` })],
    [
      'a refusal that is cut short within it',
      (token) => enveloped(400, { code: 10005, message: `${'x'.repeat(285)}${token}` }),
    ],
    ['a redirect', (token) => redirect(`https://elsewhere.example/${token}?${token}`)],
  ])('that comes back in %s is in no text, neither whole nor in part', async (_, fault) => {
    plan(fault(secret), always);
    const { client, debug, info } = connect({ ...stream, token: secret });
    const error = await failureOf(ask(client));
    // Every text is cut when it leaves the action, too; a part of a secret would not be found there.
    const secrets = new Secrets();
    secrets.add(secret);
    const texts = [...debug, ...info, error.message, error.what, trace(error)].map(secrets.cut).join('\n');
    expect(piecesIn(texts, secret)).toEqual([]);
  });

  test('is shown as *** where a server sends it back', async () => {
    plan(status(200, `your token is ${stream.token}, is it not?`), always);
    const error = await failureOf(ask(connect(stream).client));
    expect(error.what).toContain('“your token is ***, is it not?”');
  });

  test('is in no debug line of a request that went well', async () => {
    const { email, key } = stream;
    for (const options of [{}, { credentials: { email, key } }]) {
      const { client, debug } = connect(stream, options);
      await ask(client);
      expect(debug).toHaveLength(1);
      for (const sent of [stream.token, email, key]) expect(debug.join()).not.toContain(sent);
    }
  });
});

describe('requests side by side', () => {
  /**
   * A server that answers nothing until so many requests wait for it, and a while longer, in which more than that
   * would come in. It tells how many waited at most.
   */
  async function crowdedServer(crowd: number) {
    const waiting = new Set<() => void>();
    let most = 0;
    let timer: NodeJS.Timeout | undefined;
    const answerAll = () => {
      for (const answer of waiting) answer();
      waiting.clear();
    };
    const server = await listen(0, '127.0.0.1', (_request, response) => {
      waiting.add(() => response.end(JSON.stringify({ success: true, result: { uid } })));
      most = Math.max(most, waiting.size);
      clearTimeout(timer);
      // Too few would wait forever, and the test with them.
      timer = setTimeout(answerAll, waiting.size < crowd ? 300 : 30);
    });
    return { apiUrl: server.url, most: () => most, [Symbol.asyncDispose]: server.close };
  }

  test.each([1, 3])(
    'are %d at once where so many are allowed, never more and never fewer',
    async (concurrency) => {
      await using server = await crowdedServer(concurrency);
      const { client } = connect({ ...stream, apiUrl: server.apiUrl }, { concurrency });
      const calls = Array.from({ length: 4 * concurrency }, () => ask(client));
      expect(await Promise.all(calls)).toHaveLength(4 * concurrency);
      expect(server.most()).toBe(concurrency);
    },
  );

  test('do not wait for one that pauses', async () => {
    const other = stream.addVideo().uid;
    plan(status(503, 'busy', { 'retry-after': '40' }));
    const { client, clock } = connect(stream, { concurrency: 1 });
    const ended: string[] = [];
    const call = async (id: string) => {
      await ask(client, id);
      ended.push(`${id} at ${clock.now() < 40_000 ? 'once' : 'last'}`);
    };
    await Promise.all([call(uid), call(other)]);
    expect(ended).toEqual([`${other} at once`, `${uid} at last`]);
  });
});

describe('the end of the step', () => {
  const reason = new Error('the step is over');

  test('ends a request under way, and is not tried again', async () => {
    plan({ kind: 'stall' }, always);
    const end = new AbortController();
    const { client, debug, info } = connect(stream, {
      deadline: { signal: end.signal, leftMs: () => (end.signal.aborted ? 0 : 60_000) },
    });
    const call = ask(client);
    while (stream.requests.length === 0) await new Promise(setImmediate);
    end.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(stream.requests).toHaveLength(1);
    expect([...debug, ...info]).toEqual([]);
  });

  test('ends a pause', async () => {
    plan(rateLimited(600), always);
    const end = new AbortController();
    const { client, clock } = connect(stream, {
      deadline: { signal: end.signal, leftMs: () => 3_600_000 },
      log: { debug: () => {}, info: () => setImmediate(() => end.abort(reason)) },
      clock: {
        now: () => 0,
        epochMs: () => 0,
        // Nobody wakes it but the signal.
        sleep: (_ms, signal) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      },
    });
    await expect(ask(client)).rejects.toBe(reason);
    expect(clock.now()).toBe(0);
    expect(stream.requests).toHaveLength(1);
  });

  test('lets no further request out, also one that waits for its turn', async () => {
    plan({ kind: 'stall' }, always);
    const end = new AbortController();
    const { client } = connect(stream, {
      concurrency: 1,
      deadline: { signal: end.signal, leftMs: () => 60_000 },
    });
    const calls = [ask(client), ask(client)];
    while (stream.requests.length === 0) await new Promise(setImmediate);
    end.abort(reason);
    for (const call of calls) await expect(call).rejects.toBe(reason);
    await expect(ask(client)).rejects.toBe(reason);
    expect(stream.requests).toHaveLength(1);
  });
});
