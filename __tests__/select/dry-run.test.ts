import { describe, expect, test } from '@jest/globals';
import type { VideoOptions } from '../../local-stream/library/video.ts';
import { Stage, type StagedStep } from '../harness/stage.ts';
import { addVideos, idsOf, privately, ready, unknownId } from '../harness/videos.ts';

const all = { 'video-id': 'all', 'dry-run': 'true' };

/** The lines of the log after those of single videos. */
function totalsOf({ log }: StagedStep): string {
  return log.slice(log.findLastIndex((line) => line.startsWith('Dry run'))).join('\n');
}

const encoding: VideoOptions = { phases: { encodeMs: 3_600_000 } };
const failed: VideoOptions = { state: 'error' };
const broken: VideoOptions = { downloads: { default: 'error' } };
const generating: VideoOptions = { downloads: { default: 'inprogress' }, generateMs: 60_000 };

describe('a dry run', () => {
  const videos = [ready, {}, generating, encoding, failed] as const;

  test.each([
    ['create', {}, [[], ['create'], [], [], []]],
    ['create', { wait: 'true' }, [[], ['create', 'wait'], ['wait'], ['create', 'wait'], []]],
    [
      'create',
      { 'save-to': 'media/' },
      [['save'], ['create', 'wait', 'save'], ['wait', 'save'], ['create', 'wait', 'save'], []],
    ],
    ['list', { type: 'default' }, [[], [], [], [], []]],
    ['list', { type: 'default', wait: 'true' }, [[], [], ['wait'], [], []]],
    ['delete', { type: 'default' }, [['delete'], [], ['delete'], [], []]],
    ['delete', { type: 'default', wait: 'true' }, [['delete'], [], ['delete'], [], []]],
  ])(
    'of `%s` with %p plans the steps in order, with GET requests only',
    async (operation, inputs, planned) => {
      await using stage = await Stage.open({ inputs: { 'signed-url': 'auto' } });
      const ids = addVideos(stage.stream, videos.length, (index) => ({ ...videos[index], ...privately }));
      // The list of the account alone is asked for if the IDs are not given.
      const step = await stage.run({ operation, 'video-id': ids.join(','), 'dry-run': 'true', ...inputs });
      expect(step.records.map((record) => record.planned)).toEqual(planned);
      expect(stage.stream.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
      if (operation === 'list') return;
      stage.stream.requests.length = 0;
      const library = await stage.run({ ...all, operation, ...inputs });
      expect(library.records.map((record) => record.planned)).toEqual(planned);
      expect(library.exitCode).toBe(0);
      expect(stage.stream.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    },
  );

  test('says where files would be saved, and saves none', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 2, (index) => ({ ...(index === 0 && ready), name: `Film ${index}` }));
    const step = await stage.run({ ...all, 'save-to': 'media/' });
    expect(step.records.map(({ file, sha256 }) => [file, sha256])).toEqual(
      ids.map((id, index) => [`media/Film ${index}-${id}.mp4`, undefined]),
    );
    expect(stage.files).toEqual([]);
    expect(stage.deliveries).toEqual([]);
  });

  test('attaches nothing to a release, and only reads from GitHub', async () => {
    await using stage = await Stage.open({ github: true });
    stage.github.addRelease({ tag: 'v1' });
    addVideos(stage.stream, 2, (index) => (index === 0 ? ready : {}));
    const step = await stage.run(all);
    expect(step.exitCode).toBe(0);
    expect(step.records.map(({ planned }) => planned)).toEqual([['attach'], ['create', 'wait', 'attach']]);
    expect(stage.github.requests.length).toBeGreaterThan(0);
    expect(
      [...stage.stream.requests, ...stage.github.requests].filter(({ method }) => method !== 'GET'),
    ).toEqual([]);
    expect(stage.assets).toEqual([]);
  });

  test('fails where the run would fail', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 3, (index) => [broken, failed, encoding][index] ?? {});
    const step = await stage.run({ 'video-id': [...ids, unknownId].join(','), 'dry-run': 'true' });
    expect(step.records.map(({ status }) => status)).toEqual(['error', 'none', 'none', 'failed']);
    expect(step.errors).toHaveLength(4);
    const list = await stage.run({ operation: 'list', 'video-id': ids.join(','), 'dry-run': 'true' });
    expect(list.exitCode).toBe(0);
  });

  test('plans the types of `list` that there are', async () => {
    await using stage = await Stage.open();
    const [both, none] = addVideos(stage.stream, 2, (index) =>
      index === 0 ? { downloads: { default: 'ready', audio: 'inprogress' } } : {},
    );
    const step = await stage.run({
      operation: 'list',
      'video-id': `${both},${none}`,
      'dry-run': 'true',
      'save-to': '{id}-{type}.{ext}',
    });
    expect(step.records.map(({ planned, status, type }) => [type, status, planned])).toEqual([
      ['default', 'ready', ['save']],
      ['audio', 'inprogress', ['wait', 'save']],
      ['', 'none', []],
    ]);
  });

  test('carries over what is done, and plans nothing for it', async () => {
    await using stage = await Stage.open();
    addVideos(stage.stream, 2);
    const save = { 'video-id': 'all', 'save-to': 'media/{id}.{ext}' };
    const first = await stage.run(save);
    addVideos(stage.stream, 1, { created: '2026-01-12T00:00:00Z' });
    const step = await stage.run({ ...save, ...all, 'resume-from': first.outputs['results-file'] ?? '' });
    expect(step.records.map(({ planned, resumed }) => [planned, resumed])).toEqual([
      [['create', 'wait', 'save'], undefined],
      [undefined, true],
      [undefined, true],
    ]);
    // Nothing was done, so it is done by the next run.
    const third = await stage.run({ ...save, 'resume-from': step.outputs['results-file'] ?? '' });
    expect(third.records.map(({ resumed }) => resumed)).toEqual([undefined, true, true]);
  });
});

describe('the totals of a dry run', () => {
  test('are minutes, bytes beside the free space, requests, tokens, and time at the rate limit', async () => {
    await using stage = await Stage.open({ inputs: { 'signed-url': 'auto' } });
    addVideos(stage.stream, 10, (index) => ({
      durationSeconds: 90,
      sizeBytes: 40_000_000,
      ...(index < 4 && privately),
      ...(index === 9 && ready),
    }));
    const totals = totalsOf(await stage.run({ ...all, 'save-to': 'media/' }));
    expect(totals).toMatch(/^Dry run of 10 videos/);
    expect(totals).toContain('create 9, wait 9, save 10');
    expect(totals).toContain('15 minutes');
    expect(totals).toContain('400 MB');
    expect(totals).toMatch(/ free on the disk/);
    expect(totals).toContain('4 tokens');
    expect(totals).not.toContain('advises against');
    // Creating, waiting for and signing: 9 × 2 + 1 + 4, and the pages.
    expect(totals).toMatch(/23 requests: \d/);
  });

  test('advise against more than 1,000 tokens a day', async () => {
    await using stage = await Stage.open({ inputs: { 'signed-url': 'always' } });
    const ids = addVideos(stage.stream, 1001, {});
    stage.intercept(async ({ call, pass }) =>
      call === 'GET downloads'
        ? Response.json({ success: true, errors: [], messages: [], result: {} })
        : pass(),
    );
    const step = await stage.run({ ...all, wait: 'true' });
    expect(step.records).toHaveLength(ids.length);
    expect(totalsOf(step)).toMatch(/1,001 tokens for private videos: .*advises against/);
  });

  test('of videos that are only listed cost the pages alone', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 1200, (index) => ({
      durationSeconds: 60,
      sizeBytes: 10_000_000,
      ...(index < 20 && failed),
    }));
    const first = await stage.run({ 'video-id': ids.slice(30, 33).join(','), wait: 'true' });
    stage.stream.requests.length = 0;
    const step = await stage.run({
      ...all,
      operation: 'list',
      type: 'default',
      'resume-from': first.outputs['results-file'] ?? '',
    });
    expect(step.exitCode).toBe(0);
    expect(stage.calls).toEqual(['GET', 'GET', 'GET']);
    expect(step.outputs).toMatchObject({ downloads: '[]', count: '0', failed: '0', status: '' });
    const { include } = JSON.parse(step.outputs['matrix'] ?? '');
    expect(include.reduce((sum: number, { videos }: { videos: number }) => sum + videos, 0)).toBe(1177);
    expect(include.every(({ videos }: { videos: number }) => videos <= 500)).toBe(true);
    const totals = totalsOf(step);
    expect(totals).toMatch(/^Dry run of 1,200 videos.* 20 .* 3 .*1,177 left\n/);
    expect(totals).toMatch(/1,177 requests: 5 min/);
    expect(totals).toMatch(/11.8 GB; .* 1,177 minutes .* free on the disk/);
    expect(step.warnings).toEqual([]);
  });
});

describe('a matrix', () => {
  test('has the shards that select its videos', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 12, { sizeBytes: 4e9, durationSeconds: 4000 });
    const plan = await stage.run({ ...all, operation: 'list' });
    const { include } = JSON.parse(plan.outputs['matrix'] ?? '');
    expect(include.length).toBeGreaterThan(1);
    const found: string[] = [];
    for (const { shard, videos } of include) {
      const step = await stage.run({ 'video-id': 'all', operation: 'list', type: 'default', shard });
      expect(step.records).toHaveLength(videos);
      found.push(...idsOf(step.records));
    }
    expect(found.toSorted()).toEqual(ids.toSorted());
  });

  test.each([
    ['given IDs', {}, 3],
    ['a real `list` of all videos', { 'video-id': 'all' }, 3],
    ['a `list` with `resume-from`', { 'video-id': 'all', 'resume-from': 'none.json' }, 3],
  ])('is written for %s', async (_, inputs, videos) => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 3, ready);
    const step = await stage.run({ operation: 'list', 'video-id': ids.join(','), ...inputs });
    expect(JSON.parse(step.outputs['matrix'] ?? '')).toEqual({
      include: [{ shard: '1/1', name: '1-of-1', videos }],
    });
  });

  test.each(['create', 'delete'])('is not written for `%s`', async (operation) => {
    await using stage = await Stage.open();
    addVideos(stage.stream, 1);
    const step = await stage.run({ 'video-id': 'all', operation, type: 'default' });
    expect(step.outputs['matrix']).toBe('');
  });
});
