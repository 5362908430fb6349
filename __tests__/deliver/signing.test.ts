import { describe, expect, test } from '@jest/globals';
import { type Fault, gatewayTimeout } from '../../local-stream/faults.ts';
import type { VideoOptions } from '../../local-stream/library/video.ts';
import { failures } from '../../src/core/failures/table.ts';
import type { StepRecord } from '../harness/check-step.ts';
import { leakedParts } from '../harness/leaked-parts.ts';
import { apiError, changeResult, hang } from '../harness/responses.ts';
import { textOf } from '../harness/run-step.ts';
import { Stage, type StagedStep } from '../harness/stage.ts';
import { both, privately, ready } from '../harness/videos.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

type Texts = Readonly<Record<string, string>>;

/** The claims in each request for a token, and when it arrived, in ms since 1970. */
function tokenRequests({ stream }: Stage) {
  return stream.requests
    .filter(({ route }) => route === 'tokens.create')
    .map(({ at, body }) => ({ at, claims: JSON.parse(body) as { exp: number; downloadable: boolean } }));
}

/** The status with which the delivery host answers a URL now. */
async function statusOf(url: string | null | undefined): Promise<number> {
  const response = await fetch(url ?? '');
  await response.arrayBuffer();
  return response.status;
}

function tokenOf({ url }: StepRecord): string {
  return new URL(url ?? '').pathname.split('/')[1] ?? '';
}

/** Runs a step on a new video. */
async function stepOn(stage: Stage, video: VideoOptions, inputs: Texts): Promise<StagedStep> {
  const { uid } = stage.stream.addVideo(video);
  return stage.run({ 'video-id': uid, 'signed-url': 'auto', ...inputs });
}

describe('the requests for a signed URL', () => {
  const details = 'GET';
  const token = 'POST token';

  test.each<[string, boolean, string[]]>([
    ['auto', false, [details]],
    ['auto', true, [details, token]],
    ['always', false, [token]],
    ['always', true, [token]],
    ['never', false, []],
    ['never', true, []],
  ])(
    'with %s are only those that are necessary, private video: %s',
    async (signedUrl, requireSignedURLs, more) => {
      for (const [inputs, own] of [
        [{ operation: 'create' }, ['POST downloads']],
        [{ operation: 'list' }, ['GET downloads']],
        [{ operation: 'list', wait: 'true' }, ['GET downloads']],
      ] as const) {
        await using stage = await Stage.open();
        const step = await stepOn(
          stage,
          { ...ready, requireSignedURLs },
          { ...inputs, 'signed-url': signedUrl },
        );
        expect([step.exitCode, step.warnings]).toEqual([0, []]);
        expect(stage.calls).toEqual([...own, ...more]);
      }
    },
  );

  test.each([false, true])(
    'are not repeated for a second type, private video: %s',
    async (requireSignedURLs) => {
      await using stage = await Stage.open();
      const step = await stepOn(
        stage,
        { ...both, requireSignedURLs },
        { operation: 'list', type: 'audio default' },
      );
      expect(stage.calls).toEqual(['GET downloads', details, ...(requireSignedURLs ? [token] : [])]);
      expect(new Set(step.records.map(tokenOf)).size).toBe(1);
    },
  );

  test('are not repeated for a type that becomes ready later', async () => {
    await using stage = await Stage.open();
    const video = { ...privately, generateMs: { default: 20_000, audio: 600_000 } };
    const step = await stepOn(stage, video, { type: 'default audio', wait: 'true' });
    expect(step.records.map(({ status }) => status)).toEqual(['ready', 'ready']);
    expect([stage.count(details), stage.count(token)]).toEqual([1, 1]);
  });

  test('do not include another request for the details if the video was polled', async () => {
    const detailRequests = async (inputs: Texts, requireSignedURLs: boolean) => {
      await using stage = await Stage.open();
      const video = { requireSignedURLs, phases: { encodeMs: 100_000 }, generateMs: 20_000 };
      const step = await stepOn(stage, video, { wait: 'true', ...inputs });
      expect(step.record.status).toBe('ready');
      expect(stage.count(token)).toBe(inputs['signed-url'] !== 'never' && requireSignedURLs ? 1 : 0);
      return stage.count(details);
    };
    for (const requireSignedURLs of [false, true]) {
      const own = await detailRequests({ 'signed-url': 'never' }, requireSignedURLs);
      expect(own).toBeGreaterThan(0);
      expect(await detailRequests({}, requireSignedURLs)).toBe(own);
    }
  });

  test.each(['auto', 'always', 'never'])(
    'share the request for the details with {name}: %s',
    async (signedUrl) => {
      await using stage = await Stage.open();
      const video = { ...both, ...privately, name: 'Holiday' };
      const step = await stepOn(stage, video, {
        operation: 'list',
        filename: '{name}',
        'signed-url': signedUrl,
      });
      expect(step.exitCode).toBe(0);
      expect(stage.count(details)).toBe(1);
      expect(stage.count(token)).toBe(signedUrl === 'never' ? 0 : 1);
    },
  );

  test.each<[string, VideoOptions, Texts]>([
    ['is in progress', { generateMs: 60_000 }, {}],
    ['is in progress in a list', { downloads: { default: 'inprogress' } }, { operation: 'list' }],
    ['does not exist', {}, { operation: 'list' }],
    ['is in status error', { downloads: { default: 'error' } }, { operation: 'list' }],
    ['is deleted', ready, { operation: 'delete' }],
    ['is deleted and gone', ready, { operation: 'delete', wait: 'true' }],
  ])('are none for a download that %s', async (_, video, inputs) => {
    const calls = async (signedUrl: string) => {
      await using stage = await Stage.open();
      const step = await stepOn(stage, { ...video, ...privately }, { ...inputs, 'signed-url': signedUrl });
      expect(step.exitCode).toBe(0);
      expect(step.record).not.toHaveProperty('expiresAt');
      return stage.calls;
    };
    const own = await calls('never');
    expect(await calls('auto')).toEqual(own);
    expect(await calls('always')).toEqual(own);
  });

  test('are two for the details of several videos, and one token for each private one', async () => {
    await using stage = await Stage.open();
    const ids = [true, false, true].map(
      (requireSignedURLs) => stage.stream.addVideo({ ...both, requireSignedURLs }).uid,
    );
    const step = await stage.run({ operation: 'list', 'video-id': ids.join(), 'signed-url': 'auto' });
    expect([stage.count(details), stage.count(token)]).toEqual([2, 2]);
    expect(step.records.map(({ expiresAt }) => expiresAt !== undefined)).toEqual([
      true,
      true,
      false,
      false,
      true,
      true,
    ]);
  });
});

describe('a signed URL', () => {
  test('has the token in place of the ID, and opens a file that the ID does not', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ ...both, ...privately });
    const inputs = { operation: 'list', 'video-id': uid };
    const plain = await stage.run({ ...inputs, 'signed-url': 'never' });
    const signed = await stage.run({ ...inputs, 'signed-url': 'auto' });
    for (const [index, record] of signed.records.entries()) {
      const { url } = plain.records[index] ?? {};
      expect(record.url).toBe(url?.replace(uid, tokenOf(record)));
      expect(tokenOf(record)).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
      expect([await statusOf(url), await statusOf(record.url)]).toEqual([401, 200]);
    }
    expect(plain.record).not.toHaveProperty('expiresAt');
  });

  test('works for a public video with `always`', async () => {
    await using stage = await Stage.open();
    const { record } = await stepOn(stage, ready, { operation: 'list', 'signed-url': 'always' });
    expect(tokenOf(record)).toContain('.');
    expect(await statusOf(record.url)).toBe(200);
  });

  test.each([
    ['', hourMs],
    ['1m', 60_000],
    ['90', 90_000],
    ['6h', 6 * hourMs],
    // A minute less than Cloudflare's maximum, since the clocks may differ.
    ['24h', 24 * hourMs - 60_000],
  ])('is valid for the requested time: %p', async (ttl, validMs) => {
    await using stage = await Stage.open();
    const { record } = await stepOn(
      stage,
      { ...ready, ...privately },
      { operation: 'list', 'signed-url-ttl': ttl },
    );
    const [{ at, claims } = { at: 0, claims: { exp: 0 } }] = tokenRequests(stage);
    expect(claims).toEqual({ exp: Math.floor((at + validMs) / 1000), downloadable: true });
    expect(record.expiresAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Date.parse(record.expiresAt ?? '')).toBe(claims.exp * 1000);

    await stage.clock.sleep(validMs - 1000, new AbortController().signal);
    expect(await statusOf(record.url)).toBe(200);
    await stage.clock.sleep(1000, new AbortController().signal);
    expect(await statusOf(record.url)).toBe(401);
  });

  test.each([-59_000, 59_000])(
    'can be valid for 24 h even if this machine’s clock is ahead by %d ms',
    async (aheadMs) => {
      await using stage = await Stage.open();
      const { uid } = stage.stream.addVideo({ ...ready, ...privately });
      const inputs = { operation: 'list', 'video-id': uid, 'signed-url': 'auto', 'signed-url-ttl': '24h' };
      const step = await stage.run(inputs, { aheadMs });
      expect([step.exitCode, step.warnings]).toEqual([0, []]);
      expect(await statusOf(step.record.url)).toBe(200);
    },
  );

  test('is created when the download is ready, not before', async () => {
    await using stage = await Stage.open();
    const video = { ...privately, generateMs: 20 * minuteMs };
    const { record } = await stepOn(stage, video, { wait: 'true', 'signed-url-ttl': '10m' });
    const [createdMs = 0] = stage.timesOf('POST token');
    expect(createdMs).toBeGreaterThanOrEqual(20 * minuteMs);
    expect(Date.parse(record.expiresAt ?? '')).toBeGreaterThan(stage.clock.epochMs() + 9 * minuteMs);
    expect(await statusOf(record.url)).toBe(200);
  });

  test.each([
    ['much later has a new token', 7 * minuteMs, 2, 9 * minuteMs],
    ['a little later has the same token, with half of its validity left', 4 * minuteMs, 1, 5 * minuteMs],
  ])('of a type that is ready %s', async (_, audio, tokens, validMs) => {
    await using stage = await Stage.open();
    const video = { ...privately, generateMs: { default: 10_000, audio } };
    const inputs = { type: 'default audio', wait: 'true', 'signed-url-ttl': '10m' };
    const { records } = await stepOn(stage, video, inputs);
    expect(stage.count('POST token')).toBe(tokens);
    expect(Date.parse(records[1]?.expiresAt ?? '')).toBeGreaterThan(stage.clock.epochMs() + validMs);
  });

  test('is valid at the end of the step, even if another type took longer than its validity', async () => {
    await using stage = await Stage.open();
    const video = { ...privately, generateMs: { default: 10_000, audio: 20 * minuteMs } };
    const inputs = { type: 'default audio', wait: 'true', 'signed-url-ttl': '10m' };
    const { records } = await stepOn(stage, video, inputs);
    for (const { url } of records) expect(await statusOf(url)).toBe(200);
  });

  test('is valid at the end of the step, even if another video took longer than its validity', async () => {
    await using stage = await Stage.open();
    const ids = [10_000, 20 * minuteMs].map(
      (generateMs) => stage.stream.addVideo({ ...privately, generateMs }).uid,
    );
    const { records } = await stage.run({
      'video-id': ids.join(),
      wait: 'true',
      'signed-url': 'auto',
      'signed-url-ttl': '10m',
    });
    for (const { url } of records) expect(await statusOf(url)).toBe(200);
  });

  test('is requested again by a later step', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ ...ready, ...privately });
    const inputs = { operation: 'list', 'video-id': uid, 'signed-url': 'auto' };
    const first = await stage.run(inputs);
    stage.stream.revokeTokens();
    const second = await stage.run(inputs);
    expect([await statusOf(first.record.url), await statusOf(second.record.url)]).toEqual([401, 200]);
  });
});

describe('a URL that cannot be signed', () => {
  const video = { ...ready, ...privately };
  const asReader = (stage: Stage) => ({ operation: 'list', 'api-token': stage.stream.readOnlyToken });
  const plain = /\/[0-9a-f]{32}\/downloads\/default\.mp4$/;
  const title = 'A URL was not signed';

  test('because of a missing permission is published unsigned, with a warning', async () => {
    await using stage = await Stage.open();
    const step = await stepOn(stage, video, asReader(stage));
    expect([step.exitCode, step.record.url]).toEqual([0, expect.stringMatching(plain)]);
    expect(step.record).toMatchObject({ status: 'ready', percentComplete: 100 });
    expect(step.record).not.toHaveProperty('expiresAt');
    expect(step.warnings).toEqual([
      expect.stringContaining(`Video ${step.record.videoId}: The video is private`),
    ]);
    expect(step.warnings[0]).toContain('Account · Stream · Edit');
    expect(step.warningTitles).toEqual([title]);
    expect(stage.calls).toEqual(['GET downloads', 'GET', 'POST token']);
  });

  test('has one warning for both types', async () => {
    await using stage = await Stage.open();
    const step = await stepOn(stage, { ...both, ...privately }, asReader(stage));
    expect(step.exitCode).toBe(0);
    expect(stage.count('POST token')).toBe(1);
    expect(step.warnings).toHaveLength(1);
  });

  test('fails the step with `always`', async () => {
    await using stage = await Stage.open();
    const step = await stepOn(stage, video, { ...asReader(stage), 'signed-url': 'always' });
    expect([step.exitCode, step.warnings]).toEqual([1, []]);
    expect(step.errors[0]?.title).toBe('The token lacks a permission');
    expect(step.message).toContain('Account · Stream · Edit');
    expect(step.record).toMatchObject({ status: 'ready', error: { httpStatus: 403 } });
  });

  test.each<[string, Fault]>([
    ['504', gatewayTimeout()],
    ['a reset', { kind: 'reset' }],
    [
      'a refusal',
      { kind: 'status', status: 400, contentType: 'application/json', body: '{"success":false}' },
    ],
  ])('because the details cannot be read is published unsigned, with a warning: %s', async (_, fault) => {
    await using stage = await Stage.open();
    stage.stream.faults.add({ route: 'videos.get', fault, times: Infinity });
    const step = await stepOn(stage, video, { operation: 'list' });
    expect([step.exitCode, step.record.url]).toEqual([0, expect.stringMatching(plain)]);
    expect(step.warnings).toEqual([expect.stringContaining('the video may be private')]);
    expect(stage.count('POST token')).toBe(0);
  });

  test('at the first attempt is signed at the next one', async () => {
    await using stage = await Stage.open();
    for (const route of ['videos.get', 'tokens.create'] as const) {
      stage.stream.faults.add({ route, fault: gatewayTimeout(), times: 2 });
    }
    const step = await stepOn(stage, video, { operation: 'list' });
    expect([step.exitCode, step.warnings]).toEqual([0, []]);
    expect(await statusOf(step.record.url)).toBe(200);
  });

  test('is signed later for the other type if the failure was temporary', async () => {
    await using stage = await Stage.open();
    const generateMs = { default: 20_000, audio: 600_000 };
    stage.intercept(async ({ call, pass }) =>
      call === 'POST token' && stage.clock.now() < 300_000 ? apiError(400, 10005, 'bad request') : pass(),
    );
    const step = await stepOn(stage, { ...privately, generateMs }, { type: 'default audio', wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.warnings).toHaveLength(1);
    expect(step.records.map(({ expiresAt }) => expiresAt !== undefined)).toEqual([false, true]);
  });

  test('has a warning for each of ten videos, and a log line for the others', async () => {
    await using stage = await Stage.open();
    const ids = Array.from({ length: 14 }, () => stage.stream.addVideo(video).uid);
    const step = await stage.run({ ...asReader(stage), 'video-id': ids.join(), 'signed-url': 'auto' });
    expect(step.exitCode).toBe(0);
    expect(step.warnings).toHaveLength(10);
    const rest = step.log.filter((line) => line.startsWith(`${title}: Video `));
    expect(rest).toHaveLength(4);
    for (const id of ids) expect([...step.warnings, ...rest].join('\n')).toContain(`Video ${id}: `);
  });

  test.each(['auto', 'always'])(
    'because it does not contain the ID is reported, with %s',
    async (signedUrl) => {
      await using stage = await Stage.open();
      const other = 'https://files.example/a/default.mp4';
      stage.intercept(async ({ call, pass }) => {
        const response = await pass();
        if (call !== 'GET downloads') return response;
        return changeResult(response, () => ({
          default: { status: 'ready', percentComplete: 100, url: other },
        }));
      });
      const step = await stepOn(stage, video, { operation: 'list', 'signed-url': signedUrl });
      expect(step.exitCode).toBe(signedUrl === 'always' ? 1 : 0);
      expect(step.record).toMatchObject({ status: 'ready', url: other });
      expect([...step.warnings, step.message].join()).toContain(
        `cannot be signed, since it does not contain the video's ID`,
      );
    },
  );

  test('because of a cancellation fails, and stays unsigned in its record', async () => {
    await using stage = await Stage.open({ latencyMs: 1000 });
    const { uid } = stage.stream.addVideo(video);
    const inputs = { operation: 'list', 'video-id': uid, 'signed-url': 'auto' };
    const step = await stage.run(inputs, { cancelAfterMs: 1500 });
    expect([step.exitCode, step.warnings]).toEqual([1, []]);
    expect(step.record).toMatchObject({ status: 'ready', url: expect.stringMatching(plain) });
    expect(step.message).toContain('cancelled (SIGINT)');
  });

  test('because of the time limit fails, and stays unsigned in its record', async () => {
    await using stage = await Stage.open({ latencyMs: 1500 });
    const step = await stepOn(stage, video, { operation: 'list', timeout: '2s' });
    expect([step.exitCode, step.warnings]).toEqual([1, []]);
    expect(step.record).toMatchObject({ status: 'ready', url: expect.stringMatching(plain) });
    expect(step.message).toContain('time limit');
  });

  test('of a video that was deleted meanwhile is not published', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo(video);
    stage.intercept(async ({ call, pass }) => {
      const response = await pass();
      if (call === 'GET downloads') stage.stream.removeVideo(uid);
      return response;
    });
    const step = await stage.run({ operation: 'list', 'video-id': uid, 'signed-url': 'auto' });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'failed', url: null });
    expect(step.errors.map(({ title: one }) => one)).toEqual(['The account has no such video']);
  });
});

test('a run that is cancelled while a URL is signed again fails, although every download is ready', async () => {
  await using stage = await Stage.open();
  const quick = stage.stream.addVideo({ generateMs: 1000 });
  const slow = stage.stream.addVideo({ generateMs: 600_000 });
  const cancelled = new AbortController();
  let tokens = 0;
  stage.intercept((request) => {
    // The first two are the videos' own.
    if (request.call !== 'POST token' || ++tokens < 3) return request.pass();
    queueMicrotask(() => cancelled.abort('SIGINT'));
    return hang(request);
  });
  const step = await stage.run(
    {
      'video-id': `${quick.uid} ${slow.uid}`,
      wait: 'true',
      'signed-url': 'always',
      'signed-url-ttl': '1m',
    },
    { interrupt: cancelled.signal },
  );
  expect(tokens).toBe(3);
  expect(step.exitCode).toBe(1);
  expect(step.errors.map(({ title }) => title)).toEqual([failures.cancelled.title]);
  expect(step.records.map(({ error, status }) => [status, error])).toEqual([
    ['ready', undefined],
    ['ready', undefined],
  ]);
});

describe('the token of a signed URL', () => {
  const video = { ...both, ...privately, name: 'Holiday' };

  test.each([1, 3])(
    'is complete only in the outputs, and shortened in the log, with %d videos',
    async (amount) => {
      await using stage = await Stage.open();
      const ids = Array.from({ length: amount }, () => stage.stream.addVideo(video).uid);
      const step = await stage.run({
        operation: 'list',
        'video-id': ids.join(),
        'signed-url': 'auto',
        filename: '{name}',
      });
      for (const record of step.records) {
        expect(step.outputs['downloads']).toContain(tokenOf(record));
        expect(leakedParts(textOf(step), tokenOf(record))).toEqual([]);
      }
      expect(step.outputs['download-url']).toContain(tokenOf(step.record));
      expect(step.log.join('\n')).toMatch(
        /http:\/\/[^/]+\/eyJhb…\/downloads\/default\.mp4\?filename=Holiday \(signed, valid until /,
      );
    },
  );

  test('that is not a JWT is shortened too', async () => {
    const token = 'Zq7xW2vKp9'.repeat(8);
    await using stage = await Stage.open();
    stage.intercept(async ({ call, pass }) =>
      call === 'POST token' ? changeResult(await pass(), () => ({ token })) : pass(),
    );
    const step = await stepOn(stage, video, { operation: 'list' });
    expect(tokenOf(step.record)).toBe(token);
    expect(leakedParts(textOf(step), token)).toEqual([]);
  });

  test.each([{}, { token: '' }, { token: 'a/b' }, { token: 'a?b' }, { token: 7 }])(
    'is refused if it is not valid in a URL: %j',
    async (result) => {
      await using stage = await Stage.open();
      stage.intercept(async ({ call, pass }) =>
        call === 'POST token' ? changeResult(await pass(), () => result) : pass(),
      );
      const step = await stepOn(stage, video, { operation: 'list', 'signed-url': 'always' });
      expect(step.exitCode).toBe(1);
      expect(step.errors[0]?.title).toBe(failures['unknown-answer'].title);
      expect(step.record.url).toMatch(/\/[0-9a-f]{32}\//);
    },
  );
});
