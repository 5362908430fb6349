import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/core/clock.ts';
import { describeRemaining, proposeTimeout, startDeadline } from '../../src/core/deadline.ts';
import { Failure } from '../../src/core/failure.ts';
import { VirtualClock } from '../harness/virtual-clock.ts';

const never = new AbortController().signal;

/** Resolves once the signal is aborted. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

describe('a longer limit', () => {
  test.each([
    [30_000, 28_000, '2m'],
    [1_000, 100, '1m'],
    [600_000, 590_000, '25m'],
    [3_600_000, 3_537_000, '2h30m'],
    [100 * 3_600_000, 10 * 3_600_000, '115h'],
    [119 * 3_600_000, 3_600_000, '120h'],
  ])('for %d ms with %d ms left is round, and has some reserve: %s', (timeoutMs, remainingMs, text) => {
    expect(proposeTimeout(timeoutMs, timeoutMs, remainingMs)).toBe(
      `: \`timeout: ${text}\` would probably be long enough`,
    );
  });

  test('is not proposed if it would have to be longer than 5 days', () => {
    expect(proposeTimeout(119 * 3_600_000, 119 * 3_600_000, 2 * 3_600_000)).toBe('');
  });

  test('starts from the time that has passed, and is longer than the limit', () => {
    expect(proposeTimeout(119 * 3_600_000, 3_600_000, 40 * 3_600_000)).toBe('');
    expect(proposeTimeout(3_600_000, 60_000, 3_600_000)).toContain('`timeout: 2h`');
    expect(proposeTimeout(60_000, 60_000, 0)).toBe('');
  });

  test('is named only if the time limit ended the step, and it is known how much is left', async () => {
    const clock = new VirtualClock();
    using deadline = startDeadline(30_000, clock, never);
    await aborted(deadline.signal);
    const over = Failure.from(deadline.signal.reason).withProgress('2 of 5 MB were received');
    expect(describeRemaining(over, 28_000)).toBe(
      ', about 28 s left: `timeout: 2m` would probably be long enough',
    );
    expect(describeRemaining(over, undefined)).toBe('');
    expect(describeRemaining(new Failure('cancelled', 'Cancelled'), 28_000)).toBe(', about 28 s left');
  });
});

describe('the signal of the deadline', () => {
  test('is aborted at the time limit, with a failure that names it', async () => {
    const clock = new VirtualClock();
    using deadline = startDeadline(90_000, clock, never);
    expect(deadline.signal.aborted).toBe(false);
    await aborted(deadline.signal);
    expect(clock.now()).toBe(90_000);
    expect(deadline.signal.reason).toMatchObject({
      kind: 'time-over',
      what: 'The time limit of 1 min 30 s was reached',
    });
  });

  test('is aborted when the run is cancelled, with a failure that names the signal', () => {
    const cancelled = new AbortController();
    using deadline = startDeadline(90_000, new VirtualClock(), cancelled.signal);
    cancelled.abort('SIGTERM');
    expect(deadline.signal.reason).toMatchObject({
      kind: 'cancelled',
      what: 'The run was cancelled (SIGTERM)',
    });
  });

  test('is aborted from the start if the run was already cancelled', () => {
    using deadline = startDeadline(90_000, new VirtualClock(), AbortSignal.abort('SIGINT'));
    expect(deadline.signal.reason).toMatchObject({ kind: 'cancelled' });
  });

  test('keeps the reason that came first', async () => {
    const cancelled = new AbortController();
    using deadline = startDeadline(1000, new VirtualClock(), cancelled.signal);
    await aborted(deadline.signal);
    cancelled.abort('SIGINT');
    expect(deadline.signal.reason).toMatchObject({ kind: 'time-over' });
  });
});

describe('the time left', () => {
  test('counts down from the limit to zero', async () => {
    const clock = new VirtualClock();
    // The clock's origin is arbitrary, so the step need not start there.
    await clock.sleep(500, never);
    using deadline = startDeadline(1000, clock, never);
    expect(deadline.leftMs()).toBe(1000);
    await clock.sleep(400, never);
    expect(deadline.leftMs()).toBe(600);
    await clock.sleep(600, never);
    expect(deadline.leftMs()).toBe(0);
    await clock.sleep(5000, never);
    expect(deadline.leftMs()).toBe(0);
  });
});

describe('a disposed deadline', () => {
  test('has no timer, which would keep the process alive', async () => {
    const before = timers();
    const deadline = startDeadline(2000, systemClock, never);
    expect(timers()).toBe(before + 1);
    deadline[Symbol.dispose]();
    expect(timers()).toBe(before);
  });

  test('has no listener, and aborts nothing', async () => {
    const cancelled = new AbortController();
    const clock = new VirtualClock();
    const deadline = startDeadline(1000, clock, cancelled.signal);
    deadline[Symbol.dispose]();
    expect(getEventListeners(cancelled.signal, 'abort')).toEqual([]);
    cancelled.abort('SIGINT');
    await clock.sleep(2000, never);
    expect(deadline.signal.aborted).toBe(false);
  });
});
