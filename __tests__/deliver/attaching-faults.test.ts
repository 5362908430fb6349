import { describe, expect, test } from '@jest/globals';
import { badGateway } from '../../local-github/faults.ts';
import { failures } from '../../src/core/failures/table.ts';
import { testPattern, testPatternFile } from '../harness/media.ts';
import { Stage } from '../harness/stage.ts';
import { both, ready } from '../harness/videos.ts';

const { sha256: defaultHash } = testPattern.default;
const { sha256: audioHash } = testPattern.audio;
/** With the action's default for `signed-url`: URLs are signed where the video is private. */
const attaching = { github: true, inputs: { 'signed-url': 'auto' } } as const;
/** A missing permission is only noticed at the upload. */
const noticedLate = { ...attaching, github: { missingBeforePermission: true } } as const;

const refusal = { kind: 'status', status: 403, body: { message: 'Resource not accessible' } } as const;

function uploads({ github }: Stage): (string | undefined)[] {
  return github.requests.filter(({ route }) => route === 'assets.upload').map(({ query }) => query['name']);
}

describe('a release that cannot take files', () => {
  const unusable: readonly [
    string,
    Parameters<typeof setUp>[1],
    Readonly<Record<string, string>>,
    string,
    string,
  ][] = [
    ['does not exist', {}, {}, 'release-not-found', 'There is no release v1 in local-owner/local-repo'],
    [
      'is a draft and the token is read-only',
      { draft: true },
      { 'github-token': 'read-only' },
      'release-not-found',
      'permissions: contents: write',
    ],
    [
      'is published and the token is read-only',
      { draft: false },
      { 'github-token': 'read-only' },
      'github-permission',
      'permissions: contents: write',
    ],
    ['is immutable', { immutable: true }, {}, 'release-immutable', 'v1 is published and immutable'],
    [
      'cannot be read with an invalid token',
      {},
      { 'github-token': 'AnInvalidToken0000000001' },
      'github-token',
      'HTTP 401',
    ],
  ];

  function setUp({ github }: Stage, release: { draft?: boolean; immutable?: boolean }): void {
    if (Object.keys(release).length > 0) github.addRelease({ tag: 'v1', ...release });
    else github.addRelease({ tag: 'v2' });
  }

  test.each(unusable)(
    '%s: no request is sent to Cloudflare, and one annotation covers all videos',
    async (_, release, inputs, kind, words) => {
      await using stage = await Stage.open(attaching);
      setUp(stage, release);
      const ids = Array.from({ length: 3 }, () => stage.stream.addVideo(ready).uid);
      const token =
        inputs['github-token'] === 'read-only' ? stage.github.readOnlyToken : inputs['github-token'];
      const step = await stage.run({
        'video-id': ids.join(),
        type: 'default audio',
        ...(token && { 'github-token': token }),
      });
      expect(step.exitCode).toBe(1);
      expect(stage.stream.requests).toEqual([]);
      expect(step.errors).toEqual([
        { title: failures[kind as 'github-token'].title, message: expect.stringContaining(words) },
      ]);
      for (const id of ids) expect(step.errors[0]?.message).not.toContain(id);
      expect(step.records.map(({ status, type, videoId }) => [videoId, type, status])).toEqual(
        ids.flatMap((id) => [
          [id, 'default', 'failed'],
          [id, 'audio', 'failed'],
        ]),
      );
      for (const { error } of step.records) expect(error?.message).toContain(words);
      expect(step.outputs).toMatchObject({ status: 'failed', count: '6', failed: '6', 'asset-url': '' });
      expect(uploads(stage)).toEqual([]);
      expect(stage.temporaryFiles).toEqual([]);
    },
  );

  test('leaves one record per video if no type is requested', async () => {
    await using stage = await Stage.open(attaching);
    const ids = [1, 2].map(() => stage.stream.addVideo(both).uid);
    const list = await stage.run({ operation: 'list', 'video-id': ids.join() });
    expect(list.records.map(({ type }) => type)).toEqual(['', '']);
    const create = await stage.run({ 'video-id': ids.join() });
    expect(create.records.map(({ type }) => type)).toEqual(['default', 'default']);
    expect(stage.stream.requests).toEqual([]);
  });
});

describe('a file that cannot be attached', () => {
  test('leaves its record ready, with an error that names the missing permission', async () => {
    await using stage = await Stage.open(noticedLate);
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    const step = await stage.run({ 'video-id': uid, 'github-token': stage.github.readOnlyToken });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'ready', percentComplete: 100, sha256: defaultHash });
    expect(step.message).toContain('`permissions: contents: write`');
    expect(step.message).not.toContain('was being attached');
    expect(step.errors.map(({ title }) => title)).toEqual([failures['github-permission'].title]);
    expect(step.outputs).toMatchObject({ status: 'ready', file: '', failed: '1', 'asset-url': '' });
    expect([stage.assets, stage.files, stage.temporaryFiles]).toEqual([[], [], []]);
    expect(step.log.at(-1)).toMatch(/^1 failed, in /);
  });

  test('stays on the disk if it is saved too', async () => {
    await using stage = await Stage.open(noticedLate);
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo(ready);
    const inputs = { 'video-id': uid, 'save-to': 'a.mp4', 'github-token': stage.github.readOnlyToken };
    const step = await stage.run(inputs);
    expect(step.exitCode).toBe(1);
    expect(step.outputs).toMatchObject({ file: 'a.mp4', sha256: defaultHash, failed: '1' });
    expect(stage.hash('a.mp4')).toBe(defaultHash);
  });

  test('does not stop the other videos', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1' });
    const ids = Array.from({ length: 3 }, () => stage.stream.addVideo(ready).uid);
    stage.github.faults.add({ route: 'assets.upload', asset: `${ids[1]}.mp4`, fault: refusal });
    const step = await stage.run({ 'video-id': ids.join() });
    expect(step.exitCode).toBe(1);
    expect(step.records.map(({ assetUrl }) => assetUrl !== undefined)).toEqual([true, false, true]);
    expect(step.errors.map(({ message }) => message)).toEqual([expect.stringContaining(`Video ${ids[1]}: `)]);
    expect(stage.assets).toEqual([`${ids[0]}.mp4`, `${ids[2]}.mp4`].toSorted());
    expect(step.log.at(-1)).toMatch(/^2 attached to .*\/releases\/tag\/v1, 175 kB, 1 failed, in /);
  });

  test('does not stop the other type of its video', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo({ ...both, name: 'Holiday' });
    stage.github.faults.add({ route: 'assets.upload', asset: 'Holiday.mp4', fault: refusal });
    const step = await stage.run({ 'video-id': uid, type: 'default audio' });
    expect(step.records).toMatchObject([
      { status: 'ready', error: {} },
      { status: 'ready', sha256: audioHash, assetUrl: expect.stringMatching(/Holiday\.m4a$/) },
    ]);
    expect(stage.assets).toEqual(['Holiday.m4a']);
  });

  test('is not uploaded if it could not be saved, and the other type is attached', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo({ ...both, name: 'Holiday' });
    const fault = { kind: 'status', status: 404 } as const;
    stage.stream.faults.add({ route: 'delivery.get', type: 'default', fault, times: Infinity });
    const step = await stage.run({ 'video-id': uid, type: 'default audio' });
    expect(step.errors.map(({ title }) => title)).toEqual([failures['file-missing'].title]);
    expect(uploads(stage)).toEqual(['Holiday.m4a']);
    expect(stage.temporaryFiles).toEqual([]);
  });

  test('fails if a list does not find its type', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    const step = await stage.run({ operation: 'list', 'video-id': uid, type: 'default audio' });
    expect(step.exitCode).toBe(1);
    expect(step.records).toMatchObject([
      { status: 'ready', assetUrl: expect.any(String) },
      { status: 'none', error: { message: expect.stringContaining('no M4A download') } },
    ]);
    expect(stage.assets).toEqual(['Holiday.mp4']);
  });

  test('fails without advice about inputs that the step does not have', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo();
    const step = await stage.run({ operation: 'list', 'video-id': uid });
    expect(step.record).toMatchObject({ type: '', status: 'none' });
    expect(step.message).toContain('operation: create');
    expect(step.message).not.toContain('the same `save-to`');
  });

  test('has an annotation per video', async () => {
    await using stage = await Stage.open(noticedLate);
    stage.github.addRelease({ tag: 'v1' });
    const ids = [1, 2].map(() => stage.stream.addVideo(ready).uid);
    const step = await stage.run({ 'video-id': ids.join(), 'github-token': stage.github.readOnlyToken });
    expect(step.errors).toHaveLength(2);
  });

  test('is attached after one failure of GitHub', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1' });
    stage.github.faults.add({ route: 'assets.upload', fault: badGateway() });
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    const step = await stage.run({ 'video-id': uid, timeout: '60m' });
    expect(step.errors).toEqual([]);
    expect(stage.assets).toEqual(['Holiday.mp4']);
  });
});

test('a slow search for the release does not count towards the time in which Cloudflare must first answer', async () => {
  await using stage = await Stage.open(attaching);
  // Found on the second page of the list: three requests, 25 s each.
  stage.github.addRelease({ tag: 'v1', draft: true });
  for (let index = 0; index < 100; index++) stage.github.addRelease({ tag: `other-${index}` });
  stage.intercept(async ({ call, pass, signal }) => {
    if (call === 'GET github' && stage.calls.length === 0) await stage.clock.sleep(25_000, signal);
    return pass();
  });
  const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
  const step = await stage.run({ 'video-id': uid });
  expect(step.errors).toEqual([]);
  expect(stage.timesOf('POST downloads')[0]).toBeGreaterThan(60_000);
  expect(stage.assets).toEqual(['Holiday.mp4']);
});

test('a stalled upload does not block others within `concurrency`', async () => {
  await using stage = await Stage.open(attaching);
  stage.github.addRelease({ tag: 'v1' });
  const ids = Array.from({ length: 2 }, () => stage.stream.addVideo(ready).uid);
  stage.github.faults.add({ route: 'assets.upload', fault: { kind: 'stall', afterBytes: 1000 } });
  const step = await stage.run({ 'video-id': ids.join(), timeout: '15m', concurrency: '4' });
  expect(step.exitCode).toBe(1);
  expect(uploads(stage)).toHaveLength(2);
  expect(step.records.filter(({ assetUrl }) => assetUrl !== undefined)).toHaveLength(1);
});

describe('a step that ends during an upload', () => {
  const stall = { kind: 'stall', afterBytes: 1000 } as const;

  test('at its time limit writes its outputs, reports the time limit, and leaves nothing on the disk', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1' });
    stage.github.faults.add({ route: 'assets.upload', fault: stall });
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    const step = await stage.run({ 'video-id': uid, timeout: '10m' });
    expect(uploads(stage)).toEqual(['Holiday.mp4']);
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'ready', sha256: defaultHash });
    expect(step.message).toContain('The time limit of 10 min was reached');
    expect(step.errors.map(({ title }) => title)).toEqual([failures['time-over'].title]);
    expect(step.outputs).toMatchObject({ status: 'ready', 'asset-url': '', failed: '1' });
    expect(stage.temporaryFiles).toEqual([]);
    expect(stage.assets.filter((name) => !name.endsWith('(starter)'))).toEqual([]);
  });

  test('by cancellation ends at once, and keeps what is attached', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1' });
    const ids = Array.from({ length: 2 }, () => stage.stream.addVideo(ready).uid);
    stage.github.addAsset('v1', { name: `${ids[0]}.mp4`, bytes: testPatternFile('default.mp4') });
    stage.github.faults.add({ route: 'assets.upload', fault: stall });
    const step = await stage.run({ 'video-id': ids.join() }, { cancelAfterMs: 100_000 });
    expect(uploads(stage)).toEqual([`${ids[1]}.mp4`]);
    expect(step.tookMs).toBeLessThan(101_000);
    expect(step.records).toMatchObject([
      { status: 'ready', assetUrl: expect.any(String) },
      { status: 'ready', error: { message: expect.stringContaining('The run was cancelled (SIGINT)') } },
    ]);
    expect(step.errors.map(({ title }) => title)).toEqual([failures.cancelled.title]);
    expect(stage.temporaryFiles).toEqual([]);

    // The unfinished upload does not block the next run.
    const again = await stage.run({ 'video-id': ids.join() });
    expect(again.errors).toEqual([]);
    expect(stage.assets).toEqual(ids.map((id) => `${id}.mp4`).toSorted());
  });

  test('keeps the asset of an earlier run until the new one is complete', async () => {
    await using stage = await Stage.open(attaching);
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    stage.github.addRelease({ tag: 'v1', assets: [{ name: 'Holiday.mp4', bytes: 'old' }] });
    stage.github.faults.add({ route: 'assets.upload', fault: stall });
    const step = await stage.run({ 'video-id': uid }, { cancelAfterMs: 100_000 });
    expect([step.exitCode, uploads(stage).length]).toEqual([1, 1]);
    expect(Buffer.from(stage.bytesOf('Holiday.mp4') ?? []).toString()).toBe('old');
  });

  test('or during the search for the release, sends no request to Cloudflare', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.faults.add({ route: 'releases.by-tag', fault: { kind: 'stall' } });
    const ids = [1, 2].map(() => stage.stream.addVideo(ready).uid);
    const step = await stage.run({ 'video-id': ids.join() }, { cancelAfterMs: 10_000 });
    expect(stage.github.requests).toHaveLength(1);
    expect(step.errors).toEqual([
      { title: failures.cancelled.title, message: expect.stringContaining('cancelled (SIGINT)') },
    ]);
    expect(step.records.map(({ status }) => status)).toEqual(['failed', 'failed']);
    expect(stage.stream.requests).toEqual([]);
  });
});
