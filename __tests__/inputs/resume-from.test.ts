import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readResumeFrom } from '../../src/inputs/resume-from.ts';
import { type ReadResults, readResults } from '../../src/select/resume.ts';
import { anyText } from '../harness/arbitraries.ts';
import { openTemporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.ts';

/** A workspace next to a RUNNER_TEMP, both with results files, and one outside of both. */
function openWorkspace(): TemporaryFolder {
  const folder = openTemporaryFolder();
  const files = ['repo/a.json', 'repo/b.json', 'repo/sub/c.json', 'temp/d.json', 'outside/e.json'];
  for (const file of [...files, 'repo/odd[1]{x}.json']) write(folder, file, file);
  return folder;
}

function write(folder: TemporaryFolder, file: string, text: string): void {
  mkdirSync(dirname(join(folder.path, file)), { recursive: true });
  writeFileSync(join(folder.path, file), text);
}

/** A results file with one record. */
const resultsOf = (videoId: string) =>
  JSON.stringify({ version: 1, downloads: [{ videoId, type: 'default', status: 'ready', url: null }] });

interface Outcome {
  /** The texts that were parsed: the paths of the files, unless the test wrote others. */
  readonly parsed: readonly string[];
  readonly problems: readonly string[];
  readonly notice: string | undefined;
  /** The videos of the records. */
  readonly videoIds: readonly string[];
}

function read(
  folder: TemporaryFolder,
  text: string,
  parse: (text: string) => ReadResults = () => ({ records: [] }),
  limits?: { files: number; bytes: number },
): Outcome {
  const parsed: string[] = [];
  const problems: string[] = [];
  const folders = { workspace: join(folder.path, 'repo'), temp: join(folder.path, 'temp') };
  const report = (problem: string) => problems.push(problem);
  const { carriedOver, notice } = readResumeFrom(text, folders, report, limits, (content) => {
    parsed.push(content);
    return parse(content);
  });
  const carried = carriedOver({ types: [], savesFiles: false, release: undefined });
  return { parsed, problems, notice, videoIds: [...carried.keys()] };
}

const namesOf = ({ parsed }: Outcome) => parsed.map((text) => text.replace('repo/', ''));

describe('the files', () => {
  test.each([
    ['a.json', ['a.json']],
    ['./sub/../a.json', ['a.json']],
    ['b.json, a.json', ['b.json', 'a.json']],
    ['a.json\r\n\n b.json \n', ['a.json', 'b.json']],
    ['*.json', ['a.json', 'b.json', 'odd[1]{x}.json']],
    ['[ab].json', ['a.json', 'b.json']],
    ['?.json', ['a.json', 'b.json']],
    ['**/*.json', ['a.json', 'b.json', 'odd[1]{x}.json', 'sub/c.json']],
    ['**', ['a.json', 'b.json', 'odd[1]{x}.json', 'sub/c.json']],
    ['odd[1]{x}.json', ['odd[1]{x}.json']],
    ['a.json, *.json, ./a.json', ['a.json', 'b.json', 'odd[1]{x}.json']],
  ])('of %j are %j, each once', (text, files) => {
    using folder = openWorkspace();
    const outcome = read(folder, text);
    expect(namesOf(outcome)).toEqual(files);
    expect(outcome.problems).toEqual([]);
    expect(outcome.notice).toBeUndefined();
  });

  test.each(['d.json', '*.json'])('can be in RUNNER_TEMP: %s', (name) => {
    using folder = openWorkspace();
    const outcome = read(folder, join(folder.path, 'temp', name));
    expect(outcome.parsed).toEqual(['temp/d.json']);
    expect(namesOf(read(folder, `../temp/${name}`))).toEqual(namesOf(outcome));
  });

  test('are read as UTF-8 without a byte order mark', () => {
    using folder = openWorkspace();
    write(folder, 'repo/bom.json', '\ufeff{"é":1}');
    expect(read(folder, 'bom.json').parsed).toEqual(['{"é":1}']);
  });

  test('give their records in the order of the files', () => {
    using folder = openWorkspace();
    write(folder, 'repo/a.json', resultsOf('v1'));
    write(folder, 'repo/b.json', resultsOf('v2'));
    expect(read(folder, 'b.json\na.json', readResults).videoIds).toEqual(['v2', 'v1']);
  });
});

describe('a missing file', () => {
  test.each(['later.json', 'later/*.json', 'sub/*.txt', 'sub*', 'dangling.json'])(
    'has a notice: %s',
    (path) => {
      using folder = openWorkspace();
      symlinkSync('nowhere', join(folder.path, 'repo', 'dangling.json'));
      const outcome = read(folder, path);
      expect(outcome).toMatchObject({ parsed: [], problems: [] });
      expect(outcome.notice).toBe(`no results file matches "${path}": nothing is carried over`);
    },
  );

  test('does not keep others from being read', () => {
    using folder = openWorkspace();
    const outcome = read(folder, 'x.json, a.json, y.json');
    expect(namesOf(outcome)).toEqual(['a.json']);
    expect(outcome.notice).toBe(
      'no results file matches "x.json", "y.json": nothing is carried over from there',
    );
  });

  test('may be in a workspace that does not exist', () => {
    using folder = openTemporaryFolder();
    expect(read(folder, 'a.json, *.json').notice).toMatch(/^no results file matches/);
  });
});

describe('a path that cannot be used', () => {
  test.each([
    ['../outside/e.json', 'outside the workspace and RUNNER_TEMP'],
    ['../outside/*.json', 'outside the workspace and RUNNER_TEMP'],
    ['../../*', 'outside the workspace and RUNNER_TEMP'],
    ['/etc/passwd', 'outside the workspace and RUNNER_TEMP'],
    ['link.json', 'outside the workspace and RUNNER_TEMP'],
    ['linked/e.json', 'outside the workspace and RUNNER_TEMP'],
    ['linked/*.json', 'outside the workspace and RUNNER_TEMP'],
    ['l*.json', 'outside the workspace and RUNNER_TEMP'],
    ['$RUNNER_TEMP/d.json', 'only a shell would expand this'],
    ['~/d.json', 'only a shell would expand this'],
    ['%TEMP%/d.json', 'only a shell would expand this'],
    ['a\u0000.json', 'contains control characters'],
    ['a\u001b[1m.json', 'contains control characters'],
    ['{a}*.json', 'this pattern is not supported'],
    ['+(a|b)*.json', 'this pattern is not supported'],
    ['*a*a*a*a*', 'this pattern is not supported'],
    ['sub', 'this is not a file'],
    ['./', 'this is not a file'],
    ['loop.json', 'this cannot be read'],
    ['a.json/b.json', 'this cannot be read'],
    [`${'a'.repeat(300)}.json`, 'this cannot be read'],
  ])('is a problem with its fix: %s', (path, problem) => {
    using folder = openWorkspace();
    const inRepo = (name: string) => join(folder.path, 'repo', name);
    symlinkSync('../outside/e.json', inRepo('link.json'));
    symlinkSync('../outside', inRepo('linked'));
    if (path === 'loop.json') symlinkSync('loop.json', inRepo('loop.json'));
    const outcome = read(folder, path);
    expect(outcome.problems).toEqual([expect.stringMatching(/^.* \(.*\): (write|use|check) /)]);
    expect(outcome.problems.join()).toContain(problem);
    expect(outcome.parsed).toEqual([]);
  });

  test('is reported together with others of its kind', () => {
    using folder = openWorkspace();
    const paths = Array.from({ length: 40 }, (_, index) => `../${index}.json`);
    expect(read(folder, [...paths, '~/a', 'a.json'].join()).problems).toEqual([
      expect.stringMatching(/\("\.\.\/0\.json", .* and 35 more\): write a path inside/),
      expect.stringMatching(/^only a shell would expand this \("~\/a"\)/),
    ]);
  });

  test('is none at all', () => {
    using folder = openWorkspace();
    expect(read(folder, ' ,\n').problems).toEqual([expect.stringMatching(/^it has no path: write one/)]);
  });

  test('may be one of a file that the runner may not read', () => {
    // Root may read everything.
    if (process.getuid?.() === 0) return;
    using folder = openWorkspace();
    chmodSync(join(folder.path, 'repo', 'a.json'), 0);
    expect(read(folder, 'a.json').problems).toEqual([expect.stringContaining('"a.json": it cannot be read')]);
  });
});

describe('a malformed file', () => {
  test('is a problem with its fix, and the others are read', () => {
    using folder = openWorkspace();
    write(folder, 'repo/a.json', '{}');
    write(folder, 'repo/b.json', resultsOf('v1'));
    const outcome = read(folder, 'a.json, b.json', readResults);
    expect(outcome.problems).toEqual([expect.stringMatching(/^"a\.json": .*: write the path of a file/)]);
    expect(outcome.videoIds).toEqual(['v1']);
  });

  test('is counted if there are many', () => {
    using folder = openWorkspace();
    for (let index = 0; index < 20; index++) write(folder, `repo/many/${index}.json`, '');
    const { problems } = read(folder, 'many/*', readResults);
    expect(problems).toHaveLength(6);
    expect(problems.at(-1)).toBe('there are 15 more malformed files: remove them, or write other paths');
  });
});

describe('too much', () => {
  test.each([
    ['files in a pattern', '**', { files: 3, bytes: 1000 }, /this matches too many files \("\*\*"\)/],
    ['files in all patterns', 'a*,b*,s*/*', { files: 2, bytes: 1000 }, /3 files, more than 2 files: /],
    ['bytes', '**', { files: 100, bytes: 40 }, /have 5\d bytes, more than 40 bytes: /],
  ])('%s is a problem, and nothing is read', (_, text, limits, problem) => {
    using folder = openWorkspace();
    const outcome = read(folder, text, undefined, limits);
    expect(outcome.problems).toEqual([expect.stringMatching(problem)]);
    expect(outcome.parsed).toEqual([]);
  });
});

test('whatever is written, nothing outside is read, and problems are short and printable', () => {
  using folder = openWorkspace();
  symlinkSync('../outside', join(folder.path, 'repo', 'linked'));
  const piece = fc.constantFrom(
    ...['..', '/', '*', '**', '?', '[a', ']', '{', 'linked', 'e.json', ',', '\n'],
  );
  const text = fc.oneof(
    anyText(),
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(text, (anything) => {
      const { parsed, problems } = read(folder, anything);
      expect(parsed.filter((content) => content.startsWith('outside'))).toEqual([]);
      for (const message of problems) {
        expect(message).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        expect(message.length).toBeLessThan(1500);
      }
    }),
    { numRuns: 300 },
  );
});

test('any text up to the limit is read in little time', () => {
  using folder = openWorkspace();
  // Names that a careless pattern would take much time for.
  write(folder, `repo/${'a'.repeat(250)}`, '');
  const pieces = [
    '*',
    '*a',
    '**/',
    '**/a/',
    '?',
    '[',
    '[a]',
    '{a,b}',
    '!(a)',
    '+(a)',
    '../',
    'a/',
    ',*,a',
    '\n',
  ];
  for (const piece of pieces) {
    const text = `${piece.repeat(Math.floor(16_000 / piece.length))}b`;
    const start = process.cpuUsage();
    read(folder, text);
    const { user, system } = process.cpuUsage(start);
    expect([piece, (user + system) / 1000 < 500]).toEqual([piece, true]);
  }
});
