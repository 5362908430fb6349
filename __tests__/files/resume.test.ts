import { describe, expect, test } from '@jest/globals';
import type { Readings } from '../../local-stream/readings.ts';
import { userAgent } from '../../src/http/http.ts';
import { always } from '../harness/responses.ts';
import { bytesOf, film, openSaveBench, type SaveBench } from '../harness/save-bench.ts';

const fractions = [0, 0.1, 0.5, 0.9];

/** The header that identifies a version in `If-Range`, or that a range is requested without it. */
type Condition = 'etag' | 'last-modified' | 'none';

/** Each kind of host, with the condition of a range request; undefined if none can be sent. */
const hosts: [string, Partial<Readings>, Condition | undefined][] = [
  ['with a strong ETag', {}, 'etag'],
  ['with a strong ETag alone', { deliveryLastModified: false }, 'etag'],
  ['with a weak ETag and a date', { deliveryETag: 'weak' }, 'none'],
  ['with a date alone', { deliveryETag: 'none' }, 'last-modified'],
  ['with a weak ETag alone', { deliveryETag: 'weak', deliveryLastModified: false }, 'none'],
  ['with neither', { deliveryETag: 'none', deliveryLastModified: false }, undefined],
  ['that ignores ranges', { deliveryRanges: false }, 'etag'],
  ['that does not repeat its ETag', { deliveryRepeatsValidators: false }, 'etag'],
  [
    'that does not repeat its date',
    { deliveryETag: 'none', deliveryRepeatsValidators: false },
    'last-modified',
  ],
  ['with a weak ETag that ignores ranges', { deliveryETag: 'weak', deliveryRanges: false }, 'none'],
];

const lengths: [string, Partial<Readings>][] = [
  ['announces the length', {}],
  ['sends chunks', { deliveryLength: false }],
];

const cases = lengths.flatMap(([sends, length]) =>
  hosts
    // Without a length, the other hosts make no difference.
    .filter((_, index) => length.deliveryLength !== false || [0, 2, 3, 5, 6, 7].includes(index))
    .map(
      ([host, readings, condition]) =>
        [`${host}, which ${sends}`, { ...readings, ...length }, condition] as const,
    ),
);

/** The first byte of each request; undefined if it is for the whole file. */
function starts({ requests }: SaveBench): (number | undefined)[] {
  return requests.map(({ headers: { range } }) => {
    const [, start] = /^bytes=(\d+)-$/.exec(range ?? '') ?? [];
    return start === undefined ? undefined : Number(start);
  });
}

/** Expects that no request holds credentials, and that each range has its condition. */
function expectCorrectHeaders({ requests }: SaveBench, condition: Condition | undefined): void {
  for (const { headers, method } of requests) {
    expect(method).toBe('GET');
    expect(headers['accept-encoding']).toMatch(/^identity\b/);
    expect(headers['user-agent']).toBe(userAgent);
    for (const name of ['authorization', 'cookie', 'x-auth-key', 'x-auth-email', 'proxy-authorization']) {
      expect(headers).not.toHaveProperty([name]);
    }
    expect(headers['if-range'] !== undefined).toBe(headers.range !== undefined && condition !== 'none');
  }
}

describe.each(cases)('from a host %s', (_, readings, condition) => {
  test('a file is complete after one broken connection, wherever it breaks', async () => {
    // Concurrently, since most of the time is spent syncing to disk.
    await Promise.all(
      fractions.map(async (fraction) => {
        await using bench = await openSaveBench({ readings });
        bench.fault({ kind: 'cut', fraction });
        await bench.expectSaved();
        expect(bench.requests).toHaveLength(2);
        expectCorrectHeaders(bench, condition);
        expect(starts(bench)[1] ?? 0).toBeLessThanOrEqual(film.sizeBytes * fraction);
      }),
    );
  });

  test('a file is resumed from its last byte if possible', async () => {
    await using bench = await openSaveBench({ readings, breaks: { 1: 123_457 } });
    const { headers } = await fetch(bench.urlOf(bench.video), { method: 'HEAD' });
    bench.stream.requests.length = 0;
    await bench.expectSaved();
    expect(bench.requests).toHaveLength(2);
    expectCorrectHeaders(bench, condition);
    const [, second] = bench.requests;
    expect(second?.headers.range).toBe(condition && 'bytes=123457-');
    const validator = condition && headers.get(condition);
    expect(second?.headers['if-range']).toBe(validator ?? undefined);
    expect(second?.status).toBe(condition && readings.deliveryRanges !== false ? 206 : 200);
  });

  test('a file is complete after five broken connections in a row', async () => {
    await using bench = await openSaveBench({ readings });
    bench.fault({ kind: 'cut', fraction: 0.4 }, { times: 5 });
    await bench.expectSaved();
    expect(bench.requests).toHaveLength(6);
    expectCorrectHeaders(bench, condition);
  });

  test('a file is complete if the connection breaks after its end', async () => {
    await using bench = await openSaveBench({ readings });
    bench.fault({ kind: 'cut', fraction: 1 });
    await bench.expectSaved();
    expectCorrectHeaders(bench, condition);
  });

  test('a file that is replaced meanwhile is the new one', async () => {
    const other = { sizeBytes: film.sizeBytes, seed: 2 };
    await using bench = await openSaveBench({
      readings,
      before: (request) => request === 2 && bench.stream.replaceMedia(bench.video.id, 'default', other),
    });
    bench.fault({ kind: 'cut', fraction: 0.7 });
    await bench.expectSaved(other);
    expectCorrectHeaders(bench, condition);
  });

  test('a file that is replaced by a longer or a shorter one is the new one', async () => {
    await Promise.all(
      [-300_000, 300_000].map(async (more) => {
        const other = { sizeBytes: film.sizeBytes + more, seed: 2 };
        await using bench = await openSaveBench({
          readings,
          before: (request) => request === 2 && bench.stream.replaceMedia(bench.video.id, 'default', other),
        });
        bench.fault({ kind: 'cut', fraction: 0.7 });
        await bench.expectSaved(other);
      }),
    );
  });
});

test('every request has one Accept-Encoding, identity', async () => {
  await using bench = await openSaveBench({ breaks: { 1: 100_000 } });
  await bench.expectSaved();
  expect(bench.requests.map(({ headers }) => headers['accept-encoding'])).toEqual(['identity', 'identity']);
});

describe('a host that ignores If-Range', () => {
  test.each([
    ['of the same size', film.sizeBytes],
    ['that is longer', film.sizeBytes + 1],
    ['that is shorter than what was received', film.sizeBytes / 10],
  ])('does not cause a mixture of the file and its replacement, %s', async (_, sizeBytes) => {
    const other = { sizeBytes, seed: 2 };
    await using bench = await openSaveBench({
      breaks: { 1: 250_000 },
      before: (request) => request === 2 && bench.stream.replaceMedia(bench.video.id, 'default', other),
      intercept: ({ headers: { 'If-Range': _, ...headers }, pass }) => pass(headers),
    });
    await bench.expectSaved(other);
    expect(starts(bench)).toEqual([undefined, expect.any(Number), undefined]);
  });
});

describe('a part of a file with a weak ETag', () => {
  test.each<[string, Record<string, string | null>]>([
    ['another weak ETag', { etag: 'W/"another"' }],
    ['another date', { 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' }],
    ['another total', { 'content-range': 'bytes 100000-499999/500001' }],
    ['no weak ETag', { etag: null }],
    ['no date', { 'last-modified': null }],
    ['neither', { etag: null, 'last-modified': null }],
  ])('is not appended if it has %s, and the file is complete', async (_, headers) => {
    await using bench = await openSaveBench({ readings: { deliveryETag: 'weak' }, breaks: { 1: 100_000 } });
    bench.fault({ kind: 'headers', headers }, { after: 1 });
    await bench.expectSaved();
    expect(starts(bench)).toEqual([undefined, 100_000, undefined]);
  });
});

describe('another part than the requested one', () => {
  test.each([
    ['another start', `bytes 100001-499999/${film.sizeBytes}`],
    ['no header', null],
  ])('is not appended, and the file is complete: %s', async (_, contentRange) => {
    await using bench = await openSaveBench({ breaks: { 1: 100_000 } });
    bench.fault({ kind: 'headers', headers: { 'content-range': contentRange } }, { after: 1 });
    await bench.expectSaved();
    expect(starts(bench)).toEqual([undefined, 100_000, undefined]);
    expect(bench.log).toHaveLength(2);
  });

  test('ends range requests for this file: it is started again after each broken connection', async () => {
    await using bench = await openSaveBench({ breaks: { 1: 100_000, 3: 300_000 } });
    bench.fault({ kind: 'headers', headers: { 'content-range': 'bytes 7-499999/500000' } }, { after: 1 });
    await bench.expectSaved();
    expect(starts(bench)).toEqual([undefined, 100_000, undefined, undefined]);
  });

  test('may be the first one, without a range request', async () => {
    await using bench = await openSaveBench();
    bench.fault({
      kind: 'status',
      status: 206,
      contentType: 'video/mp4',
      headers: { 'content-range': `bytes 0-99999/${film.sizeBytes}`, etag: '"1"' },
      body: bytesOf(film, 0, 100_000),
    });
    // Its tag is not the host's, so the host sends the whole file next.
    await bench.expectSaved();
    expect(bench.requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=100000-']);
  });
});

describe('a part that is shorter than the requested one', () => {
  /** Ten boxes, so that the file looks complete after each of them. */
  const boxes = Buffer.concat(
    Array.from({ length: 10 }, (_, index) => {
      const box = Buffer.alloc(50_000, index);
      box.writeUInt32BE(box.byteLength);
      box.write(index === 0 ? 'ftyp' : 'mdat', 4, 'latin1');
      return box;
    }),
  );

  test.each(lengths)('is not mistaken for the last one if the host %s', async (_, readings) => {
    await using bench = await openSaveBench({ media: boxes, readings, breaks: { 1: 123_457 } });
    const { headers } = await fetch(bench.urlOf(bench.video), { method: 'HEAD' });
    bench.stream.requests.length = 0;
    bench.fault(
      {
        kind: 'status',
        status: 206,
        contentType: 'video/mp4',
        headers: { 'content-range': 'bytes 123457-399999/500000', etag: headers.get('etag') ?? '' },
        body: bytesOf(boxes, 123_457, 400_000),
      },
      { after: 1 },
    );
    await bench.expectSaved();
    expect(starts(bench)).toEqual([undefined, 123_457, 400_000]);
  });
});

describe('"range not satisfiable" (416)', () => {
  test('completes a file of unknown length that was received completely', async () => {
    await using bench = await openSaveBench({
      readings: { deliveryLength: false },
      breaks: { 1: film.sizeBytes },
    });
    await bench.expectSaved();
    expect(bench.requests.map(({ status }) => status)).toEqual([200, 416]);
  });

  test('is not needed for the last byte', async () => {
    await using bench = await openSaveBench({
      media: Buffer.from('\0\0\0\x09ftypi', 'latin1'),
      readings: { deliveryLength: false },
      breaks: { 1: 8 },
    });
    await bench.expectSaved();
    expect(bench.requests.map(({ status }) => status)).toEqual([200, 206]);
  });

  test('does not complete a file of a weak ETag that was replaced by one of the same size as what was received', async () => {
    const other = { sizeBytes: 250_000, seed: 2 };
    await using bench = await openSaveBench({
      readings: { deliveryETag: 'weak', deliveryLength: false },
      breaks: { 1: 250_000 },
      before: (request) => request === 2 && bench.stream.replaceMedia(bench.video.id, 'default', other),
    });
    bench.fault(
      {
        kind: 'status',
        status: 416,
        headers: { 'content-range': 'bytes */250000', etag: 'W/"another"' },
      },
      { after: 1 },
    );
    await bench.expectSaved(other);
    expect(starts(bench)).toEqual([undefined, 250_000, undefined]);
  });

  test('with another size starts the file again', async () => {
    await using bench = await openSaveBench({ breaks: { 1: 250_000 } });
    const headers = { 'content-range': 'bytes */200000' };
    bench.fault({ kind: 'status', status: 416, headers }, { after: 1 });
    await bench.expectSaved();
    expect(starts(bench)).toEqual([undefined, 250_000, undefined]);
  });
});

describe('attempts', () => {
  test('end with the fifth in a row without a new byte', async () => {
    await using bench = await openSaveBench();
    bench.fault({ kind: 'cut', bytes: 0 }, { times: always });
    const { kind, what } = await bench.failure();
    expect([kind, bench.requests.length]).toEqual(['delivery-unreachable', 5]);
    expect(what).toContain('the last of 5 attempts in a row without a new byte');
  });

  test('are counted again from each new byte', async () => {
    await using bench = await openSaveBench({ breaks: { 5: 100_000, 10: 1, 15: 150_000 } });
    for (const after of [0, 1, 2, 3]) bench.fault({ kind: 'reset' }, { times: 4, after });
    await bench.expectSaved();
    expect(bench.requests).toHaveLength(20);
  });

  test('are counted if only bytes arrive that were received before', async () => {
    const breaks = Object.fromEntries([1, 2, 3, 4, 5, 6].map((request) => [request, 100_000]));
    await using bench = await openSaveBench({ readings: { deliveryRanges: false }, breaks });
    const { kind, what } = await bench.failure();
    expect([kind, bench.requests.length]).toEqual(['file-incomplete', 6]);
    expect(what).toContain('the connection broke after 100 kB of 500 kB');
    expect(await bench.tree()).toEqual(['workspace/']);
  });

  test('are not used up by a file that is replaced and then arrives in many parts', async () => {
    const other = { sizeBytes: film.sizeBytes, seed: 2 };
    const parts = Array.from({ length: 8 }, (_, part) => [part + 2, 50_000]);
    await using bench = await openSaveBench({
      breaks: { 1: 450_000, ...Object.fromEntries(parts) },
      before: (request) => request === 2 && bench.stream.replaceMedia(bench.video.id, 'default', other),
    });
    await bench.expectSaved(other);
  });

  test('end if the file is replaced again and again', async () => {
    const breaks = Array.from({ length: 50 }, (_, index) => [index + 1, index % 2 === 0 ? 100_000 : 50_000]);
    await using bench = await openSaveBench({
      breaks: Object.fromEntries(breaks),
      before: (request) => {
        const other = { sizeBytes: film.sizeBytes, seed: request };
        if (request % 2 === 1 && request > 1) bench.stream.replaceMedia(bench.video.id, 'default', other);
      },
    });
    expect(await bench.failure()).toMatchObject({ kind: 'file-incomplete' });
    expect(starts(bench).slice(0, 4)).toEqual([undefined, 100_000, 150_000, 100_000]);
    expect(bench.requests.length).toBeLessThan(20);
  });

  test('are logged with the pause before the next', async () => {
    await using bench = await openSaveBench({ breaks: { 1: 100_000 } });
    await bench.expectSaved();
    expect(bench.log).toEqual([
      expect.stringMatching(
        /^the connection broke after 100 kB of 500 kB: nothing more came from 127\.0\.0\.1:\d+ \(terminated\); next attempt in 500 ms$/,
      ),
    ]);
  });
});

describe('progress', () => {
  test('grows to the size of the file, and falls if the file is started again', async () => {
    await using bench = await openSaveBench({
      readings: { deliveryRanges: false },
      breaks: { 1: 400_000 },
    });
    await bench.expectSaved();
    const falls = bench.progress.filter((bytes, index) => bytes < (bench.progress[index - 1] ?? 0));
    expect(falls).toHaveLength(1);
    expect(bench.progress).toContain(400_000);
    expect(bench.progress.at(-1)).toBe(film.sizeBytes);
  });
});
