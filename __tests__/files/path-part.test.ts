import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { excessBytes, maxPartBytes, partFor, safeName } from '../../src/files/path-part.ts';
import { anyText } from '../harness/arbitraries.ts';
import { anyTitle, anyVideo, joiner, reserved } from './arbitraries.ts';

const id = '0123456789abcdef0123456789abcdef';
const part = (template: string, name?: string, of = id) =>
  partFor(template, { id: of, type: 'default', name });
const bytes = (text: string) => Buffer.byteLength(text);
const family = '👩‍👩‍👧';

describe('the safe form of a title', () => {
  test.each([
    ['keeps Unicode', 'Привет 日本 😀', 'Привет 日本 😀'],
    ['is in NFC', 'e\u0301 가', 'é 가'],
    ['has no separators', 'a/b\\c', 'a-b-c'],
    ['has nothing that Windows forbids', 'a<b>c:d"e|f?g*h', 'a-b-c-d-e-f-g-h'],
    ['has one dash for a run of them', 'a<>:"/\\|?*b', 'a-b'],
    ['has no control and bidi characters', '\u202ea\0b\u2066', 'a b'],
    ['drops dots, dashes and spaces at its start', ' .-– ..a', 'a'],
    ['drops accents of nothing at its start', '\u0301a', 'a'],
    ['drops dots, dashes and spaces at its end', 'a. -?. ', 'a'],
    ['does not climb', '../../etc/passwd', 'etc-passwd'],
    ['does not climb on Windows', '..\\..\\a', 'a'],
    ['names no drive', 'C:\\a', 'C-a'],
    ['keeps joined emoji', `${family} a`, `${family} a`],
    ['keeps what looks like a placeholder', '{id}', '{id}'],
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
  ])('of %j does not exist', (title) => {
    expect(safeName(title)).toBeUndefined();
  });

  test('does not exist where the first letter alone leaves no room, under a heap of accents', () => {
    expect(safeName(`x${'\u0301'.repeat(500)}`)).toBeUndefined();
    expect(safeName(`ax${'\u0301'.repeat(500)}`)).toBeDefined();
  });
});

describe('a part of a path', () => {
  test.each([
    ['{name}.{ext}', 'Talk', 'Talk.mp4'],
    ['{name}-{id}.{ext}', 'Talk', `Talk-${id}.mp4`],
    ['{type}', 'Talk', 'default'],
    ['{name}', undefined, id],
    ['{name}', '..', id],
    ['.cache-{name}', 'Talk', '.cache-Talk'],
    ['a: {name}?', 'b?', 'a: b?'],
    ['{name}', '{id}{ext}', '{id}{ext}'],
  ])('%s for the title %j is %j', (template, name, filled) => {
    expect(part(template, name)).toBe(filled);
  });

  test.each(['CON', 'nul.mp4', 'a<b', '...', ' a ', 'e\u0301', '-', 'a'.repeat(300)])(
    'without a placeholder stays as it was typed: %j',
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
  ])('%s for the title %j is %j, which is no device of Windows', (template, name, filled) => {
    expect(part(template, name)).toBe(filled);
    expect(filled).not.toMatch(reserved);
  });

  test('is no device of Windows for the id of one', () => {
    expect(part('{id}.{ext}', undefined, 'con')).toBe('con-.mp4');
  });

  test('is cut in the name, in bytes, and keeps the extension', () => {
    expect(part('{name}.{ext}', 'a'.repeat(300))).toBe(`${'a'.repeat(251)}.mp4`);
    expect(part('{name}.{ext}', 'é'.repeat(300))).toBe(`${'é'.repeat(125)}.mp4`);
    expect(part('{name}-{id}.{ext}', '日'.repeat(300))).toBe(`${'日'.repeat(72)}-${id}.mp4`);
    expect(part('{name}{name}', 'a'.repeat(300))).toBe('a'.repeat(254));
  });

  test('is cut between what people see as characters', () => {
    expect(part('{name}', `${'a'.repeat(245)}${family}${family}`)).toBe('a'.repeat(245));
    expect(part('{name}', `${'a'.repeat(237)}${family}${family}`)).toBe(`${'a'.repeat(237)}${family}`);
    expect(part('{name}', `${'a'.repeat(254)}x\u0323\u0301`)).toBe('a'.repeat(254));
  });

  test('has no dot, dash or space from the cutting', () => {
    expect(part('{name}', `${'a'.repeat(250)}. - . -b`)).toBe('a'.repeat(250));
  });

  test('is no device of Windows by the cutting, and not longer for it', () => {
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
  ])('can be too long: %s by %d bytes', (template, excess) => {
    expect(excessBytes(template)).toBe(excess);
  });

  test('is safe, whatever the title', () => {
    // With a dot before the name, what is filled in could be hidden, or climb, by what was typed.
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

  test('is found quickly for a title without end', () => {
    const startMs = performance.now();
    for (const piece of ['. ', '-', 'e\u0301', `${family}\u200d`, '?'])
      part('{name}', `a${piece.repeat(100_000)}b`);
    expect(performance.now() - startMs).toBeLessThan(1000);
  });

  test('is the start of the title, where it is cut', () => {
    fc.assert(
      fc.property(anyTitle, (title) => {
        const name = safeName(title);
        if (name !== undefined && !reserved.test(name))
          expect(name.startsWith(part('{name}', title).slice(0, 20))).toBe(true);
      }),
    );
  });

  test('of literal text alone is that text, whatever it is', () => {
    fc.assert(
      fc.property(anyText(), anyVideo, (text, video) => {
        fc.pre(!/\{(id|type|name|ext)\}/.test(text));
        expect(partFor(text, video)).toBe(text);
      }),
    );
  });
});
