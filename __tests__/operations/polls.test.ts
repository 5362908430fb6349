import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { startDeadline } from '../../src/core/deadline.ts';
import { type Pending, type PollContext, polls, type Samples } from '../../src/operations/polls.ts';
import type { PollTurn } from '../../src/wait/turns.ts';
import { VirtualClock } from '../harness/virtual-clock.ts';

function options(clock: VirtualClock, more: Partial<PollContext> = {}): PollContext {
  return {
    clock,
    random: () => 0.5,
    signal: new AbortController().signal,
    leftMs: () => Number.POSITIVE_INFINITY,
    pollIntervalMs: undefined,
    ...more,
  };
}

/** Polls as an operation does: the body of the loop finds out what is pending then. */
async function pollUntilDone(
  first: Pending,
  pollOnce: (samples: Samples) => Promise<Pending>,
  context: PollContext,
  turn?: PollTurn,
): Promise<void> {
  let current = first;
  for await (const samples of polls(() => current, context, turn)) current = await pollOnce(samples);
}

function pending(percentages: Readonly<Record<string, number | null>>): Pending {
  return new Map(Object.entries(percentages));
}

/** Returns the results in order, then that nothing is pending, and records the time and samples of each poll. */
function script(clock: VirtualClock, ...results: readonly Readonly<Record<string, number | null>>[]) {
  const polledMs: number[] = [];
  const received: Record<string, unknown>[] = [];
  const pollOnce = async (samples: Samples) => {
    polledMs.push(clock.now());
    received.push(structuredClone(Object.fromEntries(samples)));
    return pending(results[polledMs.length - 1] ?? {});
  };
  return { polledMs, received, pollOnce };
}

describe('polling', () => {
  test('does not start if nothing is pending', async () => {
    const clock = new VirtualClock();
    const { polledMs, pollOnce } = script(clock);
    await pollUntilDone(pending({}), pollOnce, options(clock));
    expect(polledMs).toEqual([]);
    expect(clock.now()).toBe(0);
  });

  test('ends with the first poll that finds nothing pending', async () => {
    const clock = new VirtualClock();
    const { polledMs, pollOnce } = script(clock, { audio: 10 }, { audio: 50 }, { audio: 50 });
    await pollUntilDone(pending({ audio: 0 }), pollOnce, options(clock));
    expect(polledMs).toHaveLength(4);
    expect(clock.now()).toBe(polledMs[3]);
  });

  test('pauses before every poll', async () => {
    const clock = new VirtualClock();
    const { polledMs, pollOnce } = script(clock, { audio: null }, { audio: null });
    await pollUntilDone(pending({ audio: null }), pollOnce, options(clock));
    const pauses = polledMs.map((time, index) => time - (polledMs[index - 1] ?? 0));
    expect(pauses).toHaveLength(3);
    for (const pause of pauses) expect(pause).toBeGreaterThan(0);
  });

  test('keeps exactly to a fixed interval, whatever the progress', async () => {
    const clock = new VirtualClock();
    const { polledMs, pollOnce } = script(
      clock,
      { audio: 1 },
      { audio: 99, default: null },
      { default: 99.9 },
    );
    await pollUntilDone(pending({ audio: 0 }), pollOnce, options(clock, { pollIntervalMs: 7000 }));
    expect(polledMs).toEqual([7000, 14_000, 21_000, 28_000]);
  });

  test('yields the samples of all downloads, including those that became pending later or are done', async () => {
    const clock = new VirtualClock();
    const { received, pollOnce } = script(clock, { default: 20, audio: null }, { audio: 5 });
    await pollUntilDone(pending({ default: 10 }), pollOnce, options(clock, { pollIntervalMs: 1000 }));
    expect(received).toEqual([
      { default: [{ atMs: 0, percent: 10 }] },
      {
        default: [
          { atMs: 0, percent: 10 },
          { atMs: 1000, percent: 20 },
        ],
        audio: [{ atMs: 1000, percent: null }],
      },
      {
        default: [
          { atMs: 0, percent: 10 },
          { atMs: 1000, percent: 20 },
        ],
        audio: [
          { atMs: 1000, percent: null },
          { atMs: 2000, percent: 5 },
        ],
      },
    ]);
  });

  test.each([
    ['last', { old: null, young: null }],
    ['first', { young: null, old: null }],
  ])('uses the shortest pause of several, even if that one is listed %s', async (_, both) => {
    const clock = new VirtualClock();
    const alone = Array.from({ length: 30 }, () => ({ old: null }));
    const { polledMs, pollOnce } = script(clock, ...alone, both);
    await pollUntilDone(pending({ old: null }), pollOnce, options(clock));
    const pauses = polledMs.map((time, index) => time - (polledMs[index - 1] ?? 0));
    const [shortestPause = 0] = pauses;
    const [longestPause = 0, pauseOfBoth] = pauses.slice(-2);
    expect(shortestPause).toBeLessThan(longestPause);
    expect(pauseOfBoth).toBe(shortestPause);
  });

  test('fails as the poll does', async () => {
    const clock = new VirtualClock();
    const failure = new Error('refused');
    const polling = pollUntilDone(pending({ audio: 0 }), () => Promise.reject(failure), options(clock));
    await expect(polling).rejects.toBe(failure);
  });
});

describe('the end of the step', () => {
  test('ends the pause with its own reason, without another poll', async () => {
    const clock = new VirtualClock();
    const { polledMs, pollOnce } = script(clock, { audio: 1 }, { audio: 2 });
    const end = new AbortController();
    const reason = new Error('the time is over');
    void clock.sleep(10_000, new AbortController().signal).then(() => end.abort(reason));
    const polling = pollUntilDone(
      pending({ audio: 0 }),
      pollOnce,
      options(clock, { pollIntervalMs: 8000, signal: end.signal }),
    );
    await expect(polling).rejects.toBe(reason);
    expect(clock.now()).toBe(10_000);
    expect(polledMs).toEqual([8000]);
  });

  test('ends every wait at that time, whatever the progress, without a poll after it', async () => {
    const percent = fc.option(fc.double({ min: 0, max: 100, noNaN: true }));
    const pollIntervalMs = fc.option(fc.integer({ min: 1000, max: 600_000 }), { nil: undefined });
    const limitMs = fc.integer({ min: 1000, max: 600_000 });
    await fc.assert(
      fc.asyncProperty(fc.array(percent), pollIntervalMs, limitMs, async (percents, interval, ms) => {
        const clock = new VirtualClock();
        using deadline = startDeadline(ms, clock, new AbortController().signal);
        const polledMs: number[] = [];
        const pollOnce = async () => {
          polledMs.push(clock.now());
          return pending({ audio: percents[polledMs.length % percents.length] ?? null });
        };
        const { signal } = deadline;
        const polling = pollUntilDone(
          pending({ audio: 0 }),
          pollOnce,
          options(clock, { pollIntervalMs: interval, signal }),
        );
        await expect(polling).rejects.toMatchObject({ kind: 'time-over' });
        expect(clock.now()).toBe(ms);
        for (const time of polledMs) expect(time).toBeLessThanOrEqual(ms);
      }),
      { numRuns: 30 },
    );
  });

  test('prevents every poll if it came before the first one', async () => {
    const clock = new VirtualClock();
    const { polledMs, pollOnce } = script(clock);
    const signal = AbortSignal.abort('SIGTERM');
    await expect(pollUntilDone(pending({ audio: 0 }), pollOnce, options(clock, { signal }))).rejects.toBe(
      'SIGTERM',
    );
    expect(polledMs).toEqual([]);
  });
});

test('a last poll precedes the time limit, whatever the pause would have been', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 3000, max: 600_000 }),
      fc.option(fc.integer({ min: 1000, max: 600_000 }), { nil: undefined }),
      async (limitMs, pollIntervalMs) => {
        const clock = new VirtualClock();
        using deadline = startDeadline(limitMs, clock, new AbortController().signal);
        const polledMs: number[] = [];
        const pollOnce = async () => {
          polledMs.push(clock.now());
          return pending({ default: 0 });
        };
        const { leftMs, signal } = deadline;
        const wait = pollUntilDone(
          pending({ default: 0 }),
          pollOnce,
          options(clock, { leftMs, pollIntervalMs, signal }),
        );
        await expect(wait).rejects.toMatchObject({ kind: 'time-over' });
        const lastMs = polledMs.at(-1) ?? 0;
        expect(limitMs - lastMs).toBeLessThanOrEqual(2000);
        expect(lastMs).toBeLessThan(limitMs);
      },
    ),
    { numRuns: 20 },
  );
});

describe('a turn', () => {
  const turn = (delayMs: () => number): PollTurn => ({
    pauseMs: (ownPauseMs) => Math.max(ownPauseMs, delayMs()),
    learn: () => {},
    [Symbol.dispose]: () => {},
  });

  test('delays a poll, unless the interval is fixed', async () => {
    for (const [pollIntervalMs, expectedMs] of [
      [undefined, 90_000],
      [4000, 4000],
    ] as const) {
      const clock = new VirtualClock();
      const { pollOnce } = script(clock);
      await pollUntilDone(
        pending({ default: 0 }),
        pollOnce,
        options(clock, { pollIntervalMs }),
        turn(() => 90_000),
      );
      expect(clock.now()).toBe(expectedMs);
    }
  });

  test('that comes earlier than it seemed delays a poll for less time', async () => {
    const clock = new VirtualClock();
    const { pollOnce } = script(clock);
    const delayMs = () => (clock.now() < 50_000 ? 90_000 : 10_000);
    await pollUntilDone(pending({ default: 0 }), pollOnce, options(clock), turn(delayMs));
    expect(clock.now()).toBeLessThan(70_000);
  });

  test('does not delay the last poll beyond the time limit', async () => {
    const clock = new VirtualClock();
    const { polledMs, pollOnce } = script(clock);
    const leftMs = () => 30_000 - clock.now();
    await pollUntilDone(
      pending({ default: 0 }),
      pollOnce,
      options(clock, { leftMs }),
      turn(() => 90_000),
    );
    expect(polledMs).toEqual([28_000]);
  });
});
