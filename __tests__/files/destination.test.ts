import nodePath from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { downloadTypes } from '../../src/core/record.ts';
import {
  type Destination,
  type DestinationContext,
  needsName,
  readDestination,
  targetOf,
} from '../../src/files/destination.ts';
import { extensionOf } from '../../src/files/media-extension.ts';
import type { NamedVideo } from '../../src/files/placeholders.ts';
import { anyText } from '../harness/arbitraries.ts';
import { anyId, anyTitle, anyVideo, joiner, reserved } from './arbitraries.ts';

const id = '0123456789abcdef0123456789abcdef';
const talk = { id, type: 'default', name: 'My Talk' } as const;
const temp = '${{ runner.temp }}/downloads/';

const oneVideo: DestinationContext = {
  workspace: '/home/runner/repo',
  temp: '/home/runner/_temp',
  types: ['default'],
  severalVideos: false,
  isFolder: (path) => path === '/home/runner/repo/there',
  path: nodePath.posix,
};
const several = { ...oneVideo, severalVideos: true };
const bothTypes = { ...oneVideo, types: downloadTypes };
const everything = { ...several, types: downloadTypes };
const audio = { ...oneVideo, types: ['audio'] as const };
const onWindows = {
  ...oneVideo,
  workspace: 'D:\\a\\repo',
  temp: 'D:\\a\\_temp',
  isFolder: (path: string) => path === 'D:\\a\\repo\\there',
  path: nodePath.win32,
};

function read(text: string, context: DestinationContext = oneVideo): Destination {
  const outcome = readDestination(text, context);
  if ('problems' in outcome) throw new Error(outcome.problems.join('\n'));
  return outcome.destination;
}

function problemsOf(text: string, context: DestinationContext = oneVideo): string[] {
  const outcome = readDestination(text, context);
  return 'problems' in outcome ? outcome.problems : [];
}

function target(text: string, video: NamedVideo = talk, context?: DestinationContext): string {
  const destination = read(text, context);
  return destination.path.relative(destination.root, targetOf(destination, video));
}

describe('a folder', () => {
  test.each(['out/', './out/', 'out//', 'out/x/..', 'out/.', '/home/runner/repo/out/'])('is %s', (text) => {
    expect(target(text)).toBe('out/My Talk.mp4');
  });

  test.each(['.', './', 'a/..', '/home/runner/repo/', '/home/runner/repo'])(
    'is %s, the workspace',
    (text) => {
      expect(target(text)).toBe('My Talk.mp4');
    },
  );

  test('is what exists as one', () => {
    expect(target('there')).toBe('there/My Talk.mp4');
    expect(target('a/../there')).toBe('there/My Talk.mp4');
    expect(target('elsewhere')).toBe('elsewhere.mp4');
  });

  test('is not asked for where it has placeholders or lies outside', () => {
    const isFolder = () => {
      throw new Error('asked');
    };
    expect(target('{id}', talk, { ...oneVideo, isFolder })).toBe(`${id}.mp4`);
    expect(problemsOf('/etc', { ...oneVideo, isFolder })).toHaveLength(1);
  });

  test('may look like a file', () => {
    expect(target('talk.m4a/')).toBe('talk.m4a/My Talk.mp4');
  });

  test('can hold placeholders', () => {
    expect(target('{type}/{ext}/{id}/{name}/')).toBe(`default/mp4/${id}/My Talk/My Talk.mp4`);
    expect(target('{name}/x.mp4', { ...talk, name: undefined })).toBe(`${id}/x.mp4`);
    expect(target('{name}/x.mp4', { ...talk, name: 'CON' })).toBe('CON-/x.mp4');
    expect(target('{name}/x.mp4', { ...talk, name: '../..' })).toBe(`${id}/x.mp4`);
  });

  test.each([
    ['one video', oneVideo, 'My Talk', 'out/My Talk.mp4'],
    ['several videos', several, 'My Talk', `out/My Talk-${id}.mp4`],
    ['one without a name', oneVideo, undefined, `out/${id}.mp4`],
    ['several without a name', several, undefined, `out/${id}.mp4`],
    ['one without a usable name', oneVideo, '..', `out/${id}.mp4`],
    ['several without a usable name', several, '..', `out/${id}.mp4`],
  ])('names the file of %s by default', (_, context, name, path) => {
    expect(target('out/', { ...talk, name }, context)).toBe(path);
  });

  test('takes both types of several videos', () => {
    expect(target('out/', { ...talk, type: 'audio' }, everything)).toBe(`out/My Talk-${id}.m4a`);
    expect(target('out/', talk, everything)).toBe(`out/My Talk-${id}.mp4`);
  });
});

describe('a file', () => {
  test.each([
    ['talk.mp4', 'talk.mp4'],
    ['talk.MP4', 'talk.MP4'],
    ['talk', 'talk.mp4'],
    ['v1.2', 'v1.2.mp4'],
    ['a/b/talk', 'a/b/talk.mp4'],
    ['{name}', 'My Talk.mp4'],
    ['{name}.{ext}', 'My Talk.mp4'],
    ['{name}{ext}', 'My Talk.mp4'],
    ['{name}.mp4', 'My Talk.mp4'],
    ['{type}-{id}', `default-${id}.mp4`],
    ['{ext}/talk', 'mp4/talk.mp4'],
    ['{ext}.mp4', 'mp4.mp4'],
    ['.hidden-{id}', `.hidden-${id}.mp4`],
    ['..{id}', `..${id}.mp4`],
    ['a b/<c>: {d e}?', 'a b/<c>: {d e}?.mp4'],
    ['../_temp/../repo/talk', 'talk.mp4'],
  ])('%s is saved as %s', (text, path) => {
    expect(target(text)).toBe(path);
  });

  test('has the extension of the type', () => {
    const sound = { ...talk, type: 'audio' } as const;
    expect(target('talk', sound, audio)).toBe('talk.m4a');
    expect(target('talk.M4a', sound, audio)).toBe('talk.M4a');
    expect(target('{type}', sound, bothTypes)).toBe('audio.m4a');
    expect(target('talk.{ext}', sound, bothTypes)).toBe('talk.m4a');
    expect(target('talk.{ext}', talk, bothTypes)).toBe('talk.mp4');
    expect(target('{ext}/talk', sound, bothTypes)).toBe('m4a/talk.m4a');
  });

  test('takes titles of uploaded files without their extension', () => {
    expect(target('{name}.mp4', { ...talk, name: 'holiday.mov' })).toBe('holiday.mp4');
  });

  test.each([
    ['talk.m4a', oneVideo, 'talk.m4a', 'default', '.mp4'],
    ['a/talk.MOV', oneVideo, 'a/talk.MOV', 'default', '.mp4'],
    ['talk.mp4', audio, 'talk.mp4', 'audio', '.m4a'],
    ['{id}.webm', audio, '{id}.webm', 'audio', '.m4a'],
    ['talk.mp4', bothTypes, 'talk.mp4', 'audio', '.m4a'],
    ['{type}.m4a', bothTypes, '{type}.m4a', 'default', '.mp4'],
  ])('%s contradicts the type', (text, context, shown, type, right) => {
    const typed = nodePath.extname(text);
    expect(problemsOf(text, context)).toEqual([
      `"${shown}" ends in ${typed.toLowerCase()}, but the type ${type} is saved as ${right}: end it in .{ext}, such as "${text.slice(0, -typed.length)}.{ext}"`,
    ]);
  });

  test('that contradicts both types is told both', () => {
    expect(problemsOf('talk.mkv', bothTypes)).toEqual([
      '"talk.mkv" ends in .mkv, but the type default is saved as .mp4 and the type audio is saved as .m4a: end it in .{ext}, such as "talk.{ext}"',
    ]);
  });

  test.each(['{id}', '{name}', '{id}/talk', 'a{name}b/talk', '{name}.mp4'])(
    '%s serves several videos',
    (text) => {
      expect(problemsOf(text, several)).toEqual([]);
    },
  );

  test.each([
    ['talk', 'talk-{id}.{ext}'],
    ['talk.mp4', 'talk-{id}.mp4'],
    ['talk.{ext}', 'talk-{id}.{ext}'],
    ['{type}/talk.mp4', '{type}/talk-{id}.mp4'],
    ['{id}/../talk.mp4', '{id}/../talk-{id}.mp4'],
  ])('%s does not serve several videos', (text, mended) => {
    expect(problemsOf(text, several)).toEqual([
      `"${text}" is one file for several videos: put {id} or {name} into it, such as "${mended}"`,
    ]);
  });

  test.each(['{type}', '{ext}/talk', 'talk-{type}', 'talk.{ext}', '{type}/talk'])(
    '%s serves both types',
    (text) => {
      expect(problemsOf(text, bothTypes)).toEqual([]);
    },
  );

  test.each([
    ['talk', 'talk.{ext}'],
    ['{id}', '{id}.{ext}'],
    ['{type}/../talk', '{type}/../talk.{ext}'],
  ])('%s does not serve both types', (text, mended) => {
    expect(problemsOf(text, bothTypes)).toEqual([
      `"${text}" is one file for several types: put {type} or {ext} into it, such as "${mended}"`,
    ]);
  });

  test('that serves neither is told both, with one that serves all', () => {
    const problems = problemsOf('talk.mp4', everything);
    expect(problems).toHaveLength(2);
    for (const problem of problems) expect(problem).toMatch(/such as "talk-\{id\}\.\{ext\}"$/);
    expect(problemsOf('talk-{id}.{ext}', everything)).toEqual([]);
  });

  test.each([
    ['.mp4', '{name}.{ext}', './'],
    ['a/{ext}', 'a/{name}.{ext}', 'a/'],
    ['a/.{ext}', 'a/{name}.{ext}', 'a/'],
  ])('%s has no name', (text, file, folder) => {
    expect(problemsOf(text, everything)).toEqual([
      `"${text}" has no name before the extension: write "${file}", or "${folder}" for a folder`,
    ]);
  });
});

describe('what was typed literally', () => {
  test.each(['CON/', 'nul.txt/', 'a?/', ' a /', 'e\u0301/', '.git/', '-/'])('stays as it is: %s', (text) => {
    expect(target(text)).toBe(`${text}My Talk.mp4`);
  });

  test.each([
    ['a\0b', 2],
    ['a\nb/', 2],
    ['\u2028', 1],
    ['ab\ud83d', 3],
  ])('cannot hold a control character: %j', (text, position) => {
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(
        `^".*" holds a control character \\(character ${position} of ${text.length}\\): write one path, on one line$`,
      ),
    ]);
  });

  test.each([
    [`${'a'.repeat(256)}/`, 'is too long: shorten it by 1 byte'],
    [`x/${'é'.repeat(130)}/talk`, 'is too long: shorten it by 5 bytes'],
    ['a'.repeat(252), 'is too long: shorten it by 1 byte'],
    [`${'a'.repeat(252)}.mp4`, 'is too long: shorten it by 1 byte'],
    [`${'a'.repeat(188)}{id}.mp4`, 'leaves no room for what is filled in: shorten it by 1 byte'],
    [`${'a'.repeat(192)}{name}/`, 'leaves no room for what is filled in: shorten it by 1 byte'],
  ])('cannot be too long: %s', (text, problem) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(`${problem}, since a name has at most 255`)]);
  });

  test.each([`${'a'.repeat(255)}/`, 'a'.repeat(251), `${'a'.repeat(187)}{id}.mp4`])(
    'can be long: %s',
    (text) => {
      expect(problemsOf(text)).toEqual([]);
    },
  );

  test('cannot be nothing', () => {
    expect(problemsOf('')).toEqual(['it is empty: write a folder, such as downloads/, or a file']);
  });

  test('cannot hold other placeholders', () => {
    expect(problemsOf('{Name}/{date}.mp4')).toEqual([
      '"{Name}" is none of {id}, {type}, {name}, {ext}; did you mean {name}?',
      '"{date}" is none of {id}, {type}, {name}, {ext}',
    ]);
  });
});

describe('where it lies', () => {
  test.each([
    ['talk', '/home/runner/repo'],
    ['a/../talk', '/home/runner/repo'],
    ['../repo/talk', '/home/runner/repo'],
    ['/home/runner/repo/talk', '/home/runner/repo'],
    ['/home/runner/_temp/talk', '/home/runner/_temp'],
    ['/home/runner/_temp/', '/home/runner/_temp'],
    ['../_temp/x/talk', '/home/runner/_temp'],
    ['..talk', '/home/runner/repo'],
  ])('%s may be, in %s', (text, root) => {
    expect(read(text).root).toBe(root);
    expect(targetOf(read(text), talk).startsWith(`${root}/`)).toBe(true);
  });

  test.each([
    '..',
    '../',
    '../talk',
    'a/../../talk',
    '/etc/passwd',
    '/',
    '/home/runner/repository/talk',
    '/home/runner/repo/../talk',
    '/home/runner',
    '{name}/../../talk',
    '../{name}/talk',
  ])('%s may not be', (text) => {
    expect(problemsOf(text)).toEqual([
      `"${text}" lies outside of the workspace: write a path in it, such as downloads/, or one in RUNNER_TEMP, such as ${temp}`,
    ]);
  });

  test.each([undefined, ''])('cannot be RUNNER_TEMP where that is %j', (none) => {
    const context = { ...oneVideo, temp: none };
    expect(problemsOf('/home/runner/_temp/talk', context)).toEqual([
      '"/home/runner/_temp/talk" lies outside of the workspace: write a path in it, such as downloads/',
    ]);
    expect(problemsOf('talk', context)).toEqual([]);
  });

  test('is said without a slash at the end, and braces in it are none of the template', () => {
    expect(read('talk', { ...oneVideo, workspace: '/w/{id}/' }).root).toBe('/w/{id}');
    expect(targetOf(read('{name}', { ...oneVideo, workspace: '/w/{id}/' }), talk)).toBe(
      '/w/{id}/My Talk.mp4',
    );
  });

  test('is told together with what else is wrong', () => {
    expect(problemsOf('../{Name}')).toHaveLength(2);
  });
});

describe('on Windows', () => {
  test.each([
    ['out\\', 'out\\My Talk.mp4'],
    ['out/', 'out\\My Talk.mp4'],
    ['there', 'there\\My Talk.mp4'],
    ['a\\b/talk', 'a\\b\\talk.mp4'],
    ['{type}\\{id}', `default\\${id}.mp4`],
    ['D:\\a\\repo\\talk', 'talk.mp4'],
    ['d:/A/Repo/talk', 'talk.mp4'],
    ['a\\..', 'My Talk.mp4'],
  ])('%s is %s', (text, path) => {
    expect(target(text, talk, onWindows)).toBe(path);
  });

  test.each(['C:\\talk', '\\talk', '..\\talk', 'C:talk', '\\\\server\\share\\talk', 'D:\\a\\repo2\\talk'])(
    '%s lies outside',
    (text) => {
      expect(problemsOf(text, onWindows)).toEqual([expect.stringMatching(/lies outside of the workspace/)]);
    },
  );

  test.each([...'<>:"|?*'])('what was typed cannot hold a %s', (character) => {
    expect(problemsOf(`ab${character}{name}`, onWindows)).toEqual([
      expect.stringContaining(`holds a ${character}, which no name may hold on Windows: leave it out`),
    ]);
  });

  test('elsewhere a backslash parts no folders, which is told', () => {
    expect(problemsOf('out\\videos\\')).toEqual([expect.stringContaining('holds a backslash')]);
  });

  test.each(['con.mp4', 'COM1/{id}', 'out./{id}', 'out /{id}'])(
    'what was typed is no name there: %s',
    (text) => {
      expect(problemsOf(text, onWindows)).toEqual([
        expect.stringContaining('is no name that Windows can keep'),
      ]);
    },
  );
});

describe('what only a shell would fill in is refused', () => {
  test.each(['~/videos/', '~', '$RUNNER_TEMP/x/', '${HOME}/x/', '%TEMP%/x/'])('%s', (text) => {
    expect(problemsOf(text)).toContainEqual(expect.stringContaining('which only a shell would fill in'));
  });

  test.each(['a~b/', '100%/', 'price-5$/'])('but not what only looks a little like it: %s', (text) => {
    expect(target(text)).toContain(text);
  });
});

describe('whether the title is needed', () => {
  test.each([
    ['out/', true],
    ['{name}', true],
    ['{name}/{id}', true],
    ['{id}', false],
    ['{name}/../{id}', false],
    ['talk', false],
  ])('for %s: %j', (text, needed) => {
    expect(needsName(read(text))).toBe(needed);
  });
});

describe('every target', () => {
  const template = fc.constantFrom(
    'out/',
    './',
    '{name}/',
    '{name}/{name}/{name}',
    '{name}-{id}-{type}.{ext}',
    '{id}{name}/{type}/x{ext}',
    '{name}{name}',
    '/home/runner/_temp/{name}/{id}/',
  );

  test.each([
    ['Linux and macOS', everything],
    ['Windows', { ...onWindows, severalVideos: true, types: downloadTypes }],
  ])('lies below its folder on %s and is safe, whatever the title', (_, context) => {
    fc.assert(
      fc.property(template, anyVideo, fc.boolean(), (text, video, severalVideos) => {
        const typed = text.replace('/home/runner/_temp', context.temp ?? '');
        const withType = /\/$|\{(type|ext)\}/.test(typed) ? typed : `${typed}.{ext}`;
        const destination = read(withType, { ...context, severalVideos });
        const { path, root } = destination;
        const file = targetOf(destination, video);
        const parts = path.relative(root, file).split(path.sep);

        expect(path.join(root, ...parts)).toBe(file);
        expect(path.normalize(file)).toBe(file);
        expect(parts.length).toBe(destination.folders.length + 1);
        for (const part of parts) {
          expect(part).not.toMatch(/^\.|^$|[<>:"/\\|?*]|[. ]$/);
          expect(part).not.toMatch(reserved);
          expect(Buffer.byteLength(part)).toBeLessThanOrEqual(255);
          expect(part.replace(joiner, '')).not.toMatch(/\p{C}|\p{Zl}|\p{Zp}/u);
          expect(part.normalize('NFC')).toBe(part);
        }
        expect(file.endsWith(`.${extensionOf[video.type]}`)).toBe(true);
        expect(targetOf(read(withType, { ...context, severalVideos }), { ...video })).toBe(file);
      }),
      { numRuns: 1000 },
    );
  });

  test('of a folder belongs to one id and one type among several videos', () => {
    const destination = read('out/', everything);
    fc.assert(
      fc.property(anyId, anyId, anyTitle, anyTitle, (one, other, name, otherName) => {
        fc.pre(one !== other);
        const targets = downloadTypes.flatMap((type) => [
          targetOf(destination, { id: one, type, name }),
          targetOf(destination, { id: other, type, name: otherName }),
        ]);
        expect(new Set(targets).size).toBe(4);
      }),
    );
  });

  test('lies below the root, whatever was typed', () => {
    const typed = fc.oneof(
      anyText(),
      fc
        .array(
          fc.constantFrom(
            '..',
            '.',
            '/',
            '\\',
            '{name}',
            '{id}',
            '{ext}',
            '{type}',
            'a',
            '.mp4',
            'D:',
            '{x}',
          ),
        )
        .map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(typed, anyVideo, fc.constantFrom(several, onWindows), (text, video, context) => {
        const outcome = readDestination(text, { ...context, types: [video.type] });
        if ('problems' in outcome) {
          expect(outcome.problems.length).toBeGreaterThan(0);
          for (const problem of outcome.problems) expect(problem).toMatch(/^(?=[^A-Z])[^\n]+[^.\n]$/);
          return;
        }
        const { root, path } = outcome.destination;
        const way = path.relative(root, targetOf(outcome.destination, video));
        expect(['', '..']).not.toContain(way.split(path.sep)[0]);
        expect(path.isAbsolute(way)).toBe(false);
        expect(way.toLowerCase().endsWith(`.${extensionOf[video.type]}`)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
