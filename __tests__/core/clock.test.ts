import { expect, test } from '@jest/globals';
import { systemClock } from '../../src/core/clock.ts';

const never = new AbortController().signal;

/** Longer than the test runs: a sleep of this length must have been aborted, or never started. */
const longMs = 60_000;

function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

test('a sleep takes at least as long as requested', async () => {
  const startMs = systemClock.now();
  await systemClock.sleep(5, never);
  // A timer counts whole milliseconds, so it may seem up to one early.
  expect(systemClock.now() - startMs).toBeGreaterThanOrEqual(4);
});

test('the time of day is in ms since 1970', () => {
  expect(Math.abs(systemClock.epochMs() - Date.now())).toBeLessThan(1000);
});

test.each([
  ['an error', new Error('enough')],
  ['a text', 'SIGTERM'],
])('an aborted sleep rejects at once with the reason itself: %s', async (_, reason) => {
  const aborter = new AbortController();
  const before = timers();
  const sleep = systemClock.sleep(longMs, aborter.signal);
  aborter.abort(reason);
  await expect(sleep).rejects.toBe(reason);
  expect(timers()).toBe(before);
});

test('a sleep with an aborted signal does not start', async () => {
  await expect(systemClock.sleep(longMs, AbortSignal.abort('SIGINT'))).rejects.toBe('SIGINT');
});
