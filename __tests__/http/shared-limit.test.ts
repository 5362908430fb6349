import { describe, expect, test } from '@jest/globals';
import { cloudflareRateLimit as rateLimit } from '../../local-stream/api/rate-limit.ts';
import { type SharedLimitOptions, simulateSharedLimit } from '../harness/shared-limit.ts';

/** What all processes may use of a window together: a fifteenth is left to others. */
const budget = 1200 - 80;

/** Enough that little of the last window is free: a request that is not sent in its window costs another one. */
const requests = 5 * budget - 100;

/** The shortest possible time: all but the last window are used up, which takes no time itself. */
const bestMs = 4 * rateLimit.windowMs;

/** Pseudorandom numbers from 0 to 1, the same in each run. */
function startRandom(): () => number {
  let state = 1;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

function simulate(
  options: Partial<SharedLimitOptions> & Pick<SharedLimitOptions, 'processes' | 'concurrency'>,
) {
  const random = startRandom();
  const latency = () => {
    const totalMs = 50 + 350 * random();
    return { totalMs, countedAfterMs: totalMs * random() };
  };
  return simulateSharedLimit({ rateLimit, requests, latency, ...options });
}

/** Changes the seconds until the reset in a response. */
const changeReset = (change: (seconds: number) => number) => (headers: Headers) => {
  const changed = (headers.get('ratelimit') ?? '').replace(
    /t=(\d+)/,
    (_, seconds) => `t=${change(Number(seconds))}`,
  );
  headers.set('ratelimit', changed);
};

const alone = { processes: 1, concurrency: 32 };
const twenty = [4, 32].map((concurrency) => ({ processes: 20, concurrency }));

const groups = [1, 2, 5, 10, 20].flatMap((processes) =>
  [4, 32].map((concurrency) => ({ processes, concurrency })),
);

describe('processes that share the rate limit without knowing one another', () => {
  test.each(groups)(
    'are never refused, and take at most 7 %% longer than necessary: $processes with concurrency $concurrency',
    (group) => {
      const { lowest, refused, tookMs } = simulate(group);
      expect(refused).toBe(0);
      expect(tookMs / bestMs).toBeLessThanOrEqual(1.07);
      expect(lowest).toBeLessThanOrEqual(80);
    },
  );

  test.each<[name: string, options: Partial<SharedLimitOptions>]>([
    ['the service rounds the time until the reset down', { rewrite: changeReset((seconds) => seconds - 1) }],
    ['responses have no policy', { rewrite: (headers) => headers.delete('ratelimit-policy') }],
    ['all of them pause again and again', { pauseMs: (_, ended) => (ended % 70 === 0 ? 3000 : 0) }],
    ['others send requests regardless of the limit', { otherEveryMs: 6000 }],
    [
      'the requests of every other process take long to be counted',
      {
        latency: (process) =>
          process % 2 === 0 ? { totalMs: 50, countedAfterMs: 10 } : { totalMs: 400, countedAfterMs: 399 },
      },
    ],
  ])('nor if %s', (_, options) => {
    for (const group of [alone, ...twenty]) {
      const { refused, tookMs } = simulate({ ...group, ...options });
      expect({ ...group, refused }).toEqual({ ...group, refused: 0 });
      // The slowest process may take a little longer than the others.
      expect(tookMs / bestMs).toBeLessThanOrEqual(1.1);
    }
  });

  test('nor if some have used up what others knew to be left before a pause', () => {
    const isBusy = (process: number) => process < 5;
    const { refused } = simulate({
      processes: 25,
      concurrency: 32,
      latency: (process) =>
        isBusy(process) ? { totalMs: 50, countedAfterMs: 25 } : { totalMs: 400, countedAfterMs: 399 },
      pauseMs: (process, ended) => (!isBusy(process) && ended % 40 === 0 ? 60_000 : 0),
    });
    expect(refused).toBe(0);
  });

  test.each([0, 1, 40, 79, 80, 81, 100])('nor if others have left %i requests at their start', (left) => {
    for (const group of twenty) {
      const { refused, tookMs } = simulate({ ...group, usedBefore: 1200 - left, requests: 1000 });
      // Only the first request of each process, which does not know the count.
      expect(refused).toBe(left >= 20 ? 0 : 20 - left);
      expect(tookMs).toBeLessThanOrEqual(1.07 * rateLimit.windowMs);
    }
  });

  test('are not slowed down while the limit has room', () => {
    const { mostInFlight, tookMs } = simulate({ ...alone, requests: 500 });
    expect(mostInFlight).toBe(32);
    expect(tookMs).toBeLessThan(10_000);
  });
});
