import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { filenameFor, filenameProblems } from '../../src/deliver/filename.ts';
import { anyVideo } from '../files/arbitraries.ts';
import { anyText } from '../harness/arbitraries.ts';

const id = '0123456789abcdef0123456789abcdef';
const longId = `${id}${id}`;
const accepted = /^[A-Za-z0-9_-]{1,120}$/;

const nameOf = (template: string, name?: string) => filenameFor(template, { id, type: 'default', name });

/** Valid templates, some of which leave little room for the name. */
const goodTemplate = fc
  .array(fc.oneof(fc.constantFrom('{id}', '{type}', '{name}'), fc.stringMatching(/^[A-Za-z0-9_-]{1,60}$/)), {
    minLength: 1,
    maxLength: 5,
  })
  .map((pieces) => pieces.join(''))
  .filter((template) => filenameProblems(template).length === 0);

describe('the input filename', () => {
  test.each([
    'a',
    'My_Talk-2024',
    'x'.repeat(120),
    'Talk.mp4',
    'Talk.M4A',
    `${'x'.repeat(120)}.mp4`,
    '{id}',
    '{name}',
    '{name}.mp4',
    '{name}-{id}-{type}',
    `${'x'.repeat(56)}{id}`,
    `${'x'.repeat(119)}{name}`,
    '-talk-',
  ])('can be %s', (text) => {
    expect(filenameProblems(text)).toEqual([]);
  });

  test.each([
    ['a space', 'My Talk'],
    ['other scripts', 'Füße Привет'],
    ['a path', 'out/talk.mp4'],
    ['another extension', 'talk.mov'],
    ['text around placeholders', 'Talk: {name} ({id})'],
    ['other braces', '{{name}}'],
    ['a control character', 'a\nb'],
    ['a lone surrogate', 'a\ud83d'],
  ])('cannot have %s', (_, text) => {
    expect(filenameProblems(text)).toEqual([
      expect.stringMatching(/^".*" contains other characters than letters, digits, "-" and "_": use/),
    ]);
  });

  test.each([
    [
      'x'.repeat(121),
      'is 121 characters long, but Cloudflare accepts at most 120: shorten it by 1 character',
    ],
    [`${'x'.repeat(57)}{id}`, 'can become 121 characters long'],
    [`${'x'.repeat(120)}{name}`, 'can become 121 characters long'],
    [`{type}${'x'.repeat(130)}`, 'shorten it by 17 characters'],
    ['{id}{id}', 'shorten it by 8 characters'],
  ])('cannot be too long: %s', (text, problem) => {
    expect(filenameProblems(text)).toEqual([expect.stringContaining(problem)]);
  });

  test.each(['', '.mp4', '.M4A'])('cannot be %j, which has no name', (text) => {
    expect(filenameProblems(text)).toEqual([expect.stringContaining('has no name')]);
  });

  test.each(['{ext}', '{name}.{ext}', '{name}{ext}', '{ext}-{name}', '{id}.{ext}.mp4'])(
    'cannot have {ext}, since Cloudflare adds the extension: %s',
    (text) => {
      expect(filenameProblems(text)).toEqual([expect.stringMatching(/^\{ext\} is not allowed.*remove it/)]);
    },
  );

  test('cannot have other placeholders', () => {
    expect(filenameProblems('{Name}-{date}')).toEqual([
      '"{Name}" is not one of {id}, {type}, {name}; did you mean {name}?',
      '"{date}" is not one of {id}, {type}, {name}',
    ]);
  });

  test('is reported with every problem, and with valid examples', () => {
    const problems = filenameProblems(`{title} ${'x'.repeat(130)}.{ext}`);
    expect(problems).toHaveLength(4);
    const examples = [...problems, ...filenameProblems('')].flatMap(
      (problem) => /such as in "(.*)"$/.exec(problem)?.[1] ?? [],
    );
    expect(examples).toHaveLength(3);
    for (const example of examples) expect(filenameProblems(example)).toEqual([]);
  });

  test('is reported in one line without a full stop, whatever its value', () => {
    const pieces = fc.array(
      fc.oneof(
        fc.constantFrom('{id}', '{type}', '{name}', '{ext}', '{Name}', '{foo}', '.mp4', '-', ' '),
        fc.string({ maxLength: 80 }),
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          anyText({ maxLength: 200 }),
          pieces.map((all) => all.join('')),
        ),
        (text) => {
          for (const problem of filenameProblems(text)) expect(problem).toMatch(/^(?=[^A-Z])[^\n]+[^.\n]$/);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('the filename of a download', () => {
  test.each([
    ['Talk', 'Anything', 'Talk'],
    ['Talk.mp4', 'Anything', 'Talk'],
    ['{name}', 'My Talk', 'My-Talk'],
    ['{name}.mp4', 'My Talk', 'My-Talk'],
    ['{type}-{id}', undefined, `default-${id}`],
    ['{name}', 'Füße, Привет & co. (2024)', 'Fuesse-Privet-co-2024'],
    ['{name}', 'Über uns', 'Ueber-uns'],
    ['{name}', 'ﬁne Ｗｉｄｅ', 'fine-Wide'],
    ['{name}', '— “quoted” —', 'quoted'],
    ['{name}', 'a \u2014 / - b', 'a-b'],
    ['{name}', 'Donau\u00addampf', 'Donaudampf'],
    ['{name}', 'holiday.mov', 'holiday'],
    ['{name}', '{id}', 'id'],
    ['{name}', undefined, id],
    ['{name}', '', id],
    ['{name}', '日本語 😀', id],
    ['{name}', 'あ_い', id],
    ['{name}', '_', id],
    ['{name}', '_-_ …', id],
    ['{name}', 'v1.2 ... a.-b.', 'v1-2-a-b'],
    ['{name}', '_a_', '_a_'],
    ['{name}', 'a--b', 'a-b'],
    ['{name}', '$(a);`b`&c|%d%', 'a-b-c-d'],
    ['a_{name}_b', '???', `a_${id}_b`],
  ])('from %j for the title %j is %j', async (template, name, filename) => {
    expect(await nameOf(template, name)).toBe(filename);
  });

  test('has a truncated name, and the whole ID and type', async () => {
    const video = { id: longId, type: 'default', name: 'a'.repeat(300) } as const;
    expect(await filenameFor('{name}-{id}-{type}', video)).toBe(`${'a'.repeat(47)}-${longId}-default`);
    expect(await filenameFor('{id}_{name}', { ...video, name: undefined })).toBe(
      `${longId}_${longId.slice(0, 55)}`,
    );
    expect(await nameOf('{name}', 'a'.repeat(300))).toBe('a'.repeat(120));
  });

  test('has no dash at the end after truncation', async () => {
    expect(await nameOf('{name}', `${'a'.repeat(119)} b`)).toBe('a'.repeat(119));
    expect(await nameOf('{name}', `${'a'.repeat(120)} b`)).toBe('a'.repeat(120));
    expect(await nameOf('{name}_{id}', `${'a'.repeat(86)} b`)).toBe(`${'a'.repeat(86)}_${id}`);
  });

  test('has the ID if the title is truncated to mere punctuation', async () => {
    expect(await nameOf('{name}', `${'_'.repeat(120)}a`)).toBe(id);
    expect(await nameOf('{name}', `${'_'.repeat(119)}ab`)).toBe(`${'_'.repeat(119)}a`);
    expect(await nameOf(`${'x'.repeat(110)}{name}`, `${'_'.repeat(10)}a`)).toBe(
      `${'x'.repeat(110)}${id.slice(0, 10)}`,
    );
  });

  test('is accepted by Cloudflare for any title, and the same every time', async () => {
    await fc.assert(
      fc.asyncProperty(goodTemplate, anyVideo, async (template, video) => {
        const filename = await filenameFor(template, video);
        expect(filename).toMatch(accepted);
        expect(await filenameFor(template, { ...video })).toBe(filename);
        if (template.includes('{id}')) expect(filename).toContain(video.id);
        if (template.includes('{type}')) expect(filename).toContain(video.type);
      }),
      { numRuns: 500 },
    );
  });

  test('that is the title has no dashes at its ends and no two in a row', async () => {
    await fc.assert(
      fc.asyncProperty(anyVideo, async (video) => {
        const filename = await filenameFor('{name}', video);
        if (filename !== video.id) expect(filename).not.toMatch(/^-|--|-$/);
      }),
    );
  });
});
