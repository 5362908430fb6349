import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Fault } from '../../local-stream/faults.ts';
import { Failure } from '../../src/core/failure.ts';
import { always } from '../harness/responses.ts';
import { bytesOf, openSaveBench, type SaveBench } from '../harness/save-bench.ts';
import { simulateSlowDisk } from '../harness/simulated-disk.ts';
import { waitUntil } from '../harness/wait-until.ts';

/** After this silence of a host, an attempt ends. */
const idleTimeoutMs = 30_000;

const never = new AbortController().signal;

describe('an attempt ends after a silence', () => {
  test.each<[string, Fault]>([
    ['before the headers', { kind: 'delay', ms: 60_000 }],
    ['after the headers', { kind: 'stall' }],
  ])('%s, and the next one receives the file', async (_, fault) => {
    await using bench = await openSaveBench();
    bench.fault(fault);
    const startMs = bench.clock.now();
    await bench.expectSaved();
    expect(bench.clock.now() - startMs).toBe(idleTimeoutMs + 1000);
    expect(bench.requests).toHaveLength(2);
    expect(bench.log).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:\d+ sent nothing in 30 s; next attempt in 1 s$/),
    ]);
  });

  test.each([8, 400_000])('of a body, and the file is resumed: after %d bytes', async (afterBytes) => {
    await using bench = await openSaveBench();
    bench.fault({ kind: 'stall', afterBytes });
    await bench.expectSaved();
    expect(bench.requests.map(({ headers }) => headers.range)).toEqual([undefined, `bytes=${afterBytes}-`]);
    expect(bench.log[0]).toMatch(/^the connection broke after .+: 127\.0\.0\.1:\d+ sent nothing in 30 s;/);
  });

  test('of a body too short to show whether it is the file, which is started again', async () => {
    await using bench = await openSaveBench();
    bench.fault({ kind: 'stall', afterBytes: 7 });
    const startMs = bench.clock.now();
    await bench.expectSaved();
    expect(bench.clock.now() - startMs).toBe(idleTimeoutMs + 1000);
    expect(bench.requests.map(({ headers }) => headers.range)).toEqual([undefined, undefined]);
  });

  test('of a page that is described, before another response is the file', async () => {
    await using bench = await openSaveBench({
      before: (request) => request === 1 && bench.fault({ kind: 'stall', afterBytes: 100 }),
      media: Buffer.from(`<!DOCTYPE html>${' '.repeat(1000)}`),
    });
    const startMs = bench.clock.now();
    expect(await bench.failure()).toMatchObject({ kind: 'not-media' });
    expect(bench.clock.now() - startMs).toBeGreaterThanOrEqual(idleTimeoutMs);
    expect(bench.log[0]).toContain('sent nothing in 30 s');
  });

  test('of a body that is not the file', async () => {
    await using bench = await openSaveBench({
      before: (request) => request === 1 && bench.fault({ kind: 'stall', afterBytes: 3 }),
    });
    bench.stream.removeVideo(bench.video.id);
    expect(await bench.failure()).toMatchObject({ kind: 'file-missing' });
    expect(bench.requests).toHaveLength(2);
  });

  test('and counts as an attempt without a new byte', async () => {
    await using bench = await openSaveBench();
    bench.fault({ kind: 'stall', afterBytes: 1000 });
    bench.fault({ kind: 'reset' }, { times: 4 });
    bench.fault({ kind: 'stall' });
    const { kind, what } = await bench.failure();
    expect([kind, bench.requests.length]).toEqual(['file-incomplete', 6]);
    expect(what).toMatch(/the connection broke after 1 kB of 500 kB: 127\.0\.0\.1:\d+ sent nothing in 30 s/);
    expect(what).toContain('the last of 5 attempts in a row without a new byte');
    expect(await bench.tree()).toEqual(['workspace/']);
  });
});

describe('an attempt does not end', () => {
  // More than fits into all buffers.
  const parts = 12;
  const media = { sizeBytes: parts * 2 ** 20 };

  /** The file from a host that pauses before the headers and before each MiB. */
  async function slowResponse({ clock }: SaveBench, pauseMs: number): Promise<Response> {
    await clock.sleep(pauseMs, never);
    const start = Array.from({ length: parts }, (_, part) => part * 2 ** 20).values();
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          await clock.sleep(pauseMs, never);
          const { done, value } = start.next();
          if (done) controller.close();
          else controller.enqueue(bytesOf(media, value, value + 2 ** 20));
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: { 'content-length': String(media.sizeBytes) } });
  }

  test('if no silence is as long as the timeout, even if all together are', async () => {
    let requestCount = 0;
    await using bench = await openSaveBench({
      media,
      intercept: () => slowResponse(bench, idleTimeoutMs - 1000 * ++requestCount),
    });
    const startMs = bench.clock.now();
    await bench.expectSaved();
    expect(bench.clock.now() - startMs).toBeGreaterThan(6 * (idleTimeoutMs - 1000));
    expect(requestCount).toBe(1);
  });

  test('while the disk takes longer than the timeout for a write', async () => {
    let requestCount = 0;
    await using bench = await openSaveBench({
      media,
      intercept: () => slowResponse(bench, ++requestCount),
    });
    await using _slow = await simulateSlowDisk(join(bench.root, 'spare'), () =>
      bench.clock.sleep(2 * idleTimeoutMs, never),
    );
    await bench.expectSaved();
    expect(bench.clock.now()).toBeGreaterThan(4 * idleTimeoutMs);
    expect(requestCount).toBe(1);
  });
});

describe('the end of the step', () => {
  const cancelled = new Failure('cancelled', 'The run was cancelled (SIGTERM)');
  const timeOver = new Failure('time-over', 'The time limit of 10 min was reached');
  const silence = { kind: 'stall', afterBytes: 200_000 } as const;

  test.each<[string, Failure, number, string, Fault[]]>([
    ['before the headers', timeOver, 10_000, '0 bytes', [{ kind: 'delay', ms: 60_000 }]],
    ['after the headers', timeOver, 10_000, '0 bytes', [{ kind: 'stall' }]],
    ['in a silence', timeOver, 10_000, '200 kB of 500 kB', [silence]],
    ['in a silence, by cancelling', cancelled, 10_000, '200 kB of 500 kB', [silence]],
    [
      'in a pause',
      timeOver,
      idleTimeoutMs + 10_000,
      '200 kB of 500 kB',
      [silence, { kind: 'status', status: 503, headers: { 'retry-after': '60' } }],
    ],
    [
      'before the headers of the next attempt',
      timeOver,
      idleTimeoutMs + 10_000,
      '200 kB of 500 kB',
      [silence, { kind: 'delay', ms: 60_000 }],
    ],
  ])(
    '%s stops at once, leaves nothing behind, and reports the progress',
    async (_, reason, afterMs, progress, faults) => {
      await using bench = await openSaveBench({ saveTo: 'new/nested/film.mp4' });
      for (const fault of faults) bench.fault(fault);
      const failing = bench.failure();
      await bench.clock.sleep(afterMs, never);
      expect(await bench.tree()).toContainEqual(
        expect.stringMatching(/new\/nested\/\.[0-9a-f]{16}\.partial$/),
      );
      const endMs = bench.clock.now();
      bench.cancel(reason);
      const { kind, what } = await failing;
      expect(bench.clock.now() - endMs).toBeLessThan(1000);
      expect(kind).toBe(reason.kind);
      expect(what.startsWith(reason.what)).toBe(true);
      expect(what.endsWith(`; ${progress} of the MP4 download were received`)).toBe(true);
      expect(await bench.tree()).toEqual(['workspace/']);
      expect(bench.requests).toHaveLength(faults.length);
    },
  );

  test('while bytes arrive stops at once', async () => {
    await using bench = await openSaveBench();
    bench.fault({ kind: 'drip', bytes: 10, everyMs: 10 });
    const failing = bench.failure();
    await waitUntil(() => bench.progress.length > 1);
    bench.cancel();
    expect((await failing).what).toMatch(/; \d+ bytes of 500 kB of the MP4 download were received$/);
    expect(await bench.tree()).toEqual(['workspace/']);
  });

  test('mentions a failed request only while no new bytes have arrived since', async () => {
    const whatAfter = async (...faults: Fault[]) => {
      await using bench = await openSaveBench();
      for (const fault of faults) bench.fault(fault);
      const failing = bench.failure();
      await bench.clock.sleep(idleTimeoutMs + 10_000, never);
      bench.cancel(timeOver);
      return (await failing).what;
    };
    expect(await whatAfter(silence, { kind: 'stall' })).toContain('while a failed request was being retried');
    expect(await whatAfter(silence, { kind: 'stall', afterBytes: 100_000 })).toBe(
      `${timeOver.what}; 300 kB of 500 kB of the MP4 download were received`,
    );
  });

  test('before the start sends no request and creates no folder', async () => {
    await using bench = await openSaveBench({ saveTo: 'new/film.mp4' });
    bench.cancel();
    expect(await bench.failure()).toMatchObject({ kind: 'cancelled' });
    expect([bench.requests.length, await bench.tree()]).toEqual([0, ['workspace/']]);
  });

  test('also stops queued files', async () => {
    await using bench = await openSaveBench({ saveTo: 'new/{id}.mp4', severalVideos: true, concurrency: 1 });
    bench.fault({ kind: 'stall', afterBytes: 1000 }, { times: always });
    const failing = [bench.video, bench.add(), bench.add()].map((video) => bench.failure(video));
    await waitUntil(() => bench.progress.length > 0);
    bench.cancel();
    const [first, ...others] = await Promise.all(failing);
    expect(first?.what).toContain('1 kB of 500 kB of the MP4 download were received');
    for (const { kind, what } of others) {
      expect(kind).toBe('cancelled');
      expect(what).toContain('the MP4 download was still waiting for its transfer');
    }
    expect([bench.requests.length, await bench.tree()]).toEqual([1, ['workspace/']]);
  });
});
