import { describe, expect, test } from '@jest/globals';
import { foreignText, foreignUrl } from '../../src/core/foreign-text.ts';

test('a text is put on one line, and replaced by its length if it is too long', () => {
  expect(foreignText('a\nb', 'a state', 3)).toBe('a b');
  expect(foreignText('a\nbc', 'a state', 3)).toBe('a state of 4 characters');
});

describe('a URL', () => {
  const longest = `https://a.example/${'x'.repeat(8174)}`;

  test.each([
    ['https://a.example/ü\n?b=c#d', 'https://a.example/%C3%BC?b=c#d'],
    ['https://a.example/@b/c.mp4', 'https://a.example/@b/c.mp4'],
    ['http://a.example', 'http://a.example/'],
    [longest, longest],
  ])('is used in ASCII (case %#)', (text, url) => {
    expect(foreignUrl(text)).toEqual({ url });
  });

  test.each([
    [`${longest}x`, 'one of 8,193 characters'],
    ['https+x://a.example/', '"https+x://a.example/"'],
    ['a.mp4\n', '"a.mp4"'],
    ['https://a:b@[', 'one that may contain a password'],
    ['https://a@a.example/', 'one that may contain a password'],
    ['https://:b@a.example/', 'one that may contain a password'],
  ])('cannot be used, and says why (case %#)', (text, problem) => {
    expect(foreignUrl(text)).toEqual({ problem });
  });
});
