import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { VideoOptions } from '../../local-stream/library/video.ts';
import { testPattern } from '../harness/media.ts';
import { Stage } from '../harness/stage.ts';
import { addVideos, idsOf, privately, ready } from '../harness/videos.ts';

const all = { 'video-id': 'all' };
const endless = Number.POSITIVE_INFINITY;
const liveInput = 'a1'.repeat(16);

describe('all videos of the account', () => {
  test('are created, waited for and saved, newest first, without a look-up of any', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 5, (index) => ({ name: `Film ${index}` }));
    const step = await stage.run({ ...all, 'save-to': 'media/' });
    expect(step.exitCode).toBe(0);
    expect(idsOf(step.records)).toEqual(ids);
    expect(step.records.map(({ file }) => file)).toEqual(
      ids.map((id, index) => `media/Film ${index}-${id}.mp4`),
    );
    expect(step.records.every(({ sha256 }) => sha256 === testPattern.default.sha256)).toBe(true);
    expect(step.outputs).toMatchObject({ 'video-id': ids[0], count: '5', failed: '0' });
    // The page, and the request that finds the end.
    expect(stage.count('GET')).toBe(2);
  });

  test('that are private are signed, without a look-up of any', async () => {
    await using stage = await Stage.open({ inputs: { 'signed-url': 'auto' } });
    addVideos(stage.stream, 3, (index) => ({ ...ready, ...(index === 1 && privately) }));
    const step = await stage.run(all);
    expect(step.records.map(({ expiresAt }) => expiresAt !== undefined)).toEqual([false, true, false]);
    expect(stage.calls.toSorted()).toEqual(['GET', 'GET', ...Array(3).fill('POST downloads'), 'POST token']);
  });

  test('of more than a page are begun before the last page, and one bad video stops none', async () => {
    await using stage = await Stage.open({ rateLimit: { requests: 1e6, windowMs: 300_000, blockMs: 1 } });
    const ids = addVideos(stage.stream, 1001);
    const [bad = ''] = ids.slice(700);
    stage.stream.faults.add({
      route: 'downloads.create',
      video: bad,
      times: endless,
      fault: { kind: 'status', status: 400, contentType: 'application/json', body: refusal },
    });
    const step = await stage.run(all);
    expect(idsOf(step.records)).toEqual(ids);
    const failed = step.records.filter(({ error }) => error);
    expect([idsOf(failed), step.errors.length, step.exitCode]).toEqual([[bad], 1, 1]);
    const pages = stage.calls.flatMap((call, index) => (call === 'GET' ? [index] : []));
    expect(stage.calls.indexOf('POST downloads')).toBeLessThan(pages[1] ?? 0);

    // What does not fit into the output is in the results file.
    const downloads = step.outputs['downloads'] ?? '';
    expect(Buffer.byteLength(downloads)).toBeLessThanOrEqual(120_000);
    expect(JSON.parse(downloads).length).toBeLessThan(1001);
    const results = JSON.parse(readFileSync(step.outputs['results-file'] ?? '', 'utf8'));
    expect(results.downloads).toHaveLength(1001);
    expect(step.warningTitles).toEqual(['Too many records for an output']);
    expect(step.outputs['count']).toBe('1001');
  });

  test('are at most 500 at a time in progress', async () => {
    await using stage = await Stage.open();
    addVideos(stage.stream, 505, { generateMs: 500_000 });
    const step = await stage.run({ ...all, wait: 'true', 'poll-interval': '10m' });
    expect(step.exitCode).toBe(0);
    const created = stage.timesOf('POST downloads');
    const [firstPoll = 0] = stage.timesOf('GET downloads');
    expect(created.filter((atMs) => atMs < firstPoll)).toHaveLength(500);
    expect(created).toHaveLength(505);
  });

  test('with large metadata are listed', async () => {
    await using stage = await Stage.open();
    addVideos(stage.stream, 1000, { ...ready, meta: { description: 'x'.repeat(2000) } });
    const step = await stage.run({ ...all, operation: 'list', limit: '2' });
    expect(step.records).toHaveLength(2);
  });

  test('have their downloads deleted only if `type` says which', async () => {
    await using stage = await Stage.open();
    const ids = addVideos(stage.stream, 3, (index) => (index === 1 ? {} : ready));
    const refused = await stage.run({ ...all, operation: 'delete' });
    expect([refused.exitCode, stage.stream.requests.length]).toEqual([1, 0]);
    expect(refused.errors[0]?.message).toContain('`type`');
    const step = await stage.run({ ...all, operation: 'delete', type: 'default' });
    expect(step.exitCode).toBe(0);
    expect(step.records.map(({ status, videoId }) => [videoId, status])).toEqual([
      [ids[0], 'deleted'],
      [ids[1], 'none'],
      [ids[2], 'deleted'],
    ]);
  });
});

const refusal = JSON.stringify({ success: false, errors: [{ code: 10005, message: 'Bad Request' }] });

const impossible: readonly [what: string, options: VideoOptions, reason: string][] = [
  ['whose encoding failed', { errorReasonCode: 'ERR_NON_VIDEO' }, 'ERR_NON_VIDEO'],
  ['that was never uploaded', { phases: { pendingUploadMs: endless } }, 'uploaded'],
  ['that is a running broadcast', { state: 'live-inprogress', liveInput }, 'broadcast'],
  ['that is a live recording over 4 h', { liveInput, durationSeconds: 4 * 3600 + 1 }, 'recording'],
];

describe.each(['false', 'true'])('among all videos, one (wait: %s)', (wait) => {
  test.each(impossible)('%s is `none` with the reason in the log', async (_, options, reason) => {
    await using stage = await Stage.open();
    addVideos(stage.stream, 2, (index) => (index === 0 ? options : {}));
    const step = await stage.run({ ...all, wait });
    expect(step.exitCode).toBe(0);
    expect(step.records).toMatchObject([{ status: 'none', url: null }, { type: 'default' }]);
    expect(step.records[0]).not.toHaveProperty('error');
    expect(step.log.join('\n')).toContain(reason);
    expect(stage.count('POST downloads')).toBeLessThanOrEqual(2);
  });

  test.each(impossible)('%s is a failure if its ID was given', async (_, options) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo(options);
    const step = await stage.run({ 'video-id': uid, wait, timeout: '1m' });
    expect(step.exitCode).toBe(1);
    expect(step.record.status).toBe('none');
    expect(step.record.error).toBeDefined();
  });

  test.each(['list', 'delete'])('is no failure of `%s` whatever its state', async (operation) => {
    await using stage = await Stage.open();
    addVideos(stage.stream, impossible.length, (index) => impossible[index]?.[1] ?? {});
    const step = await stage.run({ ...all, operation, type: 'default', wait });
    expect(step.exitCode).toBe(0);
    expect(step.records.map(({ status }) => status)).toEqual(impossible.map(() => 'none'));
  });

  test.each(['list', 'create', 'delete'])('that is deleted meanwhile is none: %s', async (operation) => {
    await using stage = await Stage.open();
    const [gone = '', kept] = addVideos(stage.stream, 2, ready);
    stage.intercept(({ call, pass }) => {
      if (call !== 'GET') stage.stream.removeVideo(gone);
      return pass();
    });
    const step = await stage.run({ ...all, operation, type: 'default', wait });
    expect(step.exitCode).toBe(0);
    expect(step.records.map(({ status, videoId }) => [videoId, status])).toEqual([
      [gone, 'none'],
      [kept, operation === 'delete' ? 'deleted' : 'ready'],
    ]);
    if (operation === 'create') expect(step.log.join('\n')).toContain('no such video');
  });

  test('that is still being processed is waited for, or none', async () => {
    await using stage = await Stage.open();
    addVideos(stage.stream, 2, (index) => (index === 0 ? { phases: { encodeMs: 60_000 } } : {}));
    const step = await stage.run({ ...all, wait });
    expect(step.exitCode).toBe(0);
    const statuses = step.records.map(({ status }) => status);
    expect(statuses).toEqual(wait === 'true' ? ['ready', 'ready'] : ['none', 'inprogress']);
    if (wait === 'false') expect(step.log.join('\n')).toContain('still being processed');
  });
});

test('a video that is deleted while its download is generated is none', async () => {
  await using stage = await Stage.open();
  const [gone = ''] = addVideos(stage.stream, 2, { generateMs: 60_000 });
  stage.intercept(({ call, pass }) => {
    if (call === 'GET downloads') stage.stream.removeVideo(gone);
    return pass();
  });
  const step = await stage.run({ ...all, wait: 'true' });
  expect(step.exitCode).toBe(0);
  expect(step.records.map(({ status }) => status)).toEqual(['none', 'ready']);
});

test('a running broadcast is waited for if its live input is selected', async () => {
  await using stage = await Stage.open();
  addVideos(stage.stream, 1, { liveInput, phases: { liveMs: 600_000, encodeMs: 60_000 } });
  const step = await stage.run({ ...all, 'live-input': liveInput, limit: '1', wait: 'true' });
  expect([step.exitCode, step.record.status]).toEqual([0, 'ready']);
  expect(step.tookMs).toBeGreaterThan(600_000);
});

test('a failed generation is a failure among all videos, too', async () => {
  await using stage = await Stage.open();
  addVideos(stage.stream, 2, (index) => ({ generateFails: index === 0 }));
  const step = await stage.run({ ...all, wait: 'true' });
  expect([step.exitCode, step.errors.length]).toEqual([1, 1]);
  expect(step.records.map(({ status }) => status)).toEqual(['error', 'ready']);
});

describe('saving all videos with `list`', () => {
  const saving = { ...all, operation: 'list', type: 'default', 'save-to': 'media/' };

  test('fails for none that cannot have a download', async () => {
    await using stage = await Stage.open();
    addVideos(stage.stream, 2, (index) => (index === 0 ? { state: 'error' } : ready));
    const step = await stage.run(saving);
    expect(step.records.map(({ status }) => status)).toEqual(['none', 'ready']);
    expect(step.exitCode).toBe(0);
  });

  test('fails for those that could have one', async () => {
    await using stage = await Stage.open();
    addVideos(stage.stream, 2, (index) => (index === 0 ? {} : ready));
    const step = await stage.run(saving);
    expect(step.records).toMatchObject([
      { status: 'none', error: expect.anything() },
      { status: 'ready', file: expect.any(String) },
    ]);
  });
});
