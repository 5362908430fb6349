import { describe, expect, test } from '@jest/globals';
import { badGateway } from '../../local-stream/faults.ts';
import { Stage } from '../harness/stage.ts';
import { addVideos, idsOf, ready } from '../harness/videos.ts';

const all = { 'video-id': 'all' };
const list = { ...all, operation: 'list', type: 'default' };
const refused = {
  kind: 'status',
  status: 400,
  contentType: 'application/json',
  body: '{"success":false,"errors":[{"code":10005,"message":"Bad Request"}]}',
} as const;

describe('a page that fails', () => {
  test('ends the listing: what is known is done, and the step fails once', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 12, ready);
    // A gateway that lists fewer at once, so that there are several pages, and a request for older videos between them.
    stage.intercept(({ pass, url }) => pass(url.replace('limit=1000', 'limit=5')));
    stage.stream.faults.add({ route: 'videos.list', after: 3, times: Infinity, fault: refused });
    const step = await stage.run(list);
    expect(idsOf(step.records)).toEqual(ids.slice(0, 9));
    expect(step.records.every(({ status }) => status === 'ready')).toBe(true);
    expect(step.exitCode).toBe(1);
    expect(step.outputs).toMatchObject({ matrix: '', count: '9', failed: '0', status: 'ready' });
    expect(step.errors).toHaveLength(1);
    expect(step.errors[0]?.message).toContain('list the videos of the account');
  });

  test('in a single entry fails the step, and all other videos are done', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 5, ready);
    stage.intercept(async ({ pass, url }) => {
      const response = await pass();
      if (!url.includes('limit=1000')) return response;
      const page = (await response.json()) as { readonly result: readonly object[] };
      return Response.json({
        ...page,
        result: page.result.map((video, index) => (index === 2 ? { ...video, created: null } : video)),
      });
    });
    const step = await stage.run(list);
    expect(idsOf(step.records)).toEqual(ids.toSpliced(2, 1));
    expect([step.exitCode, step.outputs['failed'], step.outputs['matrix']]).toEqual([1, '0', '']);
    expect(step.errors.map(({ message }) => message)).toEqual([expect.stringContaining('cannot be read')]);
  });

  test('is retried if that can help', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 3, ready);
    stage.stream.faults.add({ route: 'videos.list', times: 2, fault: badGateway() });
    const step = await stage.run(list);
    expect([step.exitCode, idsOf(step.records)]).toEqual([0, ids]);
  });

  test.each(['create', 'delete', 'list'])(
    'is all of a step without records if it is the first: %s',
    async (operation) => {
      await using stage = await Stage.open();
      addVideos(stage.stream, 3);
      stage.stream.faults.add({ route: 'videos.list', times: Infinity, fault: refused });
      const step = await stage.run({ ...all, operation, type: 'default' });
      expect(step.exitCode).toBe(1);
      expect(step.outputs).toMatchObject({
        downloads: '[]',
        count: '0',
        failed: '0',
        status: 'failed',
        matrix: '',
      });
      expect([step.errors.length, step.warnings.length]).toEqual([1, 0]);
    },
  );

  test('writes no matrix in a dry run, either', async () => {
    await using stage = await Stage.open();
    addVideos(stage.stream, 3);
    stage.stream.faults.add({ route: 'videos.list', after: 1, times: Infinity, fault: refused });
    const step = await stage.run({ ...list, 'dry-run': 'true' });
    expect([step.exitCode, step.errors.length, step.outputs['matrix']]).toEqual([1, 1, '']);
  });
});

describe('a library whose step cannot begin', () => {
  test('fails once with a wrong token', async () => {
    await using stage = await Stage.open();
    addVideos(stage.stream, 3);
    const step = await stage.run({ ...all, 'api-token': 'wrong-token-of-some-length' });
    expect([step.exitCode, step.errors.length, stage.stream.requests.length]).toEqual([1, 1, 1]);
    expect(step.outputs).toMatchObject({ downloads: '[]', count: '0', status: 'failed' });
    expect(step.errors[0]?.title).toContain('credentials');
  });

  test('fails once with a token that may only read', async () => {
    await using stage = await Stage.open();
    addVideos(stage.stream, 30);
    const step = await stage.run({ ...all, 'api-token': stage.stream.readOnlyToken });
    expect([step.exitCode, step.errors.length]).toEqual([1, 1]);
    expect(step.records).toHaveLength(30);
    expect(step.records.every(({ error }) => error !== undefined)).toBe(true);
    expect(stage.count('POST downloads')).toBeLessThanOrEqual(4);
  });

  test('fails once with an unknown release, without a request to Cloudflare', async () => {
    await using stage = await Stage.open({ github: true });
    addVideos(stage.stream, 3);
    const step = await stage.run({ ...all, 'release-tag': 'v9' });
    expect([step.exitCode, step.errors.length, stage.stream.requests.length]).toEqual([1, 1, 0]);
    expect(step.outputs).toMatchObject({ downloads: '[]', count: '0', status: 'failed' });
  });
});

describe('a cancelled library', () => {
  test('has what was done, and a run with `resume-from` repeats nothing', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 200, { generateMs: 3000 });
    const cancelled = new AbortController();
    stage.intercept(({ pass }) => {
      if (stage.deliveries.length === 20) cancelled.abort('SIGTERM');
      return pass();
    });
    const save = { ...all, 'save-to': 'media/{id}.{ext}' };
    const first = await stage.run(save, { interrupt: cancelled.signal });
    expect(first.exitCode).toBe(1);
    const done = first.records.filter(({ error }) => !error);
    expect(done.length).toBeGreaterThan(10);
    expect(first.errors).toHaveLength(10);
    expect(stage.files).toEqual(done.map(({ file }) => file ?? '').toSorted());
    // A record exists of each video that was found.
    expect(idsOf(first.records)).toEqual(ids.slice(0, first.records.length));

    stage.intercept(({ pass }) => pass());
    stage.stream.requests.length = 0;
    const second = await stage.run({
      ...save,
      limit: '60',
      'resume-from': first.outputs['results-file'] ?? '',
    });
    expect(second.exitCode).toBe(0);
    expect(idsOf(second.records)).toEqual(ids.slice(0, 60));
    expect(idsOf(second.records.filter(({ resumed }) => resumed))).toEqual(
      idsOf(done.filter(({ videoId }) => ids.indexOf(videoId) < 60)),
    );
    const repeated = stage.stream.requests.filter(({ path }) =>
      done.some(({ videoId }) => path.includes(videoId)),
    );
    expect(repeated).toEqual([]);
  });

  test('before its first page fails once, without records', async () => {
    await using stage = await Stage.open();
    addVideos(stage.stream, 3);
    const step = await stage.run(all, { cancelAfterMs: 0 });
    expect([step.exitCode, step.errors.length, step.outputs['count']]).toEqual([1, 1, '0']);
  });
});
