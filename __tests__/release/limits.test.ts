import { describe, expect, test } from '@jest/globals';
import { badGateway, type Fault, primaryRateLimit, secondaryRateLimit } from '../../local-github/faults.ts';
import { failureOf, openReleaseBench } from '../harness/release-bench.ts';
import { always } from '../harness/responses.ts';

const large = 'x'.repeat(300_000);

describe('a rate limit', () => {
  const limits: readonly (readonly [string, () => Fault, number])[] = [
    ['primary, 403', () => primaryRateLimit(20), 20],
    ['primary, 429', () => primaryRateLimit(20, 429), 20],
    ['secondary, 403', () => secondaryRateLimit(20), 20],
    ['secondary, 429', () => secondaryRateLimit(20, 429), 20],
    ['secondary, without a time', () => secondaryRateLimit(), 60],
  ];

  test.each(limits)('%s: is waited out and logged', async (_, fault, seconds) => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'releases.by-tag', fault: fault() });
    await bench.find();
    expect(bench.clock.now()).toBeGreaterThanOrEqual(seconds * 1000);
    // A reset is given in whole seconds, and so is the date of the response.
    expect(bench.clock.now()).toBeLessThan((seconds + 3) * 1000);
    expect(bench.logged).toEqual([
      expect.stringMatching(
        /^Could not look up the release v1: too many requests: “.*”; next attempt in \d+ /,
      ),
    ]);
    expect(bench.github.requests).toHaveLength(2);
  });

  test.each(limits)('%s: is waited out at an upload, which is repeated completely', async (_, fault) => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'assets.upload', fault: fault() });
    await bench.attach(await bench.file('a.mp4', large));
    expect(bench.assets()).toEqual({ 'a.mp4': large });
    expect(bench.logged).toHaveLength(1);
  });

  test.each(limits)('%s: is waited out 4 times', async (_, fault) => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'any', fault: fault(), times: always });
    const failure = await failureOf(bench.find());
    expect(failure.kind).toBe('github-rate-limited');
    expect([bench.github.requests.length, bench.logged.length]).toEqual([5, 4]);
  });

  test.each(limits)('%s: is not waited out if the step ends before', async (_, fault) => {
    await using bench = await openReleaseBench({ leftMs: () => 15_000 });
    bench.github.faults.add({ route: 'any', fault: fault(), times: always });
    const failure = await failureOf(bench.find());
    expect(failure.kind).toBe('github-rate-limited');
    expect([bench.github.requests.length, bench.logged]).toEqual([1, []]);
  });

  test('and other failures count together', async () => {
    await using bench = await openReleaseBench();
    for (const fault of [badGateway(), secondaryRateLimit(1), badGateway(), primaryRateLimit(0)]) {
      bench.github.faults.add({ route: 'releases.by-tag', fault });
    }
    await bench.find();
    expect(bench.github.requests.map(({ status }) => status)).toEqual([502, 403, 502, 403, 200]);
    expect(bench.logged).toHaveLength(4);
  });
});

test('writes are a second apart when there are many, even with concurrent uploads', async () => {
  const startsMs: number[] = [];
  await using bench = await openReleaseBench({
    beforeRequest: ({ method }) => {
      if (method === 'POST') startsMs.push(bench.clock.now());
    },
  });
  const release = await bench.find();
  const files = await Promise.all(Array.from({ length: 14 }, (_, number) => bench.file(`${number}.mp4`)));
  await Promise.all(files.map((file) => bench.attach(file, release)));
  expect(startsMs).toHaveLength(14);
  expect(startsMs[9]).toBe(startsMs[0]);
  expect(startsMs.slice(9).map((ms) => ms - (startsMs[9] ?? 0))).toEqual([0, 1000, 2000, 3000, 4000]);
});
