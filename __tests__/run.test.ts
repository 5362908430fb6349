import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { badGateway, blocked, garbage, rateLimited, redirect } from '../local-stream/faults.ts';
import { apiError, hang, Stage } from './harness/step-on-stream.ts';

const minutesMs = (minutes: number) => minutes * 60_000;

/** Ids of which the account knows nothing. */
const unknownIds = (amount: number) =>
  Array.from({ length: amount }, (_, index) => (index + 1).toString(16).padStart(32, 'f'));

describe('several videos', () => {
  test('leave their records in the order asked for, each once, however they end', async () => {
    await using stage = await Stage.open();
    const [slow, quick, old] = [60_000, 20_000, 0].map(
      (generateMs) => stage.stream.addVideo({ generateMs }).uid,
    );
    const [unknown] = unknownIds(1);
    const step = await stage.run({
      'video-id': `${slow}, ${unknown}\n\n${quick} ${slow},,${old}\n`,
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
      [old, 'audio'],
      [old, 'default'],
    ]);
    expect(step.outputs).toMatchObject({ 'video-id': slow, type: 'audio', count: '8', failed: '2' });
  });

  test('are all worked on, though some of them fail', async () => {
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

  test.each([1, 3])('have at most %i requests in flight, as `concurrency` says', async (concurrency) => {
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

  test('have four requests in flight where nothing else was asked for', async () => {
    await using stage = await Stage.open({ latencyMs: 300 });
    const ids = Array.from({ length: 8 }, () => stage.stream.addVideo().uid);
    await stage.run({ 'video-id': ids.join() });
    expect(stage.mostInFlight).toBe(4);
  });

  test('wait side by side: fifty take hardly longer than one, though one request may be in flight', async () => {
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

  test('are all created before the first one has been waited for', async () => {
    await using stage = await Stage.open({ latencyMs: 500 });
    const ids = Array.from({ length: 10 }, () => stage.stream.addVideo({ generateMs: 3000 }).uid);
    const step = await stage.run({ 'video-id': ids.join(), wait: 'true', concurrency: '1' });
    expect(step.exitCode).toBe(0);
    expect(stage.calls.lastIndexOf('POST downloads')).toBe(9);
    expect(stage.calls.indexOf('GET downloads')).toBe(10);
  });

  test('are created though another one is still being processed', async () => {
    await using stage = await Stage.open();
    const slow = stage.stream.addVideo({ phases: { encodeMs: minutesMs(20) } });
    const quick = stage.stream.addVideo({ generateMs: 20_000 });
    const step = await stage.run({ 'video-id': `${slow.uid},${quick.uid}`, wait: 'true', concurrency: '1' });
    expect(step.exitCode).toBe(0);
    // The first video's POST, refused; the second's; and the first's once it is ready.
    expect(stage.timesOf('POST downloads').filter((at) => at < minutesMs(20))).toEqual([0, 0]);
  });

  test('are told of in a group each, with its end and its place', async () => {
    await using stage = await Stage.open();
    const good = stage.stream.addVideo({ generateMs: 20_000 });
    const [unknown] = unknownIds(1);
    const step = await stage.run({ 'video-id': `${good.uid},${unknown}`, wait: 'true' });
    expect(step.log).toEqual(
      expect.arrayContaining([
        expect.stringMatching(new RegExp(`^1/2 .*${unknown}.*failed`)),
        expect.stringMatching(new RegExp(`^2/2 .*${good.uid}.*ready`)),
      ]),
    );
  });
});

describe('annotations', () => {
  test('are one per failed video up to nine, then one that counts the rest', async () => {
    await using stage = await Stage.open();
    const ids = unknownIds(12);
    const step = await stage.run({ 'video-id': ids.join() });
    expect(step.outputs).toMatchObject({ count: '12', failed: '12' });
    expect(step.errors).toHaveLength(10);
    for (const [index, id] of ids.slice(0, 9).entries()) {
      expect(step.errors[index]?.message).toContain(`Video ${id}:`);
    }
    expect(step.errors[9]?.message).toContain('3 more failures');
  });

  test('are nine without a count where nine videos failed', async () => {
    await using stage = await Stage.open();
    const step = await stage.run({ 'video-id': unknownIds(9).join() });
    expect(step.errors).toHaveLength(9);
    expect(step.errors[8]?.message).toContain('no such video');
  });

  test.each(['create', 'delete'])(
    'are one per unknown video, though its types are found out one after the other: %s',
    async (operation) => {
      await using stage = await Stage.open();
      // The audio's answer comes once the video has been looked into for the other type.
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

  test('are one per type where the types failed on their own', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'error', audio: 'error' } });
    const step = await stage.run({ 'video-id': uid, type: 'default audio' });
    expect(step.errors).toHaveLength(2);
  });

  test('have a title that says what kind of failure it is', async () => {
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

  test('may be the older pair, which is sent without a token', async () => {
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

  test('and the account may come from the environment', async () => {
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

  test('of the inputs go before those of the environment, the token before the pair', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    const step = await stage.run(
      { 'video-id': uid, 'api-email': 'nobody@nowhere.example', 'api-key': 'anotherKeyThatIsNotRight' },
      { env: { CLOUDFLARE_API_TOKEN: 'aTokenOfTheEnvironment' } },
    );
    expect(step.exitCode).toBe(0);
  });

  test('that may only read list, and creating tells the permission that is missing', async () => {
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
      inputs: { 'api-token': 'aTokenThatNobodyHasEverMade0000000000000' },
      error: { code: 10000, httpStatus: 401 },
    },
    {
      wrong: 'pair',
      inputs: {
        'api-token': '',
        'api-email': 'nobody@nowhere.example',
        'api-key': 'aKeyThatNobodyHasEverMade000000000000',
      },
      error: { code: 9103, httpStatus: 403 },
    },
  ])('that are a wrong $wrong are told of as that, at once', async ({ inputs, error }) => {
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
    { account: 'no account at all', id: 'my-account', error: { code: 7003, httpStatus: 404 } },
  ])('with $account: the account is told of, not the video', async ({ error, id }) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    for (const operation of ['list', 'create', 'delete']) {
      const step = await stage.run({ operation, 'video-id': uid, 'account-id': id });
      expect(step.exitCode).toBe(1);
      expect(step.record).toMatchObject({ status: 'failed', error });
      expect(step.message).toContain('`account-id`');
      expect(step.errors[0]?.title).toContain('account is wrong');
    }
    expect(stage.stream.requests).toHaveLength(3);
  });
});

describe('an API that does not answer well', () => {
  test('is asked again after a limit on the rate, once `Retry-After` has passed', async () => {
    await using stage = await Stage.open({
      rateLimit: { requests: 3, windowMs: minutesMs(5), blockMs: minutesMs(5) },
    });
    const ids = Array.from(
      { length: 6 },
      () => stage.stream.addVideo({ downloads: { default: 'ready' } }).uid,
    );
    const step = await stage.run({ operation: 'list', 'video-id': ids.join() });
    expect(step.exitCode).toBe(0);
    // Once one was refused, none went out until the limit was over.
    expect(stage.stream.requests).toHaveLength(6 + 1);
    expect(step.tookMs).toBeGreaterThanOrEqual(minutesMs(5));
    // The requests of the next window are spread over it.
    expect(step.tookMs).toBeLessThanOrEqual(minutesMs(10));
    expect(step.log.join('\n')).toContain('next attempt in 5 min');
  });

  test('is not asked again where `Retry-After` lies past the time limit: that is told at once', async () => {
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
    { fault: badGateway(), told: 'HTTP 502' },
    { fault: garbage('html'), told: 'It works!' },
    { fault: garbage('bytes'), told: 'not the API' },
    { fault: { kind: 'reset' }, told: 'no answer from 127.0.0.1' },
  ] as const)(
    'fails after five attempts once it has answered, with what it said: $told',
    async ({ fault, told }) => {
      await using stage = await Stage.open();
      const ids = Array.from({ length: 2 }, () => stage.stream.addVideo().uid);
      stage.stream.faults.add({ route: 'any', after: 1, times: Infinity, fault });
      const step = await stage.run({ 'video-id': ids.join(), concurrency: '1' });
      expect(step.exitCode).toBe(1);
      expect(step.records.map(({ status }) => status)).toEqual(['inprogress', 'failed']);
      expect(step.records[1]?.error?.message).toContain(told);
      expect(stage.stream.requests).toHaveLength(1 + 5);
    },
  );

  test.each([
    { fault: badGateway(), told: 'HTTP 502' },
    { fault: garbage('html'), told: 'It works!' },
    { fault: { kind: 'reset' }, told: 'no answer from 127.0.0.1' },
  ] as const)(
    'fails within a minute where it never answered, though there is something to wait for: $told',
    async ({ fault, told }) => {
      await using stage = await Stage.open();
      const ids = Array.from({ length: 9 }, () => stage.stream.addVideo().uid);
      stage.stream.faults.add({ route: 'any', times: Infinity, fault });
      const step = await stage.run({ 'video-id': ids.join(), wait: 'true', timeout: '5h' });
      expect(step.exitCode).toBe(1);
      expect(new Set(step.records.map(({ status }) => status))).toEqual(new Set(['failed']));
      expect(step.message).toContain(told);
      expect(step.message).toContain('without any answer of the API');
      expect(step.tookMs).toBeLessThanOrEqual(minutesMs(1));
      expect(step.tookMs).toBeGreaterThan(minutesMs(0.5));
    },
  );

  test.each([badGateway(), garbage('html'), rateLimited(), { kind: 'reset' }, { kind: 'cut' }] as const)(
    'is no failure when it passes: %j',
    async (fault) => {
      await using stage = await Stage.open();
      const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
      stage.stream.faults.add({ route: 'any', times: 4, fault });
      const step = await stage.run({ operation: 'list', 'video-id': uid });
      expect(step.exitCode).toBe(0);
      expect(step.record.status).toBe('ready');
    },
  );

  test('is a firewall where it blocks with a page: told at once', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    stage.stream.faults.add({ route: 'any', fault: blocked() });
    const step = await stage.run({ 'video-id': uid });
    expect(step.exitCode).toBe(1);
    expect(step.message).toContain('Sorry, you have been blocked');
    expect(step.errors[0]?.title).toContain('firewall');
    expect(stage.stream.requests).toHaveLength(1);
  });

  test('may redirect: that is told with its target, and not followed', async () => {
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

  test('may not be there', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    const gone = await Stage.open();
    await gone[Symbol.asyncDispose]();
    const step = await stage.run({ 'video-id': uid, 'api-url': gone.stream.apiUrl, wait: 'true' });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBeLessThanOrEqual(minutesMs(1));
    expect(step.record.status).toBe('failed');
    expect(step.message).toContain(`no answer from ${new URL(gone.stream.apiUrl).host}`);
    expect(step.message).toContain('`api-url`');
  });
});

describe('a secret', () => {
  // That none leaves is held for every step by the stage itself; here the API gives them back.
  test.each([
    { where: 'an error', answer: (text: string) => apiError(400, 10005, text) },
    { where: 'a page', answer: (text: string) => new Response(text, { status: 404 }) },
    {
      where: 'a redirect',
      answer: (text: string) =>
        new Response(null, { status: 302, headers: { location: `https://a.example/${text}` } }),
    },
  ])('that the API gives back in $where is cut, wherever the text is cut short', async ({ answer }) => {
    await using stage = await Stage.open();
    for (const lead of [0, 170, 190, 270, 280]) {
      stage.intercept(async () => answer(`${'x'.repeat(lead)}${stage.stream.token} and more`));
      const step = await stage.run({ operation: 'list', 'video-id': unknownIds(1).join() });
      expect(step.exitCode).toBe(1);
    }
  });

  test('that the API gives back as a URL is cut from the outputs and the log', async () => {
    await using stage = await Stage.open();
    const url = `https://a.example/${stage.stream.token}/default.mp4`;
    const result = { default: { status: 'ready', percentComplete: 100, url } };
    stage.intercept(async () => Response.json({ success: true, errors: [], messages: [], result }));
    const step = await stage.run({ operation: 'list', 'video-id': unknownIds(1).join() });
    expect(step.outputs['download-url']).toBe('https://a.example/***/default.mp4');
  });

  test('is masked, however its name is spelled and whether or not it is used', async () => {
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

  test('is in none of the lines that tell of the requests', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: 20_000 });
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    const [post, ...polls] = stage.stream.requests;
    const path = `/client/v4/accounts/${stage.stream.accountId}/stream/${uid}/downloads`;
    expect(step.debug).toHaveLength(1 + polls.length);
    expect(step.debug[0]).toMatch(new RegExp(`^POST ${path} 200 ray ${post?.rayId} \\d+ ms$`));
    expect(step.debug[1]).toMatch(new RegExp(`^GET ${path} 200 ray ${polls[0]?.rayId} \\d+ ms$`));
  });
});

describe('inputs that are wrong', () => {
  const videoId = 'a'.repeat(32);
  const wrong: readonly {
    readonly inputs: Readonly<Record<string, string>>;
    readonly env?: Readonly<Record<string, string>>;
    readonly told: readonly string[];
  }[] = [
    { inputs: { operation: 'creat' }, told: ['`operation`', '"creat"', 'did you mean create'] },
    { inputs: { operation: 'purge' }, told: ['`operation`', '"purge"', 'list, create, delete'] },
    { inputs: { type: 'mp4' }, told: ['`type`', '"mp4"', 'did you mean default'] },
    { inputs: { type: 'default video-only' }, told: ['`type`', '"video-only"', 'default, audio'] },
    { inputs: { wait: 'yes' }, told: ['`wait`', '"yes"', 'true'] },
    { inputs: { wait: 'ture' }, told: ['`wait`', '"ture"'] },
    { inputs: { 'video-id': '' }, told: ['`video-id`', 'missing'] },
    { inputs: { 'video-id': ' ,\n , \n' }, told: ['`video-id`', 'missing'] },
    { inputs: { 'video-id': 'all' }, told: ['`video-id`', '`all`', 'not supported in this version'] },
    { inputs: { 'video-id': `${videoId}, all` }, told: ['`video-id`', 'not supported in this version'] },
    { inputs: { 'video-id': '.' }, told: ['`video-id`', '"."'] },
    { inputs: { 'video-id': '..' }, told: ['`video-id`', '".."'] },
    { inputs: { 'video-id': 'a/b' }, told: ['`video-id`', '"a/b"'] },
    { inputs: { 'video-id': 'a?b' }, told: ['`video-id`', '"a?b"'] },
    { inputs: { 'video-id': 'a#b' }, told: ['`video-id`', '"a#b"'] },
    { inputs: { 'video-id': 'a%2fb' }, told: ['`video-id`', '"a%2fb"'] },
    { inputs: { 'video-id': 'a\\b' }, told: ['`video-id`', 'a\\\\b'] },
    { inputs: { 'video-id': 'a'.repeat(65) }, told: ['`video-id`', '64'] },
    { inputs: { 'video-id': `${videoId},\n\nä/ö, b?c` }, told: ['`video-id`', '"ä/ö"', '"b?c"'] },
    {
      inputs: { 'video-id': `https://customer-1.cloudflarestream.com/${videoId}/watch` },
      told: ['`video-id`', `did you mean ${videoId}`],
    },
    { inputs: { 'account-id': '' }, told: ['`account-id`', 'CLOUDFLARE_ACCOUNT_ID'] },
    { inputs: { 'account-id': '../other' }, told: ['`account-id`', '"../other"'] },
    { inputs: { 'api-token': '' }, told: ['credentials', '`api-token`', 'secrets'] },
    { inputs: { 'api-token': '', 'api-key': 'aKeyWithoutEmail' }, told: ['`api-key`', '`api-email`'] },
    { inputs: { 'api-token': '', 'api-email': 'a@b.example' }, told: ['`api-email`', '`api-key`'] },
    {
      inputs: { 'api-token': '' },
      env: { CLOUDFLARE_API_KEY: 'theKeyOfTheEnvironment' },
      told: ['CLOUDFLARE_API_KEY', 'CLOUDFLARE_EMAIL'],
    },
    { inputs: { 'api-token': 'Bearer aTokenWithItsScheme' }, told: ['`api-token`', 'white space'] },
    { inputs: { 'api-token': 'aTokenOfTwo\nlinesOfALog' }, told: ['`api-token`', 'white space'] },
    { inputs: { 'api-token': '“aTokenInTypographicQuotes”' }, told: ['`api-token`', 'ASCII'] },
    { inputs: { timeout: '0' }, told: ['`timeout`', '"0"', '1 s', '120 h'] },
    { inputs: { timeout: 'forever' }, told: ['`timeout`', '"forever"', '1h30m'] },
    { inputs: { timeout: '600h' }, told: ['`timeout`', '"600h"', '120 h'] },
    { inputs: { timeout: '-5m' }, told: ['`timeout`', '"-5m"'] },
    { inputs: { 'poll-interval': '0.5s' }, told: ['`poll-interval`', '"0.5s"'] },
    { inputs: { 'poll-interval': '11m' }, told: ['`poll-interval`', '"11m"', '10 min'] },
    { inputs: { concurrency: '0' }, told: ['`concurrency`', '"0"', '1 to 32'] },
    { inputs: { concurrency: '33' }, told: ['`concurrency`', '"33"', '1 to 32'] },
    { inputs: { concurrency: 'many' }, told: ['`concurrency`', '"many"'] },
    { inputs: { 'api-url': 'not a url' }, told: ['`api-url`', '"not a url"', 'https://api.cloudflare.com'] },
    { inputs: { 'api-url': 'ftp://a.example/v4' }, told: ['`api-url`', 'http'] },
    { inputs: { 'api-url': 'api.cloudflare.com' }, told: ['`api-url`', '"api.cloudflare.com"'] },
    { inputs: { 'api-url': 'https://u:p@a.example/v4' }, told: ['`api-url`', 'password'] },
    { inputs: { video_id: videoId }, told: ['`video_id`', 'did you mean `video-id`'] },
    { inputs: { types: 'audio' }, told: ['`types`', 'did you mean `type`'] },
    { inputs: { api_token: 'aTokenUnderAWrongName' }, told: ['`api_token`', 'did you mean `api-token`'] },
    { inputs: { 'signed-url': 'true' }, told: ['`signed-url`', '"true"', 'did you mean always'] },
    { inputs: { 'signed-url': 'off' }, told: ['`signed-url`', '"off"', 'auto, always, never'] },
    { inputs: { 'signed-url-ttl': '59s' }, told: ['`signed-url-ttl`', '"59s"', '1 min'] },
    { inputs: { 'signed-url-ttl': '25h' }, told: ['`signed-url-ttl`', '"25h"', '24 h'] },
    { inputs: { filename: 'Über uns.mp4' }, told: ['`filename`', '"Über uns.mp4"', 'write "Ueber-uns"'] },
    { inputs: { filename: '{title}' }, told: ['`filename`', '"{title}"', 'did you mean {name}?'] },
    { inputs: { 'save-to': '../a.mp4' }, told: ['`save-to`', '"../a.mp4"', 'outside of the workspace'] },
    { inputs: { 'save-to': 'a.mp4', operation: 'delete' }, told: ['`save-to`', '`operation: delete`'] },
    {
      inputs: { 'release-tag': 'v1', 'github-token': 'aTokenOfGitHub', operation: 'delete' },
      env: { GITHUB_REPOSITORY: 'o/r' },
      told: ['`release-tag`', '`operation: delete`'],
    },
    {
      inputs: { 'release-tag': 'auto', 'github-token': 'aTokenOfGitHub' },
      env: { GITHUB_REPOSITORY: 'o/r' },
      told: ['`release-tag`', '`auto`', '`on: release`'],
    },
    {
      inputs: { 'release-tag': 'v1' },
      env: { GITHUB_REPOSITORY: 'o/r' },
      told: ['`github-token`', 'empty'],
    },
    {
      inputs: { 'release-tag': 'v1', 'github-token': 'aTokenOfGitHub' },
      told: ['`release-tag`', 'GITHUB_REPOSITORY'],
    },
    { inputs: { 'release-tags': 'v1' }, told: ['`release-tags`', 'did you mean `release-tag`'] },
    { inputs: { 'save-to': 'a.m4a' }, told: ['`save-to`', '"a.m4a"', 'saved as .mp4', '"a.{ext}"'] },
    ...['dry-run', 'shard', 'creator', 'search', 'created-after', 'created-before', 'summary'].map(
      (name) => ({ inputs: { [name]: 'true' }, told: [`\`${name}\``, 'not supported in this version'] }),
    ),
    { inputs: { dry_run: 'true' }, told: ['`dry_run`', 'did you mean `dry-run`'] },
  ];

  test.each(wrong)(
    'fail before any request and tell how to mend them: $inputs',
    async ({ env, inputs, told }) => {
      await using stage = await Stage.open();
      const step = await stage.run({ 'video-id': videoId, ...inputs }, { ...(env && { env }) });
      expect(step.exitCode).toBe(1);
      expect(stage.stream.requests).toEqual([]);
      expect(step.outputs).toEqual({
        'download-url': '',
        status: '',
        'percent-complete': '',
        'video-id': '',
        type: '',
        file: '',
        size: '',
        sha256: '',
        'asset-url': '',
        downloads: '[]',
        'results-file': expect.any(String),
        count: '0',
        failed: '0',
      });
      const results = readFileSync(step.outputs['results-file'] ?? '', 'utf8');
      expect(JSON.parse(results)).toEqual({ version: 1, downloads: [] });
      expect(step.errors).toHaveLength(1);
      expect(step.errors[0]?.title).toBe('An input is wrong');
      for (const words of told) expect(step.errors[0]?.message).toContain(words);
    },
  );

  test('are all told of at once, a line each', async () => {
    await using stage = await Stage.open();
    const step = await stage.run({
      operation: 'creat',
      'video-id': 'a/b',
      video_id: videoId,
      'api-token': '',
      'account-id': '',
      type: 'mp3',
      timeout: '0',
      concurrency: '0',
      'dry-run': 'true',
    });
    expect(step.exitCode).toBe(1);
    expect(stage.stream.requests).toEqual([]);
    expect(step.errors).toHaveLength(1);
    const lines = step.errors[0]?.message.split('\n') ?? [];
    for (const name of [
      'operation',
      'video-id',
      'video_id',
      'api-token',
      'account-id',
      'type',
      'timeout',
      'concurrency',
      'dry-run',
    ]) {
      expect(lines).toContainEqual(expect.stringContaining(`\`${name}\``));
    }
    expect(lines.length).toBeGreaterThanOrEqual(9);
  });

  test('are not those that merely look odd: an unusual id is a warning', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ uid: 'Holiday_2026-01', downloads: { default: 'ready' } });
    const step = await stage.run({ 'video-id': uid });
    expect(step.exitCode).toBe(0);
    expect(step.warnings).toEqual([expect.stringContaining('Holiday_2026-01')]);
  });

  test('are not inputs of which this action knows nothing, nor announced ones that are empty', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    const step = await stage.run({ 'video-id': uid, 'my-own-note': 'hello', 'save-to': '', filename: '' });
    expect(step.exitCode).toBe(0);
  });
});

describe('a run that is cancelled', () => {
  /** What every cancelled step has in common. */
  const cancelled = { exitCode: 1, tookMs: 45_000 };

  test('before it began makes no request, and its records are `failed`', async () => {
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

  test.each(['list', 'create', 'delete'])('while a request hangs is `failed`: %s', async (operation) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    stage.intercept(hang);
    const step = await stage.run({ operation, 'video-id': uid }, { cancelAfterMs: 45_000 });
    expect(step).toMatchObject(cancelled);
    expect(step.record).toMatchObject({ status: 'failed', percentComplete: null, url: null });
    expect(step.message).toContain('cancelled (SIGINT)');
  });

  test('in the pause before another attempt is `failed`', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    stage.stream.faults.add({ route: 'any', times: Infinity, fault: rateLimited(300) });
    const step = await stage.run({ 'video-id': uid }, { cancelAfterMs: 45_000 });
    expect(step).toMatchObject(cancelled);
    expect(step.record.status).toBe('failed');
    expect(stage.stream.requests).toHaveLength(1);
  });

  test('while the video is processed is `none`', async () => {
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
    expect(step.errors).toHaveLength(1);
  });

  test('in the pause after a refusal is `none`', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ refuseCreate: Infinity });
    const step = await stage.run({ 'video-id': uid }, { cancelAfterMs: 45_000 });
    expect(step).toMatchObject(cancelled);
    expect(step.record.status).toBe('none');
  });

  test.each(['list', 'create'])('while a download is generated is `inprogress`: %s', async (operation) => {
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
      /The run was cancelled \(SIGINT\); last seen: default: inprogress, 40 %, about (59 s|1 min( \d s)?) left\. The download goes on being generated at Cloudflare\. Run this step again/,
    );
  });

  test('keeps what was done before: one video ready, one in progress', async () => {
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

  test('of which nothing had begun for want of a place is `failed` for every video', async () => {
    await using stage = await Stage.open();
    const ids = Array.from({ length: 3 }, () => stage.stream.addVideo().uid);
    stage.intercept(hang);
    const step = await stage.run({ 'video-id': ids.join(), concurrency: '1' }, { cancelAfterMs: 45_000 });
    expect(step).toMatchObject(cancelled);
    expect(step.records.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed']);
  });
});

describe('time', () => {
  test('is limited to 30 minutes where nothing else was asked for', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: minutesMs(60) });
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(minutesMs(30));
  });

  test('bounds the whole step, not one video, and does not end with one that is done', async () => {
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

  test('passes with a word at least every 30 s', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: minutesMs(10), progress: () => 0 });
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect(step.log.filter((line) => line.includes('still at work')).length).toBeGreaterThanOrEqual(19);
  });
});
