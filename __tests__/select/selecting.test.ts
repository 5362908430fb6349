import { describe, expect, test } from '@jest/globals';
import { isInShard } from '../../src/select/shard.ts';
import { Stage } from '../harness/stage.ts';
import { addVideos, idsOf, ready, unknownId } from '../harness/videos.ts';

const all = { 'video-id': 'all' };
const listed = { ...all, operation: 'list', type: 'default' };

describe('a filter', () => {
  test.each([
    ['created-after', '2026-01-09T23:58:00Z', [0, 1, 2]],
    ['created-after', '2026-01-10', [0]],
    ['created-after', '5d', []],
    ['created-after', '132h', [0]],
    ['created-before', '2026-01-09T23:58:00Z', [3, 4]],
    ['created-before', '2026-01-10', [1, 2, 3, 4]],
    ['created-before', '132h', [1, 2, 3, 4]],
    ['creator', 'anna', [1, 3]],
    ['search', 'FILM 2', [2]],
    ['search', 'film', [0, 1, 2, 3, 4]],
    ['live-input', 'a1'.repeat(16), [4]],
  ])('%s: %s selects the videos that it names', async (name, value, expected) => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 5, (index) => ({
      ...ready,
      name: `Film ${index}`,
      creator: index % 2 === 1 ? 'anna' : 'bob',
      ...(index === 4 && { liveInput: 'a1'.repeat(16) }),
    }));
    const step = await stage.run({ ...listed, [name]: value });
    expect(step.exitCode).toBe(0);
    expect(idsOf(step.records)).toEqual(expected.map((index) => ids[index]));
    // Only videos that are selected cost a request beside the page and the one that finds the end.
    expect(stage.count('GET downloads')).toBe(expected.length);
  });

  test('combines with the others', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 8, (index) => ({
      ...ready,
      name: index < 6 ? 'A talk' : 'Music',
      creator: index % 2 === 1 ? 'anna' : 'bob',
    }));
    const step = await stage.run({
      ...listed,
      creator: 'anna',
      search: 'talk',
      'created-before': '2026-01-09T23:58:00Z',
    });
    expect(idsOf(step.records)).toEqual([ids[3], ids[5]]);
  });
});

describe('a selection of nothing', () => {
  test.each(['list', 'create', 'delete'])('is a success with a warning: %s', async (operation) => {
    await using stage = await Stage.open();
    addVideos(stage.stream, 2);
    const step = await stage.run({ ...all, operation, type: 'default', wait: 'true', search: 'Nobody' });
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toMatchObject({
      count: '0',
      failed: '0',
      downloads: '[]',
      status: '',
      matrix: operation === 'list' ? '{"include":[]}' : '',
    });
    expect(step.warningTitles).toEqual(['No video was selected']);
  });

  test.each([
    ['an empty account', {}, 0, 1],
    ['no video that can have a download', { limit: '2' }, 1, 1],
    // It is usual for a static matrix, so nobody need look at it.
    ['a shard without videos', { shard: '1/256' }, 1, 0],
  ])('is reported for %s', async (_, inputs, amount, warnings) => {
    await using stage = await Stage.open();
    addVideos(stage.stream, amount, { state: 'error' });
    const step = await stage.run({ ...all, ...inputs });
    expect([step.exitCode, step.outputs['count'], step.warnings.length]).toEqual([0, '0', warnings]);
    expect([...step.log, ...step.warnings].join('\n')).toContain('There was nothing to do');
  });
});

describe('a limit', () => {
  test('counts videos that can have a download; the ones passed over have no record', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 8, (index) => ({
      ...(index === 0 && { state: 'live-inprogress', liveInput: 'a'.repeat(32) }),
      ...(index === 1 && { state: 'error' }),
      ...(index === 2 && { phases: { pendingUploadMs: Number.POSITIVE_INFINITY } }),
      ...(index === 4 && { liveInput: 'a'.repeat(32), durationSeconds: 5 * 3600 }),
      ...(index === 5 && { phases: { encodeMs: 60_000 } }),
    }));
    const step = await stage.run({ ...all, limit: '2' });
    expect(step.exitCode).toBe(0);
    expect(idsOf(step.records)).toEqual([ids[3], ids[6]]);
    const waiting = await stage.run({ ...all, limit: '2', wait: 'true' });
    expect(idsOf(waiting.records)).toEqual([ids[3], ids[5]]);
    expect(waiting.records.map(({ status }) => status)).toEqual(['ready', 'ready']);
  });

  test('ends the listing', async () => {
    await using stage = await Stage.open();
    addVideos(stage.stream, 4, ready);
    const step = await stage.run({ ...listed, limit: '3' });
    expect(step.records).toHaveLength(3);
    expect(stage.count('GET')).toBe(1);
  });

  test('of 1 with a live input is the recording that just ended', async () => {
    await using stage = await Stage.open();
    const liveInput = 'b2'.repeat(16);
    const [, recording] = addVideos(stage.stream, 3, (index) => ({
      ...(index > 0 && { liveInput }),
      ...(index === 1 && { phases: { encodeMs: 30_000 } }),
    }));
    const inputs = { ...all, 'live-input': liveInput, limit: '1', wait: 'true' };
    const step = await stage.run(inputs);
    expect([step.exitCode, step.outputs['video-id'], step.outputs['status']]).toEqual([
      0,
      recording,
      'ready',
    ]);
  });

  test('applies after the filters and before the shard', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 24, (index) => ({ ...ready, name: index % 2 ? 'Odd' : 'Even' }));
    const odd = ids.filter((_, index) => index % 2 === 1).slice(0, 6);
    const found: string[] = [];
    for (const index of [1, 2]) {
      const step = await stage.run({ ...listed, search: 'odd', limit: '6', shard: `${index}/2` });
      expect(idsOf(step.records)).toEqual(odd.filter((id) => isInShard(id, { index, count: 2 })));
      found.push(...idsOf(step.records));
    }
    expect(found.toSorted()).toEqual(odd.toSorted());
  });
});

describe('shards', () => {
  test.each(['all', 'ids'])('are disjoint and complete: %s', async (which) => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 30, ready);
    const given = which === 'all' ? all : { 'video-id': ids.toReversed().join(',') };
    const order = which === 'all' ? ids : ids.toReversed();
    const found: string[] = [];
    for (const shard of ['1/3', '2/3', '3/3']) {
      const step = await stage.run({ ...given, operation: 'list', type: 'default', shard });
      const records = idsOf(step.records);
      expect(records).toEqual(order.filter((id) => records.includes(id)));
      expect(records.length).toBeGreaterThan(3);
      found.push(...records);
    }
    expect(found).toHaveLength(30);
    expect(found.toSorted()).toEqual(ids.toSorted());
  });
});

describe('given IDs', () => {
  const waiting = { wait: 'true' };

  test.each(['first', 'ignored'] as const)(
    'are looked up one by one where the list lacks some (it reads %p)',
    async (listById) => {
      await using stage = await Stage.open({ readings: { listById } });
      addVideos(stage.stream, 1000, { created: '2026-01-14T00:00:00Z' });
      const ids = addVideos(stage.stream, 20);
      const step = await stage.run({ 'video-id': [...ids, unknownId].join('\n'), ...waiting });
      expect(step.records.map(({ status }) => status)).toEqual([...Array(20).fill('ready'), 'failed']);
      expect(stage.count('GET')).toBeLessThanOrEqual(23);
    },
  );

  test('that the account does not have do not disturb the look-ups of others', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 150);
    const step = await stage.run({ 'video-id': [unknownId, ...ids, 'e'.repeat(32)].join('\n'), ...waiting });
    expect(step.errors).toHaveLength(2);
    expect(step.records.filter(({ status }) => status === 'ready')).toHaveLength(150);
  });

  test('are looked up 100 at a time, and all created before the first wait ends', async () => {
    await using stage = await Stage.open({ latencyMs: 500 });
    const ids = addVideos(stage.stream, 250);
    const step = await stage.run({ 'video-id': ids.join('\n'), ...waiting });
    expect(step.exitCode).toBe(0);
    expect(idsOf(step.records)).toEqual(ids);
    expect(stage.count('GET')).toBeLessThanOrEqual(5);
    expect(stage.count('POST downloads')).toBe(250);
    const calls = stage.calls;
    expect(calls.indexOf('GET downloads')).toBeGreaterThan(calls.lastIndexOf('POST downloads'));
  });
});
