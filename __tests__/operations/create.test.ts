import { describe, expect, test } from '@jest/globals';
import { badGateway } from '../../local-stream/faults.ts';
import type { Phases } from '../../local-stream/library/video.ts';
import { apiError, changeResult, hang, outage, Stage } from '../harness/step-on-stream.ts';

const minutesMs = (minutes: number) => minutes * 60_000;

/** An id of which the account knows nothing. */
const unknownId = 'f'.repeat(32);

describe('what exists is kept', () => {
  test.each(['false', 'true'])('a ready download is found with one request, wait: %s', async (wait) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    const step = await stage.run({ 'video-id': uid, wait });
    expect(step.exitCode).toBe(0);
    expect(stage.calls).toEqual(['POST downloads']);
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

  test('a download in progress is waited for, not begun anew', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'inprogress' }, generateMs: 60_000 });
    const step = await stage.run({ 'video-id': uid, wait: 'true', 'poll-interval': '10s' });
    expect(step.record.status).toBe('ready');
    expect(step.tookMs).toBe(60_000);
    expect(stage.count('POST downloads')).toBe(1);
  });

  test.each(['ready', 'inprogress'] as const)(
    'where Cloudflare answers 409, the list tells the state: %s',
    async (status) => {
      await using stage = await Stage.open({ readings: { createAgain: 'conflict' } });
      const { uid } = stage.stream.addVideo({ downloads: { default: status }, generateMs: 60_000 });
      const step = await stage.run({ 'video-id': uid });
      expect(step.exitCode).toBe(0);
      expect(step.record.status).toBe(status);
      expect(stage.calls).toEqual(['POST downloads', 'GET downloads']);
    },
  );

  test('what Cloudflare answers 409 to is waited for', async () => {
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
    'one in status error fails with the advice to delete and create, and is never deleted: %j',
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

  test('the advice for one in status error works', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'error' } });
    expect((await stage.run({ 'video-id': uid, wait: 'true' })).exitCode).toBe(1);
    expect((await stage.run({ operation: 'delete', 'video-id': uid })).exitCode).toBe(0);
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('ready');
  });
});

describe('what is created', () => {
  test('without `wait` takes one request, is in progress and no failure', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    const step = await stage.run({ 'video-id': uid });
    expect(step.exitCode).toBe(0);
    expect(stage.calls).toEqual(['POST downloads']);
    expect(step.record).toMatchObject({ type: 'default', status: 'inprogress', percentComplete: 0 });
    expect(step.outputs['download-url']).toBe(`${stage.stream.deliveryUrl}/${uid}/downloads/default.mp4`);
  });

  test('with `wait` takes one request and one per poll, and ends ready', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: 60_000 });
    const step = await stage.run({ 'video-id': uid, wait: 'true', 'poll-interval': '20s' });
    expect(step.exitCode).toBe(0);
    expect(step.record).toMatchObject({ status: 'ready', percentComplete: 100 });
    expect(stage.calls).toEqual(['POST downloads', ...Array(3).fill('GET downloads')]);
    expect(stage.timesOf('GET downloads')).toEqual([20_000, 40_000, 60_000]);
  });

  test('may be both types: one poll serves both, and each is asked for once', async () => {
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
      ...Array(3).fill('GET downloads'),
      'POST downloads',
      'POST downloads/audio',
    ]);
  });

  test.each([
    { createAnswer: 'nested', type: 'default' },
    { createAnswer: 'nested', type: 'audio' },
    { createAnswer: 'flat', type: 'default' },
    { createAnswer: 'flat', type: 'audio' },
  ] as const)('is read from either shape of answer: %j', async ({ createAnswer, type }) => {
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

  test('is asked for with an empty JSON body, as the SDKs do', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    await stage.run({ 'video-id': uid });
    expect(stage.stream.requests).toMatchObject([
      { body: '{}', headers: { 'content-type': 'application/json' } },
    ]);
  });

  test('is polled in adapting pauses that see a short clip at once and a long one within 15 s', async () => {
    await using stage = await Stage.open();
    const { uid: short } = stage.stream.addVideo({ generateMs: 3000 });
    const { uid: long } = stage.stream.addVideo({ generateMs: minutesMs(40) });
    const quick = await stage.run({ 'video-id': short, wait: 'true' });
    expect(quick.tookMs).toBeLessThan(5000);
    const slow = await stage.run({ 'video-id': long, wait: 'true', timeout: '1h' });
    expect(slow.record.status).toBe('ready');
    expect(slow.tookMs).toBeLessThan(minutesMs(40) + 17_000);
  });

  test('fails with the reason where its generation ends in error, while the other type ends ready', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({
      generateMs: { default: 60_000, audio: 20_000 },
      generateFails: ['audio'],
    });
    stage.intercept(async ({ call, pass }) =>
      call === 'GET'
        ? changeResult(await pass(), (video) => ({
            ...video,
            status: { state: 'ready', errorReasonCode: 'ERR_UNKNOWN', errorReasonText: 'Out of luck.' },
          }))
        : pass(),
    );
    const step = await stage.run({ 'video-id': uid, type: 'default audio', wait: 'true' });
    expect(step.exitCode).toBe(1);
    expect(step.records).toMatchObject([
      { type: 'default', status: 'ready' },
      { type: 'audio', status: 'error', error: { message: expect.stringContaining('Out of luck.') } },
    ]);
    expect(step.records[0]).not.toHaveProperty('error');
    expect(step.errors).toHaveLength(1);
    expect(step.errors[0]?.message).toContain('audio');
    expect(step.tookMs).toBeGreaterThanOrEqual(60_000);
  });

  test('fails without a reason where the video’s details give none', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: 20_000, generateFails: true });
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(1);
    expect(step.record.status).toBe('error');
    expect(step.message).toContain('failed to generate the default download');
    expect(step.message).toContain('`operation: delete`');
  });

  test('tells how long it would have taken when the time is over, and that it goes on', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: minutesMs(120) });
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '1h' });
    expect(step.record.status).toBe('inprogress');
    expect(step.message).toMatch(
      /The time limit of 1 h was reached; last seen: default: inprogress, 49 %, about \d+ (h|min)( \d+ (min|s))? left\. The download goes on being generated at Cloudflare\. Set a longer `timeout`/,
    );
  });

  test('tells no estimate where its progress tells none', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: minutesMs(120), progress: () => 0 });
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '1h' });
    expect(step.message).toContain(
      'last seen: default: inprogress, 0 %; how much longer it takes cannot be told. The download goes on',
    );
  });

  test('keeps its last percentage when the time is over', async () => {
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
    expect(step.message).toContain('inprogress, 49 %');
  });

  test('keeps its last state when the polls get no answer any more until the time is over', async () => {
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
      /the API answered HTTP 502 .*would be past the time limit\); last seen: default: inprogress, 10 %, about \d+ (h|min)( \d+ (min|s))? left\. The download goes on being generated at Cloudflare\./,
    );
    expect(step.tookMs).toBeGreaterThan(minutesMs(29.5));
    expect(step.tookMs).toBeLessThanOrEqual(minutesMs(30));
  });

  test('tells its last state and that nothing answers when the time is over within an attempt', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: minutesMs(60) });
    let polls = 0;
    stage.intercept((request) => {
      if (request.call !== 'GET downloads' || ++polls === 1) return request.pass();
      return polls === 2 ? Promise.reject(new TypeError('fetch failed')) : hang(request);
    });
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '10m', 'poll-interval': '3m' });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(minutesMs(10));
    expect(step.record).toMatchObject({ status: 'inprogress', percentComplete: 5 });
    expect(step.message).toMatch(
      /The time limit of 10 min was reached while a request was being repeated that had failed: Could not list the downloads: no answer from 127\.0\.0\.1.*; last seen: default: inprogress, 5 %/,
    );
    expect(step.errors[0]?.title).toBe('The time limit was reached');
  });

  test.each([1, 11])('is seen through an outage of ten minutes that begins after %i s', async (seconds) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: 20_000 });
    stage.intercept(outage(stage.clock, seconds * 1000, seconds * 1000 + minutesMs(10)));
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '15m' });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('ready');
    expect(step.tookMs).toBeLessThan(minutesMs(11));
    expect(step.log.join('\n')).toContain('no answer from 127.0.0.1');
  });

  test('is `failed` when the request for it gets no answer within the time limit', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    stage.intercept(hang);
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '20s' });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(20_000);
    expect(step.record).toMatchObject({ status: 'failed', percentComplete: null, url: null });
  });

  test('is `failed` when every attempt meets a fault of the server', async () => {
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
    { fault: 'a lost answer', kind: 'answer-lost' },
    { fault: 'a connection that is reset', kind: 'reset' },
    { fault: 'half an answer', kind: 'cut' },
  ] as const)('comes about in spite of $fault', async ({ kind }) => {
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
  const states: readonly { readonly phases: Phases; readonly told: string }[] = [
    { phases: { pendingUploadMs: 60_000 }, told: 'pendingupload' },
    { phases: { downloadingMs: 60_000 }, told: 'downloading' },
    { phases: { queuedMs: 60_000 }, told: 'queued' },
    { phases: { encodeMs: 60_000 }, told: 'inprogress, 0 %' },
    { phases: { liveMs: 60_000 }, told: 'still being broadcast' },
  ];

  test.each(states)('fails without `wait`, which says its state: $told', async ({ phases, told }) => {
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
    expect(step.message).toContain(told);
    expect(step.message).toContain('“the video is not ready” (code 10005, HTTP 400, Ray id');
    expect(step.message).toContain('`wait: true`');
    expect(stage.calls).toEqual(['POST downloads', 'GET']);
  });

  test('is one failure, not one per type', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ phases: { encodeMs: 60_000 } });
    const step = await stage.run({ 'video-id': uid, type: 'default audio' });
    expect(step.records).toMatchObject([{ status: 'none' }, { status: 'none' }]);
    expect(step.outputs['failed']).toBe('2');
    expect(step.errors).toHaveLength(1);
  });

  test('is waited for through every state, each of which is told, and so is its download', async () => {
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
    for (const state of ['pendingupload', 'live-inprogress', 'downloading', 'queued', 'inprogress, 50 %']) {
      expect(log).toContain(`video: ${state}`);
    }
    expect(log).toContain('default: inprogress, 50 %');
    expect(stage.timesOf('POST downloads')).toEqual([0, minutesMs(50)]);
    expect(stage.timesOf('GET downloads').at(0)).toBe(minutesMs(51));
  });

  test('is asked about once for both types', async () => {
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

  test('is `none` with an error that tells its state when the time is over in an outage', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ phases: { encodeMs: minutesMs(60) } });
    stage.intercept(outage(stage.clock, minutesMs(12), Infinity));
    const step = await stage.run({ 'video-id': uid, type: 'default audio', wait: 'true' });
    expect(step.exitCode).toBe(1);
    for (const record of step.records) {
      expect(record).toMatchObject({ status: 'none', percentComplete: null, url: null });
      expect(record.error?.message).toMatch(
        /Could not look up the video: no answer from .* would be past the time limit\); the video was still being processed \(inprogress, (18|19|20) %, about \d+ (h|min)( \d+ (min|s))? left\)\./,
      );
    }
    expect(step.errors).toHaveLength(1);
    expect(step.tookMs).toBeGreaterThan(minutesMs(29.5));
  });

  test('is `none` with an error that tells how far it was when the time is over', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ phases: { encodeMs: minutesMs(120) } });
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '1h' });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(minutesMs(60));
    expect(step.record).toMatchObject({ status: 'none', percentComplete: null, url: null });
    expect(step.message).toContain('time limit of 1 h');
    expect(step.message).toContain('inprogress, 49 %');
  });

  test('may call itself ready to stream before it is: the refused POST is then repeated once it is ready', async () => {
    await using stage = await Stage.open();
    // Its length must not be taken for the cause of the refusal either.
    const { uid } = stage.stream.addVideo({
      phases: { encodeMs: minutesMs(10) },
      generateMs: 60_000,
      durationSeconds: 5 * 3600,
    });
    stage.intercept(async ({ call, pass }) =>
      call === 'GET' ? changeResult(await pass(), (video) => ({ ...video, readyToStream: true })) : pass(),
    );
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('ready');
    expect(stage.count('POST downloads')).toBeLessThanOrEqual(3);
  });

  test('may have a state that is not known yet: it is waited for all the same', async () => {
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
  test.each([
    { reasonSpelling: 'errorReason', wait: 'false' },
    { reasonSpelling: 'errorReason', wait: 'true' },
    { reasonSpelling: 'errReason', wait: 'false' },
    { reasonSpelling: 'errReason', wait: 'true' },
  ] as const)('is told at once, with the reason, when its encode failed: %j', async (given) => {
    await using stage = await Stage.open({ readings: { reasonSpelling: given.reasonSpelling } });
    const { uid } = stage.stream.addVideo({
      errorReasonCode: 'ERR_NON_VIDEO',
      errorReasonText: 'It is a poem.',
    });
    const step = await stage.run({ 'video-id': uid, wait: given.wait });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(0);
    expect(step.record).toMatchObject({
      status: 'none',
      percentComplete: null,
      url: null,
      error: { code: 10005, httpStatus: 400, rayId: stage.stream.requests[0]?.rayId },
    });
    expect(step.message).toContain('ERR_NON_VIDEO');
    expect(step.message).toContain('It is a poem.');
    expect(step.message).toContain('the upload is not a video');
    expect(step.message).toContain('upload it again');
    expect(stage.calls).toEqual(['POST downloads', 'GET']);
  });

  test('is told as soon as it is seen when its encode fails during the wait', async () => {
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
    expect(stage.count('POST downloads')).toBe(1);
  });

  test.each(['false', 'true'])(
    'is told at once, in Cloudflare’s words, when it is a recording over 4 hours, wait: %s',
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
      expect(stage.calls).toEqual(['POST downloads', 'GET']);
    },
  );

  test('is not one that is merely long: what Cloudflare accepts is not refused here', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ durationSeconds: 5 * 3600, generateMs: 60_000 });
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('ready');
  });

  test.each(['false', 'true'])('fails when the account does not have it, wait: %s', async (wait) => {
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

  test('is told when somebody deletes it during the wait', async () => {
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

  test('is not one behind a wrong address', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    const apiUrl = stage.stream.apiUrl.replace(/\/client\/v4$/, '');
    const step = await stage.run({ 'video-id': uid, 'api-url': apiUrl });
    expect(step.exitCode).toBe(1);
    expect(step.record.status).toBe('failed');
    expect(step.message).toContain('`api-url`');
    expect(stage.stream.requests).toHaveLength(1);
  });
});

describe('a refusal though the video is ready', () => {
  test.each(['false', 'true'])(
    'is met with five more POSTs in growing pauses within two minutes, then told in Cloudflare’s words, wait: %s',
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
      expect(posts.at(-1)).toBeLessThanOrEqual(120_000);
      const pauses = posts.slice(1).map((at, index) => at - (posts[index] ?? 0));
      expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
      expect(step.tookMs).toBe(posts.at(-1));
    },
  );

  test('that passes is no failure', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ refuseCreate: 2, generateMs: 20_000 });
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('ready');
    expect(stage.count('POST downloads')).toBe(3);
  });

  test('gives way to the time limit', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ refuseCreate: Infinity });
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '30s' });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(30_000);
    expect(step.record.status).toBe('none');
    expect(step.message).toContain('time limit of 30 s');
  });
});

describe('a download that vanishes after it was created', () => {
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

  test('fails when it vanishes again', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({
      generateMs: 20_000,
      vanishAfterCreate: { ms: Infinity, times: 2 },
    });
    const step = await stage.run({ 'video-id': uid, wait: 'true', 'poll-interval': '10s' });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'none', percentComplete: null, url: null });
    expect(step.message).toContain('vanished');
    expect(stage.timesOf('POST downloads')).toEqual([0, 60_000]);
    expect(step.tookMs).toBe(120_000);
  });

  test('is `none` when creating it once more is refused', async () => {
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

  test('may have been seen before: the minute counts from when it was seen last, each time', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: minutesMs(60) });
    // Seen until 20 s, gone until it is created anew at 80 s, seen until 120 s, then gone for good.
    const isSeen = (atMs: number) => atMs <= 20_000 || (atMs > 80_000 && atMs <= 120_000);
    stage.intercept(({ call, pass }) =>
      call === 'GET downloads' && !isSeen(stage.clock.now())
        ? Promise.resolve(Response.json({ success: true, errors: [], messages: [], result: {} }))
        : pass(),
    );
    const step = await stage.run({ 'video-id': uid, wait: 'true', 'poll-interval': '10s', timeout: '1h' });
    expect(step.exitCode).toBe(1);
    expect(step.message).toContain('vanished');
    expect(stage.timesOf('POST downloads')).toEqual([0, 80_000]);
    expect(step.tookMs).toBe(180_000);
  });

  test('does not disturb the other type', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: { default: minutesMs(60), audio: 30_000 } });
    stage.intercept(async ({ call, pass }) =>
      call === 'GET downloads' ? changeResult(await pass(), ({ audio }) => ({ audio })) : pass(),
    );
    const step = await stage.run({ 'video-id': uid, type: 'default audio', wait: 'true' });
    expect(step.exitCode).toBe(1);
    expect(step.records).toMatchObject([
      { type: 'default', status: 'none', error: { message: expect.stringContaining('default') } },
      { type: 'audio', status: 'ready' },
    ]);
    expect(step.records[1]).not.toHaveProperty('error');
  });

  test('keeps its last state when the time is over meanwhile', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: 20_000, vanishAfterCreate: { ms: Infinity } });
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '45s' });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'inprogress', percentComplete: 0 });
    expect(step.message).toContain('time limit of 45 s');
  });
});

describe('what Cloudflare refuses for good', () => {
  test.each([
    { details: () => apiError(403, 10002, 'Not authorized'), told: 'Could not look up the video' },
    { details: () => new Response('<h1>Bad gateway</h1>', { status: 502 }), told: 'HTTP 502' },
  ])('keeps its words where the video’s details cannot be had: $told', async ({ details, told }) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ refuseCreate: Infinity });
    stage.intercept(async ({ call, pass }) => (call === 'GET' ? details() : pass()));
    const step = await stage.run({ 'video-id': uid });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({
      status: 'failed',
      error: { code: 10005, httpStatus: 400, rayId: stage.stream.requests[0]?.rayId },
    });
    expect(step.message).toContain('Cloudflare refused the default download');
    expect(step.message).toContain('“Bad Request” (code 10005, HTTP 400, Ray id');
    expect(step.message).toContain(told);
  });

  test('is told with what it said, and not repeated', async () => {
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
      { type: 'audio', status: 'inprogress' },
    ]);
    expect(step.message).toContain('Cloudflare said: “Not authorized” (code 10002, HTTP 403, Ray id');
    expect(step.message).toContain('Account · Stream · Edit');
    expect(step.tookMs).toBe(0);
  });
});
