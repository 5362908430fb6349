import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Transfers } from '../../src/report/transfers.ts';

const MB = 1_000_000;

/** Transfers on a time that the test advances. */
function start() {
  let nowMs = 0;
  const transfers = new Transfers(() => nowMs);
  const advance = (seconds: number) => {
    nowMs += seconds * 1000;
  };
  return { advance, transfers, line: () => transfers.describe() };
}

describe('a transfer', () => {
  test('is described with a bar, its amount, its speed and the time left', () => {
    const { advance, line, transfers } = start();
    const { progress } = transfers.start('v1 default');
    advance(10);
    progress(45 * MB, 100 * MB);
    expect(line()).toBe(
      'saving v1 default: ███████░░░░░░░░░ 45 %, 45 MB of 100 MB, 4.5 MB/s, about 13 s left',
    );
  });

  test('has only its amount before anything arrived, and no bar while its size is unknown', () => {
    const { advance, line, transfers } = start();
    const { progress } = transfers.start('audio');
    expect(line()).toBe('saving audio: 0 bytes');
    advance(10);
    progress(45 * MB, undefined);
    expect(line()).toBe('saving audio: 45 MB, 4.5 MB/s');
  });

  test.each([
    [0, 0],
    [6.2, 0],
    [6.3, 1],
    [50, 8],
    [99.9, 15],
    [100, 16],
    // More arrived than was announced.
    [120, 16],
  ])('has a bar of 16 characters: at %p %%, %d of them are full', (percent, full) => {
    const { line, transfers } = start();
    transfers.start('default').progress(percent * MB, 100 * MB);
    expect(line()).toContain(
      `: ${'█'.repeat(full)}${'░'.repeat(16 - full)} ${Math.min(100, Math.floor(percent))} %`,
    );
  });

  test('has the speed since the last line, not the average', () => {
    const { advance, line, transfers } = start();
    const { progress } = transfers.start('default');
    progress(50 * MB, 100 * MB);
    advance(10);
    expect(line()).toContain(', 5 MB/s,');
    progress(60 * MB, 100 * MB);
    advance(10);
    expect(line()).toMatch(/, 1 MB\/s, about 40 s left$/);
  });

  test('keeps its speed for 3 s, since a shorter measurement is inaccurate', () => {
    const { advance, line, transfers } = start();
    const { progress } = transfers.start('default');
    progress(4 * MB, 100 * MB);
    advance(4);
    expect(line()).toContain(', 1 MB/s');
    progress(20 * MB, 100 * MB);
    advance(0.2);
    expect(line()).toContain(', 1 MB/s');
    advance(2.8);
    expect(line()).toContain(', 5.33 MB/s');
  });

  test('has neither speed nor time left while nothing arrives, or after it started again', () => {
    const { advance, line, transfers } = start();
    const { progress } = transfers.start('default');
    progress(50 * MB, 100 * MB);
    advance(10);
    line();
    advance(10);
    expect(line()).toMatch(/ 50 %, 50 MB of 100 MB$/);
    progress(10 * MB, 100 * MB);
    advance(10);
    expect(line()).toMatch(/ 10 %, 10 MB of 100 MB$/);
    progress(30 * MB, 100 * MB);
    advance(10);
    expect(line()).toMatch(/, 2 MB\/s, about 35 s left$/);
  });

  test('is one line without NaN or negative numbers, whatever arrives', () => {
    const step = fc.record({
      seconds: fc.nat(100),
      have: fc.nat(1e9),
      total: fc.option(fc.nat(1e9), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1 }), (steps) => {
        const { advance, line, transfers } = start();
        const { progress } = transfers.start('default');
        for (const { have, seconds, total } of steps) {
          progress(have, total);
          advance(seconds);
          expect(line()).not.toMatch(/NaN|Infinity|undefined|-\d|\n/);
        }
      }),
    );
  });
});

describe('the slowest transfer', () => {
  test('is the one that takes longest, of those that have received bytes for two measurements', () => {
    let nowMs = 0;
    const transfers = new Transfers(() => nowMs);
    const [fast, slow, stalled, unknown] = ['fast', 'slow', 'stalled', 'unknown'].map((label) =>
      transfers.start(label),
    );
    const measure = (seconds: number) => {
      nowMs = seconds * 1000;
      fast?.progress(100 * seconds, 1000);
      slow?.progress(10 * seconds, 1000);
      stalled?.progress(1, 1000);
      unknown?.progress(seconds, undefined);
      transfers.describe();
    };
    measure(3);
    expect(transfers.slowest()).toBeUndefined();
    measure(6);
    expect(transfers.slowest()).toEqual({ label: 'slow', remainingMs: 94_000 });
  });
});

describe('several transfers', () => {
  test('are one line that names three, and counts the others', () => {
    const { line, transfers } = start();
    for (const label of ['a', 'b', 'c']) transfers.start(label);
    expect(line()).toBe('saving a: 0 bytes; b: 0 bytes; c: 0 bytes');
    transfers.start('d');
    expect(line()).toBe('saving a: 0 bytes; b: 0 bytes; c: 0 bytes; 1 more file');
    transfers.start('e');
    expect(line()).toBe('saving a: 0 bytes; b: 0 bytes; c: 0 bytes; 2 more files');
  });

  test('end one by one, also with the same label', () => {
    const { line, transfers } = start();
    const [first, second] = [transfers.start('default'), transfers.start('default')];
    second.progress(5, 10);
    expect(transfers.end(first)).toBe(true);
    expect(line()).toMatch(/^saving default: █{8}░{8} 50 %, 5 bytes of 10 bytes$/);
    expect(transfers.end(second)).toBe(false);
  });
});
