import { describe, expect, test } from '@jest/globals';
import { type Fault, gatewayTimeout } from '../../local-stream/faults.ts';
import type { VideoOptions } from '../../local-stream/library/video.ts';
import { piecesIn } from '../harness/pieces.ts';
import {
  apiError,
  changeResult,
  Stage,
  type StagedStep,
  type StepRecord,
  toldBy,
} from '../harness/step-on-stream.ts';

const hourMs = 3_600_000;
const privately = { requireSignedURLs: true } as const;
const ready = { downloads: { default: 'ready' } } as const;
const both = { downloads: { default: 'ready', audio: 'ready' } } as const;

type Texts = Readonly<Record<string, string>>;

/** What was asked for by each request for a token, with when it came, in ms since 1970. */
function tokensAsked({ stream }: Stage) {
  return stream.requests
    .filter(({ route }) => route === 'tokens.create')
    .map(({ at, body }) => ({ at, asked: JSON.parse(body) as { exp: number; downloadable: boolean } }));
}

/** The status with which the delivery host answers whoever opens a URL now. */
async function opened(url: string | null | undefined): Promise<number> {
  const response = await fetch(url ?? '');
  await response.arrayBuffer();
  return response.status;
}

function tokenOf({ url }: StepRecord): string {
  return new URL(url ?? '').pathname.split('/')[1] ?? '';
}

/** A step on a video of its own. */
async function stepOn(stage: Stage, video: VideoOptions, inputs: Texts): Promise<StagedStep> {
  const { uid } = stage.stream.addVideo(video);
  return stage.run({ 'video-id': uid, 'signed-url': 'auto', ...inputs });
}

describe('the requests for a signed URL', () => {
  const look = 'GET';
  const token = 'POST token';

  test.each<[string, boolean, string[]]>([
    ['auto', false, [look]],
    ['auto', true, [look, token]],
    ['always', false, [token]],
    ['always', true, [token]],
    ['never', false, []],
    ['never', true, []],
  ])(
    'with %s are what must be asked, where the video is private: %s',
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
    'are no more for two types, where the video is private: %s',
    async (requireSignedURLs) => {
      await using stage = await Stage.open();
      const step = await stepOn(
        stage,
        { ...both, requireSignedURLs },
        { operation: 'list', type: 'audio default' },
      );
      expect(stage.calls).toEqual(['GET downloads', look, ...(requireSignedURLs ? [token] : [])]);
      expect(new Set(step.records.map(tokenOf)).size).toBe(1);
    },
  );

  test('are no more for two types that become ready one after the other', async () => {
    await using stage = await Stage.open();
    const video = { ...privately, generateMs: { default: 20_000, audio: 600_000 } };
    const step = await stepOn(stage, video, { type: 'default audio', wait: 'true' });
    expect(step.records.map(({ status }) => status)).toEqual(['ready', 'ready']);
    expect([stage.count(look), stage.count(token)]).toEqual([1, 1]);
  });

  test('hold no look where the video had to be waited for, which was a look at it', async () => {
    const looks = async (inputs: Texts, requireSignedURLs: boolean) => {
      await using stage = await Stage.open();
      const video = { requireSignedURLs, phases: { encodeMs: 100_000 }, generateMs: 20_000 };
      const step = await stepOn(stage, video, { wait: 'true', ...inputs });
      expect(step.record.status).toBe('ready');
      expect(stage.count(token)).toBe(inputs['signed-url'] !== 'never' && requireSignedURLs ? 1 : 0);
      return stage.count(look);
    };
    for (const requireSignedURLs of [false, true]) {
      const own = await looks({ 'signed-url': 'never' }, requireSignedURLs);
      expect(own).toBeGreaterThan(0);
      expect(await looks({}, requireSignedURLs)).toBe(own);
    }
  });

  test.each(['auto', 'always', 'never'])('share the look with {name}, with %s', async (signedUrl) => {
    await using stage = await Stage.open();
    const video = { ...both, ...privately, name: 'Holiday' };
    const step = await stepOn(stage, video, {
      operation: 'list',
      filename: '{name}',
      'signed-url': signedUrl,
    });
    expect(step.exitCode).toBe(0);
    expect(stage.count(look)).toBe(1);
    expect(stage.count(token)).toBe(signedUrl === 'never' ? 0 : 1);
  });

  test.each<[string, VideoOptions, Texts]>([
    ['is in progress', { generateMs: 60_000 }, {}],
    ['is in progress, as a list tells', { downloads: { default: 'inprogress' } }, { operation: 'list' }],
    ['is not there', {}, { operation: 'list' }],
    ['is in error', { downloads: { default: 'error' } }, { operation: 'list' }],
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

  test('are one look and one token for each of several videos', async () => {
    await using stage = await Stage.open();
    const ids = [true, false, true].map(
      (requireSignedURLs) => stage.stream.addVideo({ ...both, requireSignedURLs }).uid,
    );
    const step = await stage.run({ operation: 'list', 'video-id': ids.join(), 'signed-url': 'auto' });
    expect([stage.count(look), stage.count(token)]).toEqual([3, 2]);
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
  test('has the token in place of the id, and opens the file that the id does not', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ ...both, ...privately });
    const inputs = { operation: 'list', 'video-id': uid };
    const plain = await stage.run({ ...inputs, 'signed-url': 'never' });
    const signed = await stage.run({ ...inputs, 'signed-url': 'auto' });
    for (const [index, record] of signed.records.entries()) {
      const { url } = plain.records[index] ?? {};
      expect(record.url).toBe(url?.replace(uid, tokenOf(record)));
      expect(tokenOf(record)).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
      expect([await opened(url), await opened(record.url)]).toEqual([401, 200]);
    }
    expect(plain.record).not.toHaveProperty('expiresAt');
  });

  test('is given of a public video too where it is asked for, and works', async () => {
    await using stage = await Stage.open();
    const { record } = await stepOn(stage, ready, { operation: 'list', 'signed-url': 'always' });
    expect(tokenOf(record)).toContain('.');
    expect(await opened(record.url)).toBe(200);
  });

  test.each([
    ['', hourMs],
    ['1m', 60_000],
    ['90', 90_000],
    ['6h', 6 * hourMs],
    // A minute less than what Cloudflare takes at most, since the clocks may differ.
    ['24h', 24 * hourMs - 60_000],
  ])('lasts as long as is asked for: %p', async (ttl, lifeMs) => {
    await using stage = await Stage.open();
    const { record } = await stepOn(
      stage,
      { ...ready, ...privately },
      { operation: 'list', 'signed-url-ttl': ttl },
    );
    const [{ asked, at } = { asked: { exp: 0 }, at: 0 }] = tokensAsked(stage);
    expect(asked).toEqual({ exp: Math.floor((at + lifeMs) / 1000), downloadable: true });
    expect(record.expiresAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Date.parse(record.expiresAt ?? '')).toBe(asked.exp * 1000);

    await stage.clock.sleep(lifeMs - 1000, new AbortController().signal);
    expect(await opened(record.url)).toBe(200);
    await stage.clock.sleep(1000, new AbortController().signal);
    expect(await opened(record.url)).toBe(401);
  });

  test.each([-59_000, 59_000])(
    'may last 24 h though this machine’s clock is ahead by %d ms',
    async (aheadMs) => {
      await using stage = await Stage.open();
      const { uid } = stage.stream.addVideo({ ...ready, ...privately });
      const inputs = { operation: 'list', 'video-id': uid, 'signed-url': 'auto', 'signed-url-ttl': '24h' };
      const step = await stage.run(inputs, { aheadMs });
      expect([step.exitCode, step.warnings]).toEqual([0, []]);
      expect(await opened(step.record.url)).toBe(200);
    },
  );

  test('is made when the download is ready, not before', async () => {
    await using stage = await Stage.open();
    const video = { ...privately, generateMs: hourMs };
    const { record } = await stepOn(stage, video, { wait: 'true', timeout: '2h', 'signed-url-ttl': '10m' });
    const [madeMs = 0] = stage.timesOf('POST token');
    expect(madeMs).toBeGreaterThanOrEqual(hourMs);
    expect(Date.parse(record.expiresAt ?? '')).toBeGreaterThan(stage.clock.epochMs() + 9 * 60_000);
    expect(await opened(record.url)).toBe(200);
  });

  test('of a type that is ready much later has a token of its own, with its whole life before it', async () => {
    await using stage = await Stage.open();
    const video = { ...privately, generateMs: { default: 10_000, audio: 40 * 60_000 } };
    const { records } = await stepOn(stage, video, { type: 'default audio', wait: 'true', timeout: '2h' });
    expect(stage.count('POST token')).toBe(2);
    expect(Date.parse(records[1]?.expiresAt ?? '')).toBeGreaterThan(stage.clock.epochMs() + 59 * 60_000);
  });

  test('of a type that is ready a little later has the same token, with half of its life before it', async () => {
    await using stage = await Stage.open();
    const video = { ...privately, generateMs: { default: 10_000, audio: 25 * 60_000 } };
    const { records } = await stepOn(stage, video, { type: 'default audio', wait: 'true', timeout: '2h' });
    expect(stage.count('POST token')).toBe(1);
    for (const { expiresAt } of records) {
      expect(Date.parse(expiresAt ?? '')).toBeGreaterThan(stage.clock.epochMs() + 30 * 60_000);
    }
  });

  test('works when the step hands it on, though another type of the video took longer than it lasts', async () => {
    await using stage = await Stage.open();
    const video = { ...privately, generateMs: { default: 10_000, audio: 2 * hourMs } };
    const { records } = await stepOn(stage, video, { type: 'default audio', wait: 'true', timeout: '5h' });
    for (const { url } of records) expect(await opened(url)).toBe(200);
  });

  test('works when the step hands it on, though another video took longer than it lasts', async () => {
    await using stage = await Stage.open();
    const ids = [10_000, 2 * hourMs].map(
      (generateMs) => stage.stream.addVideo({ ...privately, generateMs }).uid,
    );
    const { records } = await stage.run({
      'video-id': ids.join(),
      wait: 'true',
      timeout: '5h',
      'signed-url': 'auto',
    });
    for (const { url } of records) expect(await opened(url)).toBe(200);
  });

  test('is asked for again by a later step, which gets another one', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ ...ready, ...privately });
    const inputs = { operation: 'list', 'video-id': uid, 'signed-url': 'auto' };
    const first = await stage.run(inputs);
    stage.stream.revokeTokens();
    const second = await stage.run(inputs);
    expect([await opened(first.record.url), await opened(second.record.url)]).toEqual([401, 200]);
  });
});

describe('a URL that cannot be signed', () => {
  const video = { ...ready, ...privately };
  const asReader = (stage: Stage) => ({ operation: 'list', 'api-token': stage.stream.readOnlyToken });
  const plain = /\/[0-9a-f]{32}\/downloads\/default\.mp4$/;
  const title = 'A URL was not signed';

  test('for want of a permission is given as it is, with a warning that says so', async () => {
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

  test('is warned of once for both types, as it is one fault', async () => {
    await using stage = await Stage.open();
    const step = await stepOn(stage, { ...both, ...privately }, asReader(stage));
    expect(step.exitCode).toBe(0);
    expect(stage.count('POST token')).toBe(1);
    expect(step.warnings).toHaveLength(1);
  });

  test('fails the step where it was to be signed always', async () => {
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
  ])('since nobody knows whether it must be, is given with a warning: %s', async (_, fault) => {
    await using stage = await Stage.open();
    stage.stream.faults.add({ route: 'videos.get', fault, times: Infinity });
    const step = await stepOn(stage, video, { operation: 'list' });
    expect([step.exitCode, step.record.url]).toEqual([0, expect.stringMatching(plain)]);
    expect(step.warnings).toEqual([expect.stringContaining('nobody knows whether the video is private')]);
    expect(stage.count('POST token')).toBe(0);
  });

  test('at the first attempt is signed at the next', async () => {
    await using stage = await Stage.open();
    for (const route of ['videos.get', 'tokens.create'] as const) {
      stage.stream.faults.add({ route, fault: gatewayTimeout(), times: 2 });
    }
    const step = await stepOn(stage, video, { operation: 'list' });
    expect([step.exitCode, step.warnings]).toEqual([0, []]);
    expect(await opened(step.record.url)).toBe(200);
  });

  test('is tried anew for the other type, where the fault was a passing one', async () => {
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

  test('warns of at most ten videos at the run, and of the rest in the log', async () => {
    await using stage = await Stage.open();
    const ids = Array.from({ length: 14 }, () => stage.stream.addVideo(video).uid);
    const step = await stage.run({ ...asReader(stage), 'video-id': ids.join(), 'signed-url': 'auto' });
    expect(step.exitCode).toBe(0);
    expect(step.warnings).toHaveLength(10);
    const rest = step.log.filter((line) => line.startsWith(`${title}: Video `));
    expect(rest).toHaveLength(4);
    for (const id of ids) expect([...step.warnings, ...rest].join('\n')).toContain(`Video ${id}: `);
  });

  test.each(['auto', 'always'])('since it does not hold the id is told, with %s', async (signedUrl) => {
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
      `cannot be signed: it does not hold the video's id`,
    );
  });

  test('since the run is cancelled meanwhile fails, and keeps the URL', async () => {
    await using stage = await Stage.open({ latencyMs: 1000 });
    const { uid } = stage.stream.addVideo(video);
    const inputs = { operation: 'list', 'video-id': uid, 'signed-url': 'auto' };
    const step = await stage.run(inputs, { cancelAfterMs: 1500 });
    expect([step.exitCode, step.warnings]).toEqual([1, []]);
    expect(step.record).toMatchObject({ status: 'ready', url: expect.stringMatching(plain) });
    expect(step.message).toContain('cancelled (SIGINT)');
  });

  test('since the time is over fails, and keeps the URL', async () => {
    await using stage = await Stage.open({ latencyMs: 1500 });
    const step = await stepOn(stage, video, { operation: 'list', timeout: '2s' });
    expect([step.exitCode, step.warnings]).toEqual([1, []]);
    expect(step.record).toMatchObject({ status: 'ready', url: expect.stringMatching(plain) });
    expect(step.message).toContain('time limit');
  });

  test('of a video that was deleted meanwhile is not given', async () => {
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

describe('a token', () => {
  const video = { ...both, ...privately, name: 'Holiday' };

  test.each([1, 3])(
    'is whole in the outputs alone, and its beginning in the log, with %d videos',
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
        expect(piecesIn(toldBy(step), tokenOf(record))).toEqual([]);
      }
      expect(step.outputs['download-url']).toContain(tokenOf(step.record));
      expect(step.log.join('\n')).toMatch(
        /default: ready, http:\/\/[^/]+\/eyJhb…\/downloads\/default\.mp4\?filename=Holiday/,
      );
    },
  );

  test('that is no JWT is cut too', async () => {
    const token = 'Zq7xW2vKp9'.repeat(8);
    await using stage = await Stage.open();
    stage.intercept(async ({ call, pass }) =>
      call === 'POST token' ? changeResult(await pass(), () => ({ token })) : pass(),
    );
    const step = await stepOn(stage, video, { operation: 'list' });
    expect(tokenOf(step.record)).toBe(token);
    expect(piecesIn(toldBy(step), token)).toEqual([]);
  });

  test.each([{}, { token: '' }, { token: 'a/b' }, { token: 'a?b' }, { token: 7 }])(
    'that could not stand in a URL is not taken: %j',
    async (result) => {
      await using stage = await Stage.open();
      stage.intercept(async ({ call, pass }) =>
        call === 'POST token' ? changeResult(await pass(), () => result) : pass(),
      );
      const step = await stepOn(stage, video, { operation: 'list', 'signed-url': 'always' });
      expect(step.exitCode).toBe(1);
      expect(step.errors[0]?.title).toBe('Cloudflare answered what this version does not know');
      expect(step.record.url).toMatch(/\/[0-9a-f]{32}\//);
    },
  );
});
