import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  aboutLeft,
  count,
  formatBytes,
  formatDuration,
  oneLine,
  quote,
  sentence,
  titleText,
  truncate,
} from '../../src/core/text.ts';
import { anyText } from '../harness/arbitraries.ts';

describe('oneLine', () => {
  test.each([
    ['a line break', 'first\nsecond', 'first second'],
    ['a Windows line break', 'first\r\nsecond', 'first second'],
    ['surrounding white space', '  \t text \n', 'text'],
    ['repeated white space', 'a  \n\n \t b', 'a b'],
    ['a terminal color', '\u001b[31mred\u001b[0m', '[31mred[0m'],
    ['a bidi mark', 'safe\u202egnp.exe', 'safegnp.exe'],
    ['a paragraph separator', 'a\u2029b', 'a b'],
    ['a lone surrogate', 'a\ud83db', 'ab'],
    ['a zero-width space', 'a\u200bb', 'ab'],
  ])('removes %s', (_, text, line) => {
    expect(oneLine(text)).toBe(line);
  });

  test.each(['It works!', 'größer', '動画を処理中', 'видео 42 %', 'done 🎬 ✔', 'x'.repeat(5000)])(
    'keeps printable text of any script and length: %s',
    (text) => {
      expect(oneLine(text)).toBe(text);
    },
  );

  test('returns one printable line, whatever the text', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        const line = oneLine(text);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        expect(line).toBe(line.trim());
        expect(oneLine(line)).toBe(line);
      }),
    );
  });
});

test('titleText puts a title on one line, and keeps the joiners that scripts and emoji need', () => {
  expect(titleText('\n A\u202eB\u200b\r\nC \t')).toBe('AB C');
  expect(titleText('می\u200cخواهم 👩\u200d🚀')).toBe('می\u200cخواهم 👩\u200d🚀');
});

describe('truncate', () => {
  test('adds an ellipsis only if the text is too long', () => {
    expect(truncate('12345', 5)).toBe('12345');
    expect(truncate('123456', 5)).toBe('1234…');
    expect(truncate('123 456', 5)).toBe('123…');
  });

  test('never splits a character', () => {
    expect(truncate('123😀456', 5)).toBe('123…');
  });

  test('returns the start of the text within the limit, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', ' ', 'é', '😀') }),
        fc.integer({ min: 1, max: 50 }),
        (text, maxLength) => {
          const short = truncate(text, maxLength);
          expect(short.length).toBeLessThanOrEqual(maxLength);
          expect(short.isWellFormed()).toBe(true);
          expect(text.startsWith(short.replace(/…$/, ''))).toBe(true);
        },
      ),
    );
  });
});

describe('quote', () => {
  test('puts a value in quotes, on one line', () => {
    expect(quote('a/b')).toBe('"a/b"');
    expect(quote('')).toBe('""');
    expect(quote('say "x"\n\u202e\\')).toBe('"say \\"x\\" \\\\"');
  });

  test('omits a long value, which could otherwise show half of a secret', () => {
    expect(quote('x'.repeat(80))).toBe(`"${'x'.repeat(80)}"`);
    expect(quote('x'.repeat(81))).toBe('the text of 81 characters');
  });
});

describe('formatDuration', () => {
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
  ])('formats %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  const sizesMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };
  const limits: Readonly<Record<string, number>> = { ms: 1000, s: 60, min: 60, h: Number.POSITIVE_INFINITY };

  test('uses at most two units, none of them full, and is not far off', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (ms) => {
        const words = formatDuration(ms).split(' ');
        const parts = words.flatMap((word, index) =>
          index % 2 === 0 ? [[Number(word), words[index + 1] ?? ''] as const] : [],
        );
        expect(parts.length).toBeLessThanOrEqual(2);
        for (const [amount, unit] of parts) expect(amount).toBeLessThan(limits[unit] ?? 0);

        const shownMs = parts.reduce((sum, [amount, unit]) => sum + amount * (sizesMs[unit] ?? 0), 0);
        // With two units, less than one of the second is lost.
        const lost = ms < 1000 ? 1 : ms < 10_000 ? 51 : ms < 3_600_000 ? 501 : 60_000;
        expect(Math.abs(shownMs - ms)).toBeLessThanOrEqual(lost);
      }),
    );
  });
});

describe('aboutLeft', () => {
  test.each([
    [0, ', about 1 s left'],
    [4200, ', about 5 s left'],
    [120_000, ', about 2 min left'],
    [undefined, ''],
  ])('of %p ms is "%s", in whole seconds and at least one', (ms, text) => {
    expect(aboutLeft(ms)).toBe(text);
  });
});

describe('formatBytes', () => {
  test.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [0.4, '0 bytes'],
    [99.97, '100 bytes'],
    [999, '999 bytes'],
    [999.6, '1 kB'],
    [1000, '1 kB'],
    [4200, '4.2 kB'],
    [45_400_000, '45.4 MB'],
    [438_400_000, '438 MB'],
    [994_999, '995 kB'],
    [999_600, '1 MB'],
    [1_300_000_000, '1.3 GB'],
    [2_000_000_000_000_000, '2,000 TB'],
  ])('formats %d as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

test.each([
  [0, '0 videos'],
  [1, '1 video'],
  [2, '2 videos'],
  [1200, '1,200 videos'],
  [1234567, '1,234,567 videos'],
])('count of %d is "%s"', (amount, text) => {
  expect(count(amount, 'video')).toBe(text);
});

test('sentence adds a full stop unless there is one', () => {
  expect(sentence('It failed')).toBe('It failed.');
  expect(sentence('It failed (again)')).toBe('It failed (again).');
  for (const whole of ['It failed.', 'Did you mean this?', 'No!']) expect(sentence(whole)).toBe(whole);
});
