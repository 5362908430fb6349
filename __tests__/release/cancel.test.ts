import { describe, expect, test } from '@jest/globals';
import { badGateway, primaryRateLimit, secondaryRateLimit } from '../../local-github/faults.ts';
import { Failure } from '../../src/core/failure.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import {
  asset,
  failureOf,
  openReleaseBench as openBench,
  type ReleaseBenchOptions,
  tag,
} from '../harness/release-bench.ts';
import { always } from '../harness/responses.ts';
import { waitUntil } from '../harness/wait-until.ts';

/** A bench on a clock that stands still, so that pauses and timeouts do not end. */
async function openReleaseBench(options: ReleaseBenchOptions = {}) {
  const clock = new ManualClock();
  return Object.assign(await openBench({ clock, ...options }), { clock });
}

type Bench = Awaited<ReturnType<typeof openReleaseBench>>;

describe('the end of the step', () => {
  /** Expects work to end with the reason at once, and nothing to be sent later. */
  async function expectEnd(bench: Bench, work: Promise<unknown>, isReached: () => boolean): Promise<void> {
    const ended = work.then(
      () => undefined,
      (error: unknown) => error,
    );
    await waitUntil(isReached);
    const reason = new Failure('cancelled', 'The run was cancelled (SIGTERM)');
    bench.cancel(reason);
    // It may say in addition which failure was being retried.
    expect(await ended).toMatchObject({ kind: 'cancelled', what: expect.stringContaining(reason.what) });
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

  describe('during a replacement', () => {
    const replacing = { releases: [{ assets: [asset('a.mp4', 'old')] }] };
    const updates = ({ github }: Bench) => github.requests.filter(({ route }) => route === 'assets.update');

    test.each([
      ['the old asset is renamed', 'assets.update', 0],
      ['the new asset is renamed', 'assets.update', 1],
      ['the old asset is deleted', 'assets.delete', 0],
    ] as const)('while %s, slowly: it is completed', async (_, route, after) => {
      await using bench = await openReleaseBench(replacing);
      bench.github.faults.add({ route, fault: { kind: 'delay', ms: 50 }, after });
      const attached = bench.attach(await bench.file('a.mp4', 'new'));
      await waitUntil(
        () => bench.github.requests.filter((request) => request.route === route).length > after,
      );
      bench.cancel();
      expect(await attached).toMatch(/\/a\.mp4$/);
      expect(bench.assets()).toEqual({ 'a.mp4': 'new' });
    });

    test('retries its requests while the grace lasts', async () => {
      await using bench = await openReleaseBench(replacing);
      bench.github.faults.add({ route: 'assets.update', fault: badGateway(), after: 1 });
      const attached = bench.attach(await bench.file('a.mp4', 'new'));
      await waitUntil(() => bench.logged.length > 0);
      bench.cancel();
      // The pause of the retry is the only timer besides those of the end.
      await bench.clock.advance(1000);
      expect(await attached).toMatch(/\/a\.mp4$/);
      expect(bench.assets()).toEqual({ 'a.mp4': 'new' });
    });

    test('retries nothing that GitHub allows only after the grace: the old asset gets its name back', async () => {
      await using bench = await openReleaseBench(replacing);
      bench.github.faults.add({ route: 'assets.update', fault: { kind: 'delay', ms: 50 } });
      bench.github.faults.add({ route: 'assets.update', fault: secondaryRateLimit(20) });
      const failed = failureOf(bench.attach(await bench.file('a.mp4', 'new')));
      await waitUntil(() => updates(bench).length > 0);
      bench.cancel();
      const failure = await failed;
      expect(failure.kind).toBe('github-rate-limited');
      expect(failure.what).toMatch(/a\.mp4 is still the earlier file, the new file is a\.mp4\.\w{8}\.part$/);
      expect(bench.assets()).toMatchObject({ 'a.mp4': 'old' });
    });

    test('ends 5 s later if a request gets no response, and says what to look for', async () => {
      await using bench = await openReleaseBench(replacing);
      bench.github.faults.add({ route: 'assets.update', fault: { kind: 'stall' }, times: always, after: 1 });
      const failed = failureOf(bench.attach(await bench.file('a.mp4', 'new')));
      let hasEnded = false;
      const ended = failed.finally(() => (hasEnded = true));
      await waitUntil(() => updates(bench).length > 1);
      bench.cancel();
      await bench.clock.advance(4999);
      expect(hasEnded).toBe(false);
      await bench.clock.advance(1);
      const failure = await ended;
      expect(failure.kind).toBe('cancelled');
      for (const name of Object.keys(bench.assets())) expect(failure.what).toContain(name);
      expect(Object.values(bench.assets()).toSorted()).toEqual(['new', 'old']);
    });

    test.each([
      ['the name', 'a.mp4', {}],
      ['a name that GitHub takes for the same', 'A.MP4', { caseInsensitiveNames: true }],
    ])('says what the release holds if another job takes %s', async (_, taken, server) => {
      await using bench = await openReleaseBench({ ...replacing, server });
      bench.github.faults.add({ route: 'assets.update', fault: { kind: 'delay', ms: 50 }, times: 2 });
      const failed = failureOf(bench.attach(await bench.file('a.mp4', 'new')));
      await waitUntil(() => updates(bench).length > 1);
      bench.github.addAsset(tag, asset(taken, 'theirs'));
      bench.cancel();
      const failure = await failed;
      expect(failure.kind).toBe('github-refused');
      const names = Object.fromEntries(
        Object.entries(bench.assets()).map(([name, content]) => [content, name]),
      );
      expect(failure.what).toContain(`the earlier file is ${names['old']}, the new file is ${names['new']}`);
    });

    test('continues after the time limit as well, although no time is left', async () => {
      let leftMs = 60_000;
      await using bench = await openReleaseBench({ ...replacing, leftMs: () => leftMs });
      bench.github.faults.add({ route: 'assets.update', fault: badGateway(), after: 1 });
      const attached = bench.attach(await bench.file('a.mp4', 'new'));
      await waitUntil(() => bench.logged.length > 0);
      leftMs = 0;
      bench.cancel(new Failure('time-over', 'The time limit was reached'));
      await bench.clock.advance(1000);
      expect(await attached).toMatch(/\/a\.mp4$/);
    });
  });

  describe('while a replacement waits for another one', () => {
    /** Two replacements, the first of which is slow, so that the second waits, after a number of uploads. */
    async function startTwo(bench: Bench, uploads = 2) {
      for (const name of ['a.mp4', 'b.mp4']) bench.github.addAsset(tag, asset(name, 'old'));
      bench.github.faults.add({ route: 'assets.update', fault: { kind: 'delay', ms: 200 } });
      const release = await bench.find();
      const files = [await bench.file('a.mp4', 'new a'), await bench.file('b.mp4', 'new b')];
      const attached = Promise.allSettled(files.map((file) => bench.attach(file, release)));
      await waitUntil(() => bench.github.requests.filter(({ status }) => status === 201).length === uploads);
      return attached;
    }

    /** Resolves once both uploads have been answered, and the second replacement waits. */
    async function bothUploaded({ debugLines }: Bench): Promise<void> {
      await waitUntil(() => debugLines.filter((line) => /^POST .*: 201/.test(line)).length === 2);
      // The bodies of the responses are short, and arrive with their headers.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }

    test('the first is completed, and the uploaded file of the second is removed', async () => {
      await using bench = await openReleaseBench();
      const attached = startTwo(bench);
      await bothUploaded(bench);
      bench.cancel();
      const results = (await attached).map(({ status }) => status);
      expect(results.toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(Object.keys(bench.assets())).toEqual(expect.arrayContaining(['a.mp4', 'b.mp4']));
      expect(Object.values(bench.assets()).toSorted()).toEqual([expect.stringMatching(/^new /), 'old']);
    });

    test('a file that an earlier step uploaded is kept for the next one', async () => {
      await using bench = await openReleaseBench();
      for (const name of ['a', 'b']) {
        bench.github.addAsset(tag, asset(`${name}.mp4.0badcafe.part`, `new ${name}`));
      }
      const attached = startTwo(bench, 0);
      await waitUntil(() => bench.github.requests.some(({ route }) => route === 'assets.update'));
      bench.cancel();
      expect((await attached).map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(Object.values(bench.assets()).toSorted()).toEqual(['new a', 'new b', 'old']);
    });

    test('a removal that gets no response ends within a second', async () => {
      await using bench = await openReleaseBench();
      const attached = startTwo(bench);
      await bothUploaded(bench);
      bench.github.faults.add({ route: 'assets.delete', fault: { kind: 'stall' }, after: 1 });
      bench.cancel();
      await waitUntil(
        () => bench.github.requests.filter(({ route }) => route === 'assets.delete').length === 2,
      );
      await bench.clock.advance(700);
      expect((await attached).map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(bench.logged.join()).toContain('is left in the release: The run was cancelled');
    });

    test('no request is sent once the grace is over', async () => {
      await using bench = await openReleaseBench();
      bench.github.faults.add({ route: 'assets.update', fault: { kind: 'stall' } });
      const attached = startTwo(bench);
      await bothUploaded(bench);
      const count = bench.sent.length;
      bench.cancel();
      await bench.clock.advance(5000);
      expect((await attached).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      expect(bench.sent).toHaveLength(count);
      expect(bench.logged.join()).toMatch(/The asset \w\.mp4\.\w{8}\.part is left in the release/);
    });

    test('a file that cannot be removed is named', async () => {
      await using bench = await openReleaseBench();
      bench.github.faults.add({
        route: 'assets.delete',
        fault: { kind: 'status', status: 403, body: { message: 'No' } },
        times: always,
      });
      const attached = startTwo(bench);
      await bothUploaded(bench);
      bench.cancel();
      await attached;
      const left = Object.keys(bench.assets()).filter((name) => /\.(part|old)$/.test(name));
      expect(left).toHaveLength(2);
      for (const name of left) expect(bench.logged.join('\n')).toContain(`The asset ${name} is left`);
    });
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
