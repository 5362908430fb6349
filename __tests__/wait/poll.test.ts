import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { startDeadline } from '../../src/core/deadline.ts';
import { type Pending, type PollOptions, poll, type Sightings } from '../../src/wait/poll.ts';
import { VirtualClock } from '../harness/virtual-clock.ts';

function options(clock: VirtualClock, more: Partial<PollOptions> = {}): PollOptions {
  return {
    clock,
    random: () => 0.5,
    signal: new AbortController().signal,
    leftMs: () => Number.POSITIVE_INFINITY,
    pollIntervalMs: undefined,
    ...more,
  };
}

function pending(shares: Readonly<Record<string, number | null>>): Pending {
  return new Map(Object.entries(shares));
}

/** Answers one after the other, and then that nothing is pending; keeps when it was asked, and what it was told. */
function script(clock: VirtualClock, ...answers: readonly Readonly<Record<string, number | null>>[]) {
  const asked: number[] = [];
  const told: Record<string, unknown>[] = [];
  const ask = async (sightings: Sightings) => {
    asked.push(clock.now());
    told.push(structuredClone(Object.fromEntries(sightings)));
    return pending(answers[asked.length - 1] ?? {});
  };
  return { asked, told, ask };
}

describe('asking', () => {
  test('does not begin where nothing is pending', async () => {
    const clock = new VirtualClock();
    const { asked, ask } = script(clock);
    await poll(pending({}), ask, options(clock));
    expect(asked).toEqual([]);
    expect(clock.now()).toBe(0);
  });

  test('ends with the first answer that leaves nothing pending', async () => {
    const clock = new VirtualClock();
    const { asked, ask } = script(clock, { audio: 10 }, { audio: 50 }, { audio: 50 });
    await poll(pending({ audio: 0 }), ask, options(clock));
    expect(asked).toHaveLength(4);
    expect(clock.now()).toBe(asked[3]);
  });

  test('begins after a pause, and goes on after one each time', async () => {
    const clock = new VirtualClock();
    const { asked, ask } = script(clock, { audio: null }, { audio: null });
    await poll(pending({ audio: null }), ask, options(clock));
    const pauses = asked.map((time, index) => time - (asked[index - 1] ?? 0));
    expect(pauses).toHaveLength(3);
    for (const pause of pauses) expect(pause).toBeGreaterThan(0);
  });

  test('is done exactly at a fixed interval where one is set, whatever the progress', async () => {
    const clock = new VirtualClock();
    const { asked, ask } = script(clock, { audio: 1 }, { audio: 99, default: null }, { default: 99.9 });
    await poll(pending({ audio: 0 }), ask, options(clock, { pollIntervalMs: 7000 }));
    expect(asked).toEqual([7000, 14_000, 21_000, 28_000]);
  });

  test('hands on what was seen before of each, also of one that came later or is gone', async () => {
    const clock = new VirtualClock();
    const { told, ask } = script(clock, { default: 20, audio: null }, { audio: 5 });
    await poll(pending({ default: 10 }), ask, options(clock, { pollIntervalMs: 1000 }));
    expect(told).toEqual([
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
  ])(
    'is done as soon as the youngest of several would have it, also when that is named %s',
    async (_, both) => {
      const clock = new VirtualClock();
      const alone = Array.from({ length: 30 }, () => ({ old: null }));
      const { asked, ask } = script(clock, ...alone, both);
      await poll(pending({ old: null }), ask, options(clock));
      const pauses = asked.map((moment, index) => moment - (asked[index - 1] ?? 0));
      const [ofOneThatIsYoung = 0] = pauses;
      const [ofOneThatIsOld = 0, ofBoth] = pauses.slice(-2);
      expect(ofOneThatIsYoung).toBeLessThan(ofOneThatIsOld);
      expect(ofBoth).toBe(ofOneThatIsYoung);
    },
  );

  test('fails as the question does', async () => {
    const clock = new VirtualClock();
    const failure = new Error('refused');
    const polling = poll(pending({ audio: 0 }), () => Promise.reject(failure), options(clock));
    await expect(polling).rejects.toBe(failure);
  });
});

describe('the end of the step', () => {
  test('ends the pause with its own reason, and nothing more is asked', async () => {
    const clock = new VirtualClock();
    const { asked, ask } = script(clock, { audio: 1 }, { audio: 2 });
    const end = new AbortController();
    const reason = new Error('the time is over');
    void clock.sleep(10_000, new AbortController().signal).then(() => end.abort(reason));
    const polling = poll(
      pending({ audio: 0 }),
      ask,
      options(clock, { pollIntervalMs: 8000, signal: end.signal }),
    );
    await expect(polling).rejects.toBe(reason);
    expect(clock.now()).toBe(10_000);
    expect(asked).toEqual([8000]);
  });

  test('ends every wait at that moment, whatever is seen, and nothing is asked after it', async () => {
    const percent = fc.option(fc.double({ min: 0, max: 100, noNaN: true }));
    const pollIntervalMs = fc.option(fc.integer({ min: 1000, max: 600_000 }), { nil: undefined });
    const limitMs = fc.integer({ min: 1000, max: 3_600_000 });
    await fc.assert(
      fc.asyncProperty(fc.array(percent), pollIntervalMs, limitMs, async (percents, interval, ms) => {
        const clock = new VirtualClock();
        using deadline = startDeadline(ms, clock, new AbortController().signal);
        const asked: number[] = [];
        const ask = async () => {
          asked.push(clock.now());
          return pending({ audio: percents[asked.length % percents.length] ?? null });
        };
        const { signal } = deadline;
        const polling = poll(
          pending({ audio: 0 }),
          ask,
          options(clock, { pollIntervalMs: interval, signal }),
        );
        await expect(polling).rejects.toMatchObject({ kind: 'time-over' });
        expect(clock.now()).toBe(ms);
        for (const moment of asked) expect(moment).toBeLessThanOrEqual(ms);
      }),
      { numRuns: 30 },
    );
  });

  test('lets nothing be asked where it came before', async () => {
    const clock = new VirtualClock();
    const { asked, ask } = script(clock);
    const signal = AbortSignal.abort('SIGTERM');
    await expect(poll(pending({ audio: 0 }), ask, options(clock, { signal }))).rejects.toBe('SIGTERM');
    expect(asked).toEqual([]);
  });
});

test('a last question is asked before the time is over, whatever the pause would have been', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 3000, max: 1_000_000 }),
      fc.option(fc.integer({ min: 1000, max: 600_000 }), { nil: undefined }),
      async (limitMs, pollIntervalMs) => {
        const clock = new VirtualClock();
        using deadline = startDeadline(limitMs, clock, new AbortController().signal);
        const asked: number[] = [];
        const ask = async () => {
          asked.push(clock.now());
          return pending({ default: 0 });
        };
        const { leftMs, signal } = deadline;
        const wait = poll(pending({ default: 0 }), ask, options(clock, { leftMs, pollIntervalMs, signal }));
        await expect(wait).rejects.toMatchObject({ kind: 'time-over' });
        const lastMs = asked.at(-1) ?? 0;
        expect(limitMs - lastMs).toBeLessThanOrEqual(2000);
        expect(lastMs).toBeLessThan(limitMs);
      },
    ),
    { numRuns: 20 },
  );
});
