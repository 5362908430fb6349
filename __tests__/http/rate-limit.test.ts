import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { maxLimits, parseRateLimit } from '../../src/http/rate-limit.ts';
import { anyRateLimit, anyText } from '../harness/arbitraries.ts';

const anyPart = fc.oneof(anyRateLimit, fc.string(), anyText());

describe('the header `Ratelimit`', () => {
  const name = '"default"';

  test.each([
    ['"default";r=50;t=30', [{ name, left: 50, resetSeconds: 30 }]],
    ['"default"; r=0; t=299', [{ name, left: 0, resetSeconds: 299 }]],
    ['"default";t=30;r=50', [{ name, left: 50, resetSeconds: 30 }]],
    ['"default";r=50;t=30;pk=:abc=:', [{ name, left: 50, resetSeconds: 30 }]],
    ['default;r=50;t=30', [{ name: 'default', left: 50, resetSeconds: 30 }]],
    [
      '"burst";r=9;t=1, "default";r=1100;t=300',
      [
        { name: '"burst"', left: 9, resetSeconds: 1 },
        { name, left: 1100, resetSeconds: 300 },
      ],
    ],
    ['junk, "default";r=5;t=6', [{ name, left: 5, resetSeconds: 6 }]],
  ])('%s is parsed', (header, limits) => {
    expect(parseRateLimit(header, null)).toEqual(limits);
  });

  test.each([
    ['"default";q=1200;w=300', 1200],
    ['"burst";q=100;w=60, "default"; w=300; q=1200', 1200],
    ['"default";q=1200', 1200],
    // The only policy belongs to the only limit, whatever its name.
    ['"burst";q=100;w=60', 100],
    ['"burst";q=100;w=60, "other";q=9', undefined],
    ['"default";w=300', undefined],
    ['"default";q=1e3;w=300', undefined],
    ['"default";q=;w=300', undefined],
    [`"default";q=${'9'.repeat(10)};w=300`, undefined],
    ['junk', undefined],
    ['', undefined],
  ])('the quota of the policy %s is %p', (policy, quota) => {
    const [limit] = parseRateLimit('"default";r=50;t=30', policy);
    expect(limit).toMatchObject({ name, left: 50, resetSeconds: 30 });
    expect(limit?.quota).toBe(quota);
  });

  test.each([
    ['"default";q=1200;w=300', 300],
    ['"burst";q=100;w=60', 60],
    ['"burst";q=100;w=60, "other";q=9;w=9', undefined],
    ['"default";q=1200;w=5m', undefined],
  ])('the window of the policy %s has %p s', (policy, windowSeconds) => {
    expect(parseRateLimit('"default";r=50;t=30', policy)[0]?.windowSeconds).toBe(windowSeconds);
  });

  test('yields a few limits at most', () => {
    const header = Array.from({ length: 100 }, (_, index) => `"${index}";r=1;t=1`).join();
    expect(parseRateLimit(header, null)).toHaveLength(maxLimits);
  });

  test.each([
    null,
    '',
    'junk',
    '"default"',
    '"default";r=50',
    '"default";t=30',
    '"default";r=-1;t=30',
    '"default";r=1.5;t=30',
    '"default";r=1e3;t=30',
    '"default";r=;t=',
    '"default";r=NaN;t=Infinity',
    `"default";r=${'9'.repeat(400)};t=30`,
    '50;30',
    'limit=100, remaining=50, reset=30',
  ])('%j is ignored', (header) => {
    expect(parseRateLimit(header, null)).toEqual([]);
  });

  test('yields only whole numbers from 0, whatever it is', () => {
    fc.assert(
      fc.property(anyPart, anyPart, (header, policy) => {
        for (const { left, quota = 0, resetSeconds } of parseRateLimit(header, policy)) {
          expect(Number.isSafeInteger(quota) && quota >= 0).toBe(true);
          expect(Number.isSafeInteger(left) && left >= 0).toBe(true);
          expect(Number.isSafeInteger(resetSeconds) && resetSeconds >= 0).toBe(true);
        }
      }),
    );
  });
});
