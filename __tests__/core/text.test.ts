import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aboutLeft, count, formatDuration, oneLine, quote, sentence } from '../../src/core/text.ts';
import { anyText } from '../harness/arbitraries.ts';

describe('one line', () => {
  test.each([
    ['a line break', 'first\nsecond', 'first second'],
    ['a line break of Windows', 'first\r\nsecond', 'first second'],
    ['white space around', '  \t text \n', 'text'],
    ['runs of white space', 'a  \n\n \t b', 'a b'],
    ['a colour', '\u001b[31mred\u001b[0m', '[31mred [0m'],
    ['a mark that turns the direction', 'safe\u202egnp.exe', 'safe gnp.exe'],
    ['a separator of paragraphs', 'a\u2029b', 'a b'],
    ['half an emoji', 'a\ud83db', 'a b'],
    ['a zero-width space', 'a\u200bb', 'a b'],
  ])('holds no %s', (_, text, line) => {
    expect(oneLine(text)).toBe(line);
  });

  test('keeps what can be read, in whatever script', () => {
    for (const text of ['It works!', 'größer', '動画を処理中', 'видео 42 %', 'done 🎬 ✔']) {
      expect(oneLine(text)).toBe(text);
    }
  });

  test('is cut with an ellipsis where it is too long, and only there', () => {
    expect(oneLine('x'.repeat(300))).toBe('x'.repeat(300));
    expect(oneLine('x'.repeat(301))).toBe(`${'x'.repeat(299)}…`);
    expect(oneLine('12345', 5)).toBe('12345');
    expect(oneLine('123456', 5)).toBe('1234…');
  });

  test('is not cut within a character', () => {
    expect(oneLine('123😀456', 5).isWellFormed()).toBe(true);
  });

  test('is one printable line of bounded length, whatever the text', () => {
    const texts = fc.oneof(anyText(), anyText({ minLength: 200, maxLength: 400 }));
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 400 }), (text, maxLength) => {
        const line = oneLine(text, maxLength);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        expect(line).toBe(line.trim());
        expect(line.length).toBeLessThanOrEqual(maxLength);
        expect(oneLine(line, maxLength)).toBe(line);
      }),
    );
  });
});

describe('a quoted value', () => {
  test('stands in quotes, in one short line', () => {
    expect(quote('a/b')).toBe('"a/b"');
    expect(quote('')).toBe('""');
    expect(quote('say "x"\n\u202e\\')).toBe('"say \\"x\\" \\\\"');
    expect(quote('x'.repeat(500))).toBe(`"${'x'.repeat(79)}…"`);
  });
});

describe('a duration', () => {
  test.each([
    [0, '0 ms'],
    [0.4, '0 ms'],
    [320, '320 ms'],
    [999, '999 ms'],
    [999.7, '1 s'],
    [1000, '1 s'],
    [4200, '4.2 s'],
    [4249, '4.2 s'],
    [9990, '10 s'],
    [10_000, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min'],
    [60_000, '1 min'],
    [123_000, '2 min 3 s'],
    [1_800_000, '30 min'],
    [3_599_600, '1 h'],
    [3_601_000, '1 h'],
    [3_900_000, '1 h 5 min'],
    [3_945_000, '1 h 5 min'],
    [432_000_000, '120 h'],
  ])('of %d ms is told as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  const sizesMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };
  const limits: Readonly<Record<string, number>> = { ms: 1000, s: 60, min: 60, h: Number.POSITIVE_INFINITY };

  test('is told in one or two units, none of them full, and is not far off', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (ms) => {
        const words = formatDuration(ms).split(' ');
        const parts = words.flatMap((word, index) =>
          index % 2 === 0 ? [[Number(word), words[index + 1] ?? ''] as const] : [],
        );
        expect(parts.length).toBeLessThanOrEqual(2);
        for (const [amount, unit] of parts) expect(amount).toBeLessThan(limits[unit] ?? 0);

        const told = parts.reduce((sum, [amount, unit]) => sum + amount * (sizesMs[unit] ?? 0), 0);
        // Two units are told, so what is lost is less than one of the second.
        const lost = ms < 1000 ? 1 : ms < 10_000 ? 51 : ms < 3_600_000 ? 501 : 60_000;
        expect(Math.abs(told - ms)).toBeLessThanOrEqual(lost);
      }),
    );
  });
});

describe('what is left', () => {
  test('is told in whole seconds, never as nothing', () => {
    expect(aboutLeft(0)).toBe(', about 1 s left');
    expect(aboutLeft(4200)).toBe(', about 5 s left');
    expect(aboutLeft(120_000)).toBe(', about 2 min left');
  });

  test('is not told where nobody knows', () => {
    expect(aboutLeft(undefined)).toBe('');
  });
});

describe('a count', () => {
  test.each([
    [0, '0 videos'],
    [1, '1 video'],
    [2, '2 videos'],
  ])('of %d has the form of its number', (amount, text) => {
    expect(count(amount, 'video')).toBe(text);
  });
});

describe('a sentence', () => {
  test('gets a full stop unless it ends as one already', () => {
    expect(sentence('It failed')).toBe('It failed.');
    expect(sentence('It failed (again)')).toBe('It failed (again).');
    for (const whole of ['It failed.', 'Did you mean this?', 'No!']) expect(sentence(whole)).toBe(whole);
  });
});
