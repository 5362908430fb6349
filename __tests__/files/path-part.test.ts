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
import { anyTitle, anyVideo, reserved } from './arbitraries.ts';

const id = '0123456789abcdef0123456789abcdef';
const part = (template: string, name?: string, of = id) =>
  partFor(template, { id: of, type: 'default', name });
const bytes = (text: string) => Buffer.byteLength(text);
/** A syllable of two letters, a virama and a vowel sign, which people see as one character. */
const syllable = 'क्षि';

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

describe('a title on one line', () => {
  test.each([
    ['text of any script', 'Привет, 日本 & co', 'Привет, 日本 & co'],
    ['one space for any run of spaces and line breaks', ' a\r\n\tb\u00a0 \u2028c\u3000', 'a b c'],
    ['no bidi controls', '\u202eexe.\u2066a\u200f', 'exe.a'],
    ['no soft hyphens and zero-width spaces', 'Donau\u00addampf\u200bschiff\ufeff', 'Donaudampfschiff'],
    ['no invisible letters', '\u3164a\u115f', 'a'],
    ['no zero-width joiners', 'می\u200cخواهم क्\u200dष', 'میخواهم क्ष'],
    ['no variation selectors', 'a\ufe0f葛\u{e0100}\u180b', 'a葛'],
    ['no extension of the uploaded file', 'Holiday.MOV ', 'Holiday'],
    ['a dot that does not start an extension', 'v1.2', 'v1.2'],
    ['an extension that is a word of its own', 'How to open .avi', 'How to open .avi'],
    ['an extension if there is nothing else', '.mp4', '.mp4'],
    ['nothing if nothing is visible', '\u200b\n', ''],
  ])('has %s', (_, title, visible) => {
    expect(visibleTitle(title)).toBe(visible);
  });

  test('has no format characters, and single spaces as the only white space', () => {
    fc.assert(
      fc.property(anyTitle, (title) => {
        expect(visibleTitle(title)).not.toMatch(/\p{Cf}|(?! )\p{White_Space}| {2}|^ | $/u);
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
    ['is normalised to NFC', 'e\u0301 가', 'é 가'],
    ['has no separators', 'a/b\\c', 'a-b-c'],
    ['has no characters that Windows forbids', 'a<b>c:d"e|f?g*h', 'a-b-c-d-e-f-g-h'],
    ['has one dash for a run of such characters', 'a<>:"/\\|?*b', 'a-b'],
    ['has one dash for a run of dashes of any kind', 'a--b -- c –— d\u2010-\u2212e', 'a-b - c - d-e'],
    ['has a dash for control characters', 'a\0b\u0007\u001b[31mc\u009fd', 'a-b-31mc-d'],
    ['has a dash for a lone surrogate', 'a\ud83db', 'a-b'],
    ['has a dash for private and unassigned code points', 'a\ue000\u{10fffe}b\ufffec', 'a-b-c'],
    [
      'has one space for white space of any kind',
      'a\r\n\tb\u00a0\u2003c\u3000d\u2028e\u0085f',
      'a b c d e f',
    ],
    ['has nothing for bidi controls', '\u202ea\u2066b\u200f', 'ab'],
    ['has nothing for other format characters', 'a\ufff9b\u{e0041}c\u06dd', 'abc'],
    ['has nothing for a byte order mark', '\ufeffa\ufeffb', 'ab'],
    [
      'has nothing for soft hyphens and zero-width characters',
      'a\u00adb\u200bc\u200cd\u200de\u2060f',
      'abcdef',
    ],
    ['has nothing for variation selectors', 'a\ufe0fb\ufe0e葛\u{e0100}', 'ab葛'],
    ['has a dash for emoji, joined ones included', 'a 👩‍👩‍👧 b 👩🏽‍🚀❤️🏴󠁧󠁢󠁥󠁮󠁧󠁿c', 'a - b -c'],
    ['has a dash for symbols', 'a€b™c№d½e→f', 'a-b-c-d-e-f'],
    ['drops dots, dashes and spaces at its start', ' .-– ..a', 'a'],
    ['drops combining marks without a letter at its start', '\u0301a', 'a'],
    ['drops dots, dashes and spaces at its end', 'a. -?. ', 'a'],
    ['cannot leave its folder', '../../etc/passwd', 'etc-passwd'],
    ['cannot leave its folder on Windows', '..\\..\\a', 'a'],
    ['has no drive letter', 'C:\\a', 'C-a'],
    ['has no braces, not even those of a placeholder', '{id} {name}', 'id- -name'],
  ])('%s', (_, title, name) => {
    expect(safeName(title)).toBe(name);
  });

  test.each([
    'My Talk_2024-05, part 1+2 = v1.2',
    '_a_,+=',
    'Über uns, Größe',
    'Привет мир',
    'Ελληνικά',
    'مقدمة في البرمجة ١٢٣',
    'گفتگو با بچه‌ها ۱۴۰۳'.replace('\u200c', ''),
    'हिन्दी परिचय ९',
    'தமிழ் வணக்கம்',
    'ภาษาไทย ๑๒',
    'שָׁלוֹם',
    '日本語のタイトル',
    '한국어 소개',
    '中文标题',
    'Tiếng Việt',
    'ქართული',
    '\u{20bb7}野家',
  ])(
    'keeps letters, digits and marks of any script, and the punctuation that no shell interprets: %s',
    (title) => {
      expect(title.normalize('NFC')).toBe(title);
      expect(safeName(title)).toBe(title);
    },
  );

  test.each([
    ['$(touch pwned)', 'touch pwned'],
    ['a$(touch pwned)b', 'a-touch pwned-b'],
    ['a`touch pwned`b', 'a-touch pwned-b'],
    ['a;touch pwned', 'a-touch pwned'],
    ['a & touch pwned & b', 'a - touch pwned - b'],
    ['a&&touch pwned||b', 'a-touch pwned-b'],
    ['a|tee pwned', 'a-tee pwned'],
    ['a>pwned<b', 'a-pwned-b'],
    ['a\ntouch pwned', 'a touch pwned'],
    ["a'; touch pwned; 'b", 'a- touch pwned- -b'],
    ['a"; touch pwned; "b', 'a- touch pwned- -b'],
    ['a\\$HOME ${HOME} $HOME', 'a-HOME -HOME- -HOME'],
    ['a$((1+1))b', 'a-1+1-b'],
    ['~root/a', 'root-a'],
    ['a*?[b] {c,d} #e !f ~g', 'a-b- -c,d- -e -f -g'],
  ])('has no syntax of sh: %j', (title, name) => {
    expect(safeName(title)).toBe(name);
  });

  test.each([
    ['a$(Get-Date)b', 'a-Get-Date-b'],
    ['a(Get-Date)b', 'a-Get-Date-b'],
    ['a$env:PATH', 'a-env-PATH'],
    ['a@(1)b@{c}', 'a-1-b-c'],
    ['a`nb', 'a-nb'],
    ['a’; iex b; ‘c', 'a- iex b- -c'],
    ['a‚b‛c“d”e„f‟g', 'a-b-c-d-e-f-g'],
    ['a <#b#> {c} [d]::e', 'a -b- -c- -d-e'],
  ])('has no syntax of PowerShell: %j', (title, name) => {
    expect(safeName(title)).toBe(name);
  });

  test.each([
    ['a%PATH%b', 'a-PATH-b'],
    ['100% %~dp0', '100- -dp0'],
    ['a&calc', 'a-calc'],
    ['a^&calc', 'a-calc'],
    ['a!PATH!b', 'a-PATH-b'],
    ['a"&calc&"b', 'a-calc-b'],
    ['a|more', 'a-more'],
    ['a)b(c', 'a-b-c'],
  ])('has no syntax of cmd: %j', (title, name) => {
    expect(safeName(title)).toBe(name);
  });

  test.each([
    ['full-width', 'a＄（ｂ）；ｃ＆｜｀＇＂％ｄ', 'a-ｂ-ｃ-ｄ'],
    ['small', 'a﹔b﹠c﹩d', 'a-b-c-d'],
    ['the Greek question mark, which NFC turns into a semicolon', 'a\u037eb', 'a-b'],
    ['the Greek varia, which NFC turns into a backtick', 'a\u1fefb\u1fef', 'a-b'],
    ['the sign for unequal, composed or not', 'a≠b=\u0338c<\u0338d', 'a-b-c-d'],
    ['an equals sign that something invisible separates from its stroke', 'a=\u200d\u0338b', 'a-b'],
    ['slashes', 'a∕b⁄c╱d⧵e＼f', 'a-b-c-d-e-f'],
    ['of other scripts', 'a、b。c「d」e·f،g؟h।i', 'a-b-c-d-e-f-g-h-i'],
    ['dots and ellipses', 'a․b…c．d', 'a-b-c-d'],
  ])('has a dash for punctuation that looks like another: %s', (_, title, name) => {
    expect(safeName(title)).toBe(name);
  });

  test('has nothing but what is listed, for any title', () => {
    fc.assert(
      fc.property(anyTitle, (title) => {
        const name = safeName(title);
        if (name === undefined) return;
        expect(name).toMatch(/^[\p{L}\p{M}\p{Nd} _.,+=-]+$/u);
        expect(name).toMatch(/[\p{L}\p{Nd}]/u);
        expect(name).not.toMatch(/--| {2}|^[ .\p{M}-]|[ .-]$/u);
        expect(name).not.toMatch(/\p{Default_Ignorable_Code_Point}/u);
        expect(name.normalize('NFC')).toBe(name);
        // A name that is the title of another video is not changed, unless that looks like a file.
        if (!mediaExtension.test(name)) expect(safeName(name)).toBe(name);
      }),
      { numRuns: 1000 },
    );
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
    '_',
    ',',
    '_-_',
    '+ = , . _',
    '$(%)',
    '😀',
    '👩‍👩‍👧',
    '_\u0301',
    '“…”',
    '①½Ⅳ',
  ])('does not exist for %j, which has no letter and no digit', (title) => {
    expect(safeName(title)).toBeUndefined();
  });

  test.each(['1', '٣', 'é', '日', 'ー', 'ǃ'])('exists for a single letter or digit: %s', (title) => {
    expect(safeName(title)).toBe(title);
  });

  test('does not exist if the first letter or digit is too far from the start to remain', () => {
    expect(safeName(`${'_'.repeat(64)}a`)).toBeUndefined();
    expect(safeName(`${'_'.repeat(63)}a`)).toBe(`${'_'.repeat(63)}a`);
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
    ['{name}', '{id}{ext}', 'id-ext'],
    ['$(a);{name} & {ext}', '$(b);c', '$(a);b-c & mp4'],
    ['{name}', '_-_', id],
    ['a_{name}.{ext}', '???', `a_${id}.mp4`],
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
    ['{name}.{ext}', 'COM1', 'COM1-.mp4'],
    ['{name}.{ext}', 'COM¹', 'COM.mp4'],
    ['{name}¹.{ext}', 'COM', 'COM¹-.mp4'],
    ['{name}', 'lpt9', 'lpt9-'],
    ['{name}', 'ConIn$', 'ConIn'],
    ['{name}$', 'ConIn', 'ConIn$-'],
    ['{name}.{ext}', 'con?', 'con-.mp4'],
    ['{name}.{ext}', 'aux .b', 'aux- .b.mp4'],
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
    expect(part('{name}', `${'a'.repeat(244)}${syllable}${syllable}`)).toBe('a'.repeat(244));
    expect(part('{name}', `${'a'.repeat(243)}${syllable}${syllable}`)).toBe(`${'a'.repeat(243)}${syllable}`);
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
        expect(filled).toMatch(/^[\p{L}\p{M}\p{Nd} _.,+=-]+$/u);
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
    for (const piece of ['. ', '-', 'e\u0301', '👩\u200d', '?', '-?', '_'])
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
