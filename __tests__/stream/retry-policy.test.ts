import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RequestFailure } from '../../src/http/request-failure.ts';
import { ApiRetryPolicy, maxAttempts } from '../../src/stream/retry-policy.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const share = fc.double({ min: 0, max: 1, noNaN: true });

interface PolicyOptions {
  readonly waitsOutOutages?: boolean;
  readonly limitMs?: number;
  /** From 0 to 1. */
  readonly share?: number;
}

/** A policy, on a clock that the test advances. */
function start({ waitsOutOutages = false, limitMs = hourMs, share = 0.5 }: PolicyOptions = {}) {
  const time = { nowMs: 0 };
  const clock = {
    now: () => time.nowMs,
    epochMs: () => time.nowMs,
    schedule: () => () => {},
    sleep: () => Promise.reject(new Error('A policy does not sleep.')),
  };
  const leftMs = () => Math.max(0, limitMs - time.nowMs);
  return {
    time,
    leftMs,
    policy: new ApiRetryPolicy({ clock, waitsOutOutages, leftMs, random: () => share }),
  };
}

function failure(retryAfterMs?: number): RequestFailure {
  return new RequestFailure('server-error', 'It failed', { retryable: true, retryAfterMs });
}

/** When a request that always fails at once is attempted, until the policy or the time limit stops it. */
function attemptTimes({ leftMs, policy, time }: ReturnType<typeof start>): number[] {
  const times = [time.nowMs];
  for (;;) {
    const { pauseMs, stop } = policy.decide(failure(), times.length);
    if (stop !== undefined || pauseMs >= leftMs()) return times;
    time.nowMs += pauseMs;
    times.push(time.nowMs);
  }
}

describe('until the API has answered', () => {
  test('a request is retried until the end of the first minute, patient or not', () => {
    fc.assert(
      fc.property(share, fc.boolean(), (share, waitsOutOutages) => {
        const times = attemptTimes(start({ waitsOutOutages, share }));
        expect(times.length).toBeGreaterThan(maxAttempts);
        expect(times.at(-1)).toBe(minuteMs - 2000);
      }),
    );
  });

  test('the minute starts with the policy', () => {
    const { policy, time } = start();
    time.nowMs = 20_000;
    expect(policy.unansweredLeftMs).toBe(40_000);
    policy.confirmAddress();
    expect(policy.unansweredLeftMs).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('once the API has answered', () => {
  test('a request is attempted five times', () => {
    const started = start();
    started.policy.confirmAddress();
    expect(attemptTimes(started)).toHaveLength(5);
  });

  test('a request of a step that waits is retried until the time limit', () => {
    fc.assert(
      fc.property(share, (share) => {
        const limitMs = 10 * minuteMs;
        const started = start({ waitsOutOutages: true, limitMs, share });
        started.policy.confirmAddress();
        const times = attemptTimes(started);
        expect(times.length).toBeGreaterThan(maxAttempts);
        expect(times.length).toBeLessThan(50);
        expect(times.at(-1)).toBe(limitMs - 2000);
      }),
    );
  });
});

describe('Retry-After', () => {
  test.each([30_000, 70_000, 2 * hourMs])('of %d ms is the pause, however little time is left', (ms) => {
    const { policy } = start();
    policy.confirmAddress();
    expect(policy.decide(failure(ms), 1).pauseMs).toBe(ms);
  });

  test('of 0 s does not mean at once', () => {
    const { policy } = start();
    expect(policy.decide(failure(0), 1).pauseMs).toBe(policy.decide(failure(), 1).pauseMs);
    expect(policy.decide(failure(0), 1).pauseMs).toBeGreaterThan(0);
  });
});
