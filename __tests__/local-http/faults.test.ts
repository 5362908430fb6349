import { describe, expect, test } from '@jest/globals';
import { Faults } from '../../local-http/faults.ts';

interface Target {
  readonly route: 'read' | 'list' | 'unknown';
  readonly name?: string | undefined;
}

const open = () => new Faults<'x' | 'o', Target>();

/** Shows which of the next requests meet a fault: its letter, or a dot for a request that succeeds. */
function met(faults: Faults<'x' | 'o', Target>, count: number, target: Target = { route: 'read' }): string {
  return Array.from({ length: count }, () => faults.next(target) ?? '.').join('');
}

describe('a planned fault', () => {
  test('applies to one request to its route by default', () => {
    const faults = open();
    faults.add({ route: 'read', fault: 'x' });
    expect(met(faults, 2, { route: 'list' })).toBe('..');
    expect(met(faults, 3)).toBe('x..');
  });

  test('applies to `times` requests, once `after` requests have succeeded', () => {
    const faults = open();
    faults.add({ route: 'read', fault: 'x', times: 2, after: 1 });
    expect(met(faults, 5)).toBe('.xx..');
  });

  test('applies to all requests until it is removed', () => {
    const faults = open();
    const remove = faults.add({ route: 'any', fault: 'x', times: Number.POSITIVE_INFINITY });
    expect(met(faults, 50)).toBe('x'.repeat(50));
    expect(met(faults, 1, { route: 'list' })).toBe('x');
    expect(met(faults, 1, { route: 'unknown' })).toBe('x');
    remove();
    expect(met(faults, 2)).toBe('..');
  });

  test('applies in the order of addition; a request that meets an earlier fault does not count', () => {
    const faults = open();
    faults.add({ route: 'read', fault: 'x' });
    faults.add({ route: 'read', fault: 'o', after: 1 });
    expect(met(faults, 4)).toBe('x.o.');
  });

  test('applies only to targets with the given fields', () => {
    const faults = open();
    faults.add({ route: 'any', name: 'a', fault: 'x', times: 2 });
    expect(met(faults, 1)).toBe('.');
    expect(met(faults, 1, { route: 'read', name: 'b' })).toBe('.');
    expect(met(faults, 1, { route: 'read', name: 'a' })).toBe('x');
    expect(met(faults, 1, { route: 'list', name: 'a' })).toBe('x');
  });
});

describe('random faults', () => {
  test('have the given rate, and the same order for the same seed', () => {
    const random = (seed: number) => {
      const faults = open();
      faults.addRandom({ seed, rate: 0.2, faults: ['x', 'o'] });
      return met(faults, 1000);
    };
    const first = random(7);
    expect(random(7)).toBe(first);
    expect(random(8)).not.toBe(first);
    const share = (letter: string) => first.split(letter).length - 1;
    expect(share('x') + share('o')).toBeGreaterThan(150);
    expect(share('x') + share('o')).toBeLessThan(250);
    expect(Math.min(share('x'), share('o'))).toBeGreaterThan(50);
  });

  test('apply to one route only, and never or always', () => {
    const faults = open();
    const remove = faults.addRandom({ route: 'list', seed: 1, rate: 1, faults: ['x'] });
    expect(met(faults, 5)).toBe('.....');
    expect(met(faults, 5, { route: 'list' })).toBe('xxxxx');
    remove();
    faults.addRandom({ seed: 1, rate: 0, faults: ['x'] });
    expect(met(faults, 50, { route: 'list' })).toBe('.'.repeat(50));
  });
});
