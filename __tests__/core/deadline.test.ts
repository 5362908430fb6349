import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/core/clock.ts';
import { startDeadline } from '../../src/core/deadline.ts';
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

describe('the end of the step', () => {
  test('comes when its time is over, with a failure that names the limit', async () => {
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

  test('comes at once when the run is cancelled, with a failure that names the signal', () => {
    const interrupt = new AbortController();
    using deadline = startDeadline(90_000, new VirtualClock(), interrupt.signal);
    interrupt.abort('SIGTERM');
    expect(deadline.signal.reason).toMatchObject({
      kind: 'cancelled',
      what: 'The run was cancelled (SIGTERM)',
    });
  });

  test('has come already when the run was cancelled before', () => {
    using deadline = startDeadline(90_000, new VirtualClock(), AbortSignal.abort('SIGINT'));
    expect(deadline.signal.reason).toMatchObject({ kind: 'cancelled' });
  });

  test('has the reason that came first', async () => {
    const interrupt = new AbortController();
    using deadline = startDeadline(1000, new VirtualClock(), interrupt.signal);
    await aborted(deadline.signal);
    interrupt.abort('SIGINT');
    expect(deadline.signal.reason).toMatchObject({ kind: 'time-over' });
  });
});

describe('the time that is left', () => {
  test('shrinks with the clock, from the limit down to nothing', async () => {
    const clock = new VirtualClock();
    // The clock's zero means nothing, so the step need not start there.
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

describe('a deadline that is no longer needed', () => {
  test('leaves no timer, which would keep the process alive', async () => {
    const before = timers();
    const deadline = startDeadline(2000, systemClock, never);
    expect(timers()).toBe(before + 1);
    deadline[Symbol.dispose]();
    expect(timers()).toBe(before);
  });

  test('leaves no listener, and does not end anything any more', async () => {
    const interrupt = new AbortController();
    const clock = new VirtualClock();
    const deadline = startDeadline(1000, clock, interrupt.signal);
    deadline[Symbol.dispose]();
    expect(getEventListeners(interrupt.signal, 'abort')).toEqual([]);
    interrupt.abort('SIGINT');
    await clock.sleep(2000, never);
    expect(deadline.signal.aborted).toBe(false);
  });
});
