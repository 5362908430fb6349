import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/core/clock.ts';

const never = new AbortController().signal;

/** Long enough to tell a sleep that was ended from one that was not begun. */
const longMs = 2000;

function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

describe('the machine’s time', () => {
  test('goes on while somebody sleeps, at least as long as asked', async () => {
    const startMs = systemClock.now();
    await systemClock.sleep(20, never);
    // A timer counts whole milliseconds, so it may seem up to one early.
    expect(systemClock.now() - startMs).toBeGreaterThanOrEqual(19);
  });

  test('never goes back', () => {
    const times = Array.from({ length: 1000 }, () => systemClock.now());
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});

describe('a sleep', () => {
  test.each([
    ['an error', new Error('enough')],
    ['a word', 'SIGTERM'],
  ])('ends at once with the signal’s own reason: %s', async (_, reason) => {
    const alarm = new AbortController();
    const before = timers();
    const sleep = systemClock.sleep(longMs, alarm.signal);
    alarm.abort(reason);
    await expect(sleep).rejects.toBe(reason);
    expect(timers()).toBe(before);
  });

  test('is not begun when the signal was there before', async () => {
    await expect(systemClock.sleep(longMs, AbortSignal.abort('SIGINT'))).rejects.toBe('SIGINT');
  });
});
