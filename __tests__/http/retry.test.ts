import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Failure } from '../../src/core/failure.ts';
import { isRequestFailure, RequestFailure } from '../../src/http/request-failure.ts';
import {
  backoffMs,
  isRetryableStatus,
  parseRetryAfterMs,
  type RetryPolicy,
  withRetries,
} from '../../src/http/retry.ts';
import { anyText } from '../harness/arbitraries.ts';
import { retryLines } from '../harness/retry-lines.ts';
import { VirtualClock } from '../harness/virtual-clock.ts';

const outage = new RequestFailure('unreachable', 'no response from a.example', {
  retryable: true,
  response: { messages: [], httpStatus: 502 },
});
const everyTwoSeconds: RetryPolicy = () => ({ pauseMs: 2000 });

/** Runs an attempt that fails with these errors, one after the other, and then succeeds with its number. */
function retry(
  errors: readonly unknown[],
  policy: RetryPolicy = everyTwoSeconds,
  { limitMs = 3_600_000, end = new AbortController(), onAttempt = () => {} } = {},
) {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const attemptsMs: number[] = [];
  const attempt = async (number: number) => {
    attemptsMs.push(clock.now());
    onAttempt();
    if (number <= errors.length) throw errors[number - 1];
    return number;
  };
  const result = withRetries(attempt, policy, {
    clock,
    signal: end.signal,
    leftMs: () => limitMs - clock.now(),
    observer: retryLines(lines),
  });
  return { attemptsMs, clock, lines, result };
}

describe('withRetries', () => {
  test('returns the result of the first attempt that succeeds, with a line per retry', async () => {
    const { attemptsMs, lines, result } = retry([outage, outage]);
    expect(await result).toBe(3);
    expect(attemptsMs).toEqual([0, 2000, 4000]);
    expect(lines).toEqual(Array(2).fill('no response from a.example; next attempt in 2 s'));
  });

  test('passes each failure to the policy, with the number of the failed attempt', async () => {
    const decisions: [RequestFailure, number][] = [];
    const second = new RequestFailure('rate-limited', 'too many requests', { retryable: true });
    await retry([outage, second], (...args) => {
      decisions.push(args);
      return { pauseMs: 0 };
    }).result;
    expect(decisions).toEqual([
      [outage, 1],
      [second, 2],
    ]);
  });

  test.each([
    ['a failure that is not retryable', new RequestFailure('token-invalid', 'no')],
    ['a failure that is not of a request', new Failure('disk-full', 'full')],
    ['any other error', new TypeError('x is not a function')],
  ])('throws %s as it is, after one attempt', async (_, error) => {
    const { attemptsMs, result } = retry([error]);
    await expect(result).rejects.toBe(error);
    expect(attemptsMs).toEqual([0]);
  });

  test('throws the last failure, not retryable, with the policy’s reason to stop', async () => {
    const policy: RetryPolicy = (_, attempt) =>
      attempt < 3 ? { pauseMs: 1000 } : { pauseMs: 1000, stop: 'after 3 attempts' };
    const { attemptsMs, result } = retry(Array(9).fill(outage), policy);
    await expect(result).rejects.toMatchObject({
      name: 'Failure',
      kind: 'unreachable',
      what: 'no response from a.example (after 3 attempts)',
      retryable: false,
      response: outage.response,
    });
    expect(attemptsMs).toHaveLength(3);
  });

  test('does not wait for an attempt that would be after the time limit', async () => {
    const { clock, result } = retry([outage], () => ({ pauseMs: 60_000 }), { limitMs: 60_000 });
    await expect(result).rejects.toMatchObject({
      kind: 'unreachable',
      what: expect.stringMatching(/\(the next attempt, in 1 min, would be after the time limit\)$/),
    });
    expect(clock.now()).toBe(0);
  });

  describe('at the end of the step', () => {
    const timeOver = new Failure('time-over', 'The time limit of 3 s was reached');

    test.each([
      [timeOver, 'time-over'],
      [new Failure('cancelled', 'The run was cancelled'), 'cancelled'],
    ])('throws the end with the failure that was being retried (case %#)', async (reason, kind) => {
      const end = new AbortController();
      const { clock, result } = retry(Array(9).fill(outage), everyTwoSeconds, { end });
      void clock.sleep(3000, end.signal).then(() => end.abort(reason));
      await expect(result).rejects.toMatchObject({
        kind,
        what: `${reason.what} while a failed request was being retried: no response from a.example`,
        response: outage.response,
        cause: outage,
      });
      expect(clock.now()).toBe(3000);
    });

    test('throws the reason itself where nothing had failed before', async () => {
      const end = new AbortController();
      const onAttempt = () => end.abort(timeOver);
      const { result } = retry(Array(9).fill(outage), everyTwoSeconds, { end, onAttempt });
      await expect(result).rejects.toBe(timeOver);
    });
  });
});

test('isRequestFailure accepts only a failed request of the given kind', () => {
  expect(isRequestFailure(outage, 'unreachable')).toBe(true);
  expect(isRequestFailure(outage, 'proxy')).toBe(false);
  expect(isRequestFailure(new Failure('unreachable', 'x'), 'unreachable')).toBe(false);
  expect(isRequestFailure(undefined, 'unreachable')).toBe(false);
});

test('only timeouts, rate limits and errors of the server are retryable statuses', () => {
  const retryable = Array.from({ length: 400 }, (_, index) => index + 200).filter(isRetryableStatus);
  expect(retryable).toEqual([408, 429, ...Array.from({ length: 100 }, (_, index) => index + 500)]);
});

const attempt = fc.integer({ min: 1, max: 1000 });
const random = fc.double({ min: 0, max: 1, noNaN: true });

describe('the backoff', () => {
  test('doubles from 1 s to 30 s, and is at least half of that', () => {
    const ranges = [1, 2, 3, 4, 5, 6, 100].map((number) => [backoffMs(number, 0), backoffMs(number, 1)]);
    expect(ranges).toEqual([
      [500, 1000],
      [1000, 2000],
      [2000, 4000],
      [4000, 8000],
      [8000, 16_000],
      [15_000, 30_000],
      [15_000, 30_000],
    ]);
  });

  test('is spread, so that requests that failed together do not come back together', () => {
    fc.assert(
      fc.property(attempt, random, random, (number, one, other) => {
        fc.pre(Math.abs(one - other) > 0.01);
        expect(backoffMs(number, one)).not.toBe(backoffMs(number, other));
      }),
    );
  });
});

describe('Retry-After', () => {
  const sent = 'Thu, 15 Jan 2026 12:00:00 GMT';

  test.each([
    ['0', 0],
    ['7', 7000],
    [' 120 ', 120_000],
    ['300', 300_000],
  ])('"%s" is %d ms', (header, ms) => {
    expect(parseRetryAfterMs(header, null)).toBe(ms);
    expect(parseRetryAfterMs(header, sent)).toBe(ms);
  });

  test('is any whole number of seconds', () => {
    fc.assert(
      fc.property(
        fc.nat(Math.floor(Number.MAX_SAFE_INTEGER / 1000)),
        fc.constantFrom(null, sent),
        (seconds, date) => {
          expect(parseRetryAfterMs(String(seconds), date)).toBe(seconds * 1000);
        },
      ),
    );
    expect(parseRetryAfterMs('9'.repeat(400), null)).toBe(Number.MAX_SAFE_INTEGER);
  });

  test('with a date is measured from the date of the response, however wrong this machine’s is', () => {
    // HTTP's dates have four digits for the year, and whole seconds.
    const second = fc.integer({ min: 0, max: Date.UTC(9998, 0) / 1000 });
    fc.assert(
      fc.property(second, fc.nat(10 * 86_400), (sentAt, seconds) => {
        const date = new Date(sentAt * 1000).toUTCString();
        const until = new Date((sentAt + seconds) * 1000).toUTCString();
        expect(parseRetryAfterMs(until, date)).toBe(seconds * 1000);
        expect(parseRetryAfterMs(date, until)).toBe(0);
      }),
    );
  });

  test.each([null, 'yesterday'])(
    'with a date is measured from now if the date of the response is %j',
    (date) => {
      const inAMinute = new Date(Date.now() + 60_000).toUTCString();
      const ms = parseRetryAfterMs(inAMinute, date) ?? Number.NaN;
      // A date has whole seconds, and some time may pass in between.
      expect(ms).toBeGreaterThan(50_000);
      expect(ms).toBeLessThanOrEqual(60_000);
    },
  );

  // `Date.parse` takes some of these for dates.
  test.each([null, '', ' ', 'soon', '-5', '+5', '1.5', '7 s', 'wait 3000', '1e3', '0x10', 'NaN'])(
    'is ignored if it is malformed: %j',
    (header) => {
      expect(parseRetryAfterMs(header, sent)).toBeUndefined();
    },
  );

  test('is undefined or a finite number from 0, whatever the headers are', () => {
    const header = fc.option(
      fc.oneof(
        fc.string(),
        anyText(),
        fc.string({ unit: fc.constantFrom(...'0123456789-+.: GMTJan,') }),
        fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
      ),
    );
    fc.assert(
      fc.property(header, header, (retryAfter, date) => {
        const ms = parseRetryAfterMs(retryAfter, date);
        expect(ms === undefined || (ms >= 0 && ms < Number.POSITIVE_INFINITY)).toBe(true);
      }),
    );
  });
});
