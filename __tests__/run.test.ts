import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { badGateway, blocked, rateLimited, redirect } from '../local-stream/faults.ts';
import { failures } from '../src/core/failures/table.ts';
import { receive } from '../src/http/receive.ts';
import { run } from '../src/run.ts';
import { emptyOutputs } from './harness/check-step.ts';
import { recordingRunner } from './harness/recording-runner.ts';
import { apiError, hang } from './harness/responses.ts';
import { Stage } from './harness/stage.ts';
import { unknownIds } from './harness/videos.ts';
import { VirtualClock } from './harness/virtual-clock.ts';

const minutesMs = (minutes: number) => minutes * 60_000;

describe('several videos', () => {
  test('have their records in the requested order, without duplicates, whatever their results', async () => {
    await using stage = await Stage.open();
    const [slow, quick, immediate] = [60_000, 20_000, 0].map(
      (generateMs) => stage.stream.addVideo({ generateMs }).uid,
    );
    const [unknown] = unknownIds(1);
    const step = await stage.run({
      'video-id': `${slow}, ${unknown}\n\n${quick} ${slow},,${immediate}\n`,
      type: 'audio default',
      wait: 'true',
    });
    expect(step.records.map(({ videoId, type }) => [videoId, type])).toEqual([
      [slow, 'audio'],
      [slow, 'default'],
      [unknown, 'audio'],
      [unknown, 'default'],
      [quick, 'audio'],
      [quick, 'default'],
      [immediate, 'audio'],
      [immediate, 'default'],
    ]);
    expect(step.outputs).toMatchObject({ 'video-id': slow, type: 'audio', count: '8', failed: '2' });
  });

  test('are all processed, even if some of them fail', async () => {
    await using stage = await Stage.open();
    const good = stage.stream.addVideo({ generateMs: 60_000 });
    const broken = stage.stream.addVideo({ errorReasonCode: 'ERR_NON_VIDEO' });
    const doomed = stage.stream.addVideo({ generateMs: 20_000, generateFails: true });
    const late = stage.stream.addVideo({ phases: { encodeMs: 120_000 }, generateMs: 20_000 });
    const [unknown] = unknownIds(1);
    const ids = [broken.uid, unknown, doomed.uid, good.uid, late.uid];
    const step = await stage.run({ 'video-id': ids.join(), wait: 'true' });
    expect(step.exitCode).toBe(1);
    expect(step.records.map(({ status }) => status)).toEqual(['none', 'failed', 'error', 'ready', 'ready']);
    expect(step.errors.map(({ message }) => message)).toEqual([
      expect.stringContaining(`Video ${broken.uid}:`),
      expect.stringContaining(`Video ${unknown}:`),
      expect.stringContaining(`Video ${doomed.uid}:`),
    ]);
  });

  test.each([1, 3])('have at most `concurrency` requests in flight: %i', async (concurrency) => {
    await using stage = await Stage.open({ latencyMs: 300 });
    const ids = Array.from({ length: 8 }, () => stage.stream.addVideo({ generateMs: 20_000 }).uid);
    const step = await stage.run({
      'video-id': ids.join(),
      type: 'default audio',
      wait: 'true',
      concurrency: String(concurrency),
    });
    expect(step.exitCode).toBe(0);
    expect(stage.mostInFlight).toBe(concurrency);
  });

  test('have at most four requests in flight by default', async () => {
    await using stage = await Stage.open({ latencyMs: 300 });
    const ids = Array.from({ length: 8 }, () => stage.stream.addVideo().uid);
    await stage.run({ 'video-id': ids.join() });
    expect(stage.mostInFlight).toBe(4);
  });

  test('wait in parallel: fifty take hardly longer than one, even with `concurrency: 1`', async () => {
    await using stage = await Stage.open({ latencyMs: 20 });
    const ids = Array.from({ length: 50 }, () => stage.stream.addVideo({ generateMs: minutesMs(3) }).uid);
    const step = await stage.run({
      'video-id': ids.join('\n'),
      wait: 'true',
      concurrency: '1',
      'poll-interval': '30s',
    });
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toMatchObject({ count: '50', failed: '0' });
    expect(new Set(step.records.map(({ status }) => status))).toEqual(new Set(['ready']));
    expect(step.tookMs).toBeLessThan(minutesMs(4));
  });

  test('are all created before the wait for the first one', async () => {
    await using stage = await Stage.open({ latencyMs: 500 });
    const ids = Array.from({ length: 10 }, () => stage.stream.addVideo({ generateMs: 3000 }).uid);
    const step = await stage.run({ 'video-id': ids.join(), wait: 'true', concurrency: '1' });
    expect(step.exitCode).toBe(0);
    // Two requests look up all of them.
    expect(stage.calls.lastIndexOf('POST downloads')).toBe(11);
    expect(stage.calls.indexOf('GET downloads')).toBe(12);
  });

  test('are created while another one is still being processed', async () => {
    await using stage = await Stage.open();
    const slow = stage.stream.addVideo({ phases: { encodeMs: minutesMs(20) } });
    const quick = stage.stream.addVideo({ generateMs: 20_000 });
    const step = await stage.run({ 'video-id': `${slow.uid},${quick.uid}`, wait: 'true', concurrency: '1' });
    expect(step.exitCode).toBe(0);
    // The second video's; the first's once it is ready.
    expect(stage.timesOf('POST downloads').filter((at) => at < minutesMs(20))).toEqual([0]);
  });

  test('have one log group each, with their result and position', async () => {
    await using stage = await Stage.open();
    const good = stage.stream.addVideo({ generateMs: 20_000 });
    const [unknown] = unknownIds(1);
    const step = await stage.run({ 'video-id': `${good.uid},${unknown}`, wait: 'true' });
    expect(step.log).toEqual(
      expect.arrayContaining([
        expect.stringMatching(new RegExp(`^✘ ${unknown}: The account has no such video .1 of 2 done`)),
        `✔ ${good.uid}: MP4 ready (2 of 2 done)`,
      ]),
    );
  });
});

describe('annotations', () => {
  test('are one per failed video up to nine, then one with the number of the others', async () => {
    await using stage = await Stage.open();
    const ids = unknownIds(12);
    const step = await stage.run({ 'video-id': ids.join() });
    expect(step.outputs).toMatchObject({ count: '12', failed: '12' });
    expect(step.errors).toHaveLength(10);
    for (const [index, id] of ids.slice(0, 9).entries()) {
      expect(step.errors[index]?.message).toContain(`Video ${id}:`);
    }
    expect(step.errors[9]?.message).toMatch(/^3 more failures: .*`results-file`/);
  });

  test('are nine without a number if nine videos failed', async () => {
    await using stage = await Stage.open();
    const step = await stage.run({ 'video-id': unknownIds(9).join() });
    expect(step.errors).toHaveLength(9);
    expect(step.errors[8]?.message).toContain('no such video');
  });

  test.each(['create', 'delete'])(
    'are one per unknown video, even if its types fail one after the other: %s',
    async (operation) => {
      await using stage = await Stage.open();
      // The response for the audio comes after the video's details were requested for the other type.
      stage.intercept(async ({ call, pass, signal }) => {
        if (call.endsWith('downloads/audio')) await stage.clock.sleep(2000, signal);
        return pass();
      });
      const step = await stage.run({
        operation,
        'video-id': unknownIds(1).join(),
        type: 'default audio',
      });
      expect(step.outputs).toMatchObject({ count: '2', failed: '2' });
      expect(step.errors).toHaveLength(1);
    },
  );

  test('are one per type if the types failed independently', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'error', audio: 'error' } });
    const step = await stage.run({ 'video-id': uid, type: 'default audio' });
    expect(step.errors).toHaveLength(2);
  });

  test('have the title of the failure’s kind', async () => {
    await using stage = await Stage.open();
    const step = await stage.run({ 'video-id': unknownIds(1).join() });
    expect(step.errors[0]?.title).toBe('The account has no such video');
  });
});

describe('credentials', () => {
  test('are sent as a bearer token, with the version of the action', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    await stage.run({ 'video-id': uid });
    expect(stage.stream.requests).toMatchObject([
      {
        headers: {
          authorization: `Bearer ${stage.stream.token}`,
          'user-agent': expect.stringMatching(/^stream-downloads\/\d+\.\d+\.\d+$/),
        },
      },
    ]);
  });

  test('can be the legacy pair, which is sent without a token', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    const step = await stage.run({
      'video-id': uid,
      'api-token': '',
      'api-email': stage.stream.email,
      'api-key': stage.stream.key,
    });
    expect(step.exitCode).toBe(0);
    expect(stage.stream.requests[0]?.headers).toMatchObject({
      'x-auth-email': stage.stream.email,
      'x-auth-key': stage.stream.key,
    });
    expect(stage.stream.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  test('and the account can come from the environment', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    const step = await stage.run(
      { 'video-id': uid, 'api-token': '', 'account-id': '' },
      {
        env: {
          CLOUDFLARE_API_TOKEN: `${stage.stream.token}\n`,
          CLOUDFLARE_ACCOUNT_ID: stage.stream.accountId,
        },
      },
    );
    expect(step.exitCode).toBe(0);
  });

  test('in the inputs take precedence over the environment, and the token over the pair', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    const step = await stage.run(
      { 'video-id': uid, 'api-email': 'unknown@example.org', 'api-key': 'anotherKeyThatIsNotRight' },
      { env: { CLOUDFLARE_API_TOKEN: 'aTokenOfTheEnvironment' } },
    );
    expect(step.exitCode).toBe(0);
  });

  test('that are read-only can list; create and delete fail with the missing permission', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    const given = { 'video-id': uid, 'api-token': stage.stream.readOnlyToken };
    expect((await stage.run({ ...given, operation: 'list' })).exitCode).toBe(0);
    for (const operation of ['create', 'delete']) {
      const step = await stage.run({ ...given, operation });
      expect(step.exitCode).toBe(1);
      expect(step.record).toMatchObject({
        status: 'failed',
        percentComplete: null,
        url: null,
        error: { code: 10000, httpStatus: 403, rayId: expect.stringMatching(/-LCL$/) },
      });
      expect(step.message).toContain('Account · Stream · Edit');
      expect(step.errors[0]?.title).toContain('permission');
    }
  });

  test.each([
    {
      wrong: 'token',
      inputs: { 'api-token': 'anInvalidToken00000000000000000000000000' },
      error: { code: 10000, httpStatus: 401 },
    },
    {
      wrong: 'pair',
      inputs: {
        'api-token': '',
        'api-email': 'unknown@example.org',
        'api-key': 'anInvalidKey0000000000000000000000000',
      },
      error: { code: 9103, httpStatus: 403 },
    },
  ])('that are an invalid $wrong fail at once, with the advice to check them', async ({ inputs, error }) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    const step = await stage.run({ 'video-id': uid, ...inputs });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'failed', error });
    expect(step.errors[0]?.title).toBe('The credentials are not valid');
    expect(step.message).toContain('`api-token`');
    expect(stage.stream.requests).toHaveLength(1);
  });

  test.each([
    { account: 'another account', id: 'b'.repeat(32), error: { code: 7403, httpStatus: 403 } },
    { account: 'a malformed account ID', id: 'my-account', error: { code: 7003, httpStatus: 404 } },
  ])('with $account fail with the advice to check the account, not the video', async ({ error, id }) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    for (const operation of ['list', 'create', 'delete']) {
      const step = await stage.run({ operation, 'video-id': uid, 'account-id': id });
      expect(step.exitCode).toBe(1);
      expect(step.record).toMatchObject({ status: 'failed', error });
      expect(step.message).toContain('`account-id`');
      expect(step.errors[0]?.title).toContain('account is wrong');
    }
    // A malformed video ID has the same answer as a malformed account ID, so each step asks for the account itself.
    expect(stage.stream.requests).toHaveLength(error.code === 7003 ? 6 : 3);
  });
});

describe('an API with faults', () => {
  test('is requested again after a rate limit, once `Retry-After` is over', async () => {
    await using stage = await Stage.open();
    stage.stream.faults.add({ route: 'any', after: 3, times: 1, fault: rateLimited(300) });
    const ids = Array.from(
      { length: 6 },
      () => stage.stream.addVideo({ downloads: { default: 'ready' } }).uid,
    );
    const step = await stage.run({ operation: 'list', 'video-id': ids.join() });
    expect(step.exitCode).toBe(0);
    // After the first 429, no request was sent until the block was over.
    expect(stage.stream.requests).toHaveLength(6 + 1);
    expect(step.tookMs).toBeGreaterThanOrEqual(minutesMs(5));
    expect(step.tookMs).toBeLessThanOrEqual(minutesMs(6));
    expect(step.log.join('\n')).toContain('next attempt in 5 min');
  });

  test('fails at once if `Retry-After` ends after the time limit', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    stage.stream.faults.add({ route: 'any', times: Infinity, fault: rateLimited(300) });
    const step = await stage.run({ 'video-id': uid, timeout: '2m' });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(0);
    expect(step.record).toMatchObject({ status: 'failed', error: { code: 10429, httpStatus: 429 } });
    expect(step.message).toContain('5 min');
    expect(step.message).toContain('1,200 API requests in 5 minutes');
  });

  test.each([
    { fault: badGateway(), words: 'HTTP 502' },
    { fault: { kind: 'reset' }, words: 'no response from 127.0.0.1' },
  ] as const)(
    'fails after five attempts if it answered before, with its response: $words',
    async ({ fault, words }) => {
      await using stage = await Stage.open();
      const ids = Array.from({ length: 2 }, () => stage.stream.addVideo().uid);
      stage.stream.faults.add({ route: 'any', after: 1, times: Infinity, fault });
      const step = await stage.run({ 'video-id': ids.join(), concurrency: '1' });
      expect(step.exitCode).toBe(1);
      expect(step.records.map(({ status }) => status)).toEqual(['inprogress', 'failed']);
      expect(step.records[1]?.error?.message).toContain(words);
      expect(stage.stream.requests).toHaveLength(1 + 5);
    },
  );

  test('fails within a minute if it never answered, even with `wait`', async () => {
    await using stage = await Stage.open();
    const ids = Array.from({ length: 9 }, () => stage.stream.addVideo().uid);
    stage.stream.faults.add({ route: 'any', times: Infinity, fault: badGateway() });
    const step = await stage.run({ 'video-id': ids.join(), wait: 'true', timeout: '5h' });
    expect(step.exitCode).toBe(1);
    expect(new Set(step.records.map(({ status }) => status))).toEqual(new Set(['failed']));
    expect(step.message).toContain('HTTP 502');
    expect(step.message).toContain('without a response from the API');
    expect(step.tookMs).toBeLessThanOrEqual(minutesMs(1));
    expect(step.tookMs).toBeGreaterThan(minutesMs(0.5));
  });

  test.each([badGateway(), { kind: 'cut' }] as const)(
    'succeeds after four faults in a row: %j',
    async (fault) => {
      await using stage = await Stage.open();
      const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
      stage.stream.faults.add({ route: 'any', times: 4, fault });
      const step = await stage.run({ operation: 'list', 'video-id': uid });
      expect(step.exitCode).toBe(0);
      expect(step.record.status).toBe('ready');
    },
  );

  test('fails at once if a firewall blocks the request', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    stage.stream.faults.add({ route: 'any', fault: blocked() });
    const step = await stage.run({ 'video-id': uid });
    expect(step.exitCode).toBe(1);
    expect(step.message).toContain('Sorry, you have been blocked');
    expect(step.errors[0]?.title).toContain('firewall');
    expect(stage.stream.requests).toHaveLength(1);
  });

  test('fails with the target of a redirect, which is not followed', async () => {
    await using stage = await Stage.open();
    await using elsewhere = await Stage.open();
    const { uid } = stage.stream.addVideo();
    stage.stream.faults.add({ route: 'any', fault: redirect(`${elsewhere.stream.apiUrl}/there?key=1`) });
    const step = await stage.run({ 'video-id': uid });
    expect(step.exitCode).toBe(1);
    expect(step.message).toContain(`${elsewhere.stream.apiUrl}/there`);
    expect(step.message).not.toContain('key=1');
    expect(step.message).toContain('`api-url`');
    expect(stage.stream.requests).toHaveLength(1);
    expect(elsewhere.stream.requests).toHaveLength(0);
  });

  test('fails if nothing listens at its address', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    const closed = await Stage.open();
    await closed[Symbol.asyncDispose]();
    const step = await stage.run({ 'video-id': uid, 'api-url': closed.stream.apiUrl, wait: 'true' });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBeLessThanOrEqual(minutesMs(1));
    expect(step.record.status).toBe('failed');
    expect(step.message).toContain(`no response from ${new URL(closed.stream.apiUrl).host}`);
    expect(step.message).toContain('`api-url`');
  });
});

describe('a secret', () => {
  // The stage checks after every step that no secret is shown.
  test.each([
    { where: 'an error', answer: (text: string) => apiError(400, 10005, text) },
    { where: 'a page', answer: (text: string) => new Response(text, { status: 404 }) },
    {
      where: 'a redirect',
      answer: (text: string) =>
        new Response(null, { status: 302, headers: { location: `https://a.example/${text}` } }),
    },
  ])('in $where of the API is redacted, wherever that is truncated', async ({ answer }) => {
    await using stage = await Stage.open();
    for (const lead of [0, 170, 190, 270, 280]) {
      stage.intercept(async () => answer(`${'x'.repeat(lead)}${stage.stream.token} and more`));
      const step = await stage.run({ operation: 'list', 'video-id': unknownIds(1).join() });
      expect(step.exitCode).toBe(1);
    }
  });

  test('in a fact from the API is refused with it, since facts are not redacted', async () => {
    await using stage = await Stage.open();
    const url = `https://a.example/${stage.stream.token}/default.mp4`;
    const result = { default: { status: 'ready', percentComplete: 100, url } };
    stage.intercept(async () => Response.json({ success: true, errors: [], messages: [], result }));
    const step = await stage.run({ operation: 'list', 'video-id': unknownIds(1).join() });
    expect(step.errors[0]?.title).toBe(failures['exposed-secret'].title);
    expect(step.record).toMatchObject({ status: 'ready', url: null });
  });

  test('is masked, whatever the name of its input and even if it is not used', async () => {
    await using stage = await Stage.open();
    const step = await stage.run(
      {
        'video-id': '.',
        'api-key': 'theKeyOfTheInputs',
        api_token: 'theTokenUnderAWrongName',
        'github-token': 'theTokenOfGitHub',
      },
      { env: { CLOUDFLARE_API_TOKEN: 'theTokenOfTheEnv', CLOUDFLARE_API_KEY: 'theKeyOfTheEnv' } },
    );
    expect(step.masked.toSorted()).toEqual(
      [
        stage.stream.token,
        'theKeyOfTheInputs',
        'theTokenUnderAWrongName',
        'theTokenOfGitHub',
        'theTokenOfTheEnv',
        'theKeyOfTheEnv',
      ].toSorted(),
    );
  });

  test('is not in the debug lines about requests, which have URL, status, Ray ID and time', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: 20_000 });
    const step = await stage.run({ 'video-id': uid, type: 'audio', wait: 'true' });
    expect(step.exitCode).toBe(0);
    const [post, ...polls] = stage.stream.requests;
    const url = `${stage.stream.apiUrl.replace('http://', '')}/accounts/${stage.stream.accountId}/stream/${uid}/downloads`;
    expect(step.debug).toHaveLength(1 + polls.length);
    expect(step.debug[0]).toMatch(new RegExp(`^POST ${url}/audio: 200, Ray ID ${post?.rayId}, \\d+ ms$`));
    expect(step.debug[1]).toMatch(new RegExp(`^GET ${url}: 200, Ray ID ${polls[0]?.rayId}, \\d+ ms$`));
  });
});

describe('invalid inputs', () => {
  const videoId = 'a'.repeat(32);
  const invalid: readonly {
    readonly inputs: Readonly<Record<string, string>>;
    readonly words: readonly string[];
  }[] = [
    { inputs: { operation: 'creat' }, words: ['`operation`', '"creat"', 'did you mean `create`'] },
    {
      inputs: {
        'video-id': `${videoId},

ä/ö, b?c`,
      },
      words: ['`video-id`', '"ä/ö"', '"b?c"'],
    },
    { inputs: { 'api-token': '' }, words: ['credentials', '`api-token`', 'secrets'] },
    { inputs: { video_id: videoId }, words: ['`video_id`', 'did you mean `video-id`'] },
    { inputs: { 'save-to': 'a.mp4', operation: 'delete' }, words: ['`save-to`', '`operation: delete`'] },
    { inputs: { summary: 'yes' }, words: ['`summary`', '"yes"'] },
  ];

  test.each(invalid)('fail before any request, with a fix: $inputs', async ({ inputs, words }) => {
    await using stage = await Stage.open();
    const step = await stage.run({ 'video-id': videoId, ...inputs });
    expect(step.exitCode).toBe(1);
    expect(stage.stream.requests).toEqual([]);
    expect(step.outputs).toEqual({
      ...emptyOutputs,
      status: 'failed',
      'results-file': expect.any(String),
    });
    const results = readFileSync(step.outputs['results-file'] ?? '', 'utf8');
    expect(JSON.parse(results)).toEqual({ version: 1, downloads: [] });
    expect(step.errors).toHaveLength(1);
    expect(step.errors[0]?.title).toBe('An input is wrong');
    for (const part of words) expect(step.errors[0]?.message).toContain(part);
  });

  test('do not include unusual IDs, which get a warning', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ uid: 'Holiday_2026-01', downloads: { default: 'ready' } });
    const step = await stage.run({ 'video-id': uid });
    expect(step.exitCode).toBe(0);
    expect(step.warnings).toEqual([expect.stringContaining('Holiday_2026-01')]);
  });

  test('have one warning for many unusual IDs', async () => {
    await using stage = await Stage.open();
    const ids = Array.from({ length: 40 }, (_, index) => `talk-${index}`);
    for (const uid of ids) stage.stream.addVideo({ uid, downloads: { default: 'ready' } });
    const step = await stage.run({ 'video-id': ids.join('\n') });
    expect(step.outputs).toMatchObject({ count: '40', failed: '0' });
    expect(step.warnings).toEqual([expect.stringMatching(/talk-0, .* and 35 more/)]);
  });

  test('do not include a path without a slash, which gets a line in the log before any work', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    const step = await stage.run({ 'video-id': uid, 'save-to': 'clips' });
    expect(step.outputs).toMatchObject({ file: 'clips.mp4', failed: '0' });
    expect(step.log[1]).toMatch(/^`save-to`: .*"clips\.mp4".*"clips\/"/);
    expect(step.warnings).toEqual([]);
  });

  test('are reported, and the malformed address of a proxy, as the status `failed`', async () => {
    await using stage = await Stage.open();
    const step = await stage.run({ 'video-id': videoId }, { env: { http_proxy: 'http://' } });
    expect(step.errors[0]?.title).toBe(failures['proxy-malformed'].title);
    expect(step.outputs).toMatchObject({ ...emptyOutputs, status: 'failed' });
    expect(stage.stream.requests).toEqual([]);
  });

  test('that are too long or of a loop of links are reported together', async () => {
    await using stage = await Stage.open();
    symlinkSync('loop', join(stage.workspace, 'loop'));
    const step = await stage.run({
      'video-id': videoId,
      'save-to': 'loop',
      'api-url': `https://a.example${'/'.repeat(120_000)}x`,
    });
    expect(step.errors).toHaveLength(1);
    expect(step.errors[0]?.title).toBe(failures['bad-input'].title);
    expect(step.errors[0]?.message).toMatch(/`api-url`: it has 120,018 characters.*\n`save-to`: .*ELOOP/);
    expect(step.outputs['status']).toBe('failed');
  });

  test('do not include unknown inputs, or empty ones that are not supported yet', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    const step = await stage.run({ 'video-id': uid, 'my-own-note': 'hello', 'save-to': '', filename: '' });
    expect(step.exitCode).toBe(0);
  });
});

describe('a run that is cancelled', () => {
  /** The end of every step that is cancelled after 45 s. */
  const cancelled = { exitCode: 1, tookMs: 45_000 };

  test('before it started sends no request, and its records are `failed`', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    const step = await stage.run(
      { 'video-id': uid, type: 'default audio', wait: 'true' },
      { cancelAfterMs: 0 },
    );
    expect(step.exitCode).toBe(1);
    expect(stage.stream.requests).toEqual([]);
    expect(step.records).toMatchObject([
      { type: 'default', status: 'failed' },
      { type: 'audio', status: 'failed' },
    ]);
    expect(step.message).toContain('cancelled (SIGINT)');
  });

  test.each(['list', 'create', 'delete'])(
    'during a request without a response is `failed`: %s',
    async (operation) => {
      await using stage = await Stage.open();
      const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
      stage.intercept(hang);
      const step = await stage.run({ operation, 'video-id': uid }, { cancelAfterMs: 45_000 });
      expect(step).toMatchObject(cancelled);
      expect(step.record).toMatchObject({ status: 'failed', percentComplete: null, url: null });
      expect(step.message).toContain('cancelled (SIGINT)');
    },
  );

  test('in the pause before a retry is `failed`', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    stage.stream.faults.add({ route: 'any', times: Infinity, fault: rateLimited(300) });
    const step = await stage.run({ 'video-id': uid }, { cancelAfterMs: 45_000 });
    expect(step).toMatchObject(cancelled);
    expect(step.record.status).toBe('failed');
    expect(stage.stream.requests).toHaveLength(1);
  });

  test('while the video is being processed is `none`', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ phases: { encodeMs: minutesMs(10) } });
    const step = await stage.run(
      { 'video-id': uid, type: 'default audio', wait: 'true' },
      { cancelAfterMs: 45_000 },
    );
    expect(step).toMatchObject(cancelled);
    expect(step.records).toMatchObject([
      { type: 'default', status: 'none', percentComplete: null, url: null },
      { type: 'audio', status: 'none', percentComplete: null, url: null },
    ]);
    expect(step.message).toContain('cancelled (SIGINT)');
    // The audio does not wait for all qualities, and says why it was refused.
    expect(step.records[1]?.error).toMatchObject({ code: 10005, httpStatus: 400 });
    expect(step.errors).toHaveLength(2);
  });

  test('in the pause after a refusal is `none`', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ refuseCreate: Infinity });
    const step = await stage.run({ 'video-id': uid }, { cancelAfterMs: 45_000 });
    expect(step).toMatchObject(cancelled);
    expect(step.record.status).toBe('none');
  });

  test.each(['list', 'create'])(
    'while a download is being generated is `inprogress`: %s',
    async (operation) => {
      await using stage = await Stage.open();
      const { uid } = stage.stream.addVideo({
        downloads: { default: 'inprogress' },
        generateMs: 100_000,
      });
      const step = await stage.run(
        { operation, 'video-id': uid, wait: 'true', 'poll-interval': '10s' },
        { cancelAfterMs: 45_000 },
      );
      expect(step).toMatchObject(cancelled);
      expect(step.record).toMatchObject({
        status: 'inprogress',
        percentComplete: 40,
        url: expect.stringMatching(/default\.mp4$/),
      });
      expect(step.message).toMatch(
        /The run was cancelled \(SIGINT\); last state: generating the MP4, 40 %, about (59 s|1 min( \d s)?) left\. Cloudflare may still be generating the download\. Run this step again/,
      );
    },
  );

  test('keeps earlier results: one video ready, one in progress', async () => {
    await using stage = await Stage.open();
    const quick = stage.stream.addVideo({ generateMs: 20_000 });
    const slow = stage.stream.addVideo({ generateMs: minutesMs(10) });
    const step = await stage.run(
      { 'video-id': `${quick.uid} ${slow.uid}`, wait: 'true' },
      { cancelAfterMs: 45_000 },
    );
    expect(step).toMatchObject(cancelled);
    expect(step.records).toMatchObject([{ status: 'ready' }, { status: 'inprogress' }]);
    expect(step.records[0]).not.toHaveProperty('error');
    expect(step.outputs['failed']).toBe('1');
  });

  test('before queued videos started is `failed` for every video', async () => {
    await using stage = await Stage.open();
    const ids = Array.from({ length: 3 }, () => stage.stream.addVideo().uid);
    stage.intercept(hang);
    const step = await stage.run({ 'video-id': ids.join(), concurrency: '1' }, { cancelAfterMs: 45_000 });
    expect(step).toMatchObject(cancelled);
    expect(step.records.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed']);
  });
});

describe('the time of a step', () => {
  test('is limited to 30 minutes by default', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: minutesMs(60) });
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(minutesMs(30));
  });

  test('is limited for the whole step, not per video, and does not end with the first ready video', async () => {
    await using stage = await Stage.open();
    const videos = [5, 20, 60].map((minutes) => stage.stream.addVideo({ generateMs: minutesMs(minutes) }));
    const step = await stage.run({
      'video-id': videos.map(({ uid }) => uid).join(),
      wait: 'true',
      timeout: '30m',
      concurrency: '1',
    });
    expect(step.tookMs).toBe(minutesMs(30));
    expect(step.records.map(({ status }) => status)).toEqual(['ready', 'ready', 'inprogress']);
    expect(step.errors).toHaveLength(1);
  });

  test('has a line in the log at least every 30 s', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: minutesMs(10), progress: () => 0 });
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect(step.log.filter((line) => line.includes('still working')).length).toBeGreaterThanOrEqual(19);
  });
});

test('a step whose results cannot be reported fails with the reason', async () => {
  const { runner, texts } = recordingRunner();
  let isFirst = true;
  const error: typeof runner.error = (message, title) => {
    if (isFirst) {
      isFirst = false;
      throw new RangeError('Maximum call stack size exceeded');
    }
    runner.error(message, title);
  };
  const clock = new VirtualClock();
  const cancelled = new AbortController().signal;
  const exitCode = await run({
    runner: { ...runner, error },
    clock,
    random: () => 0.5,
    fetch,
    receive,
    cancelled,
  });
  expect(exitCode).toBe(1);
  expect(texts('error')).toEqual([expect.stringContaining('Maximum call stack size exceeded')]);
});
