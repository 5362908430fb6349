import { getEventListeners } from 'node:events';
import { expect, test } from '@jest/globals';
import { startRequestTimeout } from '../../src/http/request-timeout.ts';
import { ManualClock } from '../harness/manual-clock.ts';

const limitMs = 30_000;

function start(outer: AbortSignal = new AbortController().signal) {
  const clock = new ManualClock();
  const timeout = startRequestTimeout(limitMs, clock, outer);
  return { clock, timeout, signal: timeout.signal };
}

test('the signal is aborted with a TimeoutError when the time is over', async () => {
  const { clock, signal, timeout } = start();
  using _timeout = timeout;
  await clock.advance(limitMs - 1);
  expect(signal.aborted).toBe(false);
  await clock.advance(1);
  expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
});

test('each restart gives the whole time again', async () => {
  const { clock, signal, timeout } = start();
  using _timeout = timeout;
  for (let piece = 0; piece < 5; piece++) {
    await clock.advance(limitMs - 1);
    timeout.restart();
  }
  expect(signal.aborted).toBe(false);
  await clock.advance(limitMs);
  expect(signal.aborted).toBe(true);
});

test('a pause does not count, however long, and the whole time follows it', async () => {
  const { clock, signal, timeout } = start();
  using _timeout = timeout;
  timeout.pause();
  for (let times = 0; times < 5; times++) await clock.advance(limitMs);
  timeout.restart();
  await clock.advance(limitMs - 1);
  expect(signal.aborted).toBe(false);
  await clock.advance(1);
  expect(signal.aborted).toBe(true);
});

test('the outer signal aborts it with its own reason, also one that was aborted before', () => {
  const outer = new AbortController();
  const reason = new Error('enough');
  const { signal, timeout } = start(outer.signal);
  using _timeout = timeout;
  outer.abort(reason);
  expect(signal.reason).toBe(reason);
  const late = start(outer.signal);
  using _late = late.timeout;
  expect(late.signal.reason).toBe(reason);
});

test('nothing aborts it once it is disposed of, and it leaves no listener', async () => {
  const outer = new AbortController();
  const { clock, signal, timeout } = start(outer.signal);
  timeout[Symbol.dispose]();
  expect(getEventListeners(outer.signal, 'abort')).toEqual([]);
  outer.abort();
  await clock.advance(2 * limitMs);
  expect(signal.aborted).toBe(false);
});
