import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { downloadExtensions } from '../../src/core/download-types.ts';
import {
  excessBytes,
  maxPartBytes,
  mediaExtension,
  partFor,
  safeName,
  visibleTitle,
} from '../../src/files/path-part.ts';
import { anyText } from '../harness/arbitraries.ts';
import { anyTitle, anyVideo, joiner, reserved } from './arbitraries.ts';

const id = '0123456789abcdef0123456789abcdef';
const part = (template: string, name?: string, of = id) =>
  partFor(template, { id: of, type: 'default', name });
const bytes = (text: string) => Buffer.byteLength(text);
const family = '👩‍👩‍👧';

describe('the media extension', () => {
  test.each(downloadExtensions)('of a download is known: %s', (extension) => {
    expect(mediaExtension.exec(`talk.${extension}`)?.[1]).toBe(extension);
  });

  test.each('mp4 m4a m4v mov mkv webm avi mp3 wav aac flac ogg opus ts mpg mpeg wmv flv 3gp'.split(' '))(
    '%s is recognised in either case',
    (extension) => {
      expect(mediaExtension.exec(`talk.1.${extension}`)?.[1]).toBe(extension);
      expect(`talk.1.${extension.toUpperCase()}`.replace(mediaExtension, '')).toBe('talk.1');
    },
  );

  test.each(['v1.2', 'talk', 'talk.', 'mp4', 'talk.mp4.', 'talk.mp4x', 'talk.xmp4', 'talk.mp4 ', 'talk.txt'])(
    'does not exist in %j',
    (name) => {
      expect(name).not.toMatch(mediaExtension);
    },
  );
});

describe('the visible text of a title', () => {
  test.each([
    ['text of any script', 'Привет, 日本 & co', 'Привет, 日本 & co'],
    ['one space for any run of spaces and line breaks', ' a\r\n\tb\u00a0 \u2028c\u3000', 'a b c'],
    ['a space for control characters', 'a\0\u0007b\u009fc', 'a b c'],
    ['no bidi controls', '\u202eexe.\u2066a\u200f', 'exe.a'],
    ['no soft hyphens and zero-width spaces', 'Donau\u00addampf\u200bschiff\ufeff', 'Donaudampfschiff'],
    ['no invisible letters', '\u3164a\u115f', 'a'],
    ['a space for a lone surrogate', 'a\ud83db', 'a b'],
    ['a space for private and unassigned code points', 'a\ue000\u{10fffe}b', 'a b'],
    ['emoji joined by zero-width joiners', '👩🏽‍🚀 👁️‍🗨️ 👩‍👩‍👧', '👩🏽‍🚀 👁️‍🗨️ 👩‍👩‍👧'],
    ['no zero-width joiner elsewhere', 'a\u200db😀\u200d \u200d😀', 'ab😀 😀'],
    ['no extension of the uploaded file', 'Holiday.MOV ', 'Holiday'],
    ['a dot that does not start an extension', 'v1.2', 'v1.2'],
    ['an extension that is a word of its own', 'How to open .avi', 'How to open .avi'],
    ['an extension if there is nothing else', '.mp4', '.mp4'],
    ['nothing if nothing is visible', '\u200b\n', ''],
  ])('has %s', (_, title, visible) => {
    expect(visibleTitle(title)).toBe(visible);
  });

  test('has no control or format characters and no double spaces', () => {
    fc.assert(
      fc.property(anyTitle, (title) => {
        const visible = visibleTitle(title);
        expect(visible.replace(joiner, '')).not.toMatch(/\p{C}|\p{Zl}|\p{Zp}|\s\s|^\s|\s$/u);
      }),
    );
  });

  test('is found in linear time', () => {
    const startMs = performance.now();
    for (const character of ['. ', '-', 'e\u0301', '\u200d', 'a.mp4 '])
      visibleTitle(character.repeat(1_000_000));
    expect(performance.now() - startMs).toBeLessThan(1000);
  });
});

describe('the safe name made from a title', () => {
  test.each([
    ['keeps Unicode', 'Привет 日本 😀', 'Привет 日本 😀'],
    ['is normalised to NFC', 'e\u0301 가', 'é 가'],
    ['has no separators', 'a/b\\c', 'a-b-c'],
    ['has no characters that Windows forbids', 'a<b>c:d"e|f?g*h', 'a-b-c-d-e-f-g-h'],
    ['has one dash for a run of such characters', 'a<>:"/\\|?*b', 'a-b'],
    ['has no control characters or bidi controls', '\u202ea\0b\u2066', 'a b'],
    ['drops dots, dashes and spaces at its start', ' .-– ..a', 'a'],
    ['drops combining marks without a letter at its start', '\u0301a', 'a'],
    ['drops dots, dashes and spaces at its end', 'a. -?. ', 'a'],
    ['cannot leave its folder', '../../etc/passwd', 'etc-passwd'],
    ['cannot leave its folder on Windows', '..\\..\\a', 'a'],
    ['has no drive letter', 'C:\\a', 'C-a'],
    ['keeps joined emoji', `${family} a`, `${family} a`],
    ['keeps text that looks like a placeholder', '{id}', '{id}'],
  ])('%s', (_, title, name) => {
    expect(safeName(title)).toBe(name);
  });

  test.each([
    undefined,
    '',
    '.',
    '..',
    '...',
    ' ',
    '-',
    '—',
    '???',
    '\u0301',
    '\u202e',
    '\ud800',
    '\u3164',
    '/',
  ])('does not exist for %j', (title) => {
    expect(safeName(title)).toBeUndefined();
  });

  test('does not exist if the first letter has too many accents to fit', () => {
    expect(safeName(`x${'\u0301'.repeat(500)}`)).toBeUndefined();
    expect(safeName(`ax${'\u0301'.repeat(500)}`)).toBeDefined();
  });
});

describe('a file or folder name made from a template', () => {
  test.each([
    ['{name}.{ext}', 'Talk', 'Talk.mp4'],
    ['{name}-{id}.{ext}', 'Talk', `Talk-${id}.mp4`],
    ['{type}', 'Talk', 'default'],
    ['{name}', undefined, id],
    ['{name}', '..', id],
    ['.cache-{name}', 'Talk', '.cache-Talk'],
    ['a: {name}?', 'b?', 'a: b?'],
    ['{name}', '{id}{ext}', '{id}{ext}'],
  ])('%s with the title %j gives %j', (template, name, filled) => {
    expect(part(template, name)).toBe(filled);
  });

  test.each(['CON', 'nul.mp4', 'a<b', '...', ' a ', 'e\u0301', '-', 'a'.repeat(300)])(
    'is not changed if it has no placeholder: %j',
    (typed) => {
      expect(part(typed, 'Talk')).toBe(typed);
    },
  );

  test.each([
    ['{name}.{ext}', 'CON', 'CON-.mp4'],
    ['{name}.{ext}', 'nul.txt', 'nul-.txt.mp4'],
    ['{name}.{ext}', 'COM¹', 'COM¹-.mp4'],
    ['{name}', 'lpt9', 'lpt9-'],
    ['{name}', 'ConIn$', 'ConIn$-'],
    ['{name}.{ext}', 'aux .b', 'aux-.b.mp4'],
    ['c{name}', 'on', 'con-'],
    ['nul .{ext}', 'Talk', 'nul- .mp4'],
    ['nul.{ext}', 'Talk', 'nul-.mp4'],
    ['{name}.{ext}', 'CONTROL', 'CONTROL.mp4'],
    ['{name}.{ext}', 'COM10', 'COM10.mp4'],
    ['{name}-{id}.{ext}', 'CON', `CON-${id}.mp4`],
  ])('%s with the title %j gives %j, which is not a Windows device', (template, name, filled) => {
    expect(part(template, name)).toBe(filled);
    expect(filled).not.toMatch(reserved);
  });

  test('is not a Windows device if the ID is one', () => {
    expect(part('{id}.{ext}', undefined, 'con')).toBe('con-.mp4');
  });

  test('has a name truncated by bytes, and the whole extension', () => {
    expect(part('{name}.{ext}', 'a'.repeat(300))).toBe(`${'a'.repeat(251)}.mp4`);
    expect(part('{name}.{ext}', 'é'.repeat(300))).toBe(`${'é'.repeat(125)}.mp4`);
    expect(part('{name}-{id}.{ext}', '日'.repeat(300))).toBe(`${'日'.repeat(72)}-${id}.mp4`);
    expect(part('{name}{name}', 'a'.repeat(300))).toBe('a'.repeat(254));
  });

  test('is truncated between grapheme clusters', () => {
    expect(part('{name}', `${'a'.repeat(245)}${family}${family}`)).toBe('a'.repeat(245));
    expect(part('{name}', `${'a'.repeat(237)}${family}${family}`)).toBe(`${'a'.repeat(237)}${family}`);
    expect(part('{name}', `${'a'.repeat(254)}x\u0323\u0301`)).toBe('a'.repeat(254));
  });

  test('has no dot, dash or space at the end after truncation', () => {
    expect(part('{name}', `${'a'.repeat(250)}. - . -b`)).toBe('a'.repeat(250));
  });

  test('does not get too long by avoiding a Windows device', () => {
    const name = `CON.${'a'.repeat(300)}`;
    expect(part('{name}.{ext}', name)).toBe(`CON-.${'a'.repeat(246)}.mp4`);
  });

  test.each([
    ['a'.repeat(255), 0],
    ['a'.repeat(256), 1],
    ['é'.repeat(128), 1],
    [`${'a'.repeat(187)}{id}.{ext}`, 0],
    [`${'a'.repeat(188)}{id}.{ext}`, 1],
    [`${'a'.repeat(192)}{name}`, 1],
    [`${'a'.repeat(249)}{type}`, 1],
    [`con.${'a'.repeat(187)}{id}`, 1],
  ])('%s can be too long by %d bytes', (template, excess) => {
    expect(excessBytes(template)).toBe(excess);
  });

  test('is safe for any title', () => {
    // Templates start with the name, since a literal dot before it is the user's choice and not sanitised.
    const template = fc
      .array(
        fc.oneof(
          fc.constantFrom('{id}', '{type}', '{name}', '-', 'con', '.', 'é'),
          fc.stringMatching(/^\w{1,90}$/),
        ),
        {
          maxLength: 4,
        },
      )
      .map((pieces) => `{name}${pieces.join('')}.{ext}`)
      .filter((text) => excessBytes(text) === 0);
    fc.assert(
      fc.property(template, anyVideo, (text, video) => {
        const filled = partFor(text, video);
        expect(bytes(filled)).toBeLessThanOrEqual(maxPartBytes);
        expect(filled.replace(joiner, '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}<>:"/\\|?*]/u);
        expect(filled).not.toMatch(reserved);
        expect(filled).not.toMatch(/^[. ]|[. ]$/);
        expect(filled.isWellFormed()).toBe(true);
        expect(filled.normalize('NFC')).toBe(filled);
        if (text.includes('{id}')) expect(filled).toContain(video.id);
        expect(partFor(text, { ...video })).toBe(filled);
      }),
      { numRuns: 1000 },
    );
  });

  test('is made in linear time', () => {
    const startMs = performance.now();
    for (const piece of ['. ', '-', 'e\u0301', `${family}\u200d`, '?'])
      part('{name}', `a${piece.repeat(100_000)}b`);
    expect(performance.now() - startMs).toBeLessThan(1000);
  });

  test('starts like the title', () => {
    fc.assert(
      fc.property(anyTitle, (title) => {
        const name = safeName(title);
        if (name !== undefined && !reserved.test(name))
          expect(name.startsWith(part('{name}', title).slice(0, 20))).toBe(true);
      }),
    );
  });

  test('is the literal text if there is nothing else', () => {
    fc.assert(
      fc.property(anyText(), anyVideo, (text, video) => {
        fc.pre(!/\{(id|type|name|ext)\}/.test(text));
        expect(partFor(text, video)).toBe(text);
      }),
    );
  });
});
