import { describe, expect, test } from '@jest/globals';
import type { Readings } from '../../local-stream/readings.ts';
import { version } from '../../src/http/version.ts';
import { always, bytesOf, film, openSaveBench, type SaveBench } from '../harness/save-bench.ts';

const tenths = Array.from({ length: 10 }, (_, tenth) => tenth / 10);

/** Each kind of host, and what names a file's version to it: undefined where nothing can. */
const hosts: [string, Partial<Readings>, 'etag' | 'last-modified' | undefined][] = [
  ['with a strong ETag', {}, 'etag'],
  ['with a strong ETag alone', { deliveryLastModified: false }, 'etag'],
  ['with a weak ETag and a date', { deliveryETag: 'weak' }, undefined],
  ['with a date alone', { deliveryETag: 'none' }, 'last-modified'],
  ['with a weak ETag alone', { deliveryETag: 'weak', deliveryLastModified: false }, undefined],
  ['with neither', { deliveryETag: 'none', deliveryLastModified: false }, undefined],
  ['that knows no ranges', { deliveryRanges: false }, 'etag'],
];

const lengths: [string, Partial<Readings>][] = [
  ['announces the length', {}],
  ['sends chunks', { deliveryLength: false }],
];

const cases = lengths.flatMap(([sends, length]) =>
  hosts
    // Without a length, what tells the version makes no other difference.
    .filter((_, index) => length.deliveryLength !== false || [0, 3, 5, 6].includes(index))
    .map(
      ([host, readings, validator]) =>
        [`${host}, which ${sends}`, { ...readings, ...length }, validator] as const,
    ),
);

/** The first byte that each request asked for, undefined where it asked for all. */
function starts({ requests }: SaveBench): (number | undefined)[] {
  return requests.map(({ headers: { range } }) => {
    const [, start] = /^bytes=(\d+)-$/.exec(range ?? '') ?? [];
    return start === undefined ? undefined : Number(start);
  });
}

/** Whether each request was about a part, and nothing else than that. */
function expectOrderly({ requests }: SaveBench): void {
  for (const { headers, method } of requests) {
    expect(method).toBe('GET');
    expect(headers['accept-encoding']).toMatch(/^identity\b/);
    expect(headers['user-agent']).toBe(`stream-downloads/${version}`);
    for (const name of ['authorization', 'cookie', 'x-auth-key', 'x-auth-email', 'proxy-authorization']) {
      expect(headers).not.toHaveProperty([name]);
    }
    // Half a condition would be worse than none.
    expect(headers['if-range'] === undefined).toBe(headers.range === undefined);
  }
}

describe.each(cases)('from a host %s', (_, readings, validator) => {
  test('a file that is cut once arrives whole, at whichever tenth it was', async () => {
    // All at once: most of the time goes into waiting for the disk.
    await Promise.all(
      tenths.map(async (fraction) => {
        await using bench = await openSaveBench({ readings });
        bench.fault({ kind: 'cut', fraction });
        await bench.arrives();
        expect(bench.requests).toHaveLength(2);
        expectOrderly(bench);
        expect(starts(bench)[1] ?? 0).toBeLessThanOrEqual(film.sizeBytes * fraction);
      }),
    );
  });

  test('a file goes on from its last byte, where there is a way to', async () => {
    await using bench = await openSaveBench({ readings, breaks: { 1: 123_457 } });
    const { headers } = await fetch(bench.urlOf(bench.video), { method: 'HEAD' });
    bench.stream.requests.length = 0;
    await bench.arrives();
    expect(bench.requests).toHaveLength(2);
    expectOrderly(bench);
    const [, second] = bench.requests;
    expect(second?.headers.range).toBe(validator && 'bytes=123457-');
    expect(second?.headers['if-range']).toBe(validator && headers.get(validator));
    expect(second?.status).toBe(validator && readings.deliveryRanges !== false ? 206 : 200);
  });

  test('a file that is cut five times in a row arrives whole', async () => {
    await using bench = await openSaveBench({ readings });
    bench.fault({ kind: 'cut', fraction: 0.4 }, { times: 5 });
    await bench.arrives();
    expect(bench.requests).toHaveLength(6);
    expectOrderly(bench);
  });

  test('a file that was cut after its end is whole', async () => {
    await using bench = await openSaveBench({ readings });
    bench.fault({ kind: 'cut', fraction: 1 });
    await bench.arrives();
    expectOrderly(bench);
  });

  test('a file that is replaced meanwhile arrives whole, and new', async () => {
    const other = { sizeBytes: film.sizeBytes, seed: 2 };
    await using bench = await openSaveBench({
      readings,
      before: (request) => request === 2 && bench.stream.replaceMedia(bench.video.id, 'default', other),
    });
    bench.fault({ kind: 'cut', fraction: 0.7 });
    await bench.arrives(other);
    expectOrderly(bench);
  });

  test('a file that is replaced by a longer or a shorter one arrives whole, and new', async () => {
    await Promise.all(
      [-300_000, 300_000].map(async (more) => {
        const other = { sizeBytes: film.sizeBytes + more, seed: 2 };
        await using bench = await openSaveBench({
          readings,
          before: (request) => request === 2 && bench.stream.replaceMedia(bench.video.id, 'default', other),
        });
        bench.fault({ kind: 'cut', fraction: 0.7 });
        await bench.arrives(other);
      }),
    );
  });
});

test('every request asks for the bytes as they are, and says so once', async () => {
  await using bench = await openSaveBench({ breaks: { 1: 100_000 } });
  await bench.arrives();
  expect(bench.requests.map(({ headers }) => headers['accept-encoding'])).toEqual(['identity', 'identity']);
});

describe('a host that takes no notice of If-Range', () => {
  test.each([
    ['of the same size', film.sizeBytes],
    ['that is longer', film.sizeBytes + 1],
    ['that is shorter than what came', film.sizeBytes / 10],
  ])('makes no mixture of the file and one that replaced it, %s', async (_, sizeBytes) => {
    const other = { sizeBytes, seed: 2 };
    await using bench = await openSaveBench({
      breaks: { 1: 250_000 },
      before: (request) => request === 2 && bench.stream.replaceMedia(bench.video.id, 'default', other),
      fetch: (input, init) => {
        const headers = new Headers(init?.headers);
        headers.delete('if-range');
        return fetch(input, { ...init, headers });
      },
    });
    await bench.arrives(other);
    expect(starts(bench)).toEqual([undefined, expect.any(Number), undefined]);
  });
});

describe('a part that is another one than was asked for', () => {
  test.each([
    ['another start', (start: number) => `bytes ${start + 1}-499999/500000`],
    ['the beginning', () => 'bytes 0-499999/500000'],
    ['another total', (start: number) => `bytes ${start}-499999/500001`],
    ['no start', () => 'bytes */500000'],
    ['another unit', (start: number) => `pages ${start}-499999/500000`],
    ['words', () => 'all of it'],
    ['nothing', () => ''],
    ['no header', () => null],
    ['an end before the start', (start: number) => `bytes ${start}-${start - 1}/500000`],
    ['an end past the total', (start: number) => `bytes ${start}-500000/500000`],
  ])('is not joined on, and the file arrives whole: %s', async (_, contentRange) => {
    await using bench = await openSaveBench({ breaks: { 1: 100_000 } });
    bench.fault({ kind: 'headers', headers: { 'content-range': contentRange(100_000) } }, { after: 1 });
    await bench.arrives();
    expect(starts(bench)).toEqual([undefined, 100_000, undefined]);
    expect(bench.told).toHaveLength(2);
  });

  test('is the end of ranges for this file: it is begun anew as often as it is cut', async () => {
    await using bench = await openSaveBench({ breaks: { 1: 100_000, 3: 300_000 } });
    bench.fault({ kind: 'headers', headers: { 'content-range': 'bytes 7-499999/500000' } }, { after: 1 });
    await bench.arrives();
    expect(starts(bench)).toEqual([undefined, 100_000, undefined, undefined]);
  });

  test('is none where it begins where the first one would: a part without being asked for', async () => {
    await using bench = await openSaveBench();
    bench.fault({
      kind: 'status',
      status: 206,
      contentType: 'video/mp4',
      headers: { 'content-range': `bytes 0-99999/${film.sizeBytes}`, etag: '"1"' },
      body: bytesOf(film, 0, 100_000),
    });
    // It has another tag, so that the host sends all of it.
    await bench.arrives();
    expect(bench.requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=100000-']);
  });
});

describe('a part that is shorter than was asked for', () => {
  /** Ten boxes, so that the file looks whole after each of them. */
  const boxes = Buffer.concat(
    Array.from({ length: 10 }, (_, index) => {
      const box = Buffer.alloc(50_000, index);
      box.writeUInt32BE(box.byteLength);
      box.write(index === 0 ? 'ftyp' : 'mdat', 4, 'latin1');
      return box;
    }),
  );

  test.each(lengths)('is not taken for the last one, where the host %s', async (_, readings) => {
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
    await bench.arrives();
    expect(starts(bench)).toEqual([undefined, 123_457, 400_000]);
  });
});

describe('an answer that there is no such part (416)', () => {
  test('ends a file of unannounced length that had come whole', async () => {
    await using bench = await openSaveBench({
      readings: { deliveryLength: false },
      breaks: { 1: film.sizeBytes },
    });
    await bench.arrives();
    expect(bench.requests.map(({ status }) => status)).toEqual([200, 416]);
  });

  test('does not make a file of what has no beginning of one', async () => {
    await using bench = await openSaveBench({
      media: Buffer.from('pages'),
      readings: { deliveryLength: false },
      breaks: { 1: 5 },
    });
    expect(await bench.failure()).toMatchObject({ kind: 'not-media' });
  });

  test.each(['bytes */200000', 'bytes */0', 'bytes 0-1/500000', ''])(
    'begins the file anew where it is another one by now: %s',
    async (contentRange) => {
      await using bench = await openSaveBench({ breaks: { 1: 250_000 } });
      const headers = { 'content-range': contentRange };
      bench.fault({ kind: 'status', status: 416, headers }, { after: 1 });
      await bench.arrives();
      expect(starts(bench)).toEqual([undefined, 250_000, undefined]);
    },
  );

  test('without a part having been asked for is a refusal', async () => {
    await using bench = await openSaveBench();
    bench.fault({ kind: 'status', status: 416 });
    expect(await bench.failure()).toMatchObject({ kind: 'delivery-refused', said: { httpStatus: 416 } });
  });
});

describe('attempts', () => {
  test('end with the fifth in a row that brings no byte', async () => {
    await using bench = await openSaveBench();
    bench.fault({ kind: 'cut', bytes: 0 }, { times: always });
    const { kind, what } = await bench.failure();
    expect([kind, bench.requests.length]).toEqual(['delivery-unreachable', 5]);
    expect(what).toContain('the last of 5 attempts in a row without a new byte');
  });

  test.each(['reset', 'answer-lost'] as const)('end so whatever it is: %s', async (kind) => {
    await using bench = await openSaveBench();
    bench.fault({ kind }, { times: always });
    expect((await bench.failure()).kind).toBe('delivery-unreachable');
    expect(bench.requests).toHaveLength(5);
  });

  test('begin to be counted anew with each new byte', async () => {
    await using bench = await openSaveBench({ breaks: { 5: 100_000, 10: 1, 15: 150_000 } });
    for (const after of [0, 1, 2, 3]) bench.fault({ kind: 'reset' }, { times: 4, after });
    await bench.arrives();
    expect(bench.requests).toHaveLength(20);
  });

  test('are counted past bytes that had come before', async () => {
    const breaks = Object.fromEntries([1, 2, 3, 4, 5, 6].map((request) => [request, 100_000]));
    await using bench = await openSaveBench({ readings: { deliveryRanges: false }, breaks });
    const { kind, what } = await bench.failure();
    expect([kind, bench.requests.length]).toEqual(['file-incomplete', 6]);
    expect(what).toContain('it was cut off after 100 kB of 500 kB');
    expect(await bench.tree()).toEqual(['workspace/']);
  });

  test('are not used up by a file that is replaced and then comes in many parts', async () => {
    const other = { sizeBytes: film.sizeBytes, seed: 2 };
    const parts = Array.from({ length: 8 }, (_, part) => [part + 2, 50_000]);
    await using bench = await openSaveBench({
      breaks: { 1: 450_000, ...Object.fromEntries(parts) },
      before: (request) => request === 2 && bench.stream.replaceMedia(bench.video.id, 'default', other),
    });
    await bench.arrives(other);
  });

  test('are told, with the pause before the next', async () => {
    await using bench = await openSaveBench({ breaks: { 1: 100_000 } });
    await bench.arrives();
    expect(bench.told).toEqual([
      expect.stringMatching(
        /^it was cut off after 100 kB of 500 kB: no answer from 127\.0\.0\.1:\d+ \(terminated\); next attempt in 500 ms$/,
      ),
    ]);
  });
});

describe('progress', () => {
  test('grows to the size of the file, and falls back where it is begun anew', async () => {
    await using bench = await openSaveBench({
      readings: { deliveryRanges: false },
      breaks: { 1: 400_000 },
    });
    await bench.arrives();
    const falls = bench.progress.filter((bytes, index) => bytes < (bench.progress[index - 1] ?? 0));
    expect(falls).toHaveLength(1);
    expect(bench.progress).toContain(400_000);
    expect(bench.progress.at(-1)).toBe(film.sizeBytes);
  });
});
