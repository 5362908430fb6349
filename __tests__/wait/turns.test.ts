import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PollTurns } from '../../src/wait/turns.ts';

/** Turns of so many downloads, the last of which is returned; the first ones have shown that they take `timeMs`. */
function turnsOf(downloads: number, requestMs: number, timeMs?: number) {
  const turns = new PollTurns(() => requestMs);
  const started = Array.from({ length: downloads - 1 }, () => turns.start());
  if (timeMs !== undefined) for (const turn of started.slice(0, 8)) turn.learn(1000, timeMs - 1000);
  return { turn: turns.start(), started };
}

describe('the turn of a download', () => {
  test('is its own schedule without a limit, however many there are', () => {
    expect(turnsOf(1000, 0).turn.pauseMs(2800, 0)).toBe(2800);
    expect(turnsOf(1000, 0, 300_000).turn.pauseMs(2800, 0)).toBe(2800);
  });

  test('is its own schedule if there are few', () => {
    expect(turnsOf(10, 268).turn.pauseMs(2800, 0)).toBe(2800);
    expect(turnsOf(1, 268).turn.pauseMs(1000, 0)).toBe(1000);
  });

  test('is when the limit has allowed a poll of every other one', () => {
    expect(turnsOf(500, 268).turn.pauseMs(2800, 0)).toBe(134_000);
  });

  test('is when it is expected to be ready, as the first ones were', () => {
    expect(turnsOf(500, 268, 30_000).turn.pauseMs(2800, 0)).toBe(30_900);
    expect(turnsOf(500, 268, 300_000).turn.pauseMs(2800, 0)).toBe(309_000);
  });

  test('is when it is expected to be ready by its own progress, once there is some', () => {
    const { turn } = turnsOf(500, 268, 30_000);
    turn.learn(31_000, 60_000);
    expect(turn.pauseMs(2800, 31_000)).toBeCloseTo(1.03 * 91_000 - 31_000);
  });

  test('comes no more often than the limit allows once estimates were wrong', () => {
    const { turn } = turnsOf(500, 268, 30_000);
    for (const elapsedMs of [31_000, 40_000, 50_000]) turn.learn(elapsedMs, 1000);
    expect(turn.pauseMs(2800, 50_000)).toBe(134_000);
  });

  test('is delayed for three turns, and 10 minutes, at most', () => {
    expect(turnsOf(100, 268, 7_200_000).turn.pauseMs(2800, 0)).toBe(3 * 26_800);
    expect(turnsOf(5000, 268, 7_200_000).turn.pauseMs(2800, 0)).toBe(600_000);
  });

  test('comes earlier once others have ended', () => {
    const { started, turn } = turnsOf(500, 268);
    for (const other of started) other[Symbol.dispose]();
    expect(turn.pauseMs(2800, 0)).toBe(2800);
  });

  test('of the first ones is their own schedule until one has shown how long it takes', () => {
    const turns = new PollTurns(() => 268);
    const [first] = Array.from({ length: 500 }, () => turns.start());
    first?.learn(2800, undefined);
    expect(first?.pauseMs(3000, 2800)).toBe(3000);
    first?.learn(6000, 24_000);
    expect(first?.pauseMs(3000, 6000)).toBeCloseTo(1.03 * 30_000 - 6000);
  });

  test('is after those of the first ones as long as they show no progress', () => {
    const { started, turn } = turnsOf(500, 268);
    started[0]?.learn(200_000, undefined);
    expect(turn.pauseMs(2800, 0)).toBeCloseTo(220_000);
    started[400]?.learn(300_000, undefined);
    expect(turn.pauseMs(2800, 0)).toBeCloseTo(220_000);
    started[0]?.learn(210_000, 0);
    expect(turn.pauseMs(2800, 0)).toBeCloseTo(1.03 * 210_000);
  });

  test('is not delayed by a few that take long, however often they are polled', () => {
    const { started, turn } = turnsOf(500, 268, 30_000);
    for (let times = 0; times < 100; times++) started[20]?.learn(100_000, 7_200_000);
    expect(turn.pauseMs(2800, 0)).toBe(30_900);
  });

  test('is never earlier than its own schedule, and always comes', () => {
    const times = fc.array(fc.tuple(fc.nat(1e7), fc.option(fc.nat(1e7), { nil: undefined })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), fc.nat(5000), times, (downloads, requestMs, learned) => {
        const { started, turn } = turnsOf(downloads, requestMs);
        for (const [index, [elapsedMs, remainingMs]] of learned.entries()) {
          (started[index % 7] ?? turn).learn(elapsedMs, remainingMs);
        }
        const pauseMs = turn.pauseMs(2800, 1000);
        expect(pauseMs).toBeGreaterThanOrEqual(2800);
        expect(pauseMs).toBeLessThanOrEqual(600_000);
      }),
    );
  });
});
