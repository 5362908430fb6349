import { describe, expect, test } from '@jest/globals';
import { apiError, changeResult, hang, outage } from '../harness/responses.ts';
import { Stage } from '../harness/stage.ts';
import { unknownId } from '../harness/videos.ts';

describe('a list', () => {
  test('takes one request and has the state, percentage and URL of every type', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready', audio: 'inprogress' } });
    const step = await stage.run({ operation: 'list', 'video-id': uid });

    expect(stage.calls).toEqual(['GET downloads']);
    expect(step.exitCode).toBe(0);
    const url = `${stage.stream.deliveryUrl}/${uid}/downloads`;
    expect(step.records).toEqual([
      {
        videoId: uid,
        type: 'default',
        status: 'ready',
        percentComplete: 100,
        url: `${url}/default.mp4`,
      },
      {
        videoId: uid,
        type: 'audio',
        status: 'inprogress',
        percentComplete: 0,
        url: `${url}/audio.m4a`,
      },
    ]);
  });

  test('has only the types that exist if none was requested', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { audio: 'ready' } });
    const step = await stage.run({ operation: 'list', 'video-id': uid });
    expect(step.records).toMatchObject([{ type: 'audio', status: 'ready' }]);
  });

  test('has only the requested type', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready', audio: 'ready' } });
    const step = await stage.run({ operation: 'list', 'video-id': uid, type: 'audio' });
    expect(step.records).toMatchObject([{ type: 'audio', status: 'ready' }]);
  });

  test('is in the requested order, and the single outputs are those of the first record', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready', audio: 'ready' } });
    const step = await stage.run({ operation: 'list', 'video-id': uid, type: 'audio, default' });
    expect(step.records.map(({ type }) => type)).toEqual(['audio', 'default']);
    expect(step.outputs['download-url']).toMatch(/audio\.m4a$/);
    expect(stage.calls).toEqual(['GET downloads']);
  });

  test('has no URL while Cloudflare sends none', async () => {
    await using stage = await Stage.open({ readings: { urlFromStart: false } });
    const { uid } = stage.stream.addVideo({ downloads: { default: 'inprogress' } });
    const step = await stage.run({ operation: 'list', 'video-id': uid });
    expect(step.record.url).toBeNull();
    expect(step.outputs['download-url']).toBe('');
  });

  test('is at 100 percent when ready, even if the response has 0 percent', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' }, progress: () => 0 });
    const step = await stage.run({ operation: 'list', 'video-id': uid });
    expect(step.record).toMatchObject({ status: 'ready', percentComplete: 100 });
  });

  test('with a download in status error does not fail without `wait`', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'error' } });
    const step = await stage.run({ operation: 'list', 'video-id': uid });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('error');
    expect(step.record).not.toHaveProperty('error');
    expect(stage.calls).toEqual(['GET downloads']);
  });
});

describe('a video without downloads', () => {
  test.each(['empty', 'not-found'] as const)(
    'has one record `none` without a type if the API answers %s',
    async (reading) => {
      await using stage = await Stage.open({ readings: { nothingGenerated: reading } });
      const { uid } = stage.stream.addVideo();
      const step = await stage.run({ operation: 'list', 'video-id': uid });
      expect(step.exitCode).toBe(0);
      expect(step.records).toEqual([
        { videoId: uid, type: '', status: 'none', percentComplete: null, url: null },
      ]);
      // Only the video's details show what a 404 means; they are requested once.
      expect(stage.calls).toEqual(reading === 'not-found' ? ['GET downloads', 'GET'] : ['GET downloads']);
    },
  );

  test('has one record `none` per requested type', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    const step = await stage.run({ operation: 'list', 'video-id': uid, type: 'default audio' });
    expect(step.exitCode).toBe(0);
    expect(step.records).toEqual([
      { videoId: uid, type: 'default', status: 'none', percentComplete: null, url: null },
      { videoId: uid, type: 'audio', status: 'none', percentComplete: null, url: null },
    ]);
  });

  test.each(['', 'default audio'])('is not waited for, type: "%s"', async (type) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    const step = await stage.run({ operation: 'list', 'video-id': uid, type, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.tookMs).toBe(0);
    expect(stage.calls).toEqual(['GET downloads']);
  });

  test('has a record `none` while it is still being processed', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ phases: { encodeMs: 60_000 } });
    const step = await stage.run({ operation: 'list', 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('none');
  });
});

describe('with `wait`', () => {
  test('every listed download is waited for, one poll serves all, and none is created', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({
      downloads: { default: 'inprogress', audio: 'inprogress' },
      generateMs: { default: 90_000, audio: 20_000 },
    });
    const step = await stage.run({
      operation: 'list',
      'video-id': uid,
      wait: 'true',
      'poll-interval': '10s',
    });
    expect(step.exitCode).toBe(0);
    expect(step.records).toMatchObject([
      { type: 'default', status: 'ready', percentComplete: 100 },
      { type: 'audio', status: 'ready', percentComplete: 100 },
    ]);
    expect(step.tookMs).toBe(90_000);
    expect(stage.calls).toEqual(Array(1 + 9).fill('GET downloads'));
  });

  test('an absent type neither fails nor prolongs the wait for another one', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { audio: 'inprogress' }, generateMs: 20_000 });
    const step = await stage.run({
      operation: 'list',
      'video-id': uid,
      type: 'default audio',
      wait: 'true',
    });
    expect(step.exitCode).toBe(0);
    expect(step.records).toMatchObject([
      { type: 'default', status: 'none' },
      { type: 'audio', status: 'ready' },
    ]);
    expect(step.tookMs).toBeLessThan(40_000);
  });

  test('ready downloads take no second request', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready', audio: 'ready' } });
    const step = await stage.run({ operation: 'list', 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(stage.calls).toEqual(['GET downloads']);
  });

  test('status error fails with advice, and the other type is still waited for', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({
      downloads: { default: 'error', audio: 'inprogress' },
      generateMs: 30_000,
    });
    const step = await stage.run({ operation: 'list', 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(1);
    expect(step.records).toMatchObject([
      { type: 'default', status: 'error', error: { message: expect.stringContaining('operation: delete') } },
      { type: 'audio', status: 'ready' },
    ]);
    expect(step.records[1]).not.toHaveProperty('error');
    expect(step.errors).toHaveLength(1);
  });

  test('a generation that ends in error fails with the reason from the video’s details', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({
      downloads: { audio: 'inprogress' },
      generateMs: 30_000,
      generateFails: true,
    });
    stage.intercept(async ({ call, pass }) =>
      call === 'GET'
        ? changeResult(await pass(), (video) => ({
            ...video,
            status: { state: 'ready', errorReasonCode: 'ERR_MALFORMED_VIDEO', errorReasonText: 'No sound.' },
          }))
        : pass(),
    );
    const step = await stage.run({ operation: 'list', 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(1);
    expect(step.record.status).toBe('error');
    expect(step.message).toContain('M4A');
    expect(step.message).toContain('ERR_MALFORMED_VIDEO');
    expect(step.message).toContain('No sound.');
  });

  test('the time limit fails the step, which keeps the last state and percentage', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'inprogress' }, generateMs: 7_200_000 });
    const step = await stage.run({
      operation: 'list',
      'video-id': uid,
      wait: 'true',
      timeout: '1h',
      'poll-interval': '7m',
    });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(3_600_000);
    // The last poll comes just before the time limit, after almost 60 of 120 minutes.
    expect(step.record).toMatchObject({ status: 'inprogress', percentComplete: 49.9 });
    expect(step.record.url).toMatch(/default\.mp4$/);
    expect(step.message).toContain('1 h');
    expect(step.message).toMatch(
      /last state: generating the MP4, 49 %, about \d+ (h|min)( \d+ (min|s))? left: `timeout: 2h30m` would probably be long enough\. Cloudflare may still be generating the download\./,
    );
    expect(step.message).toContain('`timeout`');
  });

  test('an outage of ten minutes does not end the wait', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'inprogress' }, generateMs: 20_000 });
    stage.intercept(outage(stage.clock, 1000, 601_000));
    const step = await stage.run({ operation: 'list', 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('ready');
    expect(step.tookMs).toBeLessThan(660_000);
  });

  test('the time limit during an outage is reported with the last state and the missing response', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({
      downloads: { default: 'inprogress', audio: 'ready' },
      generateMs: 3_600_000,
    });
    stage.intercept(outage(stage.clock, 360_000, Infinity));
    const step = await stage.run({ operation: 'list', 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(1);
    expect(step.records).toMatchObject([{ status: 'inprogress' }, { status: 'ready' }]);
    expect(step.records[1]).not.toHaveProperty('error');
    expect(step.record.percentComplete).toBeGreaterThanOrEqual(8);
    expect(step.message).toMatch(
      /Could not list the downloads: no response from .* after the time limit\); last state: generating the MP4, (8|9|10) %, about \d+ (h|min)( \d+ (min|s))? left/,
    );
  });

  test('a download that is deleted during the wait becomes `none`', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'inprogress' }, generateMs: 60_000 });
    stage.intercept(({ call, pass }) =>
      call === 'GET downloads' && stage.clock.now() > 20_000
        ? Promise.resolve(Response.json({ success: true, errors: [], messages: [], result: {} }))
        : pass(),
    );
    const step = await stage.run({ operation: 'list', 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.record).toMatchObject({ status: 'none', percentComplete: null, url: null });
    expect(step.log).toContainEqual(expect.stringMatching(/ · the MP4 is no longer listed$/));
  });

  test('a video that is deleted during the wait becomes `failed`, not `none`', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'inprogress' }, generateMs: 60_000 });
    stage.intercept(({ pass }) => {
      if (stage.clock.now() > 20_000) stage.stream.removeVideo(uid);
      return pass();
    });
    const step = await stage.run({ operation: 'list', 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({
      status: 'failed',
      percentComplete: null,
      url: null,
      error: { code: 10003, httpStatus: 404 },
    });
    expect(step.message).toContain('no such video');
  });
});

describe('a video that cannot be listed', () => {
  test.each(['', 'default audio'])('fails if the account does not have it, type: "%s"', async (type) => {
    await using stage = await Stage.open();
    const step = await stage.run({ operation: 'list', 'video-id': unknownId, type });
    expect(step.exitCode).toBe(1);
    expect(step.records.map((record) => record.type)).toEqual(type.split(' '));
    for (const record of step.records) {
      expect(record).toMatchObject({
        status: 'failed',
        percentComplete: null,
        url: null,
        error: { code: 10003, httpStatus: 404, rayId: expect.stringMatching(/-LCL$/) },
      });
    }
    expect(step.message).toContain(`Video ${unknownId}: The account has no such video`);
    expect(step.message).toContain('Ray ID');
    expect(step.message).toContain('`video-id`');
    expect(step.errors).toHaveLength(1);
    expect(stage.calls).toEqual(['GET downloads', 'GET']);
  });

  test('fails with the advice to check `api-url` if the 404 is not the API’s', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    const apiUrl = stage.stream.apiUrl.replace(/\/client\/v4$/, '');
    const step = await stage.run({ operation: 'list', 'video-id': uid, 'api-url': apiUrl });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'failed', error: { httpStatus: 404 } });
    expect(step.message).toContain('`api-url`');
    expect(step.message).toContain('/client/v4');
    expect(step.message).not.toContain('no such video');
    expect(stage.stream.requests).toHaveLength(1);
  });

  test('is `failed` if no response comes within the time limit', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    stage.intercept(hang);
    const step = await stage.run({ operation: 'list', 'video-id': uid, timeout: '20s' });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(20_000);
    expect(step.record).toMatchObject({ type: '', status: 'failed', percentComplete: null, url: null });
    expect(step.message).toContain('time limit of 20 s');
  });

  test('fails with Cloudflare’s message if the video’s details are refused as well', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    stage.intercept(async ({ call }) => apiError(400, 10005, call === 'GET' ? 'details, no' : 'list, no'));
    const step = await stage.run({ operation: 'list', 'video-id': uid });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'failed', error: { code: 10005, httpStatus: 400 } });
    expect(step.message).toMatch(
      /“(list|details), no” \(code 10005, HTTP 400, Ray ID aaaabbbbccccdddd-LCL\)/,
    );
  });
});
