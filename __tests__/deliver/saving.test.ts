import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { blocked, type Fault, rateLimited } from '../../local-stream/faults.ts';
import { generatedMedia } from '../../local-stream/library/media.ts';
import type { VideoOptions } from '../../local-stream/library/video.ts';
import { failures } from '../../src/core/failures/table.ts';
import { leakedParts } from '../harness/leaked-parts.ts';
import { testPattern as saved, sha256 } from '../harness/media.ts';
import { changeResult, slowed } from '../harness/responses.ts';
import { runStep, textOf } from '../harness/run-step.ts';
import { Stage, type StagedStep } from '../harness/stage.ts';
import { both, privately, ready } from '../harness/videos.ts';

/** With the action's default for `signed-url`: the URLs of private videos are signed. */
const signing = { inputs: { 'signed-url': 'auto' } } as const;

/** 2 MB, which take 500 s with `slowDeliveries`. */
const film = { sizeBytes: 2_000_000, seed: 3 };
const filmHash = sha256(Buffer.concat([...generatedMedia(film).read()]));

/** Adds a video whose default download is ready and is the film. */
function addFilm({ stream }: Stage, options: VideoOptions = {}): string {
  return stream.addVideo({ media: { default: film }, ...ready, ...options }).uid;
}

/** Limits deliveries to `bytes` every 5 s. */
function slowDeliveries(stage: Stage, bytes = 20_000, file = ''): void {
  stage.intercept((request) =>
    request.call === 'GET delivery' && request.url.endsWith(file)
      ? slowed(request, stage.clock, { bytes, everyMs: 5000 })
      : request.pass(),
  );
}

/** Calls `act` right before the n-th request to the delivery host, counted from 1. */
function beforeDelivery(stage: Stage, number: number, act: () => void): void {
  let deliveries = 0;
  stage.intercept(({ call, pass }) => {
    if (call === 'GET delivery' && ++deliveries === number) act();
    return pass();
  });
}

describe('a step that saves', () => {
  test('creates the download, waits until it is ready and saves it, byte for byte', async () => {
    await using stage = await Stage.open(signing);
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
      name: 'Holiday',
      status: 'ready',
      percentComplete: 100,
      url: `${stage.stream.deliveryUrl}/${uid}/downloads/default.mp4`,
      file: 'videos/Holiday.mp4',
      ...saved.default,
    });
    expect(stage.files).toEqual(['videos/Holiday.mp4']);
    expect(stage.hash('videos/Holiday.mp4')).toBe(saved.default.sha256);
    expect(step.log.join('\n')).toMatch(
      /"Holiday" \(3b85…\) · saved videos\/Holiday\.mp4, 87\.5 kB in \d+ ms/,
    );
    expect(step.log.at(-1)).toBe('1 saved to videos/, 87.5 kB, in 31 s');
  });

  test('announces it in the first line of the log', async () => {
    await using stage = await Stage.open(signing);
    const { uid } = stage.stream.addVideo(ready);
    const { log } = await stage.run({ 'video-id': uid, 'save-to': 'a.mp4' });
    expect(log[0]).toBe(`create MP4 of video ${uid}, wait until ready, save to a.mp4; timeout: 30 min`);
  });

  test('saves both types into a folder, whether it exists or not', async () => {
    await using stage = await Stage.open(signing);
    const { uid } = stage.stream.addVideo({ ...both, name: 'Über uns' });
    mkdirSync(join(stage.workspace, 'existing'));
    for (const folder of ['existing', 'new/nested/']) {
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
    await using stage = await Stage.open(signing);
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    const step = await stage.run({ 'video-id': uid, 'save-to': saveTo });
    expect(step.record.file).toBe(file.replace('ID', uid));
    expect(stage.files).toEqual([file.replace('ID', uid)]);
    // One request for the details gives both the title and whether the video is private.
    expect(stage.count('GET')).toBe(1);
  });

  test('saves to RUNNER_TEMP, and reports the absolute path', async () => {
    await using stage = await Stage.open(signing);
    const { uid } = stage.stream.addVideo(ready);
    const step = await stage.run({ 'video-id': uid, 'save-to': `${stage.temp}/a/{id}.mp4` });
    expect(step.record.file).toBe(`${stage.temp}/a/${uid}.mp4`);
    expect(stage.temporaryFiles).toEqual([`a/${uid}.mp4`]);
    expect(stage.files).toEqual([]);
  });

  test('saves several videos under names that do not depend on the order in which they become ready', async () => {
    const names = async (delaysMs: readonly number[]) => {
      await using stage = await Stage.open(signing);
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

  test('replaces a file of an earlier run, and changes no other file', async () => {
    await using stage = await Stage.open(signing);
    const { uid } = stage.stream.addVideo(ready);
    writeFileSync(join(stage.workspace, 'a.mp4'), 'old');
    writeFileSync(join(stage.workspace, 'b.mp4'), 'other');
    const step = await stage.run({ 'video-id': uid, 'save-to': 'a.mp4' });
    expect(step.exitCode).toBe(0);
    expect(stage.hash('a.mp4')).toBe(saved.default.sha256);
    expect(readFileSync(join(stage.workspace, 'b.mp4'), 'utf8')).toBe('other');
  });

  test('saves the default while the audio is still being generated', async () => {
    await using stage = await Stage.open(signing);
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
    const indexOf = (text: string) => step.log.findIndex((line) => line.includes(text));
    expect(indexOf('saved videos/')).toBeLessThan(indexOf('M4A ready'));
  });

  test.each([1, 2])('has at most %d files in transfer at once', async (concurrency) => {
    await using stage = await Stage.open(signing);
    let open = 0;
    let most = 0;
    stage.intercept(async (request) => {
      if (request.call !== 'GET delivery') return request.pass();
      most = Math.max(most, ++open);
      const response = await slowed(request, stage.clock, { bytes: 400_000, everyMs: 5000 });
      const body = response.body?.pipeThrough(
        new TransformStream({
          flush: () => {
            open--;
          },
        }),
      );
      return new Response(body ?? null, response);
    });
    const ids = Array.from({ length: 5 }, () => addFilm(stage));
    const step = await stage.run({ 'video-id': ids.join(), 'save-to': 'v/', concurrency: `${concurrency}` });
    expect(step.records.map(({ sha256: hash }) => hash)).toEqual(ids.map(() => filmHash));
    expect(most).toBe(concurrency);
  });

  test('sends the delivery host no credentials, and requests no encoding', async () => {
    await using stage = await Stage.open(signing);
    const { uid } = stage.stream.addVideo({ ...both, ...privately });
    await stage.run({ 'video-id': uid, type: 'default audio', 'save-to': 'v/' });
    expect(stage.deliveries).toHaveLength(2);
    for (const { headers } of stage.deliveries) {
      expect(Object.keys(headers).filter((name) => /auth|cookie/.test(name))).toEqual([]);
      expect(headers).toMatchObject({
        'accept-encoding': 'identity',
        'user-agent': expect.stringMatching(/^stream-downloads\//),
      });
    }
  });

  test('logs the progress of its transfers', async () => {
    await using stage = await Stage.open(signing);
    slowDeliveries(stage);
    const step = await stage.run({ 'video-id': addFilm(stage), 'save-to': 'a.mp4' });
    expect(step.exitCode).toBe(0);
    const lines = step.log.filter((line) => line.startsWith('saving '));
    expect(lines.length).toBeGreaterThan(10);
    const form =
      /^saving MP4: [█░]{16}( \d+ %,)? [\d.]+ (bytes?|kB|MB)( of 2 MB)?(, [\d.]+ (bytes?|kB|MB)\/s)?(, about .* left)?$/;
    for (const line of lines) expect(line).toMatch(form);
    expect(lines.join('\n')).toMatch(/ \d+ %, [\d.]+ [kM]B of 2 MB, [\d.]+ kB\/s, about .* left$/m);
  });
});

test('a log line about transfers names no file that is still queued', async () => {
  await using stage = await Stage.open(signing);
  slowDeliveries(stage, 100_000);
  const ids = [addFilm(stage), addFilm(stage), addFilm(stage)];
  const step = await stage.run({ 'video-id': ids.join(), 'save-to': 'v/', concurrency: '1' });
  const lines = step.log.filter((line) => line.startsWith('saving '));
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.filter((line) => line.includes(';'))).toEqual([]);
});

describe('a list that saves', () => {
  test('saves ready downloads at once, and others after a wait', async () => {
    await using stage = await Stage.open(signing);
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
    expect(stage.count('POST downloads')).toBe(0);
  });

  test('fails for a requested type that does not exist, and saves the other', async () => {
    await using stage = await Stage.open(signing);
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
      { type: 'audio', status: 'none', error: { message: expect.stringContaining('no M4A download') } },
    ]);
    expect(step.errors.map(({ title }) => title)).toEqual(['There is no download to save']);
    expect(stage.files).toHaveLength(1);
  });

  test('fails for a video without downloads, and continues with the next', async () => {
    await using stage = await Stage.open(signing);
    const ids = [{}, ready].map((options) => stage.stream.addVideo(options).uid);
    const step = await stage.run({ operation: 'list', 'video-id': ids.join(), 'save-to': 'v/' });
    expect(step.records).toMatchObject([
      { type: '', status: 'none', error: { message: expect.stringContaining('no download') } },
      { type: 'default', ...saved.default },
    ]);
    expect(step.outputs).toMatchObject({ count: '2', failed: '1' });
    expect(step.errors[0]?.message).toContain('operation: create');
  });

  test('fails for a download in status error', async () => {
    await using stage = await Stage.open(signing);
    const { uid } = stage.stream.addVideo({ downloads: { default: 'error', audio: 'ready' } });
    const step = await stage.run({ operation: 'list', 'video-id': uid, 'save-to': 'v/' });
    expect(step.records).toMatchObject([
      { status: 'error', error: {} },
      { status: 'ready', ...saved.audio },
    ]);
    expect(step.errors).toHaveLength(1);
  });
});

test('saving with `operation: delete` is an input error, before any request', async () => {
  await using stage = await Stage.open(signing);
  const { uid } = stage.stream.addVideo(ready);
  const step = await stage.run({ operation: 'delete', 'video-id': uid, 'save-to': 'v/' });
  expect([step.exitCode, step.records]).toEqual([1, []]);
  expect(step.errors[0]?.message).toMatch(/^`save-to`: nothing can be saved with `operation: delete`/);
  expect(stage.stream.requests).toEqual([]);
});

describe('a private video', () => {
  test('is saved through its signed URL', async () => {
    await using stage = await Stage.open(signing);
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
    expect(stage.count('POST token')).toBe(1);
  });

  test('fails with the advice to sign its URL if `signed-url` is `never`', async () => {
    await using stage = await Stage.open(signing);
    const { uid } = stage.stream.addVideo({ ...ready, ...privately });
    const step = await stage.run({ 'video-id': uid, 'save-to': 'v/', 'signed-url': 'never' });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'ready', error: { httpStatus: 401 } });
    expect(step.errors.map(({ title }) => title)).toEqual([failures['private-video'].title]);
    expect(step.message).toContain('`signed-url: auto`');
    expect(stage.count('POST token')).toBe(0);
    expect(stage.files).toEqual([]);
  });

  test('is saved completely even if its token is revoked during the transfer', async () => {
    await using stage = await Stage.open(signing);
    const uid = addFilm(stage, privately);
    stage.stream.faults.add({ route: 'delivery.get', fault: { kind: 'cut', bytes: 1_000_000 } });
    beforeDelivery(stage, 2, () => stage.stream.revokeTokens());
    const step = await stage.run({ 'video-id': uid, 'save-to': 'a.mp4' });
    expect(step.exitCode).toBe(0);
    expect(step.record).toMatchObject({ size: film.sizeBytes, sha256: filmHash });
    expect(stage.count('POST token')).toBe(2);
    expect(stage.deliveries.map(({ status }) => status)).toEqual([200, 401, 206]);
    // The record has the URL that works.
    const response = await fetch(step.record.url ?? '', { method: 'HEAD' });
    expect(response.status).toBe(200);
  });

  test('is saved in both types even if their token is revoked during both transfers', async () => {
    await using stage = await Stage.open(signing);
    const { uid } = stage.stream.addVideo({ ...both, ...privately, media: { default: film, audio: film } });
    stage.stream.faults.add({ route: 'delivery.get', fault: { kind: 'cut', bytes: 1_000_000 }, times: 2 });
    beforeDelivery(stage, 3, () => stage.stream.revokeTokens());
    const step = await stage.run({ 'video-id': uid, type: 'default audio', 'save-to': 'v/' });
    expect(step.records.map(({ sha256: hash }) => hash)).toEqual([filmHash, filmHash]);
    expect(stage.count('POST token')).toBe(2);
    for (const { url } of step.records) {
      const response = await fetch(url ?? '', { method: 'HEAD' });
      expect(response.status).toBe(200);
    }
  });

  test('or a public one is saved through a signed URL with `signed-url: always`', async () => {
    await using stage = await Stage.open(signing);
    const { uid } = stage.stream.addVideo(ready);
    const step = await stage.run({ 'video-id': uid, 'save-to': 'a.mp4', 'signed-url': 'always' });
    expect(step.record).toMatchObject({ ...saved.default, expiresAt: expect.any(String) });
    expect(stage.deliveries[0]?.path).toMatch(/^\/eyJ/);
    expect(stage.count('GET')).toBe(1);
  });

  test('is saved at the first attempt even if its token expired during the request for it', async () => {
    await using stage = await Stage.open({ inputs: { ...signing.inputs, 'signed-url-ttl': '10m' } });
    const { uid } = stage.stream.addVideo({ ...ready, ...privately });
    stage.stream.faults.add({ route: 'tokens.create', fault: rateLimited(601), times: 1 });
    const step = await stage.run({ 'video-id': uid, 'save-to': 'a.mp4' });
    expect(step.record).toMatchObject(saved.default);
    expect(stage.deliveries.map(({ status }) => status)).toEqual([200]);
    // The one that was refused, the one that had expired, and the one that works.
    expect(stage.count('POST token')).toBe(3);
  });

  test('or a public one is signed again if its token is revoked', async () => {
    await using stage = await Stage.open(signing);
    const { uid } = stage.stream.addVideo(ready);
    beforeDelivery(stage, 1, () => stage.stream.revokeTokens());
    const step = await stage.run({ 'video-id': uid, 'save-to': 'a.mp4', 'signed-url': 'always' });
    expect(step.record).toMatchObject(saved.default);
    expect(stage.deliveries.map(({ status }) => status)).toEqual([401, 200]);
  });

  test('is saved even if it became private after its details were read', async () => {
    await using stage = await Stage.open(signing);
    const uid = addFilm(stage, privately);
    let detailRequests = 0;
    stage.intercept(({ call, pass }) =>
      call === 'GET' && detailRequests++ === 0
        ? pass().then((response) =>
            changeResult(response, (video) => ({ ...video, requireSignedURLs: false })),
          )
        : pass(),
    );
    const step = await stage.run({ 'video-id': uid, 'save-to': 'a.mp4' });
    expect([detailRequests, step.record]).toMatchObject([
      2,
      { sha256: filmHash, expiresAt: expect.any(String) },
    ]);
  });

  test('fails if the API token may not sign, and stays ready', async () => {
    await using stage = await Stage.open(signing);
    const { uid } = stage.stream.addVideo({ ...ready, ...privately });
    const inputs = { operation: 'list', 'video-id': uid, 'save-to': 'v/' };
    const step = await stage.run({ ...inputs, 'api-token': stage.stream.readOnlyToken });
    expect([step.exitCode, step.warnings]).toEqual([1, []]);
    expect(step.record).toMatchObject({ status: 'ready', error: { httpStatus: 403 } });
    expect(step.errors.map(({ title }) => title)).toEqual(['The token lacks a permission']);
    expect(stage.deliveries).toEqual([]);
  });

  test('has its token in no text for people, even if the delivery host repeats it', async () => {
    await using stage = await Stage.open(signing);
    const { uid } = stage.stream.addVideo({ ...ready, ...privately, name: 'Holiday' });
    for (const respond of [
      (url: string) => new Response(null, { status: 302, headers: { location: url } }),
      (url: string) =>
        new Response(`no such file: ${url}`, { status: 410, headers: { 'content-type': 'text/plain' } }),
    ]) {
      const tokens = new Set<string>();
      stage.intercept(async ({ call, pass, url }) => {
        if (call !== 'GET delivery') return pass();
        tokens.add(new URL(url).pathname.split('/')[1] ?? '');
        return respond(url);
      });
      const step = await stage.run({ 'video-id': uid, 'save-to': 'v/' });
      const [token = ''] = tokens;
      expect([step.exitCode, tokens.size]).toEqual([1, 1]);
      expect(step.message).toContain('/eyJhb…');
      expect(leakedParts(textOf(step), token)).toEqual([]);
      expect(leakedParts(step.message, token)).toEqual([]);
      expect(step.outputs['download-url']).toContain(token);
      expect(readFileSync(step.outputs['results-file'] ?? '', 'utf8')).toContain(token);
    }
  });
});

describe('a file that cannot be saved', () => {
  const unusable: readonly [string, Fault, keyof typeof failures][] = [
    ['is refused', { kind: 'status', status: 403 }, 'delivery-refused'],
    ['is a page', { kind: 'status', status: 200, contentType: 'text/html', body: '<html>' }, 'not-media'],
    ['never arrives', { kind: 'cut', bytes: 0 }, 'delivery-unreachable'],
  ];

  test.each(unusable)(
    'because it %s leaves the download ready, with an error and without a file',
    async (_, fault, kind) => {
      await using stage = await Stage.open(signing);
      const { uid } = stage.stream.addVideo(ready);
      stage.stream.faults.add({ route: 'delivery.get', fault, times: Infinity });
      const step = await stage.run({ 'video-id': uid, 'save-to': 'new/folder/' });
      expect(step.exitCode).toBe(1);
      expect(step.record).toMatchObject({
        status: 'ready',
        percentComplete: 100,
        url: expect.stringContaining(uid),
      });
      expect(step.message).toMatch(/Could not save the MP4 download: /);
      expect(step.errors.map(({ title }) => title)).toEqual([failures[kind].title]);
      expect(step.outputs).toMatchObject({ file: '', size: '', sha256: '', count: '1', failed: '1' });
      expect(stage.files).toEqual([]);
    },
  );

  test('stops neither the other videos nor the other type', async () => {
    await using stage = await Stage.open(signing);
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

  test('because another file has its path fails, names both videos and keeps the first file', async () => {
    await using stage = await Stage.open(signing);
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

  test('because its video was deleted during the transfer fails', async () => {
    await using stage = await Stage.open(signing);
    const uid = addFilm(stage);
    stage.stream.faults.add({ route: 'delivery.get', fault: { kind: 'cut', bytes: 500_000 } });
    beforeDelivery(stage, 2, () => stage.stream.removeVideo(uid));
    const step = await stage.run({ 'video-id': uid, 'save-to': 'v/', timeout: '10m' });
    expect(step.exitCode).toBe(1);
    expect(step.errors.map(({ title }) => title)).toEqual(['The delivery host does not have the file']);
    expect(step.record).not.toHaveProperty('file');
    expect(stage.files).toEqual([]);
  });

  test('because its video was deleted before its details were read is `failed`', async () => {
    await using stage = await Stage.open(signing);
    const uid = addFilm(stage);
    stage.intercept(async ({ call, pass }) => {
      const response = await pass();
      if (call === 'GET downloads') stage.stream.removeVideo(uid);
      return response;
    });
    const step = await stage.run({ operation: 'list', 'video-id': uid, 'save-to': 'v/' });
    expect(step.record).toMatchObject({ status: 'failed', url: null });
    expect(step.errors.map(({ title }) => title)).toEqual(['The account has no such video']);
  });

  test('because a folder has its path fails, and the message says so', async () => {
    await using stage = await Stage.open(signing);
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    mkdirSync(join(stage.workspace, 'Holiday.mp4'));
    const step = await stage.run({ 'video-id': uid, 'save-to': '{name}.mp4' });
    expect(step.message).toContain('it is a folder');
    expect(step.record.status).toBe('ready');
  });
});

describe('a file that the delivery host does not have', () => {
  const reason =
    "the video's state is error: the upload is not a video (“The upload is not a video.”, ERR_NON_VIDEO)";
  const inputs = { operation: 'list', type: 'default', 'save-to': 'a.mp4' };

  /** Answers every request for a file with this status. */
  function refuse(stage: Stage, status: number): void {
    const fault: Fault = { kind: 'status', status, body: 'Failed Dependency' };
    stage.stream.faults.add({ route: 'delivery.get', fault, times: Infinity });
  }

  test.each(['not-found', 'failed-dependency'] as const)(
    'right after it became ready is saved once the host has it: %s',
    async (deliveryLag) => {
      await using stage = await Stage.open({ readings: { deliveryLag } });
      const { uid } = stage.stream.addVideo({ generateMs: 10_000, deliveryLagMs: 40_000 });
      const step = await stage.run({ 'video-id': uid, 'save-to': 'a.mp4' });
      expect(step.record).toMatchObject({ status: 'ready', ...saved.default });
      expect(step.log.join('\n')).toMatch(/ · the delivery host .+; next attempt in /);
    },
  );

  test('since its video failed is explained at once by the details, which are requested once', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ ...ready, errorReasonCode: 'ERR_NON_VIDEO' });
    const step = await stage.run({ ...inputs, 'video-id': uid });
    expect(step.tookMs).toBe(0);
    expect([stage.count('GET'), stage.deliveries.length]).toEqual([1, 1]);
    expect(step.errors.map(({ title }) => title)).toEqual([failures['file-failed'].title]);
    expect(step.message).toContain(`answered HTTP 424 with text/plain: “Failed Dependency”; ${reason}. `);
    expect(step.message).toContain('creating the download again does not help');
    expect(step.record).toMatchObject({ status: 'ready', error: { httpStatus: 424 } });
    expect(stage.files).toEqual([]);
  });

  test.each([
    [424, 'file-failed', 2],
    [404, 'file-missing', 1],
  ] as const)('after a minute is explained by its state then: %d', async (status, kind, lookUps) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo(ready);
    refuse(stage, status);
    const step = await stage.run({ ...inputs, 'video-id': uid });
    expect(step.tookMs).toBe(60_000);
    expect(stage.count('GET')).toBe(lookUps);
    expect(step.errors.map(({ title }) => title)).toEqual([failures[kind].title]);
    expect(step.message).toContain("; the video's state is ready. ");
  });

  test.each([404, 424])(
    'after a minute has the reason for which its video failed meanwhile: %d',
    async (status) => {
      await using stage = await Stage.open();
      const options = { ...ready, phases: { encodeMs: 30_000 }, errorReasonCode: 'ERR_NON_VIDEO' } as const;
      const { uid } = stage.stream.addVideo(options);
      refuse(stage, status);
      const step = await stage.run({ ...inputs, 'video-id': uid });
      expect(step.tookMs).toBe(60_000);
      expect(step.message).toContain(`; ${reason}. `);
    },
  );

  test.each([404, 424])('is reported without its details if these are unavailable: %d', async (status) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo(ready);
    refuse(stage, status);
    stage.stream.faults.add({ route: 'videos.get', fault: blocked(), times: Infinity });
    const step = await stage.run({ ...inputs, 'video-id': uid });
    expect(step.tookMs).toBe(60_000);
    expect(step.message).toContain(`answered HTTP ${status} with text/plain: “Failed Dependency”. `);
    expect(step.message).not.toContain("the video's state is");
    expect(step.record.error).toMatchObject({ httpStatus: status });
  });

  test('of a step that ends before the minute is over is reported with what is known then', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo(ready);
    refuse(stage, 424);
    const step = await stage.run({ ...inputs, 'video-id': uid, timeout: '20s' });
    expect(step.message).toContain('would be after the time limit');
    expect(step.message).toContain("; the video's state is ready. ");
    const cancelled = await stage.run({ ...inputs, 'video-id': uid }, { cancelAfterMs: 10_000 });
    expect([cancelled.tookMs, stage.count('GET')]).toEqual([10_000, 3]);
    expect(cancelled.message).toContain('was cancelled');
  });
});

test('a file is saved whatever its content type is, and its bytes are not in the log', async () => {
  for (const contentType of ['text/plain', 'text/html', 'application/json', null]) {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo(ready);
    const fault: Fault = { kind: 'headers', headers: { 'content-type': contentType } };
    stage.stream.faults.add({ route: 'delivery.get', fault, times: Infinity });
    const step = await stage.run({ 'video-id': uid, 'save-to': 'a.mp4' });
    expect(step.record).toMatchObject(saved.default);
    expect(stage.deliveries).toHaveLength(1);
    expect(textOf(step)).not.toContain('ftyp');
  }
});

describe('a step that ends during a transfer', () => {
  /** Expects what holds for every step that ended during a transfer. */
  function expectInterrupted(stage: Stage, step: StagedStep, reason: string): void {
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'ready', percentComplete: 100, url: expect.any(String) });
    expect(step.message).toContain(reason);
    expect(step.message).toMatch(
      /; \d+ kB of 2 MB of the MP4 download were received, about \d+ min( \d+ s)? left[.:]/,
    );
    expect(step.outputs).toMatchObject({ file: '', size: '', sha256: '', failed: '1' });
    expect(stage.files).toEqual([]);
  }

  test('at its time limit reports how much was received, and leaves no file', async () => {
    await using stage = await Stage.open(signing);
    slowDeliveries(stage);
    const step = await stage.run({ 'video-id': addFilm(stage), 'save-to': 'v/', timeout: '200s' });
    expectInterrupted(stage, step, 'The time limit of 3 min 20 s was reached');
  });

  test('by cancellation reports how much was received, and leaves no file', async () => {
    await using stage = await Stage.open(signing);
    slowDeliveries(stage);
    const inputs = { 'video-id': addFilm(stage), 'save-to': 'v/' };
    const step = await stage.run(inputs, { cancelAfterMs: 100_000 });
    expect(step.tookMs).toBe(100_000);
    expectInterrupted(stage, step, 'The run was cancelled (SIGINT)');
  });

  test('keeps files that were saved before', async () => {
    await using stage = await Stage.open(signing);
    slowDeliveries(stage, 20_000, 'default.mp4');
    const uid = addFilm(stage, both);
    const step = await stage.run({
      'video-id': uid,
      type: 'default audio',
      'save-to': 'v/',
      timeout: '200s',
    });
    expect(step.exitCode).toBe(1);
    expect(step.records[0]?.error?.message).toContain('were received');
    expect(step.records[1]).toMatchObject(saved.audio);
    expect(step.outputs).toMatchObject({ count: '2', failed: '1' });
    expect(stage.files).toEqual([step.records[1]?.file]);
  });

  test('does not start a queued transfer', async () => {
    await using stage = await Stage.open(signing);
    slowDeliveries(stage);
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

  test('during the pause before a retry reports the last failure', async () => {
    await using stage = await Stage.open(signing);
    const { uid } = stage.stream.addVideo(ready);
    stage.stream.faults.add({
      route: 'delivery.get',
      times: Infinity,
      fault: { kind: 'status', status: 503, headers: { 'retry-after': '3600' } },
    });
    const step = await stage.run({ 'video-id': uid, 'save-to': 'v/' });
    expect(step.message).toContain('would be after the time limit');
    expect(step.message).toContain('503');
    expect(step.record.status).toBe('ready');
  });
});

describe('more records than an output can have', () => {
  test('are in the results file, and a warning says so', async () => {
    await using stage = await Stage.open();
    const ids = Array.from({ length: 450 }, () => stage.stream.addVideo(both).uid);
    const step = await stage.run({
      operation: 'list',
      'video-id': ids.join(' '),
      filename: 'x'.repeat(120),
      concurrency: '16',
    });
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toMatchObject({ count: '900', failed: '0', 'video-id': ids[0] });
    expect(step.records.map(({ type, videoId }) => `${videoId} ${type}`)).toEqual(
      ids.flatMap((id) => [`${id} default`, `${id} audio`]),
    );
    const published = JSON.parse(step.outputs['downloads'] ?? '') as unknown[];
    expect(published.length).toBeGreaterThan(250);
    expect(published.length).toBeLessThan(900);
    expect(step.warnings).toEqual([expect.stringContaining(`the first ${published.length} of 900 records`)]);
    expect(step.warnings[0]).toContain('`results-file`');
  });
});

test('if the results file cannot be written, the step fails, and the outputs are written', async () => {
  await using stage = await Stage.open(signing);
  const { stream } = stage;
  const { uid } = stream.addVideo(ready);
  // `stage.run` would read the results file.
  const step = await runStep({
    inputs: {
      'account-id': stream.accountId,
      'api-token': stream.token,
      'api-url': stream.apiUrl,
      'video-id': uid,
      'save-to': 'v/',
    },
    env: { GITHUB_WORKSPACE: stage.workspace, RUNNER_TEMP: '/no/such/folder' },
    clock: stage.clock,
    fetch: stage.clock.fetch,
    receive: stage.clock.receive,
  });
  expect(step.exitCode).toBe(1);
  expect(step.errors).toEqual([
    {
      title: 'The results could not be written',
      message: expect.stringContaining('/no/such/folder'),
    },
  ]);
  expect(step.outputs).toMatchObject({ 'results-file': '', file: `v/${uid}.mp4`, count: '1', failed: '0' });
  expect(stage.files).toEqual([`v/${uid}.mp4`]);
});
