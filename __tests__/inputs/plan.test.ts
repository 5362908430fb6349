import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Failure } from '../../src/core/failure.ts';
import { maskSecrets } from '../../src/inputs/credentials.ts';
import { type InputName, inputNames } from '../../src/inputs/input-names.ts';
import { type Inputs, readInputs } from '../../src/inputs/plan.ts';
import type { Runner } from '../../src/runner/runner.ts';
import { piecesIn } from '../harness/pieces.ts';
import { recordingRunner } from '../harness/recording-runner.ts';
import { runStep } from '../harness/run-step.ts';
import { VirtualClock } from '../harness/virtual-clock.ts';

type Texts = Readonly<Record<string, string>>;

const video = 'ea95132c15732412d22c1476fa83f27a';
const account = '0123456789abcdef0123456789abcdef';
const token = 'TokenThatNobodyMaySee0123';
const needed = { 'video-id': video, 'account-id': account, 'api-token': token };

/** Every input that was announced; a name that is taken back breaks the workflows that have it. */
const announced = [
  ...inputNames,
  'created-after',
  'created-before',
  'creator',
  'search',
  'shard',
  'dry-run',
  'summary',
];
const unbuilt = announced.filter((name) => !inputNames.some((built) => built === name));

function read(inputs: Texts = {}, env: Texts = {}): Promise<Inputs> {
  return readInputs(recordingRunner({ ...needed, ...inputs }, env).runner);
}

/** What the step fails with; undefined where all is taken. */
async function failureOf(runner: Runner): Promise<Failure | undefined> {
  try {
    await readInputs(runner);
    return undefined;
  } catch (error) {
    if (error instanceof Failure && error.kind === 'bad-input') return error;
    throw error;
  }
}

/** Each thing that is wrong with inputs that would do otherwise. */
async function problems(inputs: Texts, env: Texts = {}): Promise<string[]> {
  const failure = await failureOf(recordingRunner({ ...needed, ...inputs }, env).runner);
  return failure?.what.split('\n') ?? [];
}

describe('what a workflow asked for', () => {
  test('is typed, with the defaults where it says nothing', async () => {
    expect(await read()).toEqual({
      operation: 'create',
      videoIds: [video],
      types: undefined,
      wait: false,
      timeoutMs: 30 * 60_000,
      pollIntervalMs: undefined,
      filename: undefined,
      destination: undefined,
      signedUrl: 'auto',
      signedUrlTtlMs: 3_600_000,
      concurrency: 4,
      apiUrl: 'https://api.cloudflare.com/client/v4',
      accountId: account,
      credentials: { token },
      workspace: process.cwd(),
      warnings: [],
    });
  });

  test('is typed where it says everything', async () => {
    const inputs = await read({
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
      'api-url': 'http://127.0.0.1:8787/client/v4/',
      'api-token': '',
      'api-email': 'a@example.org',
      'api-key': 'k',
    });
    expect(inputs).toEqual({
      operation: 'list',
      videoIds: [video, account],
      types: ['audio', 'default'],
      wait: true,
      timeoutMs: 90 * 60_000,
      pollIntervalMs: 20_000,
      filename: '{name}-{id}',
      destination: undefined,
      signedUrl: 'always',
      signedUrlTtlMs: 86_400_000,
      concurrency: 8,
      apiUrl: 'http://127.0.0.1:8787/client/v4',
      accountId: account,
      credentials: { email: 'a@example.org', key: 'k' },
      workspace: process.cwd(),
      warnings: [],
    });
  });

  test('has the account of the environment where the input has none', async () => {
    const env = { CLOUDFLARE_ACCOUNT_ID: ` ${video}\n` };
    expect((await read({ 'account-id': '' }, env)).accountId).toBe(video);
    expect((await read({}, env)).accountId).toBe(account);
  });

  test('is warned of where an id has another form than Cloudflare’s', async () => {
    const { videoIds, warnings } = await read({ 'video-id': `my-video, ${video}`, 'account-id': 'mine' });
    expect(videoIds).toEqual(['my-video', video]);
    expect(warnings).toEqual([
      expect.stringMatching(/^`video-id`: my-video does not look like/),
      expect.stringMatching(/^`account-id`: mine does not look like/),
    ]);
  });
});

describe('what is wrong', () => {
  const wrong: Readonly<Partial<Record<InputName, string>>> = {
    operation: 'creat',
    'video-id': 'a/b',
    'account-id': '..',
    'api-token': 'two words',
    type: 'mp4',
    wait: 'yes',
    timeout: 'forever',
    'poll-interval': '1h',
    filename: 'a b',
    'save-to': '../videos/',
    'signed-url': 'true',
    'signed-url-ttl': '25h',
    concurrency: '0',
    'api-url': 'ftp://gateway.example/',
  };

  test.each(Object.entries(wrong))('is told of %s alone', async (name, text) => {
    expect(await problems({ [name]: text })).toEqual([expect.stringMatching(`^\`${name}\`.*[.?!]$`)]);
  });

  test('is told of all at once, each in a line of its own, before the advice', async () => {
    const failure = await failureOf(recordingRunner({ ...wrong, 'dry-run': 'true', video_id: video }).runner);
    const told = failure?.what.split('\n') ?? [];
    expect(told.map((line) => /^`([^`]+)`/.exec(line)?.[1]).toSorted()).toEqual(
      [...Object.keys(wrong), 'dry-run', 'video_id'].toSorted(),
    );
    expect(failure?.message.split('\n').slice(0, told.length)).toEqual(told);
    expect(failure?.message).toMatch(/\n.*nothing was requested/);
  });

  test('is told of all that is missing at once', async () => {
    const told = (await failureOf(recordingRunner().runner))?.what.split('\n');
    expect(told?.toSorted()).toEqual([
      expect.stringMatching(/^`account-id`: it is missing/),
      expect.stringMatching(/^`video-id`: it is missing/),
      expect.stringMatching(/^no credentials/),
    ]);
  });

  test('is told of any subset of the inputs that are wrong, each once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray(Object.entries(wrong)), async (some) => {
        const names = (await problems(Object.fromEntries(some))).map((line) => /^`([^`]+)`/.exec(line)?.[1]);
        expect(names.toSorted()).toEqual(some.map(([name]) => name).toSorted());
      }),
    );
  });

  test('fails the step before any request, with its outputs written', async () => {
    let requests = 0;
    const { exitCode, errors, outputs } = await runStep({
      inputs: { ...needed, ...wrong },
      clock: new VirtualClock(),
      fetch: async () => {
        requests++;
        throw new Error('no request was expected');
      },
    });
    expect(requests).toBe(0);
    expect(exitCode).toBe(1);
    expect(errors).toHaveLength(1);
    expect(outputs).toMatchObject({ downloads: '[]', count: '0', failed: '0', status: '' });
  });

  describe('is told without a secret that stands in another input', () => {
    // A value is shown up to 80 characters: so the secret lies where it is cut.
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
    ])('%s: %s', async (name, text) => {
      const { runner } = recordingRunner({ ...needed, [name]: text });
      maskSecrets(runner);
      const message = (await failureOf(runner))?.message ?? '';
      expect(message).toContain(`\`${name}\``);
      expect(piecesIn(runner.cut(message), token)).toEqual([]);
    });
  });
});

describe('a release to attach to', () => {
  const gitHub = { GITHUB_REPOSITORY: 'octo/videos' };
  const given = { 'release-tag': 'v1.2', 'github-token': 'TokenOfGitHub0123456' };

  /** The variables of a run whose event is this, for as long as the work takes. */
  async function withEvent<Result>(event: string, work: (env: Texts) => Promise<Result>): Promise<Result> {
    const folder = mkdtempSync(join(tmpdir(), 'event-'));
    try {
      const path = join(folder, 'event.json');
      writeFileSync(path, event);
      return await work({ ...gitHub, GITHUB_EVENT_PATH: path });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test('is named by its tag, and implies wait', async () => {
    const { destination, release, wait } = await read(given, gitHub);
    expect(release).toEqual({
      reference: { tag: 'v1.2' },
      token: given['github-token'],
      repository: 'octo/videos',
      apiUrl: 'https://api.github.com',
    });
    expect([wait, destination]).toEqual([true, undefined]);
    expect((await read({ ...given, wait: 'false', operation: 'list' }, gitHub)).wait).toBe(true);
  });

  test('is none where no tag is given, whatever the token and the environment are', async () => {
    expect(await read({ 'github-token': given['github-token'] }, gitHub)).toMatchObject({ wait: false });
    expect((await read({ 'github-token': '' })).release).toBeUndefined();
    expect((await read({ 'github-token': 'x', 'release-tag': ' ' })).release).toBeUndefined();
  });

  test('is at the API that GITHUB_API_URL names', async () => {
    const env = { ...gitHub, GITHUB_API_URL: 'https://github.example/api/v3' };
    expect((await read(given, env)).release?.apiUrl).toBe('https://github.example/api/v3');
    expect((await read(given, { ...gitHub, GITHUB_API_URL: '' })).release?.apiUrl).toBe(
      'https://api.github.com',
    );
  });

  test('is that of the event with `auto`, a draft among them', async () => {
    const event = JSON.stringify({ action: 'created', release: { id: 17, tag_name: 'v3', draft: true } });
    await withEvent(event, async (env) => {
      const { release } = await read({ ...given, 'release-tag': 'auto' }, env);
      expect(release?.reference).toEqual({ id: 17, tag: 'v3' });
      // A tag that is given is not that of the event.
      expect((await read(given, env)).release?.reference).toEqual({ tag: 'v1.2' });
    });
  });

  test.each([
    ['a push', '{"ref":"refs/tags/v1"}'],
    ['a release without an id', '{"release":{"tag_name":"v1"}}'],
    ['no release', '{"release":null}'],
    ['no JSON', 'release'],
    ['nothing', ''],
  ])('is not found with `auto` where the event is %s', async (_, event) => {
    const found = await withEvent(event, (env) => problems({ ...given, 'release-tag': 'auto' }, env));
    expect(found).toEqual([expect.stringMatching(/^`release-tag`: `auto` .*`on: release`/)]);
  });

  test.each([{}, { GITHUB_EVENT_PATH: '' }, { GITHUB_EVENT_PATH: '/nowhere/event.json' }])(
    'is not found with `auto` where there is no event: %j',
    async (env) => {
      expect(await problems({ ...given, 'release-tag': 'auto' }, { ...gitHub, ...env })).toEqual([
        expect.stringMatching(/^`release-tag`: `auto` .*`on: release`/),
      ]);
    },
  );

  test('is not for a deletion', async () => {
    expect(await problems({ ...given, operation: 'delete' }, gitHub)).toEqual([
      expect.stringMatching(/^`release-tag`: .*`operation: delete`/),
    ]);
  });

  test.each(['', ' \n'])('needs a token, and %j is none', async (empty) => {
    expect(await problems({ ...given, 'github-token': empty }, gitHub)).toEqual([
      expect.stringMatching(/^`github-token`: it is empty.*\$\{\{ github\.token \}\}/),
    ]);
  });

  test.each(['two words', 'two\nlines', '“quoted”'])(
    'needs a token that can be sent, and %j cannot, which is told without it',
    async (unsendable) => {
      const [problem = '', ...more] = await problems({ ...given, 'github-token': unsendable }, gitHub);
      expect([problem, more]).toEqual([expect.stringMatching(/^`github-token`/), []]);
      expect(problem).not.toContain(unsendable.slice(0, 4));
    },
  );

  test.each([undefined, '', 'videos', 'octo/', '/videos', 'octo/videos/x'])(
    'needs a repository, and GITHUB_REPOSITORY %j is none',
    async (repository) => {
      expect(
        await problems(given, repository === undefined ? {} : { GITHUB_REPOSITORY: repository }),
      ).toEqual([expect.stringContaining('GITHUB_REPOSITORY')]);
    },
  );

  test('has all that is wrong told at once', async () => {
    const inputs = { 'release-tag': 'auto', 'github-token': '', operation: 'delete', timeout: '0' };
    expect(await problems(inputs)).toHaveLength(5);
  });

  test.each(['github-token', 'GITHUB_TOKEN', 'github_token', 'git-hub-token'])(
    'has its token masked, also as %s',
    (name) => {
      const { runner, texts } = recordingRunner({ [name]: given['github-token'] });
      maskSecrets(runner);
      expect(texts('mask')).toEqual([given['github-token']]);
      expect(runner.cut(`a ${given['github-token']} b`)).toBe('a *** b');
    },
  );
});

describe('an input of a later version', () => {
  test.each(unbuilt)('%s is refused where it is set, and ignored where it is empty', async (name) => {
    expect(await problems({ [name]: 'true' })).toEqual([
      expect.stringMatching(`^\`${name}\`: .*not supported in this version`),
    ]);
    expect(await problems({ [name]: '' })).toEqual([]);
  });
});

describe('a name that is spelled wrong', () => {
  test.each([
    ['video_id', 'video-id'],
    ['video-ids', 'video-id'],
    ['VIDEOID', 'video-id'],
    ['accountid', 'account-id'],
    ['api_token', 'api-token'],
    ['dry_run', 'dry-run'],
    ['time-out', 'timeout'],
    ['concurency', 'concurrency'],
    ['types', 'type'],
    ['operations', 'operation'],
    ['saveto', 'save-to'],
    ['file_name', 'filename'],
    ['signed_url', 'signed-url'],
    ['signed-urls', 'signed-url'],
    ['signed_url_ttl', 'signed-url-ttl'],
  ])('%s is refused, and %s was meant', async (typed, meant) => {
    const name = typed.toLowerCase();
    expect(await problems({ [typed]: 'true' })).toEqual([
      `\`${name}\`: there is no such input; did you mean \`${meant}\`?`,
    ]);
  });

  test.each(announced.filter((name) => name.includes('-')))(
    '%s is known with an underscore',
    async (name) => {
      const told = await problems({ [name.replaceAll('-', '_')]: 'true' });
      expect(told.join()).toContain(`did you mean \`${name}\`?`);
    },
  );

  test('is told without its value, which may be a secret', async () => {
    const told = await problems({ api_token: 'AnotherSecret99' });
    expect(piecesIn(told.join(), 'AnotherSecret99')).toEqual([]);
  });

  test.each([
    ['INPUT_TITLE', 'x'],
    ['INPUT_SOMETHING-ELSE', 'x'],
    ['INPUT_', 'x'],
    ['VIDEO_ID', 'x'],
    ['INPUTS_VIDEO_ID', 'x'],
  ])('does not include %s, which is somebody else’s', async (variable, text) => {
    expect(await problems({}, { [variable]: text })).toEqual([]);
  });
});
