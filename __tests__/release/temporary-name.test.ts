import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { assetNameFor } from '../../local-github/releases/asset-name.ts';
import { temporaryKindOf, temporaryName } from '../../src/release/temporary-name.ts';

const kinds = ['part', 'old'] as const;
const anyName = fc
  .string({ unit: fc.constantFrom(...'aB0._-'), minLength: 1, maxLength: 251 })
  .map((stem) => `${assetNameFor(`x${stem}`)}.mp4`.slice(-255));

describe('a temporary name', () => {
  test('is recognized for its name, differs each time, and is one that GitHub keeps', () => {
    fc.assert(
      fc.property(anyName, fc.constantFrom(...kinds), (name, kind) => {
        const one = temporaryName(name, kind);
        expect(temporaryKindOf(one, name)).toBe(kind);
        expect(one).not.toBe(temporaryName(name, kind));
        expect(one.length).toBeLessThanOrEqual(255);
        expect(one).toMatch(/\.[0-9a-f]{8}\.(part|old)$/);
      }),
    );
  });

  test('begins with the name, up to 200 characters of it', () => {
    expect(temporaryName('a.mp4', 'old')).toMatch(/^a\.mp4\.[0-9a-f]{8}\.old$/);
    expect(temporaryName(`${'a'.repeat(251)}.mp4`, 'part')).toMatch(/^a{200}\.[0-9a-f]{8}\.part$/);
  });

  test('is not recognized for another name', () => {
    fc.assert(
      fc.property(anyName, anyName, fc.constantFrom(...kinds), (name, other, kind) => {
        fc.pre(name !== other);
        expect(temporaryKindOf(temporaryName(name, kind), other)).toBeUndefined();
      }),
    );
  });

  test.each([199, 200, 201])(
    'of a name of %d characters is not that of one with the same beginning',
    (length) => {
      const [one, two] = ['1', '2'].map((digit) => 'a'.repeat(length - 1) + digit) as [string, string];
      for (const [name, other] of [
        [one, two],
        [one, `${one}.mp4`],
        [`${one}.mp4`, one],
      ] as const) {
        expect(temporaryKindOf(temporaryName(name, 'old'), other)).toBeUndefined();
      }
    },
  );
});

test.each([
  'a.mp4',
  'a.mp4.old',
  'a.mp4.part',
  'a.mp4.0badcafe',
  'a.mp4.0badcafe.',
  'a.mp4.0badcaf.part',
  'a.mp4.0badcafe0.part',
  'a.mp4.0badcafg.part',
  'a.mp4.0BADCAFE.part',
  'A.mp4.0badcafe.part',
  'a.mp4.0badcafe.PART',
  'a.mp4.0badcafe.parts',
  'a.mp4.0badcafe.part\n',
  'a.mp4.0badcafe.part.mp4',
  'a.mp4.mp4.0badcafe.part',
  'xa.mp4.0badcafe.part',
  'a.mp40badcafe.old',
  '.0badcafe.old',
])('%j is not a temporary name of a.mp4', (name) => {
  expect(temporaryKindOf(name, 'a.mp4')).toBeUndefined();
});
