import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Transfers } from '../../src/report/transfers.ts';

const MB = 1_000_000;

/** How wide a bar is. */
const width = 16;

/** Transfers on a time that moves when it is told to. */
function start() {
  let nowMs = 0;
  const transfers = new Transfers(() => nowMs);
  const pass = (seconds: number) => {
    nowMs += seconds * 1000;
  };
  return { transfers, pass };
}

describe('a file in transfer', () => {
  test('is told with how far it has come, how fast it is and how long it takes', () => {
    const { pass, transfers } = start();
    const { progress } = transfers.begin('default');
    pass(10);
    progress(45 * MB, 100 * MB);
    expect(transfers.line()).toBe('saving default: 45 MB of 100 MB, 45 %, 4.5 MB/s, about 13 s left');
  });

  test('is told with its label alone before anything came', () => {
    const { pass, transfers } = start();
    const { progress } = transfers.begin('v1 audio');
    expect(transfers.line()).toBe('saving v1 audio: 0 bytes');
    pass(10);
    expect(transfers.line()).toBe('saving v1 audio: 0 bytes');
    progress(0, 100 * MB);
    expect(transfers.line()).toBe('saving v1 audio: 0 bytes of 100 MB, 0 %');
  });

  test('is told without a share and a time where nobody knows how long it is', () => {
    const { pass, transfers } = start();
    transfers.begin('default').progress(45 * MB, undefined);
    pass(10);
    expect(transfers.line()).toBe('saving default: 45 MB, 4.5 MB/s');
    expect(transfers.bars()).toBe(`${'░'.repeat(width)} default: 45 MB, 4.5 MB/s`);
  });

  test('has the speed of the last seconds, not of all the time', () => {
    const { pass, transfers } = start();
    const { progress } = transfers.begin('default');
    progress(50 * MB, 100 * MB);
    pass(10);
    expect(transfers.line()).toContain('5 MB/s');
    progress(60 * MB, 100 * MB);
    pass(10);
    expect(transfers.line()).toBe('saving default: 60 MB of 100 MB, 60 %, 1 MB/s, about 40 s left');
  });

  test('keeps its speed for 3 s, so that the bar of a terminal does not flicker', () => {
    const { pass, transfers } = start();
    const { progress } = transfers.begin('default');
    progress(4 * MB, 100 * MB);
    pass(4);
    expect(transfers.line()).toContain('1 MB/s');
    progress(20 * MB, 100 * MB);
    pass(0.2);
    expect(transfers.line()).toContain('1 MB/s');
    pass(2.8);
    expect(transfers.line()).toContain('5.3 MB/s');
  });

  test('that stands still has no speed, and nobody knows how long it takes', () => {
    const { pass, transfers } = start();
    const { progress } = transfers.begin('default');
    progress(50 * MB, 100 * MB);
    pass(10);
    transfers.line();
    pass(10);
    expect(transfers.line()).toBe('saving default: 50 MB of 100 MB, 50 %');
  });

  test('that was begun anew has no speed below zero, and one again later', () => {
    const { pass, transfers } = start();
    const { progress } = transfers.begin('default');
    progress(50 * MB, 100 * MB);
    pass(10);
    transfers.line();
    progress(10 * MB, 100 * MB);
    pass(10);
    expect(transfers.line()).toBe('saving default: 10 MB of 100 MB, 10 %');
    progress(30 * MB, 100 * MB);
    pass(10);
    expect(transfers.line()).toBe('saving default: 30 MB of 100 MB, 30 %, 2 MB/s, about 35 s left');
  });

  test('that has come is told as whole, also where more came than was said', () => {
    const { pass, transfers } = start();
    const { progress } = transfers.begin('default');
    pass(10);
    progress(100 * MB, 100 * MB);
    expect(transfers.bars()).toBe(
      `${'█'.repeat(width)} default: 100 MB of 100 MB, 100 %, 10 MB/s, about 1 s left`,
    );
    progress(120 * MB, 100 * MB);
    expect(transfers.bars()).toMatch(/^█{16} default: 120 MB of 100 MB, 100 %/);
  });

  test.each([
    [0, 0],
    [6.2, 0],
    [6.3, 1],
    [50, 8],
    [99.9, 15],
    [100, 16],
  ])('has a bar of 16: at %p %% it is full up to %d', (percent, full) => {
    const { transfers } = start();
    transfers.begin('default').progress(percent * MB, 100 * MB);
    expect(transfers.bars().split(' ')[0]).toBe('█'.repeat(full) + '░'.repeat(width - full));
  });

  test('is told in words that make sense, whatever came', () => {
    const step = fc.record({
      seconds: fc.nat(100),
      have: fc.nat(1e9),
      total: fc.option(fc.nat(1e9), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1 }), (steps) => {
        const { pass, transfers } = start();
        const { progress } = transfers.begin('default');
        for (const { have, seconds, total } of steps) {
          progress(have, total);
          pass(seconds);
          for (const text of [transfers.line(), transfers.bars()]) {
            expect(text).not.toMatch(/NaN|Infinity|undefined|-\d/);
            expect(text).not.toContain('\n');
          }
        }
      }),
    );
  });
});

describe('several files in transfer', () => {
  test('are told in one line: three of them, and how many more there are', () => {
    const { transfers } = start();
    for (const label of ['a', 'b', 'c']) transfers.begin(label);
    expect(transfers.line()).toBe('saving a: 0 bytes; b: 0 bytes; c: 0 bytes');
    transfers.begin('d');
    expect(transfers.line()).toBe('saving a: 0 bytes; b: 0 bytes; c: 0 bytes; 1 more file');
    transfers.begin('e');
    expect(transfers.line()).toBe('saving a: 0 bytes; b: 0 bytes; c: 0 bytes; 2 more files');
  });

  test('have a bar each, in the order in which they began, until each is done', () => {
    const { transfers } = start();
    const [a, b] = ['a', 'b'].map((label) => transfers.begin(label));
    expect(transfers.bars().split('\n')).toEqual([
      expect.stringMatching(/ a: /),
      expect.stringMatching(/ b: /),
    ]);
    if (!a || !b) throw new Error('two were begun');
    expect(transfers.end(a)).toBe(true);
    expect(transfers.bars()).toMatch(/^░{16} b: 0 bytes$/);
    expect(transfers.end(b)).toBe(false);
    expect(transfers.bars()).toBe('');
  });

  test('may have the same label', () => {
    const { transfers } = start();
    const first = transfers.begin('default');
    transfers.begin('default').progress(5, 10);
    transfers.end(first);
    expect(transfers.line()).toBe('saving default: 5 bytes of 10 bytes, 50 %');
  });
});
