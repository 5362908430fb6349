import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { filenameFor, filenameProblems, needsName } from '../../src/deliver/filename-parameter.ts';
import { latinFor } from '../../src/deliver/latin.ts';
import type { NamedVideo } from '../../src/files/placeholders.ts';
import { anyVideo } from '../files/arbitraries.ts';
import { anyText } from '../harness/arbitraries.ts';

const id = '0123456789abcdef0123456789abcdef';
const longId = `${id}${id}`;
const serverTakes = /^[A-Za-z0-9_-]{1,120}$/;

const toLatin = await latinFor('é');
const problemsOf = (text: string) => filenameProblems(text, toLatin);
const filled = (template: string, video: NamedVideo) => filenameFor(template, video, toLatin);
const nameOf = (template: string, name?: string) => filled(template, { id, type: 'default', name });

/** Templates that are fine, some with little room. */
const goodTemplate = fc
  .array(fc.oneof(fc.constantFrom('{id}', '{type}', '{name}'), fc.stringMatching(/^[A-Za-z0-9_-]{1,60}$/)), {
    minLength: 1,
    maxLength: 5,
  })
  .map((pieces) => pieces.join(''))
  .filter((template) => problemsOf(template).length === 0);

describe('a filename that was typed', () => {
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
    expect(problemsOf(text)).toEqual([]);
  });

  test.each([
    ['a space', 'My Talk', 'My-Talk'],
    ['other scripts', 'Füße Привет', 'Fuesse-Privet'],
    ['runs of what is not taken', 'a: (b)...c', 'a-b-c'],
    ['what is not taken at its ends', '«talk»', 'talk'],
    ['a path', 'out/talk.mp4', 'out-talk'],
    ['another extension', 'talk.mov', 'talk'],
    ['nothing that is taken', '日本語', '{id}'],
    ['text around placeholders', 'Talk: {name} ({id})', 'Talk-{name}-{id}'],
    ['other braces', '{{name}}', '{name}'],
    ['a control character', 'a\nb', 'a-b'],
    ['half an emoji', 'a\ud83d', 'a'],
  ])('cannot hold %s, which is told with the nearest that can', (_, text, nearest) => {
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(/^".*" may hold nothing but letters, digits, "-" and "_": write "/),
    ]);
    expect(problemsOf(text)[0]).toMatch(new RegExp(`: write "${nearest.replace(/[{}]/g, '\\$&')}"$`));
  });

  test.each([
    ['x'.repeat(121), /has 121 characters, and 120 is the most .*: write "x{120}"$/],
    [`${'x'.repeat(57)}{id}`, /leaves no room.*121 characters.*: write "x{56}\{id\}"$/],
    [`${'x'.repeat(120)}{name}`, /leaves no room.*: write "x{119}\{name\}"$/],
    [`{type}${'x'.repeat(130)}`, /leaves no room.*: write "\{type\}x{113}"$/],
    ['{id}{id}', /leaves no room.*: write "\{id\}"$/],
  ])('cannot be too long: %s', (text, problem) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(problem)]);
  });

  test.each(['', '.mp4', '.M4A'])('cannot be %j, which is no name', (text) => {
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(/holds no name: write one of letters.*\{name\}$/),
    ]);
  });

  test.each([
    ['{ext}', '{id}'],
    ['{name}.{ext}', '{name}'],
    ['{name}{ext}', '{name}'],
    ['{ext}-{name}', '{name}'],
    ['{id}.{ext}.mp4', '{id}'],
  ])('cannot hold {ext}, since Cloudflare adds the extension: %s', (text, nearest) => {
    expect(problemsOf(text)).toEqual([
      `{ext} cannot be in it, since Cloudflare adds the extension: write "${nearest}"`,
    ]);
  });

  test('cannot hold other placeholders', () => {
    expect(problemsOf('{Name}-{date}')).toEqual([
      '"{Name}" is none of {id}, {type}, {name}; did you mean {name}?',
      '"{date}" is none of {id}, {type}, {name}',
    ]);
  });

  test('is told everything at once', () => {
    expect(problemsOf(`{title} ${'x'.repeat(130)}.{ext}`)).toHaveLength(4);
  });

  test('is always answered with one that will do', () => {
    const text = fc.oneof(
      anyText({ maxLength: 200 }),
      fc
        .array(
          fc.oneof(
            fc.constantFrom('{id}', '{type}', '{name}', '{ext}', '{Name}', '{foo}', '.mp4', '-', ' '),
            fc.string({ maxLength: 80 }),
          ),
          { maxLength: 8 },
        )
        .map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(text, (typed) => {
        for (const problem of problemsOf(typed)) {
          const nearest = /: write "([^"]*)"$/.exec(problem)?.[1];
          if (nearest !== undefined) expect(problemsOf(nearest)).toEqual([]);
          else expect(problem).toMatch(/is none of|holds no name/);
          expect(problem).toMatch(/^(?=[^A-Z])[^\n]+[^.\n]$/);
        }
      }),
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
    ['{name}', 'ﬁne Ｗｉｄｅ', 'fine-Wide'],
    ['{name}', '— “quoted” —', 'quoted'],
    ['{name}', 'a \u2014 / - b', 'a-b'],
    ['{name}', 'Donau\u00addampf', 'Donaudampf'],
    ['{name}', 'holiday.mov', 'holiday'],
    ['{name}', '{id}', 'id'],
    ['{name}', undefined, id],
    ['{name}', '', id],
    ['{name}', '日本語 😀', id],
    ['a_{name}_b', '???', `a_${id}_b`],
  ])('from %j for the title %j is %j', (template, name, filename) => {
    expect(nameOf(template, name)).toBe(filename);
  });

  test('is cut in the name, so that id and type stay whole', () => {
    const video = { id: longId, type: 'default', name: 'a'.repeat(300) } as const;
    expect(filled('{name}-{id}-{type}', video)).toBe(`${'a'.repeat(47)}-${longId}-default`);
    expect(filled('{id}_{name}', { ...video, name: undefined })).toBe(`${longId}_${longId.slice(0, 55)}`);
    expect(nameOf('{name}', 'a'.repeat(300))).toBe('a'.repeat(120));
  });

  test('has no dash from the cutting', () => {
    expect(nameOf('{name}', `${'a'.repeat(119)} b`)).toBe('a'.repeat(119));
    expect(nameOf('{name}', `${'a'.repeat(120)} b`)).toBe('a'.repeat(120));
    expect(nameOf('{name}_{id}', `${'a'.repeat(86)} b`)).toBe(`${'a'.repeat(86)}_${id}`);
  });

  test('is one that Cloudflare takes, whatever the title, and the same every time', () => {
    fc.assert(
      fc.property(goodTemplate, anyVideo, (template, video) => {
        const filename = filled(template, video);
        expect(filename).toMatch(serverTakes);
        expect(filled(template, { ...video })).toBe(filename);
        if (template.includes('{id}')) expect(filename).toContain(video.id);
        if (template.includes('{type}')) expect(filename).toContain(video.type);
      }),
      { numRuns: 500 },
    );
  });

  test('that is the title has no dash at its ends and no two in a row', () => {
    fc.assert(
      fc.property(anyVideo, (video) => {
        const filename = filled('{name}', video);
        if (filename !== video.id) expect(filename).not.toMatch(/^-|--|-$/);
      }),
    );
  });

  test('needs the title only for {name}', () => {
    expect(needsName('a{name}')).toBe(true);
    expect(needsName('{id}-{type}-name')).toBe(false);
  });
});
