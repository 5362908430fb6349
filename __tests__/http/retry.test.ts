import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseRetryAfterMs, retryPauseMs } from '../../src/http/retry.ts';
import { maxAttempts } from '../../src/stream/patience.ts';
import { anyText } from '../harness/arbitraries.ts';

const attempt = fc.integer({ min: 1, max: 1000 });
const random = fc.double({ min: 0, max: 1, noNaN: true });

/** More than any single pause should be: a server that is back is asked again within the minute. */
const longMs = 60_000;

describe('the pause after a failed attempt', () => {
  test('is positive and bounded, whatever the attempt', () => {
    fc.assert(
      fc.property(attempt, random, (number, share) => {
        const pause = retryPauseMs(number, share);
        expect(pause).toBeGreaterThan(0);
        expect(pause).toBeLessThanOrEqual(longMs);
      }),
    );
  });

  test('grows with the attempts until it is at its longest', () => {
    fc.assert(
      fc.property(attempt, random, (number, share) => {
        expect(retryPauseMs(number + 1, share)).toBeGreaterThanOrEqual(retryPauseMs(number, share));
      }),
    );
    for (let number = 1; number < maxAttempts - 1; number++) {
      expect(retryPauseMs(number + 1, 0.5)).toBeGreaterThan(retryPauseMs(number, 0.5));
    }
  });

  test('is spread, so that requests that failed together do not come back together', () => {
    fc.assert(
      fc.property(attempt, random, random, (number, one, other) => {
        fc.pre(Math.abs(one - other) > 0.01);
        expect(retryPauseMs(number, one)).not.toBe(retryPauseMs(number, other));
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
  ])('of "%s" seconds is %d ms', (header, ms) => {
    expect(parseRetryAfterMs(header, null)).toBe(ms);
    expect(parseRetryAfterMs(header, sent)).toBe(ms);
  });

  test('of any whole number of seconds is that many ms', () => {
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

  test('that is a date is measured from the date of the answer, however wrong this machine’s is', () => {
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
    'that is a date is measured from now where the answer’s date is %j',
    (date) => {
      const inAMinute = new Date(Date.now() + 60_000).toUTCString();
      const ms = parseRetryAfterMs(inAMinute, date) ?? Number.NaN;
      // A date has whole seconds, and some time may pass in between.
      expect(ms).toBeGreaterThan(50_000);
      expect(ms).toBeLessThanOrEqual(60_000);
    },
  );

  // Some of these are dates to JavaScript, though to nobody else.
  test.each([null, '', ' ', 'soon', '-5', '+5', '1.5', '7 s', 'wait 3000', '1e3', '0x10', 'NaN'])(
    'that makes no sense is none: %j',
    (header) => {
      expect(parseRetryAfterMs(header, sent)).toBeUndefined();
    },
  );

  test('is never negative or no number, whatever the headers are', () => {
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

test('a request is made five times at most', () => {
  expect(maxAttempts).toBe(5);
});
