import nodePath from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { downloadTypeFacts, downloadTypes } from '../../src/core/download-types.ts';
import { type Destination, type DestinationContext, readDestination } from '../../src/files/destination.ts';
import type { NamedDownload } from '../../src/files/placeholders.ts';
import { needsName, targetOf } from '../../src/files/target.ts';
import { anyText } from '../harness/arbitraries.ts';
import { anyId, anyTitle, anyVideo, reserved } from './arbitraries.ts';

const id = '0123456789abcdef0123456789abcdef';
const talk = { id, type: 'default', name: 'My Talk' } as const;
const temp = '${{ runner.temp }}/downloads/';
const example = '"downloads/{name}-{id}.{ext}"';

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

function target(text: string, video: NamedDownload = talk, context?: DestinationContext): string {
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

  test('is a path at which one exists', () => {
    expect(target('there')).toBe('there/My Talk.mp4');
    expect(target('a/../there')).toBe('there/My Talk.mp4');
    expect(target('elsewhere')).toBe('elsewhere.mp4');
  });

  test.each([
    ['EACCES', 'leads through a folder without permission: change that, or write'],
    ['EPERM', 'leads through a folder without permission: change that, or write'],
    ['ELOOP', 'leads through a loop of symbolic links: remove them, or write'],
    ['ENAMETOOLONG', 'is too long for this system: shorten it'],
    ['EIO', 'cannot be looked up: write another path'],
    ['UNKNOWN', 'cannot be looked up: write another path'],
  ])('that cannot be looked up is a problem, with its fix: %s', (code, problem) => {
    const isFolder = () => {
      throw Object.assign(new Error(`${code}: it failed`), { code });
    };
    for (const text of ['clips', 'clips/', 'a/clips.mp4', './']) {
      expect(problemsOf(text, { ...oneVideo, isFolder })).toEqual([
        expect.stringMatching(`^${JSON.stringify(text)} ${problem}.*downloads/ \\(${code}\\)$`),
      ]);
    }
    // It hides no other problem.
    expect(problemsOf('talk.mov', { ...several, isFolder })).toHaveLength(3);
  });

  test('is not looked for if a name is too long, which is a problem already', () => {
    const isFolder = () => {
      throw new Error('looked for');
    };
    expect(problemsOf(`${'a'.repeat(300)}/talk`, { ...oneVideo, isFolder })).toHaveLength(1);
  });

  test('is not looked for if it has placeholders or is outside the workspace', () => {
    const isFolder = () => {
      throw new Error('looked for');
    };
    expect(target('{id}', talk, { ...oneVideo, isFolder })).toBe(`${id}.mp4`);
    expect(problemsOf('/etc', { ...oneVideo, isFolder })).toHaveLength(1);
  });

  test('may look like a file', () => {
    expect(target('talk.m4a/')).toBe('talk.m4a/My Talk.mp4');
  });

  test('can have placeholders', () => {
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
  ])('gives the file of %s a default name', (_, context, name, path) => {
    expect(target('out/', { ...talk, name }, context)).toBe(path);
  });

  test.each([
    ['My Talk', `out/My Talk-${id}.mp4`],
    [undefined, `out/${id}.mp4`],
  ])('gives a file a name with the ID if that is required, however many videos there are', (name, path) => {
    for (const context of [oneVideo, several]) {
      expect(target('out/', { ...talk, name }, { ...context, idRequired: true })).toBe(path);
    }
  });

  test('can hold both types of several videos', () => {
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

  test('has no extension of the uploaded file', () => {
    expect(target('{name}.mp4', { ...talk, name: 'holiday.mov' })).toBe('holiday.mp4');
  });

  test.each([
    ['talk.m4a', oneVideo, 'default', '.mp4'],
    ['a/talk.MOV', oneVideo, 'default', '.mp4'],
    ['talk.mp4', audio, 'audio', '.m4a'],
    ['{id}.webm', audio, 'audio', '.m4a'],
    ['talk.mp4', bothTypes, 'audio', '.m4a'],
    ['{type}.m4a', bothTypes, 'default', '.mp4'],
  ])('%s is not the extension of the type', (text, context, type, right) => {
    const typed = nodePath.extname(text);
    expect(problemsOf(text, context)).toEqual([
      `"${text}" ends in ${typed.toLowerCase()}, but the type ${type} is saved as ${right}: end it in .{ext}, such as in ${example}`,
    ]);
  });

  test('with the extension of neither type is reported with both', () => {
    expect(problemsOf('talk.mkv', bothTypes)).toEqual([
      `"talk.mkv" ends in .mkv, but the type default is saved as .mp4 and the type audio is saved as .m4a: end it in .{ext}, such as in ${example}`,
    ]);
  });

  test.each(['{id}', '{name}', '{id}/talk', 'a{name}b/talk', '{name}.mp4'])(
    '%s suits several videos',
    (text) => {
      expect(problemsOf(text, several)).toEqual([]);
    },
  );

  test.each(['talk.mp4', 'talk.{ext}', '{type}/talk.mp4', '{id}/../talk.mp4'])(
    '%s does not suit several videos',
    (text) => {
      expect(problemsOf(text, several)).toEqual([
        `"${text}" is one file for several videos: add {id} or {name}, such as in ${example}`,
      ]);
    },
  );

  test.each(['talk.mp4', '{name}.mp4', '{name}/talk.mp4'])('%s has no ID, which can be required', (text) => {
    for (const context of [oneVideo, several]) {
      expect(problemsOf(text, { ...context, idRequired: true })).toEqual([
        `"${text}" has no {id}, which keeps the files of many videos apart in every run: add it, such as in ${example}`,
      ]);
    }
  });

  test.each(['{id}.mp4', '{name}-{id}', '{id}/talk.mp4', 'out/', '{name}/'])(
    '%s suits a required ID',
    (text) => {
      expect(problemsOf(text, { ...oneVideo, idRequired: true })).toEqual([]);
    },
  );

  test('without a required ID may be meant as a folder, which is proposed first', () => {
    expect(problemsOf('clips', { ...oneVideo, idRequired: true })).toEqual([
      expect.stringContaining(': add a slash for the folder "clips/", or add it, such as in'),
    ]);
  });

  test.each(['{type}', '{ext}/talk', 'talk-{type}', 'talk.{ext}', '{type}/talk'])(
    '%s suits both types',
    (text) => {
      expect(problemsOf(text, bothTypes)).toEqual([]);
    },
  );

  test.each(['{id}.mp4'])('%s does not suit both types', (text) => {
    expect(problemsOf(text, bothTypes)).toEqual([
      `"${text}" ends in .mp4, but the type audio is saved as .m4a: end it in .{ext}, such as in ${example}`,
    ]);
  });

  test.each(['clips', 'a/b/clips', 'v1.2', '/home/runner/repo/clips', 'clips-{type}'])(
    '%s for several videos may be meant as a folder, which is proposed first',
    (text) => {
      expect(problemsOf(text, several)).toEqual([
        `"${text}" is one file for several videos: add a slash for the folder "${text}/", or add {id} or {name}, such as in ${example}`,
      ]);
      expect(problemsOf(`${text}/`, everything)).toEqual([]);
    },
  );

  test.each(['clips', '{id}', '{type}/../clips'])(
    '%s for several types may be meant as a folder, which is proposed first',
    (text) => {
      expect(problemsOf(text, bothTypes)).toEqual([
        `"${text}" is one file for several types: add a slash for the folder "${text}/", or add {type} or {ext}, such as in ${example}`,
      ]);
      expect(problemsOf(`${text}/`, everything)).toEqual([]);
    },
  );

  test('that suits neither several videos nor both types is reported for both, with an example that suits all', () => {
    const problems = problemsOf('talk.mp4', everything);
    expect(problems).toHaveLength(2);
    for (const problem of problems) expect(problem).toContain(example);
    expect(problemsOf(JSON.parse(example), everything)).toEqual([]);
  });

  test.each(['.mp4', 'a/{ext}', 'a/.{ext}'])('%s has no name', (text) => {
    expect(problemsOf(text, everything)).toEqual([
      `"${text}" has no name before the extension: write a file, such as ${example}, or a folder, such as "downloads/"`,
    ]);
  });
});

describe('a path without a slash at its end that is saved as a file', () => {
  const noticeOf = (text: string, context: DestinationContext = oneVideo) => {
    const outcome = readDestination(text, context);
    return 'problems' in outcome ? outcome.problems : outcome.notice;
  };

  test.each([
    ['clips', oneVideo, '"clips.mp4"'],
    ['a/clips', oneVideo, '"a/clips.mp4"'],
    ['v1.2', oneVideo, '"v1.2.mp4"'],
    ['clips', audio, '"clips.m4a"'],
    ['{id}/clips', several, '"{id}/clips.mp4"'],
    ['{type}/clips', bothTypes, '"{type}/clips.mp4" and "{type}/clips.m4a"'],
  ])('has a notice with the file and the folder: %s', (text, context, files) => {
    expect(noticeOf(text, context)).toBe(
      `"${text}" is saved as the file ${files}; add a slash for the folder "${text}/"`,
    );
  });

  test.each(['clips/', 'clips.mp4', 'clips.{ext}', '{name}', '{id}-{name}', 'there', '.'])(
    'has none if it is clear what is meant: %s',
    (text) => {
      expect(noticeOf(text)).toBeUndefined();
    },
  );
});

describe('literal text', () => {
  test.each(['CON/', 'nul.txt/', 'a?/', ' a /', 'e\u0301/', '.git/', '-/'])('is not changed: %s', (text) => {
    expect(target(text)).toBe(`${text}My Talk.mp4`);
  });

  test.each([
    ['a\0b', 2],
    ['a\nb/', 2],
    ['\u2028', 1],
    ['ab\ud83d', 3],
  ])('cannot have a control character: %j', (text, position) => {
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(
        `^".*" contains a control character \\(character ${position} of ${text.length}\\): write one path, on one line$`,
      ),
    ]);
  });

  test.each([
    [`${'a'.repeat(256)}/`, 'is too long: shorten it by 1 byte'],
    [`x/${'é'.repeat(130)}/talk`, 'is too long: shorten it by 5 bytes'],
    ['a'.repeat(252), 'is too long: shorten it by 1 byte'],
    [`${'a'.repeat(252)}.mp4`, 'is too long: shorten it by 1 byte'],
    [
      `${'a'.repeat(188)}{id}.mp4`,
      'can become too long when its placeholders are replaced: shorten it by 1 byte',
    ],
    [
      `${'a'.repeat(192)}{name}/`,
      'can become too long when its placeholders are replaced: shorten it by 1 byte',
    ],
  ])('cannot be too long: %s', (text, problem) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(`${problem}, since a name has at most 255`)]);
  });

  test.each([`${'a'.repeat(255)}/`, 'a'.repeat(251), `${'a'.repeat(187)}{id}.mp4`])(
    'can be as long as the limit: %s',
    (text) => {
      expect(problemsOf(text)).toEqual([]);
    },
  );

  test('cannot be empty', () => {
    expect(problemsOf('')).toEqual(['it is empty: write a folder, such as downloads/, or a file']);
  });

  test('cannot have other placeholders', () => {
    expect(problemsOf('{Name}/{date}.mp4')).toEqual([
      '"{Name}" is not one of {id}, {type}, {name}, {ext}; did you mean {name}?',
      '"{date}" is not one of {id}, {type}, {name}, {ext}',
    ]);
  });
});

describe('the folder that a path must be in', () => {
  test.each([
    ['talk', '/home/runner/repo'],
    ['a/../talk', '/home/runner/repo'],
    ['../repo/talk', '/home/runner/repo'],
    ['/home/runner/repo/talk', '/home/runner/repo'],
    ['/home/runner/_temp/talk', '/home/runner/_temp'],
    ['/home/runner/_temp/', '/home/runner/_temp'],
    ['../_temp/x/talk', '/home/runner/_temp'],
    ['..talk', '/home/runner/repo'],
  ])('of %s is %s', (text, root) => {
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
  ])('does not contain %s', (text) => {
    expect(problemsOf(text)).toEqual([
      `"${text}" is outside the workspace: write a path inside it, such as downloads/, or one in RUNNER_TEMP, such as ${temp}`,
    ]);
  });

  test.each([undefined, ''])('cannot be RUNNER_TEMP if that is %j', (none) => {
    const context = { ...oneVideo, temp: none };
    expect(problemsOf('/home/runner/_temp/talk', context)).toEqual([
      '"/home/runner/_temp/talk" is outside the workspace: write a path inside it, such as downloads/',
    ]);
    expect(problemsOf('talk', context)).toEqual([]);
  });

  test('has no slash at the end, and braces in it are not placeholders', () => {
    expect(read('talk', { ...oneVideo, workspace: '/w/{id}/' }).root).toBe('/w/{id}');
    expect(targetOf(read('{name}', { ...oneVideo, workspace: '/w/{id}/' }), talk)).toBe(
      '/w/{id}/My Talk.mp4',
    );
  });

  test('is reported together with other problems', () => {
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
    '%s is outside the workspace',
    (text) => {
      expect(problemsOf(text, onWindows)).toEqual([expect.stringMatching(/is outside the workspace/)]);
    },
  );

  test.each([...'<>:"|?*'])('literal text cannot have a %s', (character) => {
    expect(problemsOf(`ab${character}{name}`, onWindows)).toEqual([
      expect.stringContaining(`contains ${character}, which Windows does not allow in names: remove it`),
    ]);
  });

  test('a backslash on another system is refused', () => {
    expect(problemsOf('out\\videos\\')).toEqual([expect.stringContaining('contains a backslash')]);
  });

  test.each(['con.mp4', 'COM1/{id}', 'out./{id}', 'out /{id}'])(
    'literal text must be a valid name there: %s',
    (text) => {
      expect(problemsOf(text, onWindows)).toEqual([
        expect.stringContaining('is not a valid name on Windows'),
      ]);
    },
  );
});

describe('what only a shell would expand is refused', () => {
  test.each(['~/videos/', '~', '$RUNNER_TEMP/x/', '${HOME}/x/', '%TEMP%/x/'])('%s', (text) => {
    expect(problemsOf(text)).toContainEqual(expect.stringContaining('which only a shell would expand'));
  });

  test.each(['a~b/', '100%/', 'price-5$/'])('but not similar text: %s', (text) => {
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
  const folder = read('./', everything);
  const byDefault = (id: string, name?: string) =>
    nodePath.posix.basename(targetOf(folder, { id, type: 'default', name }));
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
  ])('is inside its folder on %s and safe for any title', (_, context) => {
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
          expect(part).toMatch(/^[\p{L}\p{M}\p{Nd} _.,+=-]+$/u);
          expect(part.normalize('NFC')).toBe(part);
        }
        expect(file.endsWith(`.${downloadTypeFacts[video.type].extension}`)).toBe(true);
        expect(targetOf(read(withType, { ...context, severalVideos }), { ...video })).toBe(file);
      }),
      { numRuns: 1000 },
    );
  });

  test('with a default name belongs to one ID and one type among several videos', () => {
    fc.assert(
      fc.property(anyId, anyId, anyTitle, anyTitle, (one, other, name, otherName) => {
        fc.pre(one !== other);
        const targets = downloadTypes.flatMap((type) => [
          targetOf(folder, { id: one, type, name }),
          targetOf(folder, { id: other, type, name: otherName }),
        ]);
        expect(new Set(targets).size).toBe(4);
      }),
    );
  });

  test('with a default name has an ID with a dash between plus signs, since it could end as another one', () => {
    expect(byDefault('b-c', 'a')).toBe('a-+b-c+.mp4');
    expect(byDefault('c', 'a-b')).toBe('a-b-c.mp4');
    expect(byDefault('a-c')).toBe('+a-c+.mp4');
    expect(byDefault('c', 'a')).toBe('a-c.mp4');
    expect(target('./', { id: 'a-c', type: 'default', name: undefined })).toBe('a-c.mp4');
  });

  test('with a default name is not shared by IDs with the same end, whatever the titles', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', '-', '+'), maxLength: 4 });
    const piece = fc.stringMatching(/^[a-]{1,4}$/);
    const name = fc.option(fc.oneof(letters, anyTitle), { nil: undefined });
    fc.assert(
      fc.property(piece, name, piece, name, (oneId, oneName, otherId, otherName) => {
        fc.pre(oneId !== otherId);
        expect(byDefault(oneId, oneName)).not.toBe(byDefault(otherId, otherName));
      }),
      { numRuns: 3000 },
    );
  });

  test('is inside the root for any input', () => {
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
        expect(way.toLowerCase().endsWith(`.${downloadTypeFacts[video.type].extension}`)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
