import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Stage, type StagedStep } from '../harness/stage.ts';
import { addVideos, idsOf, privately, ready } from '../harness/videos.ts';

const all = { 'video-id': 'all' };
const save = { ...all, 'save-to': 'media/{id}.{ext}' };

/** Where a step has written its records. */
function resultsOf({ outputs }: StagedStep): string {
  return outputs['results-file'] ?? '';
}

function writeResults(stage: Stage, downloads: readonly object[], name = 'earlier.json'): string {
  const path = join(stage.temp, name);
  writeFileSync(path, JSON.stringify({ version: 1, downloads }));
  return path;
}

/** How many requests were sent since the last call, those for pages of the list aside. */
function newRequests(stage: Stage): string[] {
  const { requests } = stage.stream;
  const calls = requests
    .filter(({ route }) => route !== 'videos.list')
    .map(({ method, path }) => `${method} ${path}`);
  requests.length = 0;
  return calls;
}

describe('a second run', () => {
  test('fetches exactly the new videos, and keeps the order', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 4, (index) => ({ ...ready, name: `Film ${index}` }));
    const first = await stage.run(save);
    newRequests(stage);
    const added = ['2026-01-12T00:00:00Z', '2026-01-01T00:00:00Z'].map(
      (created) => stage.stream.addVideo({ ...ready, created, name: 'New' }).uid,
    );
    const second = await stage.run({ ...save, 'resume-from': resultsOf(first) });
    expect(second.exitCode).toBe(0);
    expect(idsOf(second.records)).toEqual([added[0], ...ids, added[1]]);
    expect(newRequests(stage).filter((call) => !added.some((id) => call.includes(id)))).toEqual([]);
    expect(second.records.filter(({ resumed }) => resumed)).toEqual(
      first.records.map((record) => ({ ...record, resumed: true })),
    );
    // The third run needs only the results of the second.
    const third = await stage.run({ ...save, 'resume-from': resultsOf(second) });
    expect(newRequests(stage)).toEqual([]);
    expect(third.records).toEqual(second.records.map((record) => ({ ...record, resumed: true })));
    expect(third.outputs['count']).toBe('6');
  });

  test('with given IDs carries over as well', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 3, ready);
    const inputs = { 'video-id': ids.toReversed().join(','), 'save-to': 'media/{id}.{ext}' };
    const first = await stage.run({ ...inputs, 'video-id': ids[1] ?? '' });
    newRequests(stage);
    const second = await stage.run({ ...inputs, 'resume-from': resultsOf(first) });
    expect(second.records.map(({ resumed, videoId }) => [videoId, resumed])).toEqual([
      [ids[2], undefined],
      [ids[1], true],
      [ids[0], undefined],
    ]);
    expect(newRequests(stage).filter((call) => call.includes(ids[1] ?? ''))).toEqual([]);
  });

  test('does what the first one left: a failure, a video that was no longer there, an upload that was pending', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 4, (index) => ({
      ...(index === 0 && { phases: { pendingUploadMs: 3_600_000 } }),
      ...(index === 1 && { phases: { encodeMs: 3_600_000 } }),
    }));
    stage.stream.faults.add({
      route: 'delivery.get',
      video: ids[2] ?? '',
      times: 99,
      fault: { kind: 'status', status: 403 },
    });
    const first = await stage.run({ ...save, timeout: '10m' });
    expect(first.records.map(({ error, status }) => [status, error === undefined])).toEqual([
      ['none', true],
      ['none', false],
      ['ready', false],
      ['ready', true],
    ]);
    await stage.clock.sleep(3_600_000, new AbortController().signal);
    newRequests(stage);
    const second = await stage.run({ ...save, 'resume-from': resultsOf(first) });
    expect(second.records.map(({ resumed, status }) => [status, resumed])).toEqual([
      ['ready', undefined],
      ['ready', undefined],
      ['ready', undefined],
      ['ready', true],
    ]);
    expect(newRequests(stage).filter((call) => call.includes(ids[3] ?? ''))).toEqual([]);
  });

  test('signs nothing anew: the URL of a signed download is null', async () => {
    await using stage = await Stage.open({ inputs: { 'signed-url': 'auto' } });
    addVideos(stage.stream, 2, (index) => ({ ...ready, ...(index === 0 && privately) }));
    const first = await stage.run({ ...all, wait: 'true' });
    expect(first.record.expiresAt).toBeDefined();
    newRequests(stage);
    const second = await stage.run({ ...all, wait: 'true', 'resume-from': resultsOf(first) });
    expect(newRequests(stage)).toEqual([]);
    const [signed, plain] = second.records;
    expect(signed).toMatchObject({ status: 'ready', url: null, resumed: true });
    expect(signed).not.toHaveProperty('expiresAt');
    expect(plain).toMatchObject({ url: first.records[1]?.url, resumed: true });
  });

  test('that saves does anew what was only created', async () => {
    await using stage = await Stage.open();
    addVideos(stage.stream, 2);
    const first = await stage.run({ ...all, wait: 'true' });
    const second = await stage.run({ ...save, 'resume-from': resultsOf(first) });
    expect(second.records.map(({ file, resumed }) => [file !== undefined, resumed])).toEqual([
      [true, undefined],
      [true, undefined],
    ]);
  });

  test('does only the type that is missing', async () => {
    await using stage = await Stage.open();
    const [id = ''] = addVideos(stage.stream, 1);
    const first = await stage.run({ ...all, wait: 'true' });
    newRequests(stage);
    const inputs = { ...all, wait: 'true', 'resume-from': resultsOf(first) };
    const second = await stage.run({ ...inputs, type: 'default,audio' });
    expect(second.records).toMatchObject([
      { type: 'default', status: 'ready', resumed: true },
      { type: 'audio', status: 'ready' },
    ]);
    expect(newRequests(stage)[0]).toContain(`${id}/downloads/audio`);
  });

  test('has a file name that is taken by what was carried over', async () => {
    await using stage = await Stage.open();
    const [older = ''] = addVideos(stage.stream, 1, ready);
    const first = await stage.run({ ...all, limit: '1', 'save-to': 'media/film-{id}.mp4' });
    // Another video would be saved as the same file.
    const results = writeResults(stage, [{ ...first.records[0], file: `media/b.mp4` }]);
    const { uid } = stage.stream.addVideo({ ...ready, uid: 'b', created: '2026-01-13T00:00:00Z' });
    const step = await stage.run({ ...save, 'resume-from': results });
    expect(step.records.map(({ error, videoId }) => [videoId, error === undefined])).toEqual([
      [uid, false],
      [older, true],
    ]);
  });
});

describe('`list` without a type', () => {
  test('keeps what was carried over, and looks for the other types', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 3, (index) => (index < 2 ? ready : {}));
    const list = { ...all, operation: 'list' };
    const first = await stage.run(list);
    newRequests(stage);
    const second = await stage.run({ ...list, 'resume-from': resultsOf(first) });
    expect(
      second.records.map(({ resumed, status, type, videoId }) => [videoId, type, status, resumed]),
    ).toEqual([
      [ids[0], 'default', 'ready', true],
      [ids[1], 'default', 'ready', true],
      [ids[2], '', 'none', undefined],
    ]);
    expect(second.exitCode).toBe(0);
  });

  test('of a video with both types keeps their order', async () => {
    await using stage = await Stage.open();
    const [id = ''] = addVideos(stage.stream, 1, { downloads: { default: 'ready', audio: 'ready' } });
    const list = { ...all, operation: 'list' };
    const results = writeResults(stage, [
      { videoId: id, type: 'audio', status: 'ready', percentComplete: 100, url: null },
    ]);
    const step = await stage.run({ ...list, 'resume-from': results });
    expect(step.records.map(({ resumed, type }) => [type, resumed])).toEqual([
      ['default', undefined],
      ['audio', true],
    ]);
  });
});

describe('a results file', () => {
  test('that is missing is an empty one, with a notice', async () => {
    await using stage = await Stage.open();
    addVideos(stage.stream, 1);
    const step = await stage.run({ ...all, 'resume-from': 'state/*.json' });
    expect([step.exitCode, step.records.length]).toEqual([0, 1]);
    expect(step.log.join('\n')).toContain('`resume-from`');
  });

  test.each([
    ['is no JSON', '{"version": 1, "downl'],
    ['has another version', '{"version": 2, "downloads": []}'],
    ['is something else', '[]'],
  ])('that %s is an input error', async (_, text) => {
    await using stage = await Stage.open();
    writeFileSync(join(stage.workspace, 'earlier.json'), text);
    const step = await stage.run({ ...all, 'resume-from': 'earlier.json' });
    expect([step.exitCode, stage.stream.requests.length]).toEqual([1, 0]);
    expect(step.errors[0]?.message).toContain('earlier.json');
  });

  test('of another account, or of videos that are no longer selected, changes nothing', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 2, ready);
    const first = await stage.run(save);
    const foreign = { ...first.records[0], videoId: 'c'.repeat(32) };
    const results = writeResults(stage, [foreign, ...first.records]);
    const step = await stage.run({ ...save, limit: '1', 'resume-from': results });
    expect(idsOf(step.records)).toEqual(ids.slice(0, 1));
  });

  test('of a job that was killed, among others: several files together are carried over', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 9, ready);
    const shards: StagedStep[] = [];
    for (const shard of ['1/3', '2/3', '3/3']) shards.push(await stage.run({ ...save, shard }));
    const [, lost] = shards;
    rmSync(resultsOf(lost as StagedStep));
    newRequests(stage);
    const pattern = join(stage.temp, '*.json');
    const step = await stage.run({ ...save, 'resume-from': pattern });
    expect(idsOf(step.records)).toEqual(ids);
    expect(idsOf(step.records.filter(({ resumed }) => !resumed))).toEqual(idsOf(lost?.records ?? []));
  });
});

test('nothing can be carried over with `delete`', async () => {
  await using stage = await Stage.open();
  const step = await stage.run({ ...all, operation: 'delete', type: 'default', 'resume-from': 'x.json' });
  expect([step.exitCode, stage.stream.requests.length]).toEqual([1, 0]);
});

test('attached files are carried over for the same release alone', async () => {
  await using stage = await Stage.open({ github: true });
  stage.github.addRelease({ tag: 'v1' });
  stage.github.addRelease({ tag: 'v2' });
  addVideos(stage.stream, 2, ready);
  const first = await stage.run(all);
  expect(first.exitCode).toBe(0);
  newRequests(stage);
  const same = await stage.run({ ...all, 'resume-from': resultsOf(first) });
  expect(newRequests(stage)).toEqual([]);
  expect(same.records).toEqual(first.records.map((record) => ({ ...record, resumed: true })));
  const other = await stage.run({ ...all, 'release-tag': 'v2', 'resume-from': resultsOf(first) });
  expect(other.records.map(({ resumed }) => resumed)).toEqual([undefined, undefined]);
});
