import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { visibleTitle } from '../../src/files/title.ts';
import { anyTitle, joiner } from './arbitraries.ts';

describe('what can be seen of a title', () => {
  test.each([
    ['text of any script', 'Привет, 日本 & co', 'Привет, 日本 & co'],
    ['spaces and line ends as one space', ' a\r\n\tb\u00a0 \u2028c\u3000', 'a b c'],
    ['controls as a space', 'a\0\u0007b\u009fc', 'a b c'],
    ['no marks of direction', '\u202eexe.\u2066a\u200f', 'exe.a'],
    ['no soft hyphens and zero-width spaces', 'Donau\u00addampf\u200bschiff\ufeff', 'Donaudampfschiff'],
    ['no fillers that look like nothing', '\u3164a\u115f', 'a'],
    ['half an emoji as a space', 'a\ud83db', 'a b'],
    ['private and unassigned code points as a space', 'a\ue000\u{10fffe}b', 'a b'],
    ['joined emoji whole', '👩🏽‍🚀 👁️‍🗨️ 👩‍👩‍👧', '👩🏽‍🚀 👁️‍🗨️ 👩‍👩‍👧'],
    ['no joiner elsewhere', 'a\u200db😀\u200d \u200d😀', 'ab😀 😀'],
    ['not the extension of the file that was uploaded', 'Holiday.MOV ', 'Holiday'],
    ['a dot that is no extension', 'v1.2', 'v1.2'],
    ['an extension that the title is about', 'How to open .avi', 'How to open .avi'],
    ['an extension that is all there is', '.mp4', '.mp4'],
    ['nothing of nothing', '\u200b\n', ''],
  ])('is %s', (_, title, visible) => {
    expect(visibleTitle(title)).toBe(visible);
  });

  test('holds no control and no format character, and one space at a time', () => {
    fc.assert(
      fc.property(anyTitle, (title) => {
        const visible = visibleTitle(title);
        expect(visible.replace(joiner, '')).not.toMatch(/\p{C}|\p{Zl}|\p{Zp}|\s\s|^\s|\s$/u);
      }),
    );
  });

  test('is found quickly in a title without end', () => {
    const startMs = performance.now();
    for (const character of ['. ', '-', 'e\u0301', '\u200d', 'a.mp4 '])
      visibleTitle(character.repeat(1_000_000));
    expect(performance.now() - startMs).toBeLessThan(1000);
  });
});
