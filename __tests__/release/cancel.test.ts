import { describe, expect, test } from '@jest/globals';
import { badGateway, primaryRateLimit, secondaryRateLimit } from '../../local-github/faults.ts';
import { Failure } from '../../src/core/failure.ts';
import { always, asset, openReleaseBench, type ReleaseBench } from '../harness/release-bench.ts';

describe('an end of the step', () => {
  /** Whether work ends with the reason within a second, once it is so far, and asks for nothing more. */
  async function endsAtOnce(
    bench: ReleaseBench,
    work: Promise<unknown>,
    isSoFar: () => boolean,
  ): Promise<void> {
    const ended = work.then(
      () => undefined,
      (error: unknown) => error,
    );
    for (const endMs = performance.now() + 3000; !isSoFar(); ) {
      if (performance.now() > endMs) throw new Error('It did not come so far.');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const reason = new Failure('cancelled', 'The run was cancelled (SIGTERM)');
    const startMs = performance.now();
    bench.cancel(reason);
    expect(await ended).toBe(reason);
    expect(performance.now() - startMs).toBeLessThan(1000);
    const counts = [bench.github.requests.length, bench.sent.length] as const;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(bench.github.requests).toHaveLength(counts[0]);
    // A pause of the plugins may end in a request that ends before it begins, and is not made again.
    const later = bench.sent.slice(counts[1]);
    expect(later.filter(({ stillborn }) => !stillborn)).toEqual([]);
    expect(later.length).toBeLessThanOrEqual(1);
  }

  test.each([undefined, 0, 100_000])(
    'in the midst of an upload that stalls after %j bytes',
    async (afterBytes) => {
      await using bench = await openReleaseBench({ releases: [{ assets: [asset('a.mp4', 'old')] }] });
      bench.github.faults.add({
        route: 'assets.upload',
        fault: { kind: 'stall', ...(afterBytes !== undefined && { afterBytes }) },
        times: always,
      });
      const attaching = bench.attach(await bench.file('a.mp4', 'x'.repeat(30_000_000)));
      await endsAtOnce(bench, attaching, () =>
        bench.github.requests.some(
          ({ bodyBytes, route }) => route === 'assets.upload' && bodyBytes >= (afterBytes ?? 0),
        ),
      );
      expect(bench.has()['a.mp4']).toBe('old');
    },
  );

  test.each(['releases.by-tag', 'assets.list'] as const)('while no answer comes to %s', async (route) => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route, fault: { kind: 'stall' }, times: always });
    const attaching = bench.attach(await bench.file('a.mp4'));
    await endsAtOnce(bench, attaching, () =>
      bench.github.requests.some((request) => request.route === route),
    );
  });

  test.each([
    ['that GitHub asked for', () => secondaryRateLimit(20)],
    ['until there are more requests', () => primaryRateLimit(20)],
    ['before the next attempt', badGateway],
  ] as const)('in the midst of a pause %s', async (_, fault) => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'any', fault: fault(), times: always });
    // Longer than this test looks on.
    const finding = bench.find(undefined, { pauseSecondMs: 30 });
    await endsAtOnce(bench, finding, () => bench.github.requests.length > 0 && bench.lines.length > 0);
  });

  test('in the midst of a pause, after which nothing is sent', async () => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'any', fault: secondaryRateLimit(10) });
    // The pause is over while this test looks on.
    await endsAtOnce(bench, bench.find(), () => bench.told.length > 0);
    expect(bench.github.requests).toHaveLength(1);
  });

  test('in the midst of a pause between two rounds', async () => {
    await using bench = await openReleaseBench({ pauseSecondMs: 1000 });
    bench.github.faults.add({
      route: 'assets.list',
      fault: { kind: 'status', status: 404, body: { message: 'Not Found' } },
      times: always,
    });
    await endsAtOnce(bench, bench.attach(await bench.file('a.mp4')), () => bench.told.length > 0);
  });

  test('while a file waits for others, whose turn does not come', async () => {
    await using bench = await openReleaseBench({ concurrency: 1 });
    bench.github.faults.add({ route: 'assets.upload', fault: { kind: 'stall' }, times: always });
    const release = await bench.find();
    const first = bench.attach(await bench.file('a.mp4'), release);
    const second = bench.attach(await bench.file('b.mp4'), release);
    first.catch(() => {});
    await endsAtOnce(bench, second, () =>
      bench.github.requests.some(({ route }) => route === 'assets.upload'),
    );
    expect(bench.github.requests.filter(({ route }) => route === 'assets.upload')).toHaveLength(1);
  });

  test.each(['assets.delete', 'assets.update'] as const)(
    'in the midst of %s, which takes a while: an asset of the name is left',
    async (route) => {
      await using bench = await openReleaseBench({ releases: [{ assets: [asset('a.mp4', 'old')] }] });
      bench.github.faults.add({ route, fault: { kind: 'delay', ms: 200 } });
      const ended = bench.attach(await bench.file('a.mp4', 'new')).catch((error: unknown) => error);
      while (!bench.github.requests.some((request) => request.route === route)) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const startMs = performance.now();
      bench.cancel();
      await ended;
      expect(performance.now() - startMs).toBeLessThan(1000);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(Object.keys(bench.has())).toContain('a.mp4');
    },
  );

  test('while an asset is put into its place, and no answer comes', async () => {
    await using bench = await openReleaseBench({ releases: [{ assets: [asset('a.mp4', 'old')] }] });
    bench.github.faults.add({ route: 'assets.update', fault: { kind: 'stall' }, times: always });
    const attaching = bench.attach(await bench.file('a.mp4', 'new'));
    await endsAtOnce(bench, attaching, () =>
      bench.github.requests.some(({ route }) => route === 'assets.update'),
    );
  });

  test('before it began: nothing is sent', async () => {
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
