import { describe, expect, test } from '@jest/globals';
import { badGateway } from '../../local-stream/faults.ts';
import type { Phases } from '../../local-stream/library/video.ts';
import { apiError, changeResult, hang, outage } from '../harness/responses.ts';
import { Stage } from '../harness/stage.ts';
import { unknownId } from '../harness/videos.ts';

const minutesMs = (minutes: number) => minutes * 60_000;

describe('an existing download is kept', () => {
  test.each([
    { wait: 'false', calls: ['POST downloads'] },
    // The MP4 is created once all qualities are encoded.
    { wait: 'true', calls: ['GET', 'POST downloads'] },
  ])('a ready download is found with few requests: %j', async ({ calls, wait }) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    const step = await stage.run({ 'video-id': uid, wait });
    expect(step.exitCode).toBe(0);
    expect(stage.calls).toEqual(calls);
    expect(step.records).toEqual([
      {
        videoId: uid,
        type: 'default',
        status: 'ready',
        percentComplete: 100,
        url: `${stage.stream.deliveryUrl}/${uid}/downloads/default.mp4`,
      },
    ]);
  });

  test('a download in progress is waited for, not created again', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'inprogress' }, generateMs: 60_000 });
    const step = await stage.run({ 'video-id': uid, wait: 'true', 'poll-interval': '10s' });
    expect(step.record.status).toBe('ready');
    expect(step.tookMs).toBe(60_000);
    expect(stage.count('POST downloads')).toBe(1);
  });

  test.each(['ready', 'inprogress'] as const)(
    'if Cloudflare answers 409, the state comes from the list: %s',
    async (status) => {
      await using stage = await Stage.open({ readings: { createAgain: 'conflict' } });
      const { uid } = stage.stream.addVideo({ downloads: { default: status }, generateMs: 60_000 });
      const step = await stage.run({ 'video-id': uid });
      expect(step.exitCode).toBe(0);
      expect(step.record.status).toBe(status);
      expect(stage.calls).toEqual(['POST downloads', 'GET downloads']);
    },
  );

  test('if Cloudflare answers 409, the existing download is waited for', async () => {
    await using stage = await Stage.open({ readings: { createAgain: 'conflict' } });
    const { uid } = stage.stream.addVideo({ downloads: { default: 'inprogress' }, generateMs: 60_000 });
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('ready');
    expect(stage.count('POST downloads')).toBe(1);
  });

  test.each([
    { wait: 'false', createAgain: 'current' },
    { wait: 'true', createAgain: 'current' },
    { wait: 'true', createAgain: 'conflict' },
  ] as const)(
    'a download in status error fails, with the advice to delete and create it, and is not deleted: %j',
    async ({ createAgain, wait }) => {
      await using stage = await Stage.open({ readings: { createAgain } });
      const { uid } = stage.stream.addVideo({ downloads: { default: 'error' } });
      const step = await stage.run({ 'video-id': uid, wait });
      expect(step.exitCode).toBe(1);
      expect(step.tookMs).toBe(0);
      expect(step.record.status).toBe('error');
      expect(step.message).toMatch(/`operation: delete`.*`operation: create`/);
      expect(stage.calls.filter((call) => call.startsWith('DELETE'))).toEqual([]);
      expect(stage.count('POST downloads')).toBe(1);
    },
  );

  test('a download in status error can be created again after the advised deletion', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'error' } });
    expect((await stage.run({ 'video-id': uid, wait: 'true' })).exitCode).toBe(1);
    expect((await stage.run({ operation: 'delete', 'video-id': uid })).exitCode).toBe(0);
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('ready');
  });
});

describe('creating a download', () => {
  test('without `wait` takes one request, and reports it in progress without a failure', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    const step = await stage.run({ 'video-id': uid });
    expect(step.exitCode).toBe(0);
    expect(stage.calls).toEqual(['POST downloads']);
    expect(step.record).toMatchObject({ type: 'default', status: 'inprogress', percentComplete: 0 });
    expect(step.outputs['download-url']).toBe(`${stage.stream.deliveryUrl}/${uid}/downloads/default.mp4`);
  });

  test('with `wait` takes two requests and one per poll, and reports it ready', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: 60_000 });
    const step = await stage.run({ 'video-id': uid, wait: 'true', 'poll-interval': '20s' });
    expect(step.exitCode).toBe(0);
    expect(step.record).toMatchObject({ status: 'ready', percentComplete: 100 });
    expect(stage.calls).toEqual(['GET', 'POST downloads', ...Array(3).fill('GET downloads')]);
    expect(stage.timesOf('GET downloads')).toEqual([20_000, 40_000, 60_000]);
  });

  test('of both types takes one request per type, and one poll serves both', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: { default: 60_000, audio: 20_000 } });
    const step = await stage.run({
      'video-id': uid,
      type: 'audio,default',
      wait: 'true',
      'poll-interval': '20s',
    });
    expect(step.exitCode).toBe(0);
    expect(step.records).toMatchObject([
      { type: 'audio', status: 'ready' },
      { type: 'default', status: 'ready' },
    ]);
    expect(stage.calls.toSorted()).toEqual([
      'GET',
      ...Array(3).fill('GET downloads'),
      'POST downloads',
      'POST downloads/audio',
    ]);
  });

  test.each([
    { createAnswer: 'nested', type: 'audio' },
    { createAnswer: 'flat', type: 'default' },
  ] as const)('accepts either shape of the response: %j', async ({ createAnswer, type }) => {
    await using stage = await Stage.open({ readings: { createAnswer } });
    const { uid } = stage.stream.addVideo();
    const step = await stage.run({ 'video-id': uid, type });
    expect(step.exitCode).toBe(0);
    expect(step.record).toMatchObject({
      type,
      status: 'inprogress',
      url: expect.stringContaining(`/${uid}/downloads/${type}.`),
    });
    expect(stage.stream.requests).toHaveLength(1);
  });

  test('sends an empty JSON body, as the SDKs do', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    await stage.run({ 'video-id': uid });
    expect(stage.stream.requests).toMatchObject([
      { body: '{}', headers: { 'content-type': 'application/json' } },
    ]);
  });

  test('polls adaptively: a short clip is ready within 5 s, a long one is detected within 17 s', async () => {
    await using stage = await Stage.open();
    const { uid: short } = stage.stream.addVideo({ generateMs: 3000 });
    const { uid: long } = stage.stream.addVideo({ generateMs: minutesMs(40) });
    const quick = await stage.run({ 'video-id': short, wait: 'true' });
    expect(quick.tookMs).toBeLessThan(5000);
    const slow = await stage.run({ 'video-id': long, wait: 'true', timeout: '1h' });
    expect(slow.record.status).toBe('ready');
    expect(slow.tookMs).toBeLessThan(minutesMs(40) + 17_000);
  });

  test('fails with the reason from the video’s details if one type ends in error; the other type is ready', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({
      generateMs: { default: 60_000, audio: 20_000 },
      generateFails: ['audio'],
    });
    stage.intercept(async ({ call, pass }) =>
      call === 'GET'
        ? changeResult(await pass(), (video) => ({
            ...video,
            status: {
              state: 'ready',
              errorReasonCode: 'ERR_UNKNOWN',
              errorReasonText: 'The encoder failed.',
            },
          }))
        : pass(),
    );
    const step = await stage.run({ 'video-id': uid, type: 'default audio', wait: 'true' });
    expect(step.exitCode).toBe(1);
    expect(step.records).toMatchObject([
      { type: 'default', status: 'ready' },
      { type: 'audio', status: 'error', error: { message: expect.stringContaining('The encoder failed.') } },
    ]);
    expect(step.records[0]).not.toHaveProperty('error');
    expect(step.errors).toHaveLength(1);
    expect(step.errors[0]?.message).toContain('M4A');
    expect(step.tookMs).toBeGreaterThanOrEqual(60_000);
  });

  test.each([
    ['the video’s details have none', undefined],
    ['the details cannot be read', apiError(403, 10002, 'Not authorized')],
  ])('fails without a reason if %s', async (_, answer) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: 20_000, generateFails: true });
    stage.intercept(async ({ call, pass }) =>
      answer && call === 'GET' && stage.clock.now() > 0 ? answer : pass(),
    );
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(1);
    expect(step.record.status).toBe('error');
    expect(step.message).toContain('Cloudflare failed to generate the MP4 download. ');
    expect(step.message).toContain('`operation: delete`');
  });

  test('reports at the time limit how long it would still take, and that Cloudflare continues', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: minutesMs(20) });
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '10m' });
    expect(step.record.status).toBe('inprogress');
    expect(step.message).toMatch(
      /The time limit of 10 min was reached; last state: generating the MP4, 49 %, about \d+ (h|min)( \d+ (min|s))? left: `timeout: 25m` would probably be long enough\. Cloudflare may still be generating the download\. Set a longer `timeout`/,
    );
  });

  test('reports no estimate at the time limit if the percentage does not change', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: minutesMs(20), progress: () => 0 });
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '10m' });
    expect(step.message).toContain(
      'last state: generating the MP4, 0 %; the time left cannot be estimated. Cloudflare may still',
    );
  });

  test('keeps the last percentage at the time limit', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: minutesMs(120) });
    const step = await stage.run({
      'video-id': uid,
      wait: 'true',
      timeout: '1h',
      'poll-interval': '7m',
    });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(minutesMs(60));
    expect(step.record).toMatchObject({
      status: 'inprogress',
      percentComplete: 49.9,
      url: expect.stringMatching(/default\.mp4$/),
    });
    expect(step.message).toContain('time limit of 1 h');
    expect(step.message).toContain('generating the MP4, 49 %');
  });

  test('keeps the last state if all polls fail until the time limit', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: minutesMs(60) });
    stage.stream.faults.add({ route: 'downloads.list', after: 2, times: Infinity, fault: badGateway() });
    const step = await stage.run({
      'video-id': uid,
      wait: 'true',
      timeout: '30m',
      'poll-interval': '3m',
    });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'inprogress', percentComplete: 10 });
    expect(step.record.error?.httpStatus).toBe(502);
    expect(step.message).toMatch(
      /the response was HTTP 502 .*would be after the time limit\); last state: generating the MP4, 10 %, about \d+ (h|min)( \d+ (min|s))? left\. Cloudflare may still be generating the download\./,
    );
    expect(step.tookMs).toBeGreaterThan(minutesMs(29.5));
    expect(step.tookMs).toBeLessThanOrEqual(minutesMs(30));
  });

  test('reports the last state and the missing response if the time limit is reached during an attempt', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: minutesMs(60) });
    let polls = 0;
    stage.intercept((request) => {
      if (request.call !== 'GET downloads' || ++polls === 1) return request.pass();
      // The attempt that hangs begins so late that it does not time out itself.
      return stage.clock.now() < minutesMs(9.6)
        ? Promise.reject(new TypeError('fetch failed'))
        : hang(request);
    });
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '10m', 'poll-interval': '3m' });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(minutesMs(10));
    expect(step.record).toMatchObject({ status: 'inprogress', percentComplete: 5 });
    expect(step.message).toMatch(
      /The time limit of 10 min was reached while a failed request was being retried: Could not list the downloads: no response from 127\.0\.0\.1.*; last state: generating the MP4, 5 %/,
    );
    expect(step.errors[0]?.title).toBe('The time limit was reached');
  });

  test.each([1, 11])('survives an outage of ten minutes that begins after %i s', async (seconds) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: 20_000 });
    stage.intercept(outage(stage.clock, seconds * 1000, seconds * 1000 + minutesMs(10)));
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '15m' });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('ready');
    expect(step.tookMs).toBeLessThan(minutesMs(11));
    expect(step.log.join('\n')).toContain('no response from 127.0.0.1');
  });

  test('is `failed` if no response comes within the time limit', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    stage.intercept(hang);
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '20s' });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(20_000);
    expect(step.record).toMatchObject({ status: 'failed', percentComplete: null, url: null });
  });

  test('is `failed` after five attempts with HTTP 502', async () => {
    await using stage = await Stage.open();
    const known = stage.stream.addVideo();
    const { uid } = stage.stream.addVideo();
    stage.stream.faults.add({ route: 'downloads.create', after: 1, times: Infinity, fault: badGateway() });
    const step = await stage.run({ 'video-id': `${known.uid} ${uid}`, concurrency: '1' });
    expect(step.exitCode).toBe(1);
    expect(step.records[0]?.status).toBe('inprogress');
    expect(step.records[1]).toMatchObject({
      status: 'failed',
      percentComplete: null,
      url: null,
      error: {
        httpStatus: 502,
        message: expect.stringMatching(/Bad gateway.*\(the last of 5 attempts\)\. Cloudflare/),
      },
    });
    expect(stage.calls).toEqual(Array(1 + 5).fill('POST downloads'));
  });

  test.each([
    { fault: 'a lost response', kind: 'answer-lost' },
    { fault: 'a connection that is reset', kind: 'reset' },
    { fault: 'half a response', kind: 'cut' },
  ] as const)('succeeds despite $fault', async ({ kind }) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: 20_000 });
    stage.stream.faults.add({ route: 'downloads.create', fault: { kind } });
    stage.stream.faults.add({ route: 'downloads.list', fault: { kind } });
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('ready');
    expect(stage.count('POST downloads')).toBe(2);
  });
});

describe('a video that is still being processed', () => {
  const states: readonly { readonly phases: Phases; readonly state: string }[] = [
    { phases: { pendingUploadMs: 60_000 }, state: 'Nothing has been uploaded to the video yet' },
    { phases: { downloadingMs: 60_000 }, state: 'Cloudflare is still fetching its file' },
    { phases: { queuedMs: 60_000 }, state: 'waiting to be encoded' },
    { phases: { encodeMs: 60_000 }, state: 'encoding 0 %' },
    { phases: { liveMs: 60_000 }, state: 'The broadcast is still running' },
  ];

  test.each(states)(
    'fails without `wait`, with its state in the message: $state',
    async ({ phases, state }) => {
      await using stage = await Stage.open();
      const { uid } = stage.stream.addVideo({ phases });
      const step = await stage.run({ 'video-id': uid });
      expect(step.exitCode).toBe(1);
      expect(step.tookMs).toBe(0);
      expect(step.record).toMatchObject({
        status: 'none',
        percentComplete: null,
        url: null,
        error: { code: 10005, httpStatus: 400, rayId: stage.stream.requests[0]?.rayId },
      });
      expect(step.message).toContain(state);
      expect(step.message).toContain('“the video is not ready” (code 10005, HTTP 400, Ray ID');
      expect(step.message).toContain('`wait: true`');
      expect(stage.calls).toEqual(['POST downloads', 'GET']);
    },
  );

  test('has one annotation for both types', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ phases: { encodeMs: 60_000 } });
    const step = await stage.run({ 'video-id': uid, type: 'default audio' });
    expect(step.records).toMatchObject([{ status: 'none' }, { status: 'none' }]);
    expect(step.outputs['failed']).toBe('2');
    expect(step.errors).toHaveLength(1);
  });

  test('is waited for through every state, and each state is logged, then the download’s', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({
      phases: {
        pendingUploadMs: minutesMs(10),
        liveMs: minutesMs(10),
        downloadingMs: minutesMs(10),
        queuedMs: minutesMs(10),
        encodeMs: minutesMs(10),
      },
      generateMs: minutesMs(10),
    });
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '2h', 'poll-interval': '1m' });
    expect(step.exitCode).toBe(0);
    expect(step.record).toMatchObject({ status: 'ready', percentComplete: 100 });
    expect(step.tookMs).toBe(minutesMs(60));
    const log = step.log.join('\n');
    for (const state of [
      'nothing has been uploaded yet',
      'the broadcast is still running',
      'Cloudflare is still fetching its file',
      'waiting to be encoded',
      'encoding 50 %',
    ]) {
      expect(log).toContain(`· ${state}`);
    }
    expect(log).toContain('· encoding 10 %, about 8 min 33 s left');
    expect(step.log.filter((line) => line.endsWith('· waiting to be encoded'))).toHaveLength(1);
    // While it waits, the log says for what.
    expect(log).toMatch(/still working after 30 s: .* · nothing has been uploaded yet \(for 30 s\)/);
    expect(log).toContain('generating the MP4, 50 %');
    expect(stage.timesOf('POST downloads')).toEqual([minutesMs(50)]);
    expect(stage.timesOf('GET downloads').at(0)).toBe(minutesMs(51));
  });

  test('is polled once for both types', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ phases: { encodeMs: 60_000 }, generateMs: 20_000 });
    const step = await stage.run({
      'video-id': uid,
      type: 'default audio',
      wait: 'true',
      'poll-interval': '20s',
    });
    expect(step.exitCode).toBe(0);
    expect(step.records).toMatchObject([{ status: 'ready' }, { status: 'ready' }]);
    expect(stage.timesOf('GET')).toEqual([0, 20_000, 40_000, 60_000]);
    expect(stage.timesOf('GET downloads')).toEqual([80_000]);
  });

  test('is waited for through an outage of ten minutes', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ phases: { encodeMs: minutesMs(5) }, generateMs: 20_000 });
    stage.intercept(outage(stage.clock, minutesMs(1), minutesMs(11)));
    const step = await stage.run({ 'video-id': uid, type: 'default audio', wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.records).toMatchObject([{ status: 'ready' }, { status: 'ready' }]);
    expect(step.tookMs).toBeLessThan(minutesMs(13));
  });

  test('is `none` with its last state in the message if the time limit is reached during an outage', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ phases: { encodeMs: minutesMs(60) } });
    stage.intercept(outage(stage.clock, minutesMs(12), Infinity));
    const step = await stage.run({ 'video-id': uid, type: 'default audio', wait: 'true' });
    expect(step.exitCode).toBe(1);
    for (const record of step.records) {
      expect(record).toMatchObject({ status: 'none', percentComplete: null, url: null });
      expect(record.error?.message).toMatch(
        /no response from .* would be after the time limit\); the video was not ready \(encoding (18|19|20) %, about \d+ (h|min)( \d+ (min|s))? left\)\./,
      );
    }
    expect(step.errors).toHaveLength(1);
    expect(step.tookMs).toBeGreaterThan(minutesMs(29.5));
  });

  test('is `none` with its last percentage in the message at the time limit', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ phases: { encodeMs: minutesMs(20) } });
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '10m' });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(minutesMs(10));
    expect(step.record).toMatchObject({ status: 'none', percentComplete: null, url: null });
    expect(step.message).toContain('time limit of 10 min');
    expect(step.message).toContain('encoding 49 %');
  });

  test.each([
    ['default', 'POST downloads', [minutesMs(10)]],
    ['audio', 'POST downloads/audio', [0, minutesMs(10)]],
  ])(
    'is created when it really is ready, even if `readyToStream` was true too early: %s',
    async (type, call, times) => {
      await using stage = await Stage.open();
      // Its length must not be reported as the cause of the refusal.
      const { uid } = stage.stream.addVideo({
        phases: { encodeMs: minutesMs(10) },
        generateMs: 60_000,
        durationSeconds: 5 * 3600,
      });
      stage.intercept(async ({ call, pass }) =>
        call === 'GET' ? changeResult(await pass(), (video) => ({ ...video, readyToStream: true })) : pass(),
      );
      const step = await stage.run({ 'video-id': uid, type, wait: 'true', 'poll-interval': '1m' });
      expect(step.exitCode).toBe(0);
      expect(step.record.status).toBe('ready');
      expect(stage.timesOf(call)).toEqual(times);
    },
  );

  test('is waited for even in an unknown state', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ phases: { queuedMs: 60_000 }, generateMs: 20_000 });
    stage.intercept(async ({ call, pass }) =>
      call === 'GET' && stage.clock.now() < 60_000
        ? changeResult(await pass(), (video) => ({ ...video, status: { state: 'polishing' } }))
        : pass(),
    );
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.log.join('\n')).toContain('polishing');
  });
});

describe('a video that can never have a download', () => {
  test.each(['false', 'true'])(
    'fails at once with the reason if its encoding failed, wait: %s',
    async (wait) => {
      await using stage = await Stage.open();
      const { uid } = stage.stream.addVideo({
        errorReasonCode: 'ERR_NON_VIDEO',
        errorReasonText: 'It is a text file.',
      });
      const step = await stage.run({ 'video-id': uid, wait });
      expect(step.exitCode).toBe(1);
      expect(step.tookMs).toBe(0);
      expect(step.record).toMatchObject({
        status: 'none',
        percentComplete: null,
        url: null,
        ...(wait === 'false' && {
          error: { code: 10005, httpStatus: 400, rayId: stage.stream.requests[0]?.rayId },
        }),
      });
      expect(step.message).toContain('ERR_NON_VIDEO');
      expect(step.message).toContain('It is a text file.');
      expect(step.message).toContain('the upload is not a video');
      expect(step.message).toContain('upload it again');
      expect(stage.calls).toEqual(wait === 'true' ? ['GET'] : ['POST downloads', 'GET']);
    },
  );

  test('fails without a reason if Cloudflare gives none', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ state: 'error' });
    stage.intercept(async ({ call, pass }) =>
      call === 'GET'
        ? changeResult(await pass(), (video) => ({ ...video, status: { state: 'error' } }))
        : pass(),
    );
    const step = await stage.run({ 'video-id': uid });
    expect(step.message).toContain('Cloudflare could not encode the video: no reason given.');
  });

  test('fails at the first poll that finds its encoding failed', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({
      phases: { encodeMs: 60_000 },
      errorReasonCode: 'ERR_MALFORMED_VIDEO',
    });
    const step = await stage.run({
      'video-id': uid,
      type: 'default audio',
      wait: 'true',
      'poll-interval': '20s',
    });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(60_000);
    expect(step.records).toMatchObject([{ status: 'none' }, { status: 'none' }]);
    expect(step.message).toContain('ERR_MALFORMED_VIDEO');
    expect(step.errors).toHaveLength(1);
    expect([stage.count('POST downloads'), stage.count('POST downloads/audio')]).toEqual([0, 1]);
  });

  test.each(['false', 'true'])(
    'fails at once with Cloudflare’s message if it is a live recording over 4 hours, wait: %s',
    async (wait) => {
      await using stage = await Stage.open();
      const { uid } = stage.stream.addVideo({ liveInput: 'a'.repeat(32), durationSeconds: 4 * 3600 + 60 });
      const step = await stage.run({ 'video-id': uid, wait });
      expect(step.exitCode).toBe(1);
      expect(step.tookMs).toBe(0);
      expect(step.record).toMatchObject({ status: 'none', error: { code: 10005, httpStatus: 400 } });
      expect(step.message).toContain('4 h 1 min');
      expect(step.message).toContain('the video duration is too long to generate a download');
      expect(step.message).toContain('over 4 hours');
      expect(stage.calls).toEqual([...(wait === 'true' ? ['GET'] : []), 'POST downloads', 'GET']);
    },
  );

  test('does not include a long upload, which Cloudflare accepts', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ durationSeconds: 5 * 3600, generateMs: 60_000 });
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('ready');
  });

  test.each(['false', 'true'])('fails if the account does not have it, wait: %s', async (wait) => {
    await using stage = await Stage.open();
    const step = await stage.run({ 'video-id': unknownId, type: 'default audio', wait });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(0);
    expect(step.records).toMatchObject([
      { type: 'default', status: 'failed', error: { code: 10003, httpStatus: 404 } },
      { type: 'audio', status: 'failed', error: { code: 10003, httpStatus: 404 } },
    ]);
    expect(step.message).toContain('The account has no such video');
    expect(step.errors).toHaveLength(1);
    expect(stage.count('GET')).toBe(1);
  });

  test('fails soon after it is deleted during the wait', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: minutesMs(30) });
    stage.intercept(({ pass }) => {
      if (stage.clock.now() > 20_000) stage.stream.removeVideo(uid);
      return pass();
    });
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '1h' });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBeLessThan(minutesMs(2));
    expect(step.record).toMatchObject({
      status: 'failed',
      percentComplete: null,
      url: null,
      error: { code: 10003, httpStatus: 404 },
    });
    expect(step.message).toContain('The account has no such video');
  });
});

describe('a refusal although the video is ready', () => {
  test.each(['false', 'true'])(
    'is retried five times in growing pauses within two minutes, then reported with Cloudflare’s message, wait: %s',
    async (wait) => {
      await using stage = await Stage.open();
      const { uid } = stage.stream.addVideo({ refuseCreate: Infinity });
      const step = await stage.run({ 'video-id': uid, wait });
      expect(step.exitCode).toBe(1);
      expect(step.record).toMatchObject({
        status: 'none',
        percentComplete: null,
        url: null,
        error: { code: 10005, httpStatus: 400, rayId: expect.stringMatching(/-LCL$/) },
      });
      expect(step.message).toContain('“Bad Request”');
      const posts = stage.timesOf('POST downloads');
      expect(posts).toHaveLength(1 + 5);
      const pauses = posts.slice(1).map((at, index) => at - (posts[index] ?? 0));
      for (const [index, seconds] of [1, 4, 12, 30, 60].entries()) {
        expect(pauses[index]).toBeGreaterThanOrEqual(900 * seconds);
        expect(pauses[index]).toBeLessThanOrEqual(1100 * seconds);
      }
      expect(step.tookMs).toBe(posts.at(-1));
    },
  );

  test('that ends is no failure', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ refuseCreate: 2, generateMs: 20_000 });
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('ready');
    expect(stage.count('POST downloads')).toBe(3);
  });

  test('is retried no longer than the time limit', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ refuseCreate: Infinity });
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '30s' });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(30_000);
    expect(step.record.status).toBe('none');
    expect(step.message).toContain('time limit of 30 s');
  });
});

describe('a download that vanishes after its creation', () => {
  test('is tolerated for a minute', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: 70_000, vanishAfterCreate: { ms: 50_000 } });
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('ready');
    expect(stage.count('POST downloads')).toBe(1);
  });

  test('is created once more after a minute', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: 20_000, vanishAfterCreate: { ms: Infinity } });
    const step = await stage.run({ 'video-id': uid, wait: 'true', 'poll-interval': '10s' });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('ready');
    expect(stage.timesOf('POST downloads')).toEqual([0, 60_000]);
  });

  test('fails if it vanishes again', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({
      generateMs: 20_000,
      vanishAfterCreate: { ms: Infinity, times: 2 },
    });
    const step = await stage.run({ 'video-id': uid, wait: 'true', 'poll-interval': '10s' });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'none', percentComplete: null, url: null });
    expect(step.message).toContain('disappeared');
    expect(stage.timesOf('POST downloads')).toEqual([0, 60_000]);
    expect(step.tookMs).toBe(120_000);
  });

  test('is `none` if its second creation is refused', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: 20_000, vanishAfterCreate: { ms: Infinity } });
    stage.intercept(async ({ call, pass }) =>
      call === 'POST downloads' && stage.clock.now() > 0 ? apiError(403, 10002, 'Not any more') : pass(),
    );
    const step = await stage.run({ 'video-id': uid, wait: 'true', 'poll-interval': '10s' });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({
      status: 'none',
      percentComplete: null,
      url: null,
      error: { code: 10002, httpStatus: 403 },
    });
    expect(step.message).toContain('“Not any more”');
  });

  test('is created again a minute after the last poll that found it, and fails a minute after the next such poll', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: minutesMs(60) });
    // Listed until 20 s, absent until it is created again at 80 s, listed until 120 s, then absent.
    const isListed = (atMs: number) => atMs <= 20_000 || (atMs > 80_000 && atMs <= 120_000);
    stage.intercept(({ call, pass }) =>
      call === 'GET downloads' && !isListed(stage.clock.now())
        ? Promise.resolve(Response.json({ success: true, errors: [], messages: [], result: {} }))
        : pass(),
    );
    const step = await stage.run({ 'video-id': uid, wait: 'true', 'poll-interval': '10s', timeout: '1h' });
    expect(step.exitCode).toBe(1);
    expect(step.message).toContain('disappeared');
    expect(stage.timesOf('POST downloads')).toEqual([0, 80_000]);
    expect(step.tookMs).toBe(180_000);
  });

  test('does not affect the other type', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: { default: minutesMs(60), audio: 30_000 } });
    stage.intercept(async ({ call, pass }) =>
      call === 'GET downloads' ? changeResult(await pass(), ({ audio }) => ({ audio })) : pass(),
    );
    const step = await stage.run({ 'video-id': uid, type: 'default audio', wait: 'true' });
    expect(step.exitCode).toBe(1);
    expect(step.records).toMatchObject([
      { type: 'default', status: 'none', error: { message: expect.stringContaining('MP4') } },
      { type: 'audio', status: 'ready' },
    ]);
    expect(step.records[1]).not.toHaveProperty('error');
  });

  test('keeps its last state if the time limit is reached meanwhile', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: 20_000, vanishAfterCreate: { ms: Infinity } });
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '45s' });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'inprogress', percentComplete: 0 });
    expect(step.message).toContain('time limit of 45 s');
  });
});

describe('a final refusal', () => {
  test.each([
    { details: () => apiError(403, 10002, 'Not authorized'), reason: 'Could not look up the video' },
    { details: () => new Response('<h1>Bad gateway</h1>', { status: 502 }), reason: 'HTTP 502' },
  ])(
    'has Cloudflare’s message even if the video’s details cannot be read: $reason',
    async ({ details, reason }) => {
      await using stage = await Stage.open();
      const { uid } = stage.stream.addVideo({ refuseCreate: Infinity });
      stage.intercept(async ({ call, pass }) => (call === 'GET' ? details() : pass()));
      const step = await stage.run({ 'video-id': uid });
      expect(step.exitCode).toBe(1);
      expect(step.record).toMatchObject({
        status: 'failed',
        error: { code: 10005, httpStatus: 400, rayId: stage.stream.requests[0]?.rayId },
      });
      expect(step.message).toContain('Cloudflare refused the MP4 download');
      expect(step.message).toContain('“Bad Request” (code 10005, HTTP 400, Ray ID');
      expect(step.message).toContain(reason);
    },
  );

  test('is reported with Cloudflare’s message and advice, and not retried', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    stage.intercept(async ({ call, pass }) =>
      call === 'POST downloads' ? apiError(403, 10002, 'Not authorized') : pass(),
    );
    const step = await stage.run({ 'video-id': uid, type: 'default audio' });
    expect(step.exitCode).toBe(1);
    expect(step.records).toMatchObject([
      {
        type: 'default',
        status: 'failed',
        percentComplete: null,
        url: null,
        error: { code: 10002, httpStatus: 403, rayId: 'aaaabbbbccccdddd-LCL' },
      },
      // It concerns every request, so no other one is sent.
      { type: 'audio', status: 'failed', error: { code: 10002 } },
    ]);
    expect(stage.calls).toEqual([]);
    expect(step.message).toContain('Cloudflare answered: “Not authorized” (code 10002, HTTP 403, Ray ID');
    expect(step.message).toContain('Account · Stream · Edit');
    expect(step.tookMs).toBe(0);
  });
});
