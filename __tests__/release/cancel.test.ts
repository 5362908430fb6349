import { describe, expect, test } from '@jest/globals';
import { badGateway, primaryRateLimit, secondaryRateLimit } from '../../local-github/faults.ts';
import { Failure } from '../../src/core/failure.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { asset, openReleaseBench as openBench, type ReleaseBenchOptions } from '../harness/release-bench.ts';
import { always } from '../harness/responses.ts';
import { waitUntil } from '../harness/wait-until.ts';

/** A bench on a clock that stands still, so that pauses and timeouts do not end. */
async function openReleaseBench(options: ReleaseBenchOptions = {}) {
  const clock = new ManualClock();
  return Object.assign(await openBench({ clock, ...options }), { clock });
}

type Bench = Awaited<ReturnType<typeof openReleaseBench>>;

describe('the end of the step', () => {
  /** Expects work to end with the reason after `graceMs`, and nothing to be sent later. */
  async function expectEnd(
    bench: Bench,
    work: Promise<unknown>,
    isReached: () => boolean,
    graceMs = 0,
  ): Promise<void> {
    const ended = work.then(
      () => undefined,
      (error: unknown) => error,
    );
    await waitUntil(isReached);
    const reason = new Failure('cancelled', 'The run was cancelled (SIGTERM)');
    bench.cancel(reason);
    await bench.clock.advance(graceMs);
    expect(await ended).toBe(reason);
    const counts = [bench.github.requests.length, bench.sent.length];
    await bench.clock.advance(3_600_000);
    expect([bench.github.requests.length, bench.sent.length]).toEqual(counts);
  }

  test.each([undefined, 0, 100_000])('during an upload that stalls after %j bytes', async (afterBytes) => {
    await using bench = await openReleaseBench({ releases: [{ assets: [asset('a.mp4', 'old')] }] });
    bench.github.faults.add({
      route: 'assets.upload',
      fault: { kind: 'stall', ...(afterBytes !== undefined && { afterBytes }) },
      times: always,
    });
    const attaching = bench.attach(await bench.file('a.mp4', 'x'.repeat(30_000_000)));
    await expectEnd(bench, attaching, () =>
      bench.github.requests.some(
        ({ bodyBytes, route }) => route === 'assets.upload' && bodyBytes >= (afterBytes ?? 0),
      ),
    );
    expect(bench.assets()['a.mp4']).toBe('old');
  });

  test.each(['releases.by-tag', 'assets.list'] as const)('while %s gets no response', async (route) => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route, fault: { kind: 'stall' }, times: always });
    const attaching = bench.attach(await bench.file('a.mp4'));
    await expectEnd(bench, attaching, () => bench.github.requests.some((request) => request.route === route));
  });

  test.each([
    ['that GitHub asked for', () => secondaryRateLimit(20)],
    ['until there are more requests', () => primaryRateLimit(20)],
    ['before the next attempt', badGateway],
  ] as const)('during a pause %s', async (_, fault) => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'any', fault: fault(), times: always });
    await expectEnd(bench, bench.find(), () => bench.logged.length > 0);
    expect(bench.github.requests).toHaveLength(1);
  });

  test('during a pause between two rounds', async () => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({
      route: 'assets.list',
      fault: { kind: 'status', status: 404, body: { message: 'Not Found' } },
      times: always,
    });
    await expectEnd(bench, bench.attach(await bench.file('a.mp4')), () => bench.logged.length > 0);
  });

  test('while a file is queued', async () => {
    await using bench = await openReleaseBench({ concurrency: 1 });
    bench.github.faults.add({ route: 'assets.upload', fault: { kind: 'stall' }, times: always });
    const release = await bench.find();
    const first = bench.attach(await bench.file('a.mp4'), release);
    const second = bench.attach(await bench.file('b.mp4'), release);
    first.catch(() => {});
    await expectEnd(bench, second, () =>
      bench.github.requests.some(({ route }) => route === 'assets.upload'),
    );
    expect(bench.github.requests.filter(({ route }) => route === 'assets.upload')).toHaveLength(1);
  });

  test.each(['assets.delete', 'assets.update'] as const)(
    'during a slow %s: the replacement is completed',
    async (route) => {
      await using bench = await openReleaseBench({ releases: [{ assets: [asset('a.mp4', 'old')] }] });
      bench.github.faults.add({ route, fault: { kind: 'delay', ms: 50 } });
      const attached = bench.attach(await bench.file('a.mp4', 'new'));
      await waitUntil(() => bench.github.requests.some((request) => request.route === route));
      bench.cancel();
      expect(await attached).toMatch(/\/a\.mp4$/);
      expect(bench.assets()).toEqual({ 'a.mp4': 'new' });
    },
  );

  test('while the request that replaces an asset gets no response', async () => {
    await using bench = await openReleaseBench({ releases: [{ assets: [asset('a.mp4', 'old')] }] });
    bench.github.faults.add({ route: 'assets.update', fault: { kind: 'stall' }, times: always });
    const attaching = bench.attach(await bench.file('a.mp4', 'new'));
    const isReached = () => bench.github.requests.some(({ route }) => route === 'assets.update');
    await expectEnd(bench, attaching, isReached, 700);
  });

  test('before the start: nothing is sent', async () => {
    await using bench = await openReleaseBench();
    const release = await bench.find();
    const reason = new Failure('time-over', 'The time limit was reached');
    bench.cancel(reason);
    const count = bench.sent.length;
    await expect(bench.attach(await bench.file('a.mp4'), release)).rejects.toBe(reason);
    await expect(bench.find()).rejects.toBe(reason);
    expect(bench.sent).toHaveLength(count);
  });
});
