import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, jest, test } from '@jest/globals';
import type { Fault } from '../../local-stream/faults.ts';
import { generatedMedia } from '../../local-stream/library/media.ts';
import type { VideoOptions } from '../../local-stream/library/video.ts';
import { failures } from '../../src/core/failure.ts';
import { piecesIn } from '../harness/pieces.ts';
import { runStep } from '../harness/run-step.ts';
import { SavingStage, sha256, testPatternFiles } from '../harness/saving-step.ts';
import { Stage, toldBy } from '../harness/step-on-stream.ts';

// The requests and the files are real: on a busy machine they take their time.
jest.setTimeout(20_000);

const both = { downloads: { default: 'ready', audio: 'ready' } } as const;
const ready = { downloads: { default: 'ready' } } as const;
const privately = { requireSignedURLs: true } as const;

const saved = {
  default: { size: testPatternFiles.default.byteLength, sha256: sha256(testPatternFiles.default) },
  audio: { size: testPatternFiles.audio.byteLength, sha256: sha256(testPatternFiles.audio) },
};

/** A film that takes some time: 2 MB, of which 20 kB come every 25 ms. */
const film = { sizeBytes: 2_000_000, seed: 3 };
const drip: Fault = { kind: 'drip', bytes: 20_000, everyMs: 25 };
const filmHash = sha256(Buffer.concat([...generatedMedia(film).read()]));

/** Adds a video whose file is a film that is ready. */
function addFilm({ stream }: SavingStage, options: VideoOptions = {}): string {
  return stream.addVideo({ media: { default: film }, ...ready, ...options }).uid;
}

/** Waits for something that is about to happen. */
async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await pause(5);
}

/** Does something right before the n-th request to the delivery host is made, counted from 1. */
function beforeDelivery(stage: SavingStage, number: number, act: () => void): void {
  let deliveries = 0;
  stage.intercept((input, init) => {
    if (String(input).startsWith(stage.stream.deliveryUrl) && ++deliveries === number) act();
    return fetch(input, init);
  });
}

describe('a step that saves', () => {
  test('creates the download, waits until it is ready and saves it, byte for byte', async () => {
    await using stage = await SavingStage.open();
    const { uid } = stage.stream.addVideo({
      phases: { encodeMs: 20_000 },
      generateMs: 10_000,
      name: 'Holiday',
    });
    const step = await stage.run({ 'video-id': uid, 'save-to': 'videos/' });
    expect(step.exitCode).toBe(0);
    expect(step.record).toEqual({
      videoId: uid,
      type: 'default',
      status: 'ready',
      percentComplete: 100,
      url: `${stage.stream.deliveryUrl}/${uid}/downloads/default.mp4`,
      file: 'videos/Holiday.mp4',
      ...saved.default,
    });
    expect(stage.files).toEqual(['videos/Holiday.mp4']);
    expect(stage.hash('videos/Holiday.mp4')).toBe(saved.default.sha256);
    expect(step.log.join('\n')).toMatch(
      /default: saved as videos\/Holiday\.mp4, 88 kB, SHA-256 [0-9a-f]{64}/,
    );
    expect(step.log.at(-1)).toBe('1 saved');
  });

  test('says so in its first line, and shows no file that is in transfer where it is done at once', async () => {
    await using stage = await SavingStage.open();
    const { uid } = stage.stream.addVideo(ready);
    const { log } = await stage.run({ 'video-id': uid, 'save-to': 'a.mp4' });
    expect(log[0]).toBe('create: default of 1 video, wait until ready and save, at most 30 min');
  });

  test('saves both types into a folder, which is there already or not', async () => {
    await using stage = await SavingStage.open();
    const { uid } = stage.stream.addVideo({ ...both, name: 'Über uns' });
    mkdirSync(join(stage.workspace, 'there'));
    for (const folder of ['there', 'not/yet/there/']) {
      const step = await stage.run({ 'video-id': uid, type: 'audio default', 'save-to': folder });
      const path = `${folder.replace(/\/$/, '')}/Über uns`;
      expect(step.records).toMatchObject([
        { type: 'audio', file: `${path}.m4a`, ...saved.audio },
        { type: 'default', file: `${path}.mp4`, ...saved.default },
      ]);
      expect(stage.hash(`${path}.mp4`)).toBe(saved.default.sha256);
      expect(stage.hash(`${path}.m4a`)).toBe(saved.audio.sha256);
    }
    expect(stage.files).toHaveLength(4);
  });

  test.each([
    ['a.mp4', 'a.mp4'],
    ['./x/../b', 'b.mp4'],
    ['{type}-{id}.{ext}', 'default-ID.mp4'],
    ['{id}/{name}', 'ID/Holiday.mp4'],
  ])('saves to %s', async (saveTo, file) => {
    await using stage = await SavingStage.open();
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    const step = await stage.run({ 'video-id': uid, 'save-to': saveTo });
    expect(step.record.file).toBe(file.replace('ID', uid));
    expect(stage.files).toEqual([file.replace('ID', uid)]);
    // One look tells the title and whether the video is private.
    expect(stage.count('videos.get')).toBe(1);
  });

  test('saves to RUNNER_TEMP, and tells the absolute path', async () => {
    await using stage = await SavingStage.open();
    const { uid } = stage.stream.addVideo(ready);
    const step = await stage.run({ 'video-id': uid, 'save-to': `${stage.temp}/a/{id}.mp4` });
    expect(step.record.file).toBe(`${stage.temp}/a/${uid}.mp4`);
    expect(stage.temporaryFiles).toEqual([`a/${uid}.mp4`]);
    expect(stage.files).toEqual([]);
  });

  test('saves several videos under names that do not depend on which is done first', async () => {
    const names = async (delaysMs: readonly number[]) => {
      await using stage = await SavingStage.open();
      const ids = delaysMs.map((generateMs) => stage.stream.addVideo({ generateMs, name: 'Holiday' }).uid);
      const step = await stage.run({ 'video-id': ids.join(), type: 'default audio', 'save-to': 'videos/' });
      expect(step.exitCode).toBe(0);
      expect(stage.files).toEqual(
        ids.flatMap((id) => [`videos/Holiday-${id}.m4a`, `videos/Holiday-${id}.mp4`]).toSorted(),
      );
      return step.records.map(({ file }) => file);
    };
    expect(await names([1000, 20_000, 40_000])).toEqual(await names([40_000, 20_000, 1000]));
  });

  test('replaces a file of an earlier run, and leaves everything else as it is', async () => {
    await using stage = await SavingStage.open();
    const { uid } = stage.stream.addVideo(ready);
    writeFileSync(join(stage.workspace, 'a.mp4'), 'old');
    writeFileSync(join(stage.workspace, 'b.mp4'), 'other');
    const step = await stage.run({ 'video-id': uid, 'save-to': 'a.mp4' });
    expect(step.exitCode).toBe(0);
    expect(stage.hash('a.mp4')).toBe(saved.default.sha256);
    expect(readFileSync(join(stage.workspace, 'b.mp4'), 'utf8')).toBe('other');
  });

  test('saves the default while the audio is still being generated', async () => {
    await using stage = await SavingStage.open();
    const startMs = stage.clock.epochMs();
    const { uid } = stage.stream.addVideo({ generateMs: { default: 2000, audio: 400_000 } });
    const step = await stage.run({ 'video-id': uid, type: 'audio default', 'save-to': 'videos/' });
    expect(step.exitCode).toBe(0);
    const [first, second] = stage.deliveries;
    expect([first?.path, second?.path]).toEqual([
      expect.stringMatching(/default\.mp4$/),
      expect.stringMatching(/audio\.m4a$/),
    ]);
    expect((first?.at ?? Infinity) - startMs).toBeLessThan(400_000);
    expect((second?.at ?? 0) - startMs).toBeGreaterThanOrEqual(400_000);
    const line = (text: string) => step.log.findIndex((one) => one.includes(text));
    expect(line('default: saved as')).toBeLessThan(line('audio: ready'));
  });

  test.each([1, 2])('has at most %d files in transfer at once', async (concurrency) => {
    await using stage = await SavingStage.open();
    let open = 0;
    let most = 0;
    stage.intercept(async (input, init) => {
      if (!String(input instanceof Request ? input.url : input).startsWith(stage.stream.deliveryUrl))
        return fetch(input, init);
      most = Math.max(most, ++open);
      const response = await fetch(input, init);
      const body = response.body?.pipeThrough(
        new TransformStream({
          flush: () => {
            open--;
          },
        }),
      );
      return new Response(body ?? null, response);
    });
    stage.stream.faults.add({ route: 'delivery.get', times: Infinity, fault: { ...drip, bytes: 400_000 } });
    const ids = Array.from({ length: 5 }, () => addFilm(stage));
    const step = await stage.run({ 'video-id': ids.join(), 'save-to': 'v/', concurrency: `${concurrency}` });
    expect(step.records.map(({ sha256: hash }) => hash)).toEqual(ids.map(() => filmHash));
    expect(most).toBe(concurrency);
  });

  test('sends the delivery host no credentials, and asks for no encoding', async () => {
    await using stage = await SavingStage.open();
    const { uid } = stage.stream.addVideo({ ...both, ...privately });
    await stage.run({ 'video-id': uid, type: 'default audio', 'save-to': 'v/' });
    expect(stage.deliveries).toHaveLength(2);
    for (const { headers } of stage.deliveries) {
      expect(Object.keys(headers).filter((name) => /auth|cookie/.test(name))).toEqual([]);
      expect(headers).toMatchObject({ 'accept-encoding': 'identity', 'user-agent': /^stream-downloads\// });
    }
  });

  test('tells every 10 s how far its files have come', async () => {
    await using stage = await SavingStage.open();
    stage.stream.faults.add({ route: 'delivery.get', fault: drip });
    const step = await stage.run({ 'video-id': addFilm(stage), 'save-to': 'a.mp4' });
    expect(step.exitCode).toBe(0);
    const lines = step.log.filter((line) => line.startsWith('saving '));
    expect(lines.length).toBeGreaterThan(10);
    const form =
      /^saving default: [\d.]+ (bytes?|kB|MB)( of 2 MB, \d+ %)?(, [\d.]+ (bytes?|kB|MB)\/s)?(, about .* left)?$/;
    for (const line of lines) expect(line).toMatch(form);
    expect(lines.join('\n')).toMatch(/ [\d.]+ [kM]B of 2 MB, \d+ %, [\d.]+ kB\/s, about .* left$/m);
  });
});

test('a line about files in transfer names none that still waits for its place', async () => {
  await using stage = await SavingStage.open();
  stage.stream.faults.add({ route: 'delivery.get', times: Infinity, fault: { ...drip, bytes: 100_000 } });
  const ids = [addFilm(stage), addFilm(stage), addFilm(stage)];
  const step = await stage.run({ 'video-id': ids.join(), 'save-to': 'v/', concurrency: '1' });
  const lines = step.log.filter((line) => line.startsWith('saving '));
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.filter((line) => line.includes(';'))).toEqual([]);
});

describe('a list that saves', () => {
  test('saves what is ready, and what is after a wait', async () => {
    await using stage = await SavingStage.open();
    const { uid } = stage.stream.addVideo({
      downloads: { default: 'ready', audio: 'inprogress' },
      generateMs: 30_000,
      name: 'Holiday',
    });
    const step = await stage.run({ operation: 'list', 'video-id': uid, 'save-to': 'v/' });
    expect(step.exitCode).toBe(0);
    expect(step.records).toMatchObject([
      { type: 'default', file: 'v/Holiday.mp4', ...saved.default },
      { type: 'audio', file: 'v/Holiday.m4a', ...saved.audio },
    ]);
    expect(stage.count('downloads.create')).toBe(0);
  });

  test('fails for a type that was asked for and is not there, and saves the other', async () => {
    await using stage = await SavingStage.open();
    const { uid } = stage.stream.addVideo(ready);
    const step = await stage.run({
      operation: 'list',
      'video-id': uid,
      type: 'default audio',
      'save-to': 'v/',
    });
    expect(step.exitCode).toBe(1);
    expect(step.records).toMatchObject([
      { type: 'default', status: 'ready', ...saved.default },
      { type: 'audio', status: 'none', error: { message: expect.stringContaining('no audio download') } },
    ]);
    expect(step.errors.map(({ title }) => title)).toEqual(['There is no download to save']);
    expect(stage.files).toHaveLength(1);
  });

  test('fails for a video without any download, and goes on with the next', async () => {
    await using stage = await SavingStage.open();
    const ids = [{}, ready].map((options) => stage.stream.addVideo(options).uid);
    const step = await stage.run({ operation: 'list', 'video-id': ids.join(), 'save-to': 'v/' });
    expect(step.records).toMatchObject([
      { type: '', status: 'none', error: { message: expect.stringContaining('no download') } },
      { type: 'default', ...saved.default },
    ]);
    expect(step.outputs).toMatchObject({ count: '2', failed: '1' });
    expect(step.errors[0]?.message).toContain('operation: create');
  });

  test('fails for a download in error', async () => {
    await using stage = await SavingStage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'error', audio: 'ready' } });
    const step = await stage.run({ operation: 'list', 'video-id': uid, 'save-to': 'v/' });
    expect(step.records).toMatchObject([
      { status: 'error', error: {} },
      { status: 'ready', ...saved.audio },
    ]);
    expect(step.errors).toHaveLength(1);
  });
});

test('a deletion saves nothing: that is an input error, before any request', async () => {
  await using stage = await SavingStage.open();
  const { uid } = stage.stream.addVideo(ready);
  const step = await stage.run({ operation: 'delete', 'video-id': uid, 'save-to': 'v/' });
  expect([step.exitCode, step.records]).toEqual([1, []]);
  expect(step.errors[0]?.message).toMatch(/^`save-to`: nothing can be saved with `operation: delete`/);
  expect(stage.stream.requests).toEqual([]);
});

describe('a private video', () => {
  test('is saved through its signed URL', async () => {
    await using stage = await SavingStage.open();
    const { uid } = stage.stream.addVideo({ ...both, ...privately });
    const step = await stage.run({
      'video-id': uid,
      type: 'default audio',
      'save-to': 'v/',
      filename: 'holiday',
    });
    expect(step.records).toMatchObject([saved.default, saved.audio]);
    for (const { expiresAt, url } of step.records) {
      expect(expiresAt).toBeDefined();
      expect(new URL(url ?? '').searchParams.get('filename')).toBe('holiday');
    }
    expect(stage.count('tokens.create')).toBe(1);
  });

  test('cannot be saved where its URL is never signed, which is told', async () => {
    await using stage = await SavingStage.open();
    const { uid } = stage.stream.addVideo({ ...ready, ...privately });
    const step = await stage.run({ 'video-id': uid, 'save-to': 'v/', 'signed-url': 'never' });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'ready', error: { httpStatus: 401 } });
    expect(step.errors.map(({ title }) => title)).toEqual([failures['private-video'].title]);
    expect(step.message).toContain('`signed-url: auto`');
    expect(stage.count('tokens.create')).toBe(0);
    expect(stage.files).toEqual([]);
  });

  test('is saved whole though its token is revoked half-way', async () => {
    await using stage = await SavingStage.open();
    const uid = addFilm(stage, privately);
    stage.stream.faults.add({ route: 'delivery.get', fault: { kind: 'cut', bytes: 1_000_000 } });
    beforeDelivery(stage, 2, () => stage.stream.revokeTokens());
    const step = await stage.run({ 'video-id': uid, 'save-to': 'a.mp4' });
    expect(step.exitCode).toBe(0);
    expect(step.record).toMatchObject({ size: film.sizeBytes, sha256: filmHash });
    expect(stage.count('tokens.create')).toBe(2);
    expect(stage.deliveries.map(({ status }) => status)).toEqual([200, 401, 206]);
    // What is handed on is the URL that works.
    const response = await fetch(step.record.url ?? '', { method: 'HEAD' });
    expect(response.status).toBe(200);
  });

  test('is saved in both types though their token is revoked while both are in transfer', async () => {
    await using stage = await SavingStage.open();
    const { uid } = stage.stream.addVideo({ ...both, ...privately, media: { default: film, audio: film } });
    stage.stream.faults.add({ route: 'delivery.get', fault: { kind: 'cut', bytes: 1_000_000 }, times: 2 });
    beforeDelivery(stage, 3, () => stage.stream.revokeTokens());
    const step = await stage.run({ 'video-id': uid, type: 'default audio', 'save-to': 'v/' });
    expect(step.records.map(({ sha256: hash }) => hash)).toEqual([filmHash, filmHash]);
    for (const { url } of step.records) {
      const response = await fetch(url ?? '', { method: 'HEAD' });
      expect(response.status).toBe(200);
    }
  });

  test('or a public one is saved through a signed URL where that is asked for', async () => {
    await using stage = await SavingStage.open();
    const { uid } = stage.stream.addVideo(ready);
    const step = await stage.run({ 'video-id': uid, 'save-to': 'a.mp4', 'signed-url': 'always' });
    expect(step.record).toMatchObject({ ...saved.default, expiresAt: expect.any(String) });
    expect(stage.deliveries[0]?.path).toMatch(/^\/eyJ/);
    expect(stage.count('videos.get')).toBe(0);
  });

  test('is saved though it became private after it was looked at', async () => {
    await using stage = await SavingStage.open();
    const uid = addFilm(stage, privately);
    let looks = 0;
    stage.intercept(async (input, init) => {
      const response = await fetch(input, init);
      const { url } = response;
      if (!url.endsWith(`/stream/${uid}`) || looks++ > 0) return response;
      return new Response(
        (await response.text()).replace('"requireSignedURLs":true', '"requireSignedURLs":false'),
      );
    });
    const step = await stage.run({ 'video-id': uid, 'save-to': 'a.mp4' });
    expect([looks, step.record]).toMatchObject([2, { sha256: filmHash, expiresAt: expect.any(String) }]);
  });

  test('fails where the token may not sign, and stays ready', async () => {
    await using stage = await SavingStage.open();
    const { uid } = stage.stream.addVideo({ ...ready, ...privately });
    const inputs = { operation: 'list', 'video-id': uid, 'save-to': 'v/' };
    const step = await stage.run({ ...inputs, 'api-token': stage.stream.readOnlyToken });
    expect([step.exitCode, step.warnings]).toEqual([1, []]);
    expect(step.record).toMatchObject({ status: 'ready', error: { httpStatus: 403 } });
    expect(step.errors.map(({ title }) => title)).toEqual(['The token lacks a permission']);
    expect(stage.deliveries).toEqual([]);
  });

  test('has its token whole in no text that people read, also where the delivery host repeats it', async () => {
    await using stage = await SavingStage.open();
    const { uid } = stage.stream.addVideo({ ...ready, ...privately, name: 'Holiday' });
    for (const repeat of [
      (url: string) => new Response(null, { status: 302, headers: { location: url } }),
      (url: string) =>
        new Response(`no such file: ${url}`, { status: 410, headers: { 'content-type': 'text/plain' } }),
    ]) {
      const tokens = new Set<string>();
      stage.intercept(async (input, init) => {
        const url = input instanceof Request ? input.url : String(input);
        if (!url.startsWith(stage.stream.deliveryUrl)) return fetch(input, init);
        tokens.add(new URL(url).pathname.split('/')[1] ?? '');
        return repeat(url);
      });
      const step = await stage.run({ 'video-id': uid, 'save-to': 'v/' });
      const [token = ''] = tokens;
      expect([step.exitCode, tokens.size]).toEqual([1, 1]);
      expect(step.message).toContain('/eyJhb…');
      expect(piecesIn(toldBy(step), token)).toEqual([]);
      expect(piecesIn(step.message, token)).toEqual([]);
      expect(step.outputs['download-url']).toContain(token);
      expect(readFileSync(step.outputs['results-file'] ?? '', 'utf8')).toContain(token);
    }
  });
});

describe('a file that cannot be saved', () => {
  const wrong: readonly [string, Fault, string][] = [
    ['is refused', { kind: 'status', status: 403 }, 'The delivery host refused the file'],
    ['was not made', { kind: 'status', status: 424 }, 'Cloudflare failed to make the file'],
    ['is not there', { kind: 'status', status: 404 }, 'The delivery host does not have the file'],
    [
      'is a page',
      { kind: 'status', status: 200, contentType: 'text/html', body: '<html>' },
      'What came is not the file',
    ],
    [
      'is something else',
      { kind: 'status', status: 200, contentType: 'video/mp4', body: 'x'.repeat(99) },
      'What came is not the file',
    ],
    ['never comes', { kind: 'cut', bytes: 0 }, 'The delivery host could not be reached'],
    ['is reset', { kind: 'reset' }, 'The delivery host could not be reached'],
    [
      'comes with a fault',
      { kind: 'status', status: 503 },
      'The delivery host answered with a fault of its own',
    ],
  ];

  test.each(wrong)(
    'since it %s leaves the download ready, with an error and without a file',
    async (_, fault, title) => {
      await using stage = await SavingStage.open();
      const { uid } = stage.stream.addVideo(ready);
      stage.stream.faults.add({ route: 'delivery.get', fault, times: Infinity });
      const step = await stage.run({ 'video-id': uid, 'save-to': 'new/folder/' });
      expect(step.exitCode).toBe(1);
      expect(step.record).toMatchObject({
        status: 'ready',
        percentComplete: 100,
        url: expect.stringContaining(uid),
      });
      expect(step.message).toMatch(/Could not save the default download: /);
      expect(step.errors.map((one) => one.title)).toEqual([title]);
      expect(step.outputs).toMatchObject({ file: '', size: '', sha256: '', count: '1', failed: '1' });
      expect(stage.files).toEqual([]);
    },
  );

  test('stops neither the other videos nor the other type', async () => {
    await using stage = await SavingStage.open();
    const [bad, good] = [both, both].map((options) => stage.stream.addVideo(options).uid);
    stage.stream.faults.add({
      route: 'delivery.get',
      video: bad ?? '',
      type: 'default',
      fault: { kind: 'status', status: 403 },
      times: Infinity,
    });
    const step = await stage.run({
      'video-id': `${bad},${good},${'f'.repeat(32)}`,
      type: 'default audio',
      'save-to': 'v/',
      concurrency: '1',
    });
    expect(step.records.map(({ file, status }) => [status, file !== undefined])).toEqual([
      ['ready', false],
      ['ready', true],
      ['ready', true],
      ['ready', true],
      ['failed', false],
      ['failed', false],
    ]);
    expect(step.outputs).toMatchObject({ count: '6', failed: '3' });
    expect(stage.files).toHaveLength(3);
  });

  test('since another one has its name fails, names both and leaves the first', async () => {
    await using stage = await SavingStage.open();
    const [first = '', second = ''] = ['Holiday', 'holiday'].map(
      (name) => stage.stream.addVideo({ ...ready, name }).uid,
    );
    const step = await stage.run({ 'video-id': `${first},${second}`, 'save-to': '{name}.mp4' });
    expect(step.exitCode).toBe(1);
    const failed = step.records.find(({ error }) => error);
    const other = step.records.find(({ error }) => !error);
    expect(other).toMatchObject(saved.default);
    expect(failed?.error?.message).toContain(`video ${other?.videoId}`);
    expect(failed?.error?.message).toContain(`Video ${failed?.videoId}`);
    expect(failed?.error?.message).toContain('{id}');
    expect(stage.files).toEqual([other?.file]);
  });

  test('since its video was deleted meanwhile fails', async () => {
    await using stage = await SavingStage.open();
    const uid = addFilm(stage);
    stage.stream.faults.add({ route: 'delivery.get', fault: { kind: 'cut', bytes: 500_000 } });
    beforeDelivery(stage, 2, () => stage.stream.removeVideo(uid));
    const step = await stage.run({ 'video-id': uid, 'save-to': 'v/', timeout: '10m' });
    expect(step.exitCode).toBe(1);
    expect(step.errors.map(({ title }) => title)).toEqual(['The delivery host does not have the file']);
    expect(step.record).not.toHaveProperty('file');
    expect(stage.files).toEqual([]);
  });

  test('since its video was deleted before it was looked at is `failed`', async () => {
    await using stage = await SavingStage.open();
    const uid = addFilm(stage);
    stage.intercept(async (input, init) => {
      const response = await fetch(input, init);
      if (response.url.endsWith('/downloads')) stage.stream.removeVideo(uid);
      return response;
    });
    const step = await stage.run({ operation: 'list', 'video-id': uid, 'save-to': 'v/' });
    expect(step.record).toMatchObject({ status: 'failed', url: null });
    expect(step.errors.map(({ title }) => title)).toEqual(['The account has no such video']);
  });

  test('since a folder is in its place is told with what to write', async () => {
    await using stage = await SavingStage.open();
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    mkdirSync(join(stage.workspace, 'Holiday.mp4'));
    const step = await stage.run({ 'video-id': uid, 'save-to': '{name}.mp4' });
    expect(step.message).toContain('it is a folder');
    expect(step.record.status).toBe('ready');
  });
});

describe('a step that ends in the midst of saving', () => {
  /** What must be true of a step that was cut short, whatever cut it. */
  function expectCutShort(
    stage: SavingStage,
    step: Awaited<ReturnType<SavingStage['run']>>,
    why: string,
  ): void {
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'ready', percentComplete: 100, url: expect.any(String) });
    expect(step.message).toContain(why);
    expect(step.message).toMatch(/; \d+ kB of 2 MB of the default download had come\./);
    expect(step.outputs).toMatchObject({ file: '', size: '', sha256: '', failed: '1' });
    expect(stage.files).toEqual([]);
  }

  test('at its time limit tells how far it had come, and leaves nothing', async () => {
    await using stage = await SavingStage.open();
    stage.stream.faults.add({ route: 'delivery.get', fault: drip, times: Infinity });
    const step = await stage.run({ 'video-id': addFilm(stage), 'save-to': 'v/', timeout: '200s' });
    expectCutShort(stage, step, 'The time limit of 3 min 20 s was reached');
  });

  test('cancelled tells how far it had come, and leaves nothing', async () => {
    await using stage = await SavingStage.open();
    stage.stream.faults.add({ route: 'delivery.get', fault: drip, times: Infinity });
    const interrupt = new AbortController();
    const running = stage.run(
      { 'video-id': addFilm(stage), 'save-to': 'v/' },
      { interrupt: interrupt.signal },
    );
    await until(() => stage.deliveries.length > 0);
    await pause(200);
    const cancelledMs = performance.now();
    interrupt.abort('SIGTERM');
    const step = await running;
    expect(performance.now() - cancelledMs).toBeLessThan(1000);
    expectCutShort(stage, step, 'The run was cancelled (SIGTERM)');
  });

  test('keeps what was saved before', async () => {
    await using stage = await SavingStage.open();
    stage.stream.faults.add({ route: 'delivery.get', type: 'default', fault: drip, times: Infinity });
    const uid = addFilm(stage, both);
    const step = await stage.run({
      'video-id': uid,
      type: 'default audio',
      'save-to': 'v/',
      timeout: '200s',
    });
    expect(step.exitCode).toBe(1);
    expect(step.records[0]?.error?.message).toContain('had come');
    expect(step.records[1]).toMatchObject(saved.audio);
    expect(step.outputs).toMatchObject({ count: '2', failed: '1' });
    expect(stage.files).toEqual([step.records[1]?.file]);
  });

  test('before a file had its turn does not begin it', async () => {
    await using stage = await SavingStage.open();
    stage.stream.faults.add({ route: 'delivery.get', fault: drip, times: Infinity });
    const ids = [addFilm(stage), addFilm(stage)];
    const step = await stage.run({
      'video-id': ids.join(),
      'save-to': 'v/',
      timeout: '200s',
      concurrency: '1',
    });
    expect(step.outputs).toMatchObject({ count: '2', failed: '2' });
    expect(stage.deliveries).toHaveLength(1);
    for (const { error } of step.records) expect(error?.message).toContain('time limit');
    expect(stage.files).toEqual([]);
  });

  test('while it waits for a next attempt tells why it had failed', async () => {
    await using stage = await SavingStage.open();
    const { uid } = stage.stream.addVideo(ready);
    stage.stream.faults.add({
      route: 'delivery.get',
      times: Infinity,
      fault: { kind: 'status', status: 503, headers: { 'retry-after': '3600' } },
    });
    const step = await stage.run({ 'video-id': uid, 'save-to': 'v/' });
    expect(step.message).toContain('would be past the time limit');
    expect(step.message).toContain('503');
    expect(step.record.status).toBe('ready');
  });
});

describe('more records than an output holds', () => {
  test('are in the results file, of which a warning tells', async () => {
    await using stage = await Stage.open();
    const ids = Array.from({ length: 700 }, () => stage.stream.addVideo(both).uid);
    const step = await stage.run({
      operation: 'list',
      'video-id': ids.join(' '),
      filename: 'x'.repeat(120),
      concurrency: '16',
    });
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toMatchObject({ count: '1400', failed: '0', 'video-id': ids[0] });
    expect(step.records.map(({ type, videoId }) => `${videoId} ${type}`)).toEqual(
      ids.flatMap((id) => [`${id} default`, `${id} audio`]),
    );
    const published = JSON.parse(step.outputs['downloads'] ?? '') as unknown[];
    expect(published.length).toBeGreaterThan(500);
    expect(published.length).toBeLessThan(1400);
    expect(step.outputs['downloads']?.length).toBeLessThanOrEqual(250_000);
    expect(step.warnings).toEqual([expect.stringContaining(`the first ${published.length} of 1400 records`)]);
    expect(step.warnings[0]).toContain('`results-file`');
  });

  test('that failed are told with where all of them are', async () => {
    await using stage = await Stage.open();
    const ids = Array.from({ length: 1200 }, (_, index) => index.toString(16).padStart(32, '0'));
    const step = await stage.run({ operation: 'list', 'video-id': ids.join(' '), concurrency: '16' });
    expect(step.outputs).toMatchObject({ count: '1200', failed: '1200' });
    const published = JSON.parse(step.outputs['downloads'] ?? '') as unknown[];
    expect(published.length).toBeLessThan(1200);
    expect(step.errors.at(-1)?.message).toContain('1191 more failures');
    expect(step.errors.at(-1)?.message).toContain('results-file');
  });
});

test('a results file that cannot be written fails the step, and the outputs are written', async () => {
  await using stage = await SavingStage.open();
  const { stream } = stage;
  const { uid } = stream.addVideo(ready);
  // No Stage: there is no file for it to read.
  const step = await runStep({
    inputs: {
      'account-id': stream.accountId,
      'api-token': stream.token,
      'api-url': stream.apiUrl,
      'video-id': uid,
      'save-to': 'v/',
    },
    env: { GITHUB_WORKSPACE: stage.workspace, RUNNER_TEMP: '/there/is/no/such/folder' },
    clock: stage.clock,
    fetch,
  });
  expect(step.exitCode).toBe(1);
  expect(step.errors).toEqual([
    {
      title: 'The outputs could not be written',
      message: expect.stringContaining('/there/is/no/such/folder'),
    },
  ]);
  expect(step.outputs).toMatchObject({ 'results-file': '', file: `v/${uid}.mp4`, count: '1', failed: '0' });
  expect(stage.files).toEqual([`v/${uid}.mp4`]);
});
