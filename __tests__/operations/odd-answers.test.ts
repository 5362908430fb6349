import { describe, expect, test } from '@jest/globals';
import type { Fault } from '../../local-stream/faults.ts';
import { failures } from '../../src/core/failures/table.ts';
import { always, apiError } from '../harness/responses.ts';
import { Stage } from '../harness/stage.ts';
import { both } from '../harness/videos.ts';

/** The real response with another result. */
const result = (value: unknown): Fault => ({
  kind: 'alter',
  alter: (json) => ({ ...Object(json), result: value }),
});

describe('a response to a creation that does not describe the download', () => {
  const odd = [null, 'ok', {}, [], 7, { audio: { status: 'ready' } }, { default: null }];

  test.each(odd)('is resolved by the list: %j', async (value) => {
    for (const wait of ['false', 'true']) {
      await using stage = await Stage.open();
      const { uid } = stage.stream.addVideo({ generateMs: 10_000 });
      stage.stream.faults.add({ route: 'downloads.create', fault: result(value), times: always });
      const step = await stage.run({ 'video-id': uid, wait });
      expect([step.exitCode, step.record.status]).toEqual([0, wait === 'true' ? 'ready' : 'inprogress']);
      expect(step.outputs['download-url']).toContain(`/${uid}/downloads/default.mp4`);
      expect(stage.count('POST downloads')).toBe(1);
      if (wait === 'false') expect(stage.calls).toEqual(['POST downloads', 'GET downloads']);
    }
  });

  test('fails without `wait` if the list does not have it either', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ vanishAfterCreate: { ms: 30_000 } });
    stage.stream.faults.add({ route: 'downloads.create', fault: result(null) });
    const step = await stage.run({ 'video-id': uid });
    expect(step.errors.map(({ title }) => title)).toEqual([failures['unknown-answer'].title]);
    expect(step.message).toContain('neither describes nor lists');
    expect(stage.calls).toEqual(['POST downloads', 'GET downloads']);
  });

  test('is waited for with `wait`', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: 10_000, vanishAfterCreate: { ms: 30_000 } });
    stage.stream.faults.add({ route: 'downloads.create', fault: result(null) });
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect([step.exitCode, step.record.status]).toEqual([0, 'ready']);
    expect(stage.count('POST downloads')).toBe(1);
  });
});

describe('a status that is not known', () => {
  test.each(['queued', 'pending', 'x'.repeat(100)])(
    'counts as in progress, and is in the log: %s',
    async (word) => {
      await using stage = await Stage.open();
      const { uid } = stage.stream.addVideo();
      stage.stream.faults.add({
        route: 'downloads.create',
        fault: result({ default: { status: word, percentComplete: 5, url: 'https://a.example/v.mp4' } }),
      });
      const step = await stage.run({ 'video-id': uid });
      expect(step.exitCode).toBe(0);
      expect(step.record).toMatchObject({ status: 'inprogress', percentComplete: 5 });
      const shown = word.length > 64 ? 'a status of 100 characters' : word;
      expect(step.log.join('\n')).toContain(`generating the MP4 (Cloudflare reports “${shown}”), 5 %`);
    },
  );

  test('of the other type does not matter', async () => {
    for (const audio of [{ status: 'archived' }, { status: 5 }, 'ok', 7]) {
      await using stage = await Stage.open();
      const { uid } = stage.stream.addVideo(both);
      stage.stream.faults.add({
        route: 'downloads.list',
        fault: result({
          default: { status: 'ready', percentComplete: 100, url: 'https://a.example/v' },
          audio,
        }),
      });
      const step = await stage.run({ operation: 'list', type: 'default', 'video-id': uid });
      expect([step.exitCode, step.record.status]).toEqual([0, 'ready']);
      expect(stage.calls).toEqual(['GET downloads']);
    }
  });

  test('is waited for until it is ready', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ generateMs: 60_000 });
    stage.stream.faults.add({
      route: 'downloads.list',
      fault: result({ default: { status: 'postprocessing' } }),
      times: 2,
    });
    const step = await stage.run({ 'video-id': uid, wait: 'true', 'poll-interval': '20s' });
    expect([step.exitCode, step.record.status]).toEqual([0, 'ready']);
    expect(step.log.join('\n')).toContain('Cloudflare reports “postprocessing”');
  });
});

test.each([
  [{ duration: '12.4', requireSignedURLs: 'true', readyToStream: 'true' }, 1],
  [{ duration: null, requireSignedURLs: 'false', status: 'fine', meta: 'none' }, 0],
])('odd details of a video do not fail the step: %j', async (fields, tokens) => {
  await using stage = await Stage.open({ inputs: { 'signed-url': 'auto' } });
  const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
  stage.stream.faults.add({
    route: 'videos.get',
    fault: {
      kind: 'alter',
      alter: (json) => ({ ...Object(json), result: { ...Object(json).result, ...fields } }),
    },
    times: always,
  });
  const step = await stage.run({ 'video-id': uid, wait: 'true' });
  expect([step.exitCode, step.record.status]).toEqual([0, 'ready']);
  expect(stage.count('POST token')).toBe(tokens);
});

describe('the reason of a refusal', () => {
  const reason = 'This feature is not available on your plan';
  const refusing = async ({ call, pass }: { call: string; pass: () => Promise<Response> }) =>
    call === 'POST downloads' ? apiError(400, 10012, reason) : pass();

  test.each([
    ['the time limit', {}, { timeout: '20s' }, /time limit of 20 s/],
    [
      'the time limit while the video is processed',
      { phases: { encodeMs: 3_600_000 } },
      { timeout: '20s', type: 'default' },
      undefined,
    ],
    ['the last attempt', {}, {}, /6 times/],
  ])('is in the log and in the error after %s', async (_, video, inputs, message) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo(video);
    stage.intercept(refusing);
    const step = await stage.run({ 'video-id': uid, wait: 'true', ...inputs });
    expect(step.exitCode).toBe(1);
    if (!message) return;
    expect(step.message).toMatch(message);
    expect(step.message).toContain(`“${reason}” (code 10012, HTTP 400`);
    expect(step.record.error).toMatchObject({ code: 10012, httpStatus: 400 });
    expect(step.log.join('\n')).toContain(`Cloudflare refused to create the MP4: “${reason}”`);
  });

  test('is in the error after a cancellation', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    stage.intercept(refusing);
    const step = await stage.run({ 'video-id': uid, wait: 'true' }, { cancelAfterMs: 10_000 });
    expect(step.record.error).toMatchObject({ code: 10012, message: expect.stringContaining(reason) });
  });
});

test('the reason of a failure that is retried is in the log, and in the error after a cancellation', async () => {
  await using stage = await Stage.open();
  const { uid } = stage.stream.addVideo();
  const reason = 'The database is in maintenance until 06:00 UTC';
  stage.intercept(async () => apiError(503, 10500, reason));
  const step = await stage.run({ 'video-id': uid, wait: 'true' }, { cancelAfterMs: 10_000 });
  expect(step.log.join('\n')).toContain(
    `HTTP 503: “${reason}” (code 10500, Ray ID aaaabbbbccccdddd-LCL); next attempt`,
  );
  expect(step.message).toContain(`“${reason}”`);
  expect(step.record.error).toMatchObject({ code: 10500, httpStatus: 503, rayId: 'aaaabbbbccccdddd-LCL' });
});

test('a queued creation without a URL gets it from the list', async () => {
  await using stage = await Stage.open();
  const { uid } = stage.stream.addVideo();
  stage.stream.faults.add({ route: 'downloads.create', fault: result({ status: 'queued' }) });
  const step = await stage.run({ 'video-id': uid });
  expect([step.exitCode, step.record.status]).toEqual([0, 'inprogress']);
  expect(step.outputs['download-url']).toContain(`/${uid}/downloads/default.mp4`);
});

test.each([
  ['an upload of 5 hours', { durationSeconds: 5 * 3600 }],
  ['a live recording of 4 hours', { durationSeconds: 4 * 3600, liveInput: 'a'.repeat(32) }],
])(
  'only a live recording over 4 hours is too long: %s is refused with Cloudflare’s reason',
  async (_, video) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ ...video, refuseCreate: always });
    const step = await stage.run({ 'video-id': uid, wait: 'true' });
    expect(step.errors.map(({ title }) => title)).toEqual([failures['create-refused'].title]);
  },
);

test('a URL that does not work yet is explained', async () => {
  await using stage = await Stage.open();
  const [one, two] = [stage.stream.addVideo(), stage.stream.addVideo()];
  const step = await stage.run({ 'video-id': one.uid });
  expect(step.exitCode).toBe(0);
  expect(step.log.at(-2)).toMatch(/^The URL does not work yet.*`wait: true`/);
  const both = await stage.run({ 'video-id': `${one.uid} ${two.uid}` });
  expect(both.log.at(-2)).toMatch(/^2 of 2 URLs do not work yet/);
  const waited = await stage.run({ 'video-id': one.uid, wait: 'true' });
  expect(waited.log.join('\n')).not.toContain('not work yet');
});

test('a refusal of the list that does not come from Cloudflare is no answer that there is nothing', async () => {
  await using stage = await Stage.open();
  const { uid } = stage.stream.addVideo();
  stage.intercept(async ({ call, pass }) =>
    call === 'GET downloads' ? Response.json({ success: false, message: 'Policy' }, { status: 400 }) : pass(),
  );
  const step = await stage.run({ operation: 'list', 'video-id': uid });
  expect(step.exitCode).toBe(1);
  expect(step.message).toContain('The response was: “Policy” (HTTP 400)');
});
