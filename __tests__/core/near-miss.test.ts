import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import leven from 'leven';
import { nearMiss } from '../../src/core/near-miss.ts';
import { inputNames } from '../../src/inputs/input-names.ts';

const candidates = inputNames;
const candidate = fc.constantFrom(...candidates);
const separator = fc.constantFrom('', '-', '_', ' ', '.', '--');

/** Case and separators do not matter. */
const letters = (word: string) => word.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** How many typing errors a word may have: fewer in a short one, where two would make another word. */
const allowedErrors = (word: string) => (word.length < 6 ? 1 : 2);

describe('nearMiss', () => {
  test('finds a candidate itself', () => {
    for (const word of candidates) expect(nearMiss(word, candidates)).toBe(word);
  });

  test('ignores case and separators', () => {
    fc.assert(
      fc.property(candidate, separator, fc.boolean(), (word, between, upper) => {
        const typed = word.replaceAll('-', between);
        expect(nearMiss(upper ? typed.toUpperCase() : typed, candidates)).toBe(word);
      }),
    );
  });

  test('finds a candidate despite one typing error', () => {
    fc.assert(
      fc.property(
        candidate,
        fc.nat(),
        fc.constantFrom('', 'x', '7'),
        fc.nat(1),
        (word, place, typed, kept) => {
          const plain = letters(word);
          const at = place % plain.length;
          const mistyped = plain.slice(0, at) + typed + plain.slice(at + (typed === '' ? 1 : kept));
          const found = nearMiss(mistyped, candidates);
          expect(found).toBeDefined();
          expect(leven(mistyped, letters(found ?? ''))).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  test('finds the nearest candidate within the allowed distance, or none', () => {
    const alphabet = fc.constantFrom(...new Set(candidates.join('')), '_', 'x');
    const word = fc.oneof(
      fc.string({ unit: alphabet, maxLength: 14 }),
      fc
        .tuple(candidate, fc.string({ unit: alphabet, maxLength: 4 }), fc.nat(20))
        .map(([known, more, at]) => known.slice(0, at) + more + known.slice(at)),
    );
    fc.assert(
      fc.property(word, (typed) => {
        const distance = (other: string) => leven(letters(typed), letters(other));
        const near = candidates.filter((other) => distance(other) <= allowedErrors(other));
        const found = nearMiss(typed, candidates);
        if (found === undefined) expect(near).toEqual([]);
        else expect(distance(found)).toBe(Math.min(...near.map(distance)));
      }),
    );
  });

  test.each(['title', 'path', 'id', 'url', 'token', 'sleep', ''])('finds nothing for "%s"', (word) => {
    expect(nearMiss(word, inputNames)).toBeUndefined();
  });

  test('finds the nearest candidate rather than the first', () => {
    expect(nearMiss('created-befor', ['created-after', 'created-before'])).toBe('created-before');
    expect(nearMiss('api-kez', ['api-keys', 'api-key'])).toBe('api-key');
  });
});
