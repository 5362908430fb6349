import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import leven from 'leven';
import { nearMiss } from '../../src/core/near-miss.ts';
import { inputNames, laterInputNames } from '../../src/inputs/input-names.ts';

const candidates = [...inputNames, ...laterInputNames];
const candidate = fc.constantFrom(...candidates);
const separator = fc.constantFrom('', '-', '_', ' ', '.', '--');

/** The letters of a word, since neither case nor separators count. */
const letters = (word: string) => word.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** How many typing errors are forgiven in a word: fewer where it is so short that two make another word of it. */
const forgiven = (word: string) => (word.length < 6 ? 1 : 2);

describe('the candidate that was meant', () => {
  test('is the word itself where it is one', () => {
    for (const word of candidates) expect(nearMiss(word, candidates)).toBe(word);
  });

  test('does not depend on case and separators', () => {
    fc.assert(
      fc.property(candidate, separator, fc.boolean(), (word, between, upper) => {
        const typed = word.replaceAll('-', between);
        expect(nearMiss(upper ? typed.toUpperCase() : typed, candidates)).toBe(word);
      }),
    );
  });

  test('is found over one typing error', () => {
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

  test('is never further away than forgiven, and none is nearer', () => {
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
        const near = candidates.filter((other) => distance(other) <= forgiven(other));
        const found = nearMiss(typed, candidates);
        if (found === undefined) expect(near).toEqual([]);
        else expect(distance(found)).toBe(Math.min(...near.map(distance)));
      }),
    );
  });

  test.each(['title', 'path', 'id', 'url', 'token', 'sleep', ''])('is none for "%s"', (word) => {
    expect(nearMiss(word, inputNames)).toBeUndefined();
  });

  test('is the nearest, not the first, of several near ones', () => {
    expect(nearMiss('created-befor', ['created-after', 'created-before'])).toBe('created-before');
    expect(nearMiss('api-kez', ['api-keys', 'api-key'])).toBe('api-key');
  });
});
