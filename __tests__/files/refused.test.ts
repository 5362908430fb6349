import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Fault, rateLimited, redirect } from '../../local-stream/faults.ts';
import type { FailureKind } from '../../src/core/failure.ts';
import { fastClock } from '../harness/fast-clock.ts';
import { always, bytesOf, film, openSaveBench, type SaveBenchOptions } from '../harness/save-bench.ts';

/** What is in the place of the file, and beside it, before. */
const before = {
  'film.mp4': 'the old film',
  'other.mp4': 'another film',
  '.hidden.partial': 'of somebody else',
};

interface Case {
  /** What goes wrong with every request. */
  readonly fault?: Fault;
  readonly bench?: SaveBenchOptions;
  readonly kind: FailureKind;
  /** What the failure says. */
  readonly says: string | RegExp;
  /** How many requests it takes to be sure; left out where nobody can know. */
  readonly requests?: number;
}

function answer(status: number, contentType: string, body: string | Uint8Array, headers = {}): Fault {
  return { kind: 'status', status, contentType, body, headers };
}

const page = '<!DOCTYPE html><title>Sign in</title>';

/** An MP4 that says of its own that it is twice as long. */
const truncated = bytesOf(film, 0, film.sizeBytes / 2);

const cases: Record<string, Case> = {
  'a page': {
    fault: answer(200, 'text/html; charset=utf-8', page),
    kind: 'not-media',
    says: `not with the file but with text/html: “${page}”`,
    requests: 5,
  },
  JSON: {
    fault: answer(200, 'application/json', '{"success":false}'),
    kind: 'not-media',
    says: 'application/json: “{"success":false}”',
    requests: 5,
  },
  'a problem in JSON': {
    fault: answer(200, 'Application/Problem+JSON', '{"title":"No"}'),
    kind: 'not-media',
    says: '{"title":"No"}',
    requests: 5,
  },
  'a part of a page': {
    fault: answer(206, 'text/html', page, { 'content-range': 'bytes 0-36/37' }),
    kind: 'not-media',
    says: page,
    requests: 5,
  },
  'an empty page': {
    fault: answer(200, 'text/plain', ''),
    kind: 'not-media',
    says: 'an empty body (text/plain)',
    requests: 5,
  },
  'an encoding': {
    fault: { kind: 'headers', headers: { 'content-encoding': 'gzip' } },
    kind: 'not-media',
    says: 'it came encoded as gzip, which nobody asked for',
    requests: 1,
  },
  'several encodings': {
    fault: { kind: 'headers', headers: { 'content-encoding': 'br, identity' } },
    kind: 'not-media',
    says: 'it came encoded as br, identity',
    requests: 1,
  },
  'fewer bytes than announced': {
    fault: { kind: 'wrong-length', delta: 1000 },
    kind: 'not-media',
    says: 'the host announced 501000 bytes but has 500000',
  },
  'fewer bytes than announced, from a host that knows no ranges': {
    fault: { kind: 'wrong-length', delta: 1000 },
    bench: { readings: { deliveryRanges: false } },
    kind: 'file-incomplete',
    says: /it was cut off after \d+ kB of 501 kB/,
  },
  'more bytes than announced': {
    fault: { kind: 'wrong-length', delta: -1000 },
    kind: 'not-media',
    says: 'by its own account it has 500000 bytes, but the host announced and sent 499000',
    requests: 1,
  },
  'more bytes than the announced part': {
    fault: answer(206, 'video/mp4', bytesOf(film), { 'content-range': 'bytes 0-399999/400000' }),
    kind: 'not-media',
    says: 'the host announced 400000 bytes but sent 500000',
    requests: 1,
  },
  'a file that was cut before it was delivered': {
    bench: { media: truncated },
    kind: 'not-media',
    says: 'by its own account it has 500000 bytes, but the host announced and sent 250000',
    requests: 1,
  },
  'a file that was cut before it was delivered, without a length': {
    bench: { media: truncated, readings: { deliveryLength: false } },
    kind: 'not-media',
    says: 'by its own account it has 500000 bytes',
    requests: 1,
  },
  'no bytes': { bench: { media: new Uint8Array() }, kind: 'not-media', says: 'it is empty', requests: 5 },
  'no bytes, without a length': {
    bench: { media: new Uint8Array(), readings: { deliveryLength: false } },
    kind: 'not-media',
    says: 'it is empty',
    requests: 5,
  },
  'seven bytes': {
    bench: { media: Buffer.from('\0\0\0\x08fty', 'latin1') },
    kind: 'not-media',
    says: 'it has no more than 7 bytes',
    requests: 6,
  },
  'bytes that are no ISO media': {
    bench: { media: Buffer.from('<?xml version="1.0"?><Error/>'.repeat(5000)) },
    kind: 'not-media',
    says: 'it is no MP4 or M4A file, but begins with "<?xml ve"',
    requests: 5,
  },
  'bytes of another box': {
    bench: { media: Buffer.concat([Buffer.from('\0\0\0\x08free', 'latin1'), bytesOf(film)]) },
    kind: 'not-media',
    says: 'begins with "free"',
    requests: 5,
  },
  'failed (424)': {
    fault: answer(424, 'text/plain', 'Failed Dependency'),
    kind: 'file-failed',
    says: 'Cloudflare failed to make it, and the delivery host answered with text/plain: “Failed Dependency”',
    requests: 1,
  },
  'missing (404)': {
    fault: answer(404, 'text/plain', 'Not Found'),
    kind: 'file-missing',
    says: 'the delivery host does not have it and answered with text/plain: “Not Found”',
    requests: 1,
  },
  'gone (410)': {
    fault: answer(410, 'text/plain', ''),
    kind: 'file-missing',
    says: 'an empty body',
    requests: 1,
  },
  'no password (401)': {
    fault: answer(401, 'text/plain', 'Unauthorized'),
    kind: 'delivery-refused',
    says: 'Unauthorized',
    requests: 2,
  },
  'forbidden (403)': {
    fault: answer(403, 'text/html', '<h1>Blocked</h1>'),
    kind: 'delivery-refused',
    says: '<h1>Blocked</h1>',
    requests: 2,
  },
  'a bad request (400)': {
    fault: answer(400, 'text/plain', 'filename'),
    kind: 'delivery-refused',
    says: 'refused with text/plain: “filename”',
    requests: 1,
  },
  'a proxy’s question (407), which fetch keeps to itself': {
    fault: answer(407, 'text/plain', ''),
    kind: 'delivery-unreachable',
    says: 'no answer from 127.0.0.1',
    requests: 5,
  },
  'no content (204)': {
    fault: { kind: 'status', status: 204 },
    kind: 'delivery-refused',
    says: /HTTP 204/,
    requests: 1,
  },
  'a fault (500)': {
    fault: answer(500, 'text/plain', 'Oops'),
    kind: 'delivery-error',
    says: 'Oops”',
    requests: 5,
  },
  'a fault of Cloudflare’s (522)': {
    fault: answer(522, 'text/html', '<h1>Connection timed out</h1>', { 'cf-ray': '8f00-FRA' }),
    kind: 'delivery-error',
    says: /HTTP 522, Ray id 8f00-FRA/,
    requests: 5,
  },
  'a limit (429)': { fault: rateLimited(1), kind: 'delivery-error', says: /HTTP 429/, requests: 5 },
  'a pause that is past the time limit': {
    fault: answer(503, 'text/plain', 'Later', { 'retry-after': '7200' }),
    kind: 'delivery-error',
    says: 'the next attempt, in 2 h, would be past the time limit',
    requests: 1,
  },
  'no connection': {
    fault: { kind: 'reset' },
    kind: 'delivery-unreachable',
    says: 'no answer from 127.0.0.1',
    requests: 5,
  },
  'a file that is always cut': {
    bench: {
      readings: { deliveryRanges: false },
      breaks: Object.fromEntries([1, 2, 3, 4, 5, 6].map((request) => [request, 300_000])),
    },
    kind: 'file-incomplete',
    says: 'it was cut off after 300 kB of 500 kB',
    requests: 6,
  },
  silence: {
    fault: { kind: 'stall' },
    bench: { silenceMs: 50 },
    kind: 'delivery-unreachable',
    says: /127\.0\.0\.1:\d+ sent nothing for 50 ms/,
    requests: 5,
  },
  'a redirect without end': {
    fault: redirect('?again'),
    kind: 'delivery-redirected',
    says: 'after 5 redirects',
    requests: 6,
  },
};

describe('what comes in place of a file is refused, and nothing is touched', () => {
  test.each(Object.entries(cases))('%s', async (_, { fault, bench: options, kind, says, requests }) => {
    await using bench = await openSaveBench(options);
    for (const [name, text] of Object.entries(before)) await writeFile(join(bench.root, name), text);
    if (fault) bench.fault(fault, { times: always });

    const failure = await bench.failure();
    expect(failure.kind).toBe(kind);
    expect(failure.message).toMatch(says);
    expect(failure.what).toMatch(/^Could not save the default download: /);
    expect(bench.requests).toHaveLength(requests ?? bench.requests.length);

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

  const passing = Object.entries(cases).filter(([, { fault, requests = 1 }]) => fault && requests > 1);

  test.each(passing)('unless it comes but once: %s', async (_, { fault, bench: options }) => {
    await using bench = await openSaveBench({ ...options, silenceMs: options?.silenceMs ?? 10_000 });
    if (fault) bench.fault(fault);
    await bench.arrives();
    expect(bench.requests).toHaveLength(2);
  });

  test('also in the midst of a file, which then goes on', async () => {
    await using bench = await openSaveBench({ breaks: { 1: 100_000, 6: 100_000, 11: 100_000 } });
    bench.fault(answer(200, 'text/html', page), { times: 4, after: 1 });
    bench.fault(answer(502, 'text/html', page), { times: 4, after: 2 });
    bench.fault(answer(503, 'video/mp4', 'no video at all'), { times: 4, after: 3 });
    await bench.arrives();
    expect(bench.requests).toHaveLength(16);
    expect(bench.requests.at(-1)?.headers.range).toBe('bytes=300000-');
  });

  test('also in the midst of a file, which is begun anew where that was in its place', async () => {
    await using bench = await openSaveBench({ breaks: { 1: 100_000 } });
    bench.fault(answer(200, 'video/mp4', 'no video at all'), { times: 4, after: 1 });
    await bench.arrives();
    expect(bench.requests.at(-1)?.headers).not.toHaveProperty('range');
  });
});

describe('an answer that names no type, or an odd one, is looked at itself', () => {
  test.each([null, 'application/octet-stream', 'binary/octet-stream', 'audio/mp4', 'video/quicktime'])(
    '%s',
    async (contentType) => {
      await using bench = await openSaveBench();
      bench.fault({ kind: 'headers', headers: { 'content-type': contentType } });
      await bench.arrives();
      expect(bench.requests).toHaveLength(1);
    },
  );

  test('as is one whose encoding is none', async () => {
    await using bench = await openSaveBench();
    bench.fault({ kind: 'headers', headers: { 'content-encoding': 'Identity' } });
    await bench.arrives();
  });
});

describe('a fault of the host’s own is waited for as long as it asks', () => {
  test.each([429, 500, 502, 503, 504, 408])('%d', async (status) => {
    const clock = fastClock(1000);
    const times: number[] = [];
    await using bench = await openSaveBench({ clock, before: () => times.push(clock.now()) });
    bench.fault(answer(status, 'text/plain', 'Later', { 'retry-after': '90' }));
    await bench.arrives();
    const [first = 0, second = 0] = times;
    expect(second - first).toBeGreaterThanOrEqual(90_000);
    expect(bench.told).toEqual([expect.stringContaining('next attempt in 1 min 30 s')]);
  });
});

describe('a file that is missing right after it was ready', () => {
  const missing = answer(404, 'text/plain', 'Not Found');

  test('is asked for again, and arrives', async () => {
    await using bench = await openSaveBench({ clock: fastClock(100) });
    bench.fault(missing, { times: 4 });
    await bench.save(bench.video, { readySinceMs: bench.clock.now() });
    expect(bench.requests).toHaveLength(5);
    expect(await bench.tree()).toEqual(['workspace/', 'workspace/film.mp4']);
  });

  test('arrives when the host has it late in that minute', async () => {
    const clock = fastClock(100);
    await using bench = await openSaveBench({ clock });
    const readySinceMs = clock.now();
    const remove = bench.stream.faults.add({ route: 'delivery.get', fault: missing, times: always });
    const saved = bench.save(bench.video, { readySinceMs });
    await clock.sleep(40_000, new AbortController().signal);
    remove();
    expect((await saved).sizeBytes).toBe(film.sizeBytes);
  });

  test('fails a minute later, not sooner and not much later', async () => {
    const clock = fastClock(200);
    await using bench = await openSaveBench({ clock });
    bench.fault(missing, { times: always });
    const readySinceMs = clock.now();
    const failure = await bench.failure(bench.video, { readySinceMs });
    expect(failure.kind).toBe('file-missing');
    expect(clock.now() - readySinceMs).toBeGreaterThanOrEqual(60_000);
    expect(clock.now() - readySinceMs).toBeLessThan(120_000);
    // With pauses that grow: not so often that it would be rude.
    expect(bench.requests.length).toBeGreaterThan(5);
    expect(bench.requests.length).toBeLessThan(15);
  });

  test('fails at once where no time is left', async () => {
    await using bench = await openSaveBench({ leftMs: () => 100 });
    bench.fault(missing, { times: always });
    const failure = await bench.failure(bench.video, { readySinceMs: bench.clock.now() });
    expect([failure.kind, bench.requests.length]).toEqual(['file-missing', 1]);
    expect(failure.what).toContain('would be past the time limit');
  });

  test('does not use up the attempts of what goes wrong later', async () => {
    await using bench = await openSaveBench({ clock: fastClock(200) });
    bench.fault(missing, { times: 4 });
    bench.fault({ kind: 'reset' }, { times: 4 });
    await bench.save(bench.video, { readySinceMs: bench.clock.now() });
    expect(bench.requests).toHaveLength(9);
  });

  test('and is still so in reality, as the delivery host has it', async () => {
    const clock = fastClock(100);
    await using bench = await openSaveBench({ clock });
    const video = bench.add({ media: { default: film }, deliveryLagMs: 30_000 });
    expect((await bench.save(video, { readySinceMs: clock.now() })).sizeBytes).toBe(film.sizeBytes);
    expect(bench.requests.map(({ status }) => status)).toContain(404);
  });
});
