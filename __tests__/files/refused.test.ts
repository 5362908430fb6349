import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Fault } from '../../local-stream/faults.ts';
import { surplus } from '../../local-stream/hostile-faults.ts';
import type { FailureKind } from '../../src/core/failures/table.ts';
import { leakedParts } from '../harness/leaked-parts.ts';
import { always } from '../harness/responses.ts';
import { bytesOf, film, openSaveBench, type SaveBenchOptions } from '../harness/save-bench.ts';

/** Files that exist in the workspace before. */
const before = {
  'film.mp4': 'the old film',
  'other.mp4': 'another film',
  '.hidden.partial': 'a file of another program',
};

interface Case {
  /** The fault of every request. */
  readonly fault?: Fault;
  readonly bench?: SaveBenchOptions;
  readonly kind: FailureKind;
  /** What the message contains. */
  readonly message: string | RegExp;
  /** How many requests are sent; undefined if that depends on what arrives. */
  readonly requests?: number;
}

function answer(status: number, contentType: string, body: string | Uint8Array, headers = {}): Fault {
  return { kind: 'status', status, contentType, body, headers };
}

const page = '<!DOCTYPE html><title>Sign in</title>';

/** An MP4 whose boxes add up to twice its size. */
const truncated = bytesOf(film, 0, film.sizeBytes / 2);

const cases: Record<string, Case> = {
  'a page in place of the file': {
    fault: answer(200, 'text/html; charset=utf-8', page),
    kind: 'not-media',
    message: `instead of the file, the delivery host answered with text/html: “${page}”`,
    requests: 5,
  },
  'a page with the content type of a file': {
    fault: answer(200, 'video/mp4', `${page}\n<p>here`),
    kind: 'not-media',
    message: `instead of the file, the delivery host answered with video/mp4: “${page} <p>here”`,
    requests: 5,
  },
  'a page as a part': {
    fault: answer(206, 'video/mp4', page, { 'content-range': 'bytes 0-43/44' }),
    kind: 'not-media',
    message: `video/mp4: “${page}”`,
    requests: 5,
  },
  'JSON with the content type of a file': {
    fault: answer(200, 'application/octet-stream', '{"success":false}'),
    kind: 'not-media',
    message: 'application/octet-stream: “{"success":false}”',
    requests: 5,
  },
  'a text that is too short for any file': {
    fault: answer(200, 'video/mp4', 'Oops'),
    kind: 'not-media',
    message: 'video/mp4: “Oops”',
    requests: 5,
  },
  'bytes that are not text, as text': {
    fault: answer(200, 'text/plain', Buffer.from('1f8b080000000000', 'hex')),
    kind: 'not-media',
    message: 'the file is not MP4 or M4A: its first bytes are 1f 8b 08 00 00 00 00 00',
    requests: 5,
  },
  'what begins as text but is none': {
    fault: answer(200, 'text/html', Buffer.from(`${page}\0\0`)),
    kind: 'not-media',
    message: 'the delivery host answered with a body of 39 bytes that is not text (text/html)',
    requests: 5,
  },
  'an error that is not text': {
    fault: answer(500, 'text/html', Buffer.from('0001feff', 'hex')),
    kind: 'delivery-error',
    message: 'the delivery host answered HTTP 500 with a body of 4 bytes that is not text (text/html)',
    requests: 5,
  },
  'an encoding': {
    fault: { kind: 'headers', headers: { 'content-encoding': 'gzip' } },
    kind: 'not-media',
    message: 'the response is encoded as gzip, which was not requested',
    requests: 1,
  },
  'fewer bytes than announced': {
    fault: { kind: 'wrong-length', delta: 1000 },
    kind: 'not-media',
    message: 'the host announced 501,000 bytes but has 500,000',
  },
  'fewer bytes than announced, from a host that ignores ranges': {
    fault: { kind: 'wrong-length', delta: 1000 },
    bench: { readings: { deliveryRanges: false } },
    kind: 'file-incomplete',
    message: /the connection broke after \d+ kB of 501 kB/,
  },
  'more bytes than announced': {
    fault: { kind: 'wrong-length', delta: -1000 },
    kind: 'not-media',
    message: "the file's own structure says 500,000 bytes, but the host sent 499,000",
    requests: 1,
  },
  'more bytes than the announced part': {
    fault: answer(206, 'video/mp4', bytesOf(film), { 'content-range': 'bytes 0-399999/400000' }),
    kind: 'not-media',
    message: 'the host announced 400,000 bytes but sent more',
    requests: 1,
  },
  'an endless file of which ten bytes are announced': {
    fault: surplus(),
    kind: 'not-media',
    message: 'the host announced 10 bytes but sent more',
    requests: 1,
  },
  'an endless file of which a million bytes are announced': {
    fault: surplus(1_000_000),
    kind: 'not-media',
    message: 'the host announced 1,000,000 bytes but sent more',
    requests: 1,
  },
  'a part that is longer than its range': {
    fault: answer(206, 'video/mp4', bytesOf(film, 0, 101), { 'content-range': 'bytes 0-99/500000' }),
    kind: 'not-media',
    message: 'the host announced 100 bytes but sent more',
    requests: 1,
  },
  'a file that is truncated at the host': {
    bench: { media: truncated },
    kind: 'not-media',
    message: "the file's own structure says 500,000 bytes, but the host sent 250,000",
    requests: 1,
  },
  'a file that is truncated at the host, without a length': {
    bench: { media: truncated, readings: { deliveryLength: false } },
    kind: 'not-media',
    message: "the file's own structure says 500,000 bytes",
    requests: 1,
  },
  'no bytes': {
    bench: { media: new Uint8Array() },
    kind: 'not-media',
    message: 'the delivery host answered with an empty body (video/mp4)',
    requests: 5,
  },
  'seven bytes': {
    bench: { media: Buffer.from('\0\0\0\x08fty', 'latin1') },
    kind: 'not-media',
    message: 'the file is not MP4 or M4A: its first bytes are 00 00 00 08 66 74 79',
    requests: 5,
  },
  'bytes that are not ISO media': {
    bench: { media: Buffer.from('1a45dfa39f428681'.repeat(50_000), 'hex') },
    kind: 'not-media',
    message: 'the file is not MP4 or M4A: its first bytes are 1a 45 df a3 9f 42 86 81',
    requests: 5,
  },
  'failed (424)': {
    fault: answer(424, 'text/plain', 'Failed Dependency'),
    kind: 'file-failed',
    message:
      'the delivery host cannot deliver the file and answered HTTP 424 with text/plain: “Failed Dependency”',
    requests: 1,
  },
  'missing (404)': {
    fault: answer(404, 'text/plain', 'Not Found'),
    kind: 'file-missing',
    message: 'the delivery host does not have the file and answered HTTP 404 with text/plain: “Not Found”',
    requests: 1,
  },
  'forbidden (403)': {
    fault: answer(403, 'text/html', '<h1>Blocked</h1>'),
    kind: 'delivery-refused',
    message: '<h1>Blocked</h1>',
    requests: 2,
  },
  'a bad request (400)': {
    fault: answer(400, 'text/plain', 'filename'),
    kind: 'delivery-refused',
    message: 'the delivery host refused the request and answered HTTP 400 with text/plain: “filename”',
    requests: 1,
  },
  'a proxy’s 407, which is no answer of the host': {
    fault: answer(407, 'text/plain', ''),
    kind: 'proxy',
    message: /127\.0\.0\.1:\d+ answered HTTP 407/,
    requests: 1,
  },
  'an error (500)': {
    fault: answer(500, 'text/plain', 'Oops'),
    kind: 'delivery-error',
    message: 'Oops”',
    requests: 5,
  },
  'an error of Cloudflare (522)': {
    fault: answer(522, 'text/html', '<h1>Connection timed out</h1>', { 'cf-ray': '8f00-FRA' }),
    kind: 'delivery-error',
    message: 'Cloudflare answered: HTTP 522, Ray ID 8f00-FRA.',
    requests: 5,
  },
  'a pause that would be longer than the time limit': {
    fault: answer(503, 'text/plain', 'Later', { 'retry-after': '7200' }),
    kind: 'delivery-error',
    message: 'the next attempt, in 2 h, would be after the time limit',
    requests: 1,
  },
  'no connection': {
    fault: { kind: 'reset' },
    kind: 'delivery-unreachable',
    message: 'no response from 127.0.0.1',
    requests: 5,
  },
};

describe('a response that is not the file is refused, and no file is changed', () => {
  test.each(Object.entries(cases))('%s', async (_, { fault, bench: options, kind, message, requests }) => {
    await using bench = await openSaveBench(options);
    for (const [name, text] of Object.entries(before)) await writeFile(join(bench.root, name), text);
    if (fault) bench.fault(fault, { times: always });

    const failure = await bench.failure();
    expect(failure.kind).toBe(kind);
    expect(failure.message).toMatch(message);
    expect(failure.what).toMatch(/^Could not save the MP4 download: /);
    if (requests !== undefined) expect(bench.requests).toHaveLength(requests);

    expect(await bench.tree()).toEqual([
      'workspace/',
      ...Object.keys(before)
        .map((name) => `workspace/${name}`)
        .sort(),
    ]);
    for (const [name, text] of Object.entries(before)) {
      expect(await readFile(join(bench.root, name), 'utf8')).toBe(text);
    }
  });

  const retried = Object.entries(cases).filter(([, { fault, requests = 1 }]) => fault && requests > 1);

  test.each(retried)('unless a later response is the file: %s', async (_, { fault, bench: options }) => {
    await using bench = await openSaveBench(options);
    if (fault) bench.fault(fault);
    await bench.expectSaved();
    expect(bench.requests).toHaveLength(2);
  });

  test('during a file, which is then resumed', async () => {
    await using bench = await openSaveBench({ breaks: { 1: 100_000, 6: 100_000, 11: 100_000 } });
    bench.fault(answer(200, 'text/html', page), { times: 4, after: 1 });
    bench.fault(answer(502, 'text/html', page), { times: 4, after: 2 });
    bench.fault(answer(503, 'video/mp4', 'not a video'), { times: 4, after: 3 });
    await bench.expectSaved();
    expect(bench.requests).toHaveLength(16);
    expect(bench.requests.at(-1)?.headers.range).toBe('bytes=300000-');
  });

  test('during a file, which is then resumed, also with the content type of a file', async () => {
    await using bench = await openSaveBench({ breaks: { 1: 100_000 } });
    bench.fault(answer(200, 'video/mp4', 'not a video'), { times: 2, after: 1 });
    bench.fault(answer(200, 'video/mp4', ''), { after: 2 });
    await bench.expectSaved();
    expect(bench.requests.at(-1)?.headers.range).toBe('bytes=100000-');
  });
});

test.each([null, 'application/octet-stream', 'text/plain', 'text/html; charset=utf-8', 'application/json'])(
  'a file may have the content type %p, whole and in parts',
  async (contentType) => {
    await using bench = await openSaveBench({ breaks: { 1: 100_000 } });
    bench.fault({ kind: 'headers', headers: { 'content-type': contentType } }, { times: 2 });
    await bench.expectSaved();
    expect(bench.requests.map(({ status }) => status)).toEqual([200, 206]);
    expect(bench.log).toHaveLength(1);
  },
);

test('a page is received once to be described, also if it comes a byte at a time', async () => {
  await using bench = await openSaveBench({ media: Buffer.from(page) });
  bench.fault({ kind: 'drip', bytes: 1, everyMs: 1 }, { times: always });
  expect((await bench.failure()).message).toContain(`video/mp4: “${page}”`);
  expect(bench.requests).toHaveLength(5);
});

test('the text of a page is redacted before it is truncated, and on one line', async () => {
  const token = `eyJ${'hbGciOi'.repeat(9)}.eyJ${'zdWIiOi'.repeat(30)}.${'s-g_n'.repeat(60)}`;
  await using bench = await openSaveBench();
  const text = `<html>\n${'x'.repeat(170)}\n${token}`;
  bench.fault(answer(200, 'video/mp4', text), { times: always });
  const { message } = await bench.failure();
  expect(leakedParts(message, token)).toEqual([]);
  expect(message).toContain(`“<html> ${'x'.repeat(170)} eyJhb…”`);
});

test('a transfer of more than was announced ends with its first surplus byte, and closes the connection', async () => {
  let receivedBytes = 0;
  const closed = Promise.withResolvers<void>();
  await using bench = await openSaveBench({
    breaks: {},
    intercept: async ({ pass }) => {
      const response = await pass();
      const counted = response.body?.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform: (piece, controller) => {
            receivedBytes += piece.byteLength;
            controller.enqueue(piece);
          },
          cancel: () => closed.resolve(),
        }),
      );
      return new Response(counted ?? null, response);
    },
  });
  bench.fault(surplus(100_000));
  expect((await bench.failure()).message).toContain('the host announced 100,000 bytes but sent more');
  await closed.promise;
  expect(receivedBytes).toBeLessThan(1_000_000);
  expect(bench.progress.every((bytes) => bytes <= 100_000)).toBe(true);
});

test('a request is retried after `Retry-After`', async () => {
  const times: number[] = [];
  await using bench = await openSaveBench({ before: () => times.push(bench.clock.now()) });
  bench.fault(answer(503, 'text/plain', 'Later', { 'retry-after': '90' }));
  await bench.expectSaved();
  const [first = 0, second = 0] = times;
  expect(second - first).toBe(90_000);
  expect(bench.log).toEqual([expect.stringContaining('next attempt in 1 min 30 s')]);
});

describe('a file that is missing right after it became ready', () => {
  const statuses: [number, FailureKind][] = [
    [404, 'file-missing'],
    [424, 'file-failed'],
  ];

  test.each([
    [404, 'not-found'],
    [424, 'failed-dependency'],
  ] as const)('is saved if the host has it within a minute: %d', async (status, deliveryLag) => {
    await using bench = await openSaveBench({ readings: { deliveryLag } });
    const readySinceMs = bench.clock.now();
    const video = bench.add({ media: { default: film }, deliveryLagMs: 55_000 });
    expect((await bench.save(video, { readySinceMs })).sizeBytes).toBe(film.sizeBytes);
    expect(bench.clock.now() - readySinceMs).toBeLessThanOrEqual(60_000);
    expect(bench.requests.map((request) => request.status)).toContain(status);
  });

  test.each(statuses)('fails after a minute: %d', async (status, kind) => {
    await using bench = await openSaveBench();
    bench.fault(answer(status, 'text/plain', 'No'), { times: always });
    const readySinceMs = bench.clock.now();
    expect((await bench.failure(bench.video, { readySinceMs })).kind).toBe(kind);
    expect(bench.clock.now() - readySinceMs).toBe(60_000);
    // The pauses grow, so that the host is not flooded.
    expect(bench.requests.length).toBeGreaterThan(5);
    expect(bench.requests.length).toBeLessThan(15);
  });

  test.each(statuses)('fails at once if no time is left: %d', async (status, kind) => {
    await using bench = await openSaveBench({ leftMs: () => 100 });
    bench.fault(answer(status, 'text/plain', 'No'), { times: always });
    const failure = await bench.failure(bench.video, { readySinceMs: bench.clock.now() });
    expect([failure.kind, bench.requests.length]).toEqual([kind, 1]);
    expect(failure.what).toContain('would be after the time limit');
  });

  test('fails at once if the video failed, which is asked once, and only after 424', async () => {
    for (const [status, hasFailed] of [
      [424, true],
      [424, false],
      [404, true],
    ] as const) {
      await using bench = await openSaveBench();
      bench.fault(answer(status, 'text/plain', 'No'), { times: always });
      const readySinceMs = bench.clock.now();
      let asked = 0;
      await bench.failure(bench.video, {
        readySinceMs,
        hasFailed: async () => {
          asked++;
          return hasFailed;
        },
      });
      const isFinal = status === 424 && hasFailed;
      expect([asked, bench.clock.now() - readySinceMs]).toEqual([
        status === 424 ? 1 : 0,
        isFinal ? 0 : 60_000,
      ]);
    }
  });

  test.each(statuses)('does not use up the attempts of later failures: %d', async (status) => {
    await using bench = await openSaveBench();
    bench.fault(answer(status, 'text/plain', 'No'), { times: 4 });
    bench.fault({ kind: 'reset' }, { times: 4 });
    await bench.save(bench.video, { readySinceMs: bench.clock.now() });
    expect(bench.requests).toHaveLength(9);
  });
});
