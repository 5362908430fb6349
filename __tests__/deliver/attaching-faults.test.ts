import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { badGateway } from '../../local-github/faults.ts';
import { failures } from '../../src/core/failure.ts';
import { ReleasingStage } from '../harness/releasing-step.ts';
import { sha256, testPatternFiles } from '../harness/saving-step.ts';

// The requests and the files are real, and one process changes a release once a second at most.
jest.setTimeout(20_000);

const both = { downloads: { default: 'ready', audio: 'ready' } } as const;
const ready = { downloads: { default: 'ready' } } as const;
const defaultHash = sha256(testPatternFiles.default);
const audioHash = sha256(testPatternFiles.audio);

const refusal = { kind: 'status', status: 403, body: { message: 'Resource not accessible' } } as const;

function uploads({ github }: ReleasingStage): (string | undefined)[] {
  return github.requests.filter(({ route }) => route === 'assets.upload').map(({ query }) => query['name']);
}

/** Waits until an upload has begun, and then a little. */
async function uploading(stage: ReleasingStage): Promise<void> {
  while (uploads(stage).length === 0) await pause(5);
  await pause(50);
}

describe('a release that files cannot be attached to', () => {
  const wrong: readonly [
    string,
    Parameters<typeof setUp>[1],
    Readonly<Record<string, string>>,
    string,
    string,
  ][] = [
    ['is not there', {}, {}, 'release-not-found', 'There is no release v1 in local-owner/local-repo'],
    [
      'is a draft that the token does not see',
      { draft: true },
      { 'github-token': 'read-only' },
      'release-not-found',
      'permissions: contents: write',
    ],
    ['is immutable', { immutable: true }, {}, 'release-immutable', 'v1 is published and immutable'],
    [
      'is behind a token that is not valid',
      {},
      { 'github-token': 'TokenThatIsNotValid00001' },
      'github-token',
      'HTTP 401',
    ],
  ];

  function setUp({ github }: ReleasingStage, release: { draft?: boolean; immutable?: boolean }): void {
    if (Object.keys(release).length > 0) github.addRelease({ tag: 'v1', ...release });
    else github.addRelease({ tag: 'v2' });
  }

  test.each(wrong)(
    '%s: nothing is asked of Cloudflare, and it is told once for all videos',
    async (_, release, inputs, kind, words) => {
      await using stage = await ReleasingStage.open();
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
      expect(stage.saving.temporaryFiles).toEqual([]);
    },
  );

  test('is told of with a record of each video also where no type is asked for', async () => {
    await using stage = await ReleasingStage.open();
    const ids = [1, 2].map(() => stage.stream.addVideo(both).uid);
    const list = await stage.run({ operation: 'list', 'video-id': ids.join() });
    expect(list.records.map(({ type }) => type)).toEqual(['', '']);
    const create = await stage.run({ 'video-id': ids.join() });
    expect(create.records.map(({ type }) => type)).toEqual(['default', 'default']);
    expect(stage.stream.requests).toEqual([]);
  });
});

describe('a file that cannot be attached', () => {
  test('leaves its record ready, with an error that names the permission', async () => {
    await using stage = await ReleasingStage.open();
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    const step = await stage.run({ 'video-id': uid, 'github-token': stage.github.readOnlyToken });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'ready', percentComplete: 100, sha256: defaultHash });
    expect(step.message).toContain('`permissions: contents: write`');
    expect(step.errors.map(({ title }) => title)).toEqual([failures['github-permission'].title]);
    expect(step.outputs).toMatchObject({ status: 'ready', file: '', failed: '1', 'asset-url': '' });
    expect([stage.assets, stage.saving.files, stage.saving.temporaryFiles]).toEqual([[], [], []]);
    expect(step.log.at(-1)).toBe('1 failed');
  });

  test('is kept on the disk, and told of, where it is saved too', async () => {
    await using stage = await ReleasingStage.open();
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo(ready);
    const inputs = { 'video-id': uid, 'save-to': 'a.mp4', 'github-token': stage.github.readOnlyToken };
    const step = await stage.run(inputs);
    expect(step.exitCode).toBe(1);
    expect(step.outputs).toMatchObject({ file: 'a.mp4', sha256: defaultHash, failed: '1' });
    expect(stage.saving.hash('a.mp4')).toBe(defaultHash);
  });

  test('does not stop the other videos', async () => {
    await using stage = await ReleasingStage.open();
    stage.github.addRelease({ tag: 'v1' });
    const ids = Array.from({ length: 3 }, () => stage.stream.addVideo(ready).uid);
    stage.github.faults.add({ route: 'assets.upload', asset: `${ids[1]}.mp4`, fault: refusal });
    const step = await stage.run({ 'video-id': ids.join() });
    expect(step.exitCode).toBe(1);
    expect(step.records.map(({ assetUrl }) => assetUrl !== undefined)).toEqual([true, false, true]);
    expect(step.errors.map(({ message }) => message)).toEqual([expect.stringContaining(`Video ${ids[1]}: `)]);
    expect(stage.assets).toEqual([`${ids[0]}.mp4`, `${ids[2]}.mp4`].toSorted());
    expect(step.log.at(-1)?.split(', ').toSorted()).toEqual(['1 failed', '2 attached']);
  });

  test('does not stop the other type of its video', async () => {
    await using stage = await ReleasingStage.open();
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

  test('is one that could not be saved: nothing is uploaded, and the other is attached', async () => {
    await using stage = await ReleasingStage.open();
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo({ ...both, name: 'Holiday' });
    const fault = { kind: 'status', status: 404 } as const;
    stage.stream.faults.add({ route: 'delivery.get', type: 'default', fault, times: Infinity });
    const step = await stage.run({ 'video-id': uid, type: 'default audio' });
    expect(step.errors.map(({ title }) => title)).toEqual([failures['file-missing'].title]);
    expect(uploads(stage)).toEqual(['Holiday.m4a']);
    expect(stage.saving.temporaryFiles).toEqual([]);
  });

  test('is one of a type that a list does not find', async () => {
    await using stage = await ReleasingStage.open();
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    const step = await stage.run({ operation: 'list', 'video-id': uid, type: 'default audio' });
    expect(step.exitCode).toBe(1);
    expect(step.records).toMatchObject([
      { status: 'ready', assetUrl: expect.any(String) },
      { status: 'none', error: { message: expect.stringContaining('no audio download') } },
    ]);
    expect(stage.assets).toEqual(['Holiday.mp4']);
  });

  test('fails with advice that names no input that the step does not have', async () => {
    await using stage = await ReleasingStage.open();
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo();
    const step = await stage.run({ operation: 'list', 'video-id': uid });
    expect(step.record).toMatchObject({ type: '', status: 'none' });
    expect(step.message).toContain('operation: create');
    expect(step.message).not.toContain('the same `save-to`');
  });

  test('is told of in an annotation of its own', async () => {
    await using stage = await ReleasingStage.open();
    stage.github.addRelease({ tag: 'v1' });
    const ids = [1, 2].map(() => stage.stream.addVideo(ready).uid);
    const step = await stage.run({ 'video-id': ids.join(), 'github-token': stage.github.readOnlyToken });
    expect(step.errors).toHaveLength(2);
  });

  test('is attached after all where GitHub fails once', async () => {
    await using stage = await ReleasingStage.open();
    stage.github.addRelease({ tag: 'v1' });
    stage.github.faults.add({ route: 'assets.upload', fault: badGateway() });
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    const step = await stage.run({ 'video-id': uid, timeout: '60m' });
    expect(step.errors).toEqual([]);
    expect(stage.assets).toEqual(['Holiday.mp4']);
  });
});

test('a release that takes minutes to find leaves Cloudflare its own time to answer', async () => {
  await using stage = await ReleasingStage.open();
  stage.github.addRelease({ tag: 'v1' });
  // 2 min of the stage's time.
  stage.github.faults.add({ route: 'releases.by-tag', fault: { kind: 'delay', ms: 600 } });
  const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
  const step = await stage.run({ 'video-id': uid });
  expect(step.errors).toEqual([]);
  expect(stage.assets).toEqual(['Holiday.mp4']);
});

test('an upload that is stalled does not hold the others, as far as `concurrency` goes', async () => {
  await using stage = await ReleasingStage.open();
  stage.github.addRelease({ tag: 'v1' });
  const ids = Array.from({ length: 2 }, () => stage.stream.addVideo(ready).uid);
  stage.github.faults.add({ route: 'assets.upload', fault: { kind: 'stall', afterBytes: 1000 } });
  const step = await stage.run({ 'video-id': ids.join(), timeout: '15m', concurrency: '4' });
  expect(step.exitCode).toBe(1);
  expect(uploads(stage)).toHaveLength(2);
  expect(step.records.filter(({ assetUrl }) => assetUrl !== undefined)).toHaveLength(1);
});

describe('a step that ends in the midst of an upload', () => {
  const stall = { kind: 'stall', afterBytes: 1000 } as const;

  test('by its time limit writes its outputs, tells so, and leaves nothing on the disk', async () => {
    await using stage = await ReleasingStage.open();
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
    expect(stage.saving.temporaryFiles).toEqual([]);
    expect(stage.assets.filter((name) => !name.endsWith('(starter)'))).toEqual([]);
  });

  test('by a cancellation does so at once, and keeps what is attached', async () => {
    await using stage = await ReleasingStage.open();
    stage.github.addRelease({ tag: 'v1' });
    const ids = Array.from({ length: 2 }, () => stage.stream.addVideo(ready).uid);
    stage.github.addAsset('v1', { name: `${ids[0]}.mp4`, bytes: testPatternFiles.default });
    stage.github.faults.add({ route: 'assets.upload', fault: stall });
    const interrupt = new AbortController();
    const ended = stage.run({ 'video-id': ids.join() }, { interrupt: interrupt.signal });
    await uploading(stage);
    const sinceMs = performance.now();
    interrupt.abort('SIGTERM');
    const step = await ended;
    expect(performance.now() - sinceMs).toBeLessThan(1000);
    expect(step.records).toMatchObject([
      { status: 'ready', assetUrl: expect.any(String) },
      { status: 'ready', error: { message: expect.stringContaining('The run was cancelled (SIGTERM)') } },
    ]);
    expect(step.errors.map(({ title }) => title)).toEqual([failures.cancelled.title]);
    expect(stage.saving.temporaryFiles).toEqual([]);

    // What the next run finds does not hold it.
    const again = await stage.run({ 'video-id': ids.join() });
    expect(again.errors).toEqual([]);
    expect(stage.assets).toEqual(ids.map((id) => `${id}.mp4`).toSorted());
  });

  test('keeps the asset of an earlier run until a new one is whole', async () => {
    await using stage = await ReleasingStage.open();
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    stage.github.addRelease({ tag: 'v1', assets: [{ name: 'Holiday.mp4', bytes: 'old' }] });
    stage.github.faults.add({ route: 'assets.upload', fault: stall });
    const interrupt = new AbortController();
    const ended = stage.run({ 'video-id': uid }, { interrupt: interrupt.signal });
    await uploading(stage);
    interrupt.abort('SIGINT');
    expect((await ended).exitCode).toBe(1);
    expect(Buffer.from(stage.bytesOf('Holiday.mp4') ?? []).toString()).toBe('old');
  });

  test('or before anything is known, as the release is looked for, asks nothing of Cloudflare', async () => {
    await using stage = await ReleasingStage.open();
    stage.github.faults.add({ route: 'releases.by-tag', fault: { kind: 'stall' } });
    const ids = [1, 2].map(() => stage.stream.addVideo(ready).uid);
    const interrupt = new AbortController();
    const ended = stage.run({ 'video-id': ids.join() }, { interrupt: interrupt.signal });
    while (stage.github.requests.length === 0) await pause(5);
    interrupt.abort('SIGINT');
    const step = await ended;
    expect(step.errors).toEqual([
      { title: failures.cancelled.title, message: expect.stringContaining('cancelled (SIGINT)') },
    ]);
    expect(step.records.map(({ status }) => status)).toEqual(['failed', 'failed']);
    expect(stage.stream.requests).toEqual([]);
  });
});
