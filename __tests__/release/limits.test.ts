import { describe, expect, test } from '@jest/globals';
import { badGateway, type Fault, primaryRateLimit, secondaryRateLimit } from '../../local-github/faults.ts';
import { always, failureOf, openReleaseBench, spacedAsEver } from '../harness/release-bench.ts';

const large = 'x'.repeat(300_000);

describe('a limit', () => {
  const limits: readonly (readonly [string, () => Fault, RegExp])[] = [
    [
      'of requests, 403',
      () => primaryRateLimit(2),
      /^GitHub: the limit of requests is reached; next attempt in [234] s$/,
    ],
    [
      'of requests, 429',
      () => primaryRateLimit(2, 429),
      /^GitHub: the limit of requests is reached; next attempt in [234] s$/,
    ],
    [
      'of requests at once, 403',
      () => secondaryRateLimit(20),
      /^GitHub: too many requests at once; next attempt in 20 s$/,
    ],
    [
      'of requests at once, 429',
      () => secondaryRateLimit(20, 429),
      /^GitHub: too many requests at once; next attempt in 20 s$/,
    ],
    [
      'of requests at once that does not say how long',
      () => secondaryRateLimit(),
      /^GitHub: too many requests at once; next attempt in 1 min$/,
    ],
  ];

  test.each(limits)('%s is waited for, and told of', async (_, fault, told) => {
    await using bench = await openReleaseBench({ pauseSecondMs: 3 });
    bench.github.faults.add({ route: 'releases.by-tag', fault: fault() });
    const startMs = performance.now();
    await bench.find();
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(5);
    expect(bench.told).toEqual([expect.stringMatching(told)]);
    expect(bench.github.requests).toHaveLength(2);
  });

  test.each(limits)('%s is waited for at an upload, after which all of it is sent', async (_, fault) => {
    await using bench = await openReleaseBench({ pauseSecondMs: 3 });
    bench.github.faults.add({ route: 'assets.upload', fault: fault() });
    const file = await bench.file('a.mp4', large);
    await bench.attach(file);
    expect(bench.has()).toEqual({ 'a.mp4': large });
    expect(bench.told).toHaveLength(1);
  });

  test.each(limits)('%s is waited for 4 times, and no more', async (_, fault) => {
    await using bench = await openReleaseBench({ pauseSecondMs: 3 });
    bench.github.faults.add({ route: 'any', fault: fault(), times: always });
    const failure = await failureOf(bench.find());
    expect(failure.kind).toBe('github-rate-limited');
    expect([bench.github.requests.length, bench.told.length]).toEqual([5, 4]);
  });

  test.each(limits)('%s is not waited for where the time of the step ends before', async (_, fault) => {
    await using bench = await openReleaseBench({ leftMs: () => 1500 });
    bench.github.faults.add({ route: 'any', fault: fault(), times: always });
    const failure = await failureOf(bench.find());
    expect(failure.kind).toBe('github-rate-limited');
    expect([bench.github.requests.length, bench.told]).toEqual([1, []]);
  });

  test('and faults in turn are both overcome: each plugin does its part', async () => {
    await using bench = await openReleaseBench();
    for (const fault of [
      badGateway(),
      secondaryRateLimit(1),
      badGateway(),
      primaryRateLimit(0),
      secondaryRateLimit(1, 429),
    ]) {
      bench.github.faults.add({ route: 'releases.by-tag', fault });
    }
    await bench.find();
    expect(bench.github.requests.map(({ status }) => status)).toEqual([502, 403, 502, 403, 429, 200]);
    expect(bench.told).toHaveLength(3);
  });

  test('is respected: writes come 1 s apart, though files are in transfer at once', async () => {
    using _ = spacedAsEver();
    await using bench = await openReleaseBench();
    const release = await bench.find();
    const files = await Promise.all(['a', 'b', 'c'].map((name) => bench.file(`${name}.mp4`)));
    await Promise.all(files.map((file) => bench.attach(file, release)));
    const at = bench.github.requests
      .filter(({ route }) => route === 'assets.upload')
      .map((request) => request.at);
    expect(at.slice(1).map((ms, index) => ms - (at[index] ?? 0) > 900)).toEqual([true, true]);
  });
});
