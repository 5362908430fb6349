import { mkdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Failure } from '../../src/core/failure.ts';
import { failures } from '../../src/core/failures/table.ts';
import { filenameProblems } from '../../src/deliver/filename.ts';
import { readDestination } from '../../src/files/destination.ts';
import { secretsIn } from '../../src/inputs/credentials.ts';
import { type InputName, inputNames } from '../../src/inputs/input-names.ts';
import { type Plan, readPlan } from '../../src/inputs/plan.ts';
import { readRelease } from '../../src/inputs/release-input.ts';
import { readResumeFrom } from '../../src/inputs/resume-from.ts';
import { leakedParts } from '../harness/leaked-parts.ts';
import { recordingRunner } from '../harness/recording-runner.ts';
import { openTemporaryFolder } from '../harness/temporary-folder.ts';

const readers = { filenameProblems, readDestination, readRelease, readResumeFrom };

type Texts = Readonly<Record<string, string>>;

const video = 'ea95132c15732412d22c1476fa83f27a';
const account = '0123456789abcdef0123456789abcdef';
const token = 'ATokenThatMustNotBeShown0';
const needed = { 'video-id': video, 'account-id': account, 'api-token': token };

const now = Date.UTC(2026, 0, 31, 9, 30);

function read(inputs: Texts = {}, env: Texts = {}): Plan {
  return readPlan(recordingRunner({ ...needed, ...inputs }, env).runner, now, readers);
}

/** The failure with everything that is wrong; undefined if all inputs are valid. */
function failureOf(inputs: Texts, env: Texts = {}): Failure | undefined {
  try {
    readPlan(recordingRunner(inputs, env).runner, now, readers);
    return undefined;
  } catch (error) {
    if (error instanceof Failure && error.kind === 'bad-input') return error;
    throw error;
  }
}

/** The problems with inputs that are complete otherwise. */
function problems(inputs: Texts, env: Texts = {}): string[] {
  return failureOf({ ...needed, ...inputs }, env)?.what.split('\n') ?? [];
}

describe('the plan', () => {
  const defaults: Plan = {
    operation: 'create',
    selection: {
      videoIds: [video],
      filters: {
        createdAfter: undefined,
        createdBefore: undefined,
        creator: undefined,
        search: undefined,
        liveInput: undefined,
      },
      limit: undefined,
      shard: undefined,
      carried: new Map(),
    },
    severalVideos: false,
    idInNames: false,
    saveTo: undefined,
    summary: true,
    types: ['default'],
    onlyExisting: false,
    wait: false,
    timeoutMs: 30 * 60_000,
    pollIntervalMs: undefined,
    filename: undefined,
    destination: undefined,
    release: undefined,
    signedUrl: 'auto',
    signedUrlTtlMs: 3_600_000,
    concurrency: 4,
    dryRun: false,
    apiUrl: 'https://api.cloudflare.com/client/v4',
    accountId: account,
    credentials: { token },
    workspace: process.cwd(),
    warnings: [],
    notices: [],
  };

  test('has the defaults if an input is not set', () => {
    expect(read()).toEqual(defaults);
  });

  test('has the values of the inputs', () => {
    const plan = read({
      operation: 'list',
      'video-id': `${video}, ${account}`,
      type: 'audio, default',
      wait: 'true',
      timeout: '1h30m',
      'poll-interval': '20s',
      filename: '{name}-{id}',
      'signed-url': 'always',
      'signed-url-ttl': '24h',
      concurrency: '8',
      'dry-run': 'true',
      'api-url': 'http://127.0.0.1:8787/client/v4/',
      'api-token': '',
      'api-email': 'a@example.org',
      'api-key': 'k',
    });
    expect(plan).toEqual({
      ...defaults,
      operation: 'list',
      selection: { ...defaults.selection, videoIds: [video, account] },
      severalVideos: true,
      idInNames: true,
      types: ['audio', 'default'],
      wait: true,
      timeoutMs: 90 * 60_000,
      pollIntervalMs: 20_000,
      filename: '{name}-{id}',
      signedUrl: 'always',
      signedUrlTtlMs: 86_400_000,
      concurrency: 8,
      dryRun: true,
      apiUrl: 'http://127.0.0.1:8787/client/v4',
      credentials: { email: 'a@example.org', key: 'k' },
    });
  });

  test.each<[Texts, Pick<Plan, 'types' | 'onlyExisting'>]>([
    [{ operation: 'list' }, { types: ['default', 'audio'], onlyExisting: true }],
    [
      { operation: 'list', type: 'audio' },
      { types: ['audio'], onlyExisting: false },
    ],
    [{ operation: 'create' }, { types: ['default'], onlyExisting: false }],
    [{ operation: 'delete' }, { types: ['default'], onlyExisting: false }],
    [
      { operation: 'delete', type: 'audio default' },
      { types: ['audio', 'default'], onlyExisting: false },
    ],
  ])('has the types to work on: %j', (inputs, types) => {
    expect(read(inputs)).toMatchObject(types);
  });

  test('waits if a file is to be saved', () => {
    const { destination, wait } = read({ 'save-to': 'videos/' });
    expect(destination).toBeDefined();
    expect(wait).toBe(true);
  });

  test('has the account of the environment if the input is not set', () => {
    const env = { CLOUDFLARE_ACCOUNT_ID: ` ${video}\n` };
    expect(read({ 'account-id': '' }, env).accountId).toBe(video);
    expect(read({}, env).accountId).toBe(account);
  });

  test('has a notice if a path is saved as a file that may be meant as a folder', () => {
    using folder = openTemporaryFolder();
    mkdirSync(join(folder.path, 'there'));
    const notices = (saveTo: string) =>
      read({ 'save-to': saveTo }, { GITHUB_WORKSPACE: folder.path }).notices;
    expect(notices('clips')).toEqual([
      '`save-to`: "clips" is saved as the file "clips.mp4"; add a slash for the folder "clips/"',
    ]);
    expect(['there', 'clips/', 'clips.mp4'].map(notices)).toEqual([[], [], []]);
  });

  test.each([
    ['mp4', ['default']],
    ['M4A, video', ['audio', 'default']],
  ])('has the types by their names in the API: %s', (type, types) => {
    expect(read({ type }).types).toEqual(types);
    expect(read({ operation: 'list', type })).toMatchObject({ types, onlyExisting: false });
    expect(problems({ type, 'save-to': '{id}-{type}' })).toEqual([]);
  });

  test('has one warning for the IDs of an input that are not in Cloudflare’s format', () => {
    const ids = Array.from({ length: 40 }, (_, index) => `talk-${index}`);
    const { selection, warnings } = read({ 'video-id': ids.join() });
    expect(selection.videoIds).toEqual(ids);
    expect(warnings).toEqual([expect.stringMatching(/^`video-id`: talk-0, .* and 35 more do not look like/)]);
  });

  test('has a warning for each input with an ID that is not in Cloudflare’s format', () => {
    const { selection, warnings } = read({ 'video-id': `my-video, ${video}`, 'account-id': 'mine' });
    expect(selection.videoIds).toEqual(['my-video', video]);
    expect(warnings).toEqual([
      expect.stringMatching(/^`video-id`: my-video /),
      expect.stringMatching(/^`account-id`: mine /),
    ]);
  });
});

describe('invalid inputs', () => {
  const invalid: Readonly<Partial<Record<InputName, string>>> = {
    operation: 'creat',
    'video-id': 'a/b',
    'account-id': '..',
    'api-token': 'two words',
    type: 'webm',
    wait: 'yes',
    timeout: 'forever',
    'poll-interval': '1h',
    filename: 'a b',
    'save-to': '../videos/',
    'signed-url': 'true',
    'signed-url-ttl': '25h',
    concurrency: '0',
    'api-url': 'ftp://gateway.example/',
    'created-after': '2026-02-30',
    'created-before': 'tomorrow',
    creator: 'a\nb',
    search: 'a\0b',
    'live-input': 'a/b',
    limit: '0',
    shard: '0/4',
    'resume-from': '../results.json',
    'dry-run': 'yes',
  };
  const ofAll = { ...needed, 'video-id': 'all' };
  const nameIn = (problem: string) => /^`([^`]+)`/.exec(problem)?.[1];

  test.each(Object.entries(invalid))('are reported alone: %s', (name, text) => {
    expect(problems({ ...ofAll, [name]: text })).toEqual([expect.stringMatching(`^\`${name}\`.*[.?!]$`)]);
  });

  test('are reported together, one per line, before the advice', () => {
    const failure = failureOf({ ...needed, ...invalid, video_id: video });
    const lines = failure?.what.split('\n') ?? [];
    expect(lines.map(nameIn).toSorted()).toEqual([...Object.keys(invalid), 'video_id'].toSorted());
    expect(failure?.message).toBe([...lines, failures['bad-input'].advice].join('\n'));
  });

  test('are reported together in any combination, each once', () => {
    fc.assert(
      fc.property(fc.subarray(Object.entries(invalid)), (some) => {
        const names = problems({ ...ofAll, ...Object.fromEntries(some) }).map(nameIn);
        expect(names.toSorted()).toEqual(some.map(([name]) => name).toSorted());
      }),
    );
  });

  test('are reported together if they are missing', () => {
    expect(failureOf({})?.what.split('\n').toSorted()).toEqual([
      expect.stringMatching(/^`account-id`: it is missing/),
      expect.stringMatching(/^`video-id`: it is missing/),
      expect.stringMatching(/^no credentials/),
    ]);
  });

  // A long value must not be truncated in the middle of a secret.
  const long = (start: string) => start.padEnd(70, 'x') + token;

  test.each([
    ['operation', token],
    ['operation', long('')],
    ['video-id', long('https://example.org/')],
    ['type', long('')],
    ['timeout', long('')],
    ['api-url', long('https//example.org/?')],
    ['filename', `${token}!`],
    ['filename', long('!')],
    ['save-to', long('../')],
    ['signed-url', long('')],
    ['signed-url-ttl', long('')],
    ['created-after', long('')],
    ['live-input', long('https://example.org/')],
    ['limit', long('')],
    ['shard', long('')],
    ['resume-from', long('../')],
    ['creator', `a\n${token}`],
  ])('are reported without a secret in them: %s %s', (name, text) => {
    const { runner } = recordingRunner({ ...needed, [name]: text });
    for (const secret of secretsIn(runner.env)) runner.mask(secret);
    const message = failureOf({ ...needed, [name]: text })?.message ?? '';
    expect(message).toContain(`\`${name}\``);
    expect(leakedParts(runner.redact(message), token)).toEqual([]);
  });
});

describe('a path that cannot be looked up', () => {
  /** The problems with `save-to` in a workspace with a loop of links. */
  function problemsInLoop(saveTo: string, more: Texts = {}): string[] {
    using folder = openTemporaryFolder();
    symlinkSync('loop', join(folder.path, 'loop'));
    return problems({ 'save-to': saveTo, ...more }, { GITHUB_WORKSPACE: folder.path });
  }

  test.each([
    ['loop', 'ELOOP'],
    ['loop/', 'ELOOP'],
    ['loop/clips', 'ELOOP'],
    ['loop/talk.mp4', 'ELOOP'],
    // Each name is short enough, but not all of them together.
    ['a/'.repeat(2040), 'ENAMETOOLONG'],
    [`${'a/'.repeat(2040)}talk.mp4`, 'ENAMETOOLONG'],
  ])('is a problem with `save-to`: %s', (saveTo, code) => {
    expect(problemsInLoop(saveTo)).toEqual([
      expect.stringMatching(`^\`save-to\`: .*: (remove them|shorten it), .*\\(${code}\\)\\.$`),
    ]);
  });

  test('hides no other problem', () => {
    const names = problemsInLoop('loop', { timeout: 'soon', filename: 'a b', 'video-id': 'a/b' });
    expect(names.map((problem) => problem.slice(0, 8)).toSorted()).toEqual(
      ['`video-i', '`timeout', '`save-to', '`filenam'].toSorted(),
    );
  });
});

describe('a working directory that was removed', () => {
  /** Calls `work` in a folder that does not exist any more. */
  function withoutDirectory<Result>(work: () => Result): Result {
    const before = process.cwd();
    const { path } = openTemporaryFolder();
    process.chdir(path);
    rmdirSync(path);
    try {
      return work();
    } finally {
      process.chdir(before);
    }
  }

  test.each<[string, Texts]>([
    ['GITHUB_WORKSPACE', {}],
    ['GITHUB_WORKSPACE', { GITHUB_WORKSPACE: 'repo' }],
    ['RUNNER_TEMP', { GITHUB_WORKSPACE: '/repo', RUNNER_TEMP: 'temp' }],
  ])('is a problem with a relative %s: %j', (name, env) => {
    const found = withoutDirectory(() => problems({ timeout: 'soon' }, env));
    expect(found).toEqual([
      expect.stringMatching(/^`timeout`/),
      expect.stringMatching(`^the environment variable ${name} is not an absolute path, .*: set it to`),
    ]);
  });

  test('is no problem with absolute paths', () => {
    const env = { GITHUB_WORKSPACE: '/repo', RUNNER_TEMP: '/temp' };
    expect(withoutDirectory(() => problems({ 'save-to': 'clips/' }, env))).toEqual([]);
  });
});

describe('the release', () => {
  const gitHub = { GITHUB_REPOSITORY: 'octo/videos' };
  const given = { 'release-tag': 'v1.2', 'github-token': 'TokenOfGitHub0123456' };

  /** Calls `work` with the variables of a run with this event. */
  function withEvent<Result>(event: string, work: (env: Texts) => Result): Result {
    using folder = openTemporaryFolder();
    const path = join(folder.path, 'event.json');
    writeFileSync(path, event);
    return work({ ...gitHub, GITHUB_EVENT_PATH: path });
  }

  test('is named by its tag, and makes the step wait', () => {
    const { destination, release, wait } = read(given, gitHub);
    expect(release).toEqual({
      reference: { tag: 'v1.2' },
      token: given['github-token'],
      repository: 'octo/videos',
      apiUrl: 'https://api.github.com',
    });
    expect([wait, destination]).toEqual([true, undefined]);
    expect(read({ ...given, wait: 'false', operation: 'list' }, gitHub).wait).toBe(true);
  });

  test.each([
    { 'github-token': given['github-token'] },
    { 'github-token': '' },
    { 'github-token': 'x', 'release-tag': ' ' },
  ])('is undefined without a tag: %j', (inputs) => {
    expect(read(inputs)).toMatchObject({ release: undefined, wait: false });
  });

  test.each([
    ['https://github.example/api/v3/', 'https://github.example/api/v3'],
    ['', 'https://api.github.com'],
  ])('is at the API of GITHUB_API_URL: "%s"', (variable, apiUrl) => {
    expect(read(given, { ...gitHub, GITHUB_API_URL: variable }).release?.apiUrl).toBe(apiUrl);
  });

  test('is that of the event with `auto`, also a draft', () => {
    const event = JSON.stringify({ action: 'created', release: { id: 17, tag_name: 'v3', draft: true } });
    withEvent(event, (env) => {
      const { release } = read({ ...given, 'release-tag': 'auto' }, env);
      expect(release?.reference).toEqual({ id: 17, tag: 'v3' });
      // A given tag is not looked up in the event.
      expect(read(given, env).release?.reference).toEqual({ tag: 'v1.2' });
    });
  });

  const noReleaseInEvent = [expect.stringMatching(/^`release-tag`: `auto` .*`on: release`/)];

  test.each([
    ['a push', '{"ref":"refs/tags/v1"}'],
    ['a release without an ID', '{"release":{"tag_name":"v1"}}'],
    ['a release with an ID that is no whole number', '{"release":{"id":1.5,"tag_name":"v1"}}'],
    ['a release with the ID 0', '{"release":{"id":0,"tag_name":"v1"}}'],
    ['no release', '{"release":null}'],
    ['not JSON', 'release'],
    ['empty', ''],
  ])('is not found with `auto` if the event is %s', (_, event) => {
    const found = withEvent(event, (env) => problems({ ...given, 'release-tag': 'auto' }, env));
    expect(found).toEqual(noReleaseInEvent);
  });

  test.each([{}, { GITHUB_EVENT_PATH: '' }, { GITHUB_EVENT_PATH: '/nowhere/event.json' }])(
    'is not found with `auto` if there is no event: %j',
    (env) => {
      expect(problems({ ...given, 'release-tag': 'auto' }, { ...gitHub, ...env })).toEqual(noReleaseInEvent);
    },
  );

  test('cannot be combined with a deletion', () => {
    expect(problems({ ...given, operation: 'delete' }, gitHub)).toEqual([
      expect.stringMatching(/^`release-tag`: .*`operation: delete`/),
    ]);
  });

  test.each(['', ' \n'])('requires a token, which %j is not', (empty) => {
    expect(problems({ ...given, 'github-token': empty }, gitHub)).toEqual([
      expect.stringMatching(/^`github-token`: it is empty.*\$\{\{ github\.token \}\}/),
    ]);
  });

  test.each(['two words', 'two\nlines', '“quoted”'])(
    'requires a token that can be sent, and does not show one that cannot: %j',
    (unsendable) => {
      const [problem = '', ...more] = problems({ ...given, 'github-token': unsendable }, gitHub);
      expect([problem, more]).toEqual([expect.stringMatching(/^`github-token`/), []]);
      expect(problem).not.toContain(unsendable.slice(0, 4));
    },
  );

  test.each([
    undefined,
    '',
    'videos',
    'octo/',
    '/videos',
    'octo/videos/x',
    '../videos',
    'octo/..',
    './.',
    'octo/videos?x',
    'octo/videos#x',
    'octo/%2e%2e',
    'octo/a\nb',
  ])('requires a repository, which GITHUB_REPOSITORY %j is not', (repository) => {
    const env: Texts = repository === undefined ? {} : { GITHUB_REPOSITORY: repository };
    expect(problems(given, env)).toEqual([expect.stringContaining('GITHUB_REPOSITORY')]);
  });

  test.each(['octo/.github', 'octo/a.b', 'o-c_t.o/A_b-9'])('is in any repository: %s', (repository) => {
    expect(read(given, { GITHUB_REPOSITORY: repository }).release?.repository).toBe(repository);
  });

  test.each([
    'api.github.com',
    'ftp://a.example',
    'https://',
    'https://a.example?x',
    'https://user:secret@a.example',
  ])('requires the address of GitHub’s API, which GITHUB_API_URL %j is not', (apiUrl) => {
    const [problem = '', ...more] = problems(given, { ...gitHub, GITHUB_API_URL: apiUrl });
    expect(more).toEqual([]);
    expect(problem).toContain('GITHUB_API_URL');
    expect(problem).not.toContain('secret');
  });

  test.each([
    'v1\n::set-output name=x::y',
    'v1\u0085::error::x',
    'v1\u202e',
    'v1\ud83d',
    '..',
    'a/../b',
    '.',
    '/v1',
    'v1/',
    'a//b',
    '.v1',
    'a/.b',
    'v1.',
    'v1.lock',
    'a.lock/b',
    'v 1',
    'v~1',
    'v^1',
    'v:1',
    'v?',
    'v*',
    'v[1]',
    'v\\1',
    '@',
    'v@{1}',
    'x'.repeat(256),
  ])('requires a tag that Git allows, which %j is not', (tag) => {
    // On one line, without anything that could be a command.
    const refused = [expect.stringMatching(/^`release-tag`: [^\n\u0085\u202e]* cannot be the name of a tag/)];
    expect(problems({ ...given, 'release-tag': tag }, gitHub)).toEqual(refused);
    const event = JSON.stringify({ release: { id: 17, tag_name: tag } });
    expect(withEvent(event, (env) => problems({ ...given, 'release-tag': 'auto' }, env))).toEqual(refused);
  });

  test('requires a tag in the event, which an empty one is not', () => {
    const event = JSON.stringify({ release: { id: 17, tag_name: '' } });
    expect(withEvent(event, (env) => problems({ ...given, 'release-tag': 'auto' }, env))).toEqual([
      expect.stringContaining('"" cannot be the name of a tag'),
    ]);
  });

  test.each(['v1.2.3', 'release/2026-01', 'v1-β+build', 'a@b', '日本', 'x'.repeat(255)])(
    'may have any other tag: %s',
    (tag) => {
      expect(read({ ...given, 'release-tag': tag }, gitHub).release?.reference).toEqual({ tag });
    },
  );

  test.each([
    ['refs/tags/v1', 'v1'],
    ['refs/tags/release/2026-01', 'release/2026-01'],
    // Only in full is this the name of a tag.
    ['refs/tags/auto', 'auto'],
    ['refs/tags/refs/heads/main', 'refs/heads/main'],
    ['tags/v1', 'tags/v1'],
    ['heads/main', 'heads/main'],
    ['refs', 'refs'],
  ])('may have the full name of its tag: %s', (tag, name) => {
    expect(read({ ...given, 'release-tag': tag }, gitHub).release?.reference).toEqual({ tag: name });
  });

  test.each([
    ['refs/heads/main', 'a branch'],
    ['refs/heads/release/v1', 'a branch'],
    ['refs/pull/7/merge', 'a pull request'],
    ['refs/notes/commits', 'another kind of reference'],
    ['refs/constructor/x', 'another kind of reference'],
  ])('is not that of another reference: %s is %s', (ref, kind) => {
    expect(problems({ ...given, 'release-tag': ref }, gitHub)).toEqual([
      expect.stringMatching(
        new RegExp(`^\`release-tag\`: "${ref}" is ${kind}, not a tag: .*github\\.ref_name`),
      ),
    ]);
  });

  test('of an event may have any tag that GitHub reports', () => {
    const event = JSON.stringify({ release: { id: 17, tag_name: 'refs/heads/main' } });
    withEvent(event, (env) => {
      const { release } = read({ ...given, 'release-tag': 'auto' }, env);
      expect(release?.reference).toEqual({ id: 17, tag: 'refs/heads/main' });
    });
  });

  test.each(['refs/tags/', 'refs/tags/..', 'refs/tags/v 1', 'refs/heads/'])('is none of %j', (ref) => {
    expect(problems({ ...given, 'release-tag': ref }, gitHub)).toEqual([
      expect.stringContaining('cannot be the name of a tag'),
    ]);
  });

  test('has all its problems reported together', () => {
    const inputs = { 'release-tag': 'auto', 'github-token': '', operation: 'delete', timeout: '0' };
    expect(problems(inputs)).toHaveLength(5);
  });
});

describe('a misspelled input', () => {
  test.each([
    ['video_id', 'video-id'],
    ['video-ids', 'video-id'],
    ['VIDEOID', 'video-id'],
    ['accountid', 'account-id'],
    ['time-out', 'timeout'],
    ['concurency', 'concurrency'],
    ['types', 'type'],
    ['operations', 'operation'],
    ['saveto', 'save-to'],
    ['file_name', 'filename'],
    ['signed-urls', 'signed-url'],
    ['dryrun', 'dry-run'],
    ['created_after', 'created-after'],
    ['liveinput', 'live-input'],
    ['resume', 'resume-from'],
    ['resumefrom', 'resume-from'],
    ['since', 'created-after'],
    ['until', 'created-before'],
    ['limits', 'limit'],
    ['shards', 'shard'],
    ['creators', 'creator'],
  ])('%s is refused, with the suggestion %s', (typed, meant) => {
    expect(problems({ [typed]: 'true' })).toEqual([
      `\`${typed.toLowerCase()}\`: there is no such input; did you mean \`${meant}\`?`,
    ]);
  });

  test.each(inputNames.filter((name) => name.includes('-')))('is %s with an underscore', (name) => {
    expect(problems({ [name.replaceAll('-', '_')]: 'true' }).join()).toContain(`did you mean \`${name}\`?`);
  });

  test('is reported without its value, which may be a secret', () => {
    expect(leakedParts(problems({ api_token: 'AnotherSecret99' }).join(), 'AnotherSecret99')).toEqual([]);
  });

  test.each(['INPUT_COLOR', 'INPUT_SOMETHING-ELSE', 'INPUT_', 'VIDEO_ID', 'INPUTS_VIDEO_ID'])(
    'is not an unrelated variable: %s',
    (variable) => {
      expect(problems({}, { [variable]: 'x' })).toEqual([]);
    },
  );
});
