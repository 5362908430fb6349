import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { Fault } from '../../local-stream/faults.ts';
import { Failure } from '../../src/core/failure.ts';
import { fastClock } from '../harness/fast-clock.ts';
import { always, openSaveBench, until } from '../harness/save-bench.ts';
import { pretendSlowDisk } from '../harness/save-small-disk.ts';

const silenceMs = 120;

describe('a silence', () => {
  test.each<[string, Fault]>([
    ['before the headers', { kind: 'delay', ms: 60_000 }],
    ['after the headers', { kind: 'stall' }],
  ])('%s is the end of an attempt, and the next one brings the file', async (_, fault) => {
    await using bench = await openSaveBench({ silenceMs });
    bench.fault(fault);
    const startMs = performance.now();
    await bench.arrives();
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(silenceMs - 2);
    expect(bench.requests).toHaveLength(2);
    expect(bench.told).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:\d+ sent nothing for 120 ms; next attempt in 1 s$/),
    ]);
  });

  test.each([1, 1000, 400_000])(
    'after %d bytes is a cut, and the file goes on from there',
    async (afterBytes) => {
      await using bench = await openSaveBench({ silenceMs });
      bench.fault({ kind: 'stall', afterBytes });
      await bench.arrives();
      expect(bench.requests.map(({ headers }) => headers.range)).toEqual([undefined, `bytes=${afterBytes}-`]);
      expect(bench.told[0]).toMatch(/^it was cut off after .+: 127\.0\.0\.1:\d+ sent nothing for 120 ms;/);
    },
  );

  test('in an answer that is none of the file is no longer one', async () => {
    await using bench = await openSaveBench({
      silenceMs,
      before: (request) => request === 1 && bench.fault({ kind: 'stall', afterBytes: 3 }),
    });
    const { id } = bench.video;
    bench.stream.removeVideo(id);
    expect(await bench.failure()).toMatchObject({ kind: 'file-missing' });
    expect(bench.requests).toHaveLength(2);
  });

  test('five times in a row is the end', async () => {
    await using bench = await openSaveBench({ silenceMs: 40 });
    bench.fault({ kind: 'stall', afterBytes: 1000 }, { times: 1 });
    bench.fault({ kind: 'stall' }, { times: always });
    const { kind, what } = await bench.failure();
    expect([kind, bench.requests.length]).toEqual(['file-incomplete', 6]);
    expect(what).toContain('it was cut off after 1 kB of 500 kB: 127.0.0.1');
    expect(await bench.tree()).toEqual(['workspace/']);
  });
});

describe('what is slow, but never silent for long, is waited for', () => {
  test('a file that drips for longer than a silence may last', async () => {
    await using bench = await openSaveBench({ silenceMs: 400 });
    bench.fault({ kind: 'drip', bytes: 36_000, everyMs: 50 });
    const startMs = performance.now();
    await bench.arrives();
    expect(performance.now() - startMs).toBeGreaterThan(500);
    expect(bench.requests).toHaveLength(1);
  });

  test('headers that take nearly as long as they may, and then a drip', async () => {
    await using bench = await openSaveBench({ silenceMs: 400 });
    bench.fault({ kind: 'delay', ms: 250 });
    await bench.arrives();
    expect(bench.requests).toHaveLength(1);
  });

  test('a disk that takes longer for a write than a silence may last', async () => {
    const media = { sizeBytes: 13 * 2 ** 20 };
    await using bench = await openSaveBench({ media, silenceMs: 100 });
    const spare = join(bench.root, 'spare');
    await mkdir(spare);
    await using _slow = await pretendSlowDisk(spare, 200);
    const startMs = performance.now();
    await bench.arrives();
    expect(performance.now() - startMs).toBeGreaterThan(500);
    expect(bench.requests).toHaveLength(1);
  });
});

describe('an end that comes from outside', () => {
  const reasons = [
    new Failure('cancelled', 'The run was cancelled (SIGTERM)'),
    new Failure('time-over', 'The time limit of 10 min was reached'),
  ];

  const moments: [string, Fault[], string][] = [
    ['before the headers', [{ kind: 'delay', ms: 60_000 }], '0 bytes of the default download had come'],
    ['after the headers', [{ kind: 'stall' }], '0 bytes of 500 kB of the default download had come'],
    [
      'in a silence',
      [{ kind: 'stall', afterBytes: 200_000 }],
      '200 kB of 500 kB of the default download had come',
    ],
    ['in a drip', [{ kind: 'drip', bytes: 10, everyMs: 10 }], ' of 500 kB of the default download had come'],
    [
      'in a pause',
      [
        { kind: 'stall', afterBytes: 100_000 },
        { kind: 'status', status: 503, headers: { 'retry-after': '60' } },
      ],
      '100 kB of 500 kB of the default download had come',
    ],
    [
      'before the headers of the next attempt',
      [
        { kind: 'stall', afterBytes: 100_000 },
        { kind: 'delay', ms: 60_000 },
      ],
      '100 kB of 500 kB of the default download had come',
    ],
  ];

  const ends = moments.flatMap(([moment, faults, hadCome], index) =>
    // One moment is enough to see that the reason does not matter.
    reasons
      .slice(index === 2 ? 0 : 1)
      .map((reason) => [moment, reason.kind, { faults, hadCome, reason }] as const),
  );

  test.each(ends)(
    '%s ends it at once, leaves nothing, and is told: %s',
    async (moment, _, { faults, hadCome, reason }) => {
      await using bench = await openSaveBench({
        saveTo: 'made/for/film.mp4',
        silenceMs: faults.length > 1 ? 100 : 60_000,
        ...(moment === 'in a pause' && { clock: fastClock(10) }),
      });
      for (const fault of faults) bench.fault(fault);
      const failing = bench.failure();
      await until(() => bench.requests.length === faults.length);
      await delay(60);
      expect(await bench.tree()).toContainEqual(expect.stringMatching(/made\/for\/\.[0-9a-f]{16}\.partial$/));
      const endMs = performance.now();
      bench.cancel(reason);
      const { kind, message, what } = await failing;
      expect(performance.now() - endMs).toBeLessThan(1000);
      expect(kind).toBe(reason.kind);
      expect(what.startsWith(`${reason.what}; `)).toBe(true);
      expect(message).toContain(hadCome);
      expect(await bench.tree()).toEqual(['workspace/']);
      expect(bench.requests).toHaveLength(faults.length);
    },
  );

  test('that came before makes no request and no folder', async () => {
    await using bench = await openSaveBench({ saveTo: 'made/film.mp4' });
    bench.cancel();
    expect(await bench.failure()).toMatchObject({ kind: 'cancelled' });
    expect([bench.requests.length, await bench.tree()]).toEqual([0, ['workspace/']]);
  });

  test('ends those that wait for their turn too', async () => {
    await using bench = await openSaveBench({ saveTo: 'made/{id}.mp4', severalVideos: true, concurrency: 1 });
    bench.fault({ kind: 'stall', afterBytes: 1000 }, { times: always });
    const failing = [bench.video, bench.add(), bench.add()].map((video) => bench.failure(video));
    await until(() => bench.progress.length > 0);
    bench.cancel();
    for (const failure of await Promise.all(failing)) expect(failure.kind).toBe('cancelled');
    expect([bench.requests.length, await bench.tree()]).toEqual([1, ['workspace/']]);
  });

  test('is the bound of patience, and no other is: a host that is silent for long is waited for', async () => {
    // The longest silence is as long as one likes; the signal ends it all the same.
    await using bench = await openSaveBench({ silenceMs: 2 ** 31 - 1 });
    bench.fault({ kind: 'stall', afterBytes: 1000 });
    const failing = bench.failure();
    await until(() => bench.progress.length > 0);
    await delay(100);
    bench.cancel();
    expect((await failing).kind).toBe('cancelled');
  });
});
