import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { latinName } from '../../src/core/latin.ts';
import { anyTitle } from '../files/arbitraries.ts';

describe('the Latin name of a text', () => {
  test.each([
    ['My-Talk_v1.2', 'My-Talk_v1.2'],
    ['Über uns', 'Ueber-uns'],
    ['U\u0308ber uns', 'Ueber-uns'],
    ['Füße & Größe', 'Fuesse-Groesse'],
    ['Привет, мир!', 'Privet-mir'],
    ['Ελληνικά', 'Ellinika'],
    ['مقدمة', 'mqdmt'],
    ['Tiếng Việt', 'Tieng-Viet'],
    ['ქართული', 'qartuli'],
    ['ﬁne Ｗｉｄｅ H₂O', 'fine-Wide-H2O'],
    ['日本 2024', '2024'],
    ['a日b', 'a-b'],
    ['a (1)', 'a-1'],
    ['a  --  b', 'a-b'],
    ['a – b — c', 'a-b-c'],
    ['a- b -c', 'a-b-c'],
    ['a--b', 'a--b'],
    ['a...b', 'a.b'],
    ['a…b', 'a.b'],
    ['a ... b', 'a-.-b'],
    ['a/../b', 'a-.-b'],
    ['  .-!a', 'a'],
    ['a! . ?', 'a'],
    ['a-', 'a-'],
    ['_a_', '_a_'],
    ['$(a);`b`&"c"|%d%', 'a-b-c-d'],
  ])('%j is %j', async (text, name) => {
    expect(await latinName(text)).toBe(name);
  });

  test.each([
    '',
    ' ',
    '-',
    '._-',
    '_-_',
    '???',
    'あ_い',
    'カ.タ.カ.ナ',
    '映画',
    '한국어',
    'हिन्दी',
    '😀',
    '“…”',
  ])('does not exist for %j, of which no letter and no digit is left', async (text) => {
    expect(await latinName(text)).toBeUndefined();
  });

  test('has only the listed characters for any text, and stays as it is', async () => {
    await fc.assert(
      fc.asyncProperty(anyTitle, async (text) => {
        const name = await latinName(text.slice(0, 2000));
        if (name === undefined) return;
        expect(name).toMatch(/^[A-Za-z0-9_](?!.*\.\.)[A-Za-z0-9._-]*(?<!\.)$/);
        expect(name).toMatch(/[A-Za-z0-9]/);
        expect(await latinName(name)).toBe(name);
      }),
    );
  });
});
