import { describe, expect, test } from '@jest/globals';
import { badGateway } from '../../local-stream/faults.ts';
import { hang, outage } from '../harness/responses.ts';
import { type SentRequest, Stage } from '../harness/stage.ts';
import { unknownId } from '../harness/videos.ts';

/** Lists the download as it was before its deletion: Cloudflare's responses may lag behind. */
function stillListed(until: () => boolean) {
  return ({ call, pass }: SentRequest): Promise<Response> => {
    if (call !== 'GET downloads' || until()) return pass();
    const result = {
      default: { status: 'ready', percentComplete: 100, url: 'https://a.example/default.mp4' },
    };
    return Promise.resolve(Response.json({ success: true, errors: [], messages: [], result }));
  };
}

describe('deleting', () => {
  test('without a type deletes only the MP4, by its typed path', async () => {
    // With this reading, the path without a type would delete the audio as well.
    await using stage = await Stage.open({ readings: { untypedDelete: 'all' } });
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready', audio: 'ready' } });
    const step = await stage.run({ operation: 'delete', 'video-id': uid });
    expect(step.exitCode).toBe(0);
    expect(step.records).toEqual([
      { videoId: uid, type: 'default', status: 'deleted', percentComplete: null, url: null },
    ]);
    expect(stage.calls).toEqual(['DELETE downloads/default']);

    const remaining = await stage.run({ operation: 'list', 'video-id': uid });
    expect(remaining.records).toMatchObject([{ type: 'audio', status: 'ready' }]);
  });

  test('of the type audio leaves the MP4', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready', audio: 'ready' } });
    const step = await stage.run({ operation: 'delete', 'video-id': uid, type: 'audio' });
    expect(step.records).toMatchObject([{ type: 'audio', status: 'deleted' }]);
    expect(stage.calls).toEqual(['DELETE downloads/audio']);

    const remaining = await stage.run({ operation: 'list', 'video-id': uid });
    expect(remaining.records).toMatchObject([{ type: 'default', status: 'ready' }]);
  });

  test('of both types takes one request each, and reports them in the requested order', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready', audio: 'ready' } });
    const step = await stage.run({ operation: 'delete', 'video-id': uid, type: 'audio default' });
    expect(step.exitCode).toBe(0);
    expect(step.records).toMatchObject([
      { type: 'audio', status: 'deleted' },
      { type: 'default', status: 'deleted' },
    ]);
    expect(stage.calls.toSorted()).toEqual(['DELETE downloads/audio', 'DELETE downloads/default']);
  });

  test.each(['inprogress', 'error'] as const)('succeeds for a download in status %s', async (status) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: status } });
    const step = await stage.run({ operation: 'delete', 'video-id': uid });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('deleted');
  });

  test('succeeds even if the response to the deletion is lost', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    stage.stream.faults.add({ route: 'downloads.delete', fault: { kind: 'answer-lost' } });
    const step = await stage.run({ operation: 'delete', 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    // The second attempt finds nothing to delete.
    expect(step.record.status).toBe('none');
    expect(step.record).not.toHaveProperty('error');
    expect(stage.count('DELETE downloads/default')).toBe(2);

    const remaining = await stage.run({ operation: 'list', 'video-id': uid });
    expect(remaining.record.status).toBe('none');
  });
});

describe('deleting an absent download', () => {
  test('is reported as `none` and succeeds, with one request to check that the video exists', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    const step = await stage.run({ operation: 'delete', 'video-id': uid, type: 'default audio' });
    expect(step.exitCode).toBe(0);
    expect(step.records).toEqual([
      { videoId: uid, type: 'default', status: 'none', percentComplete: null, url: null },
      { videoId: uid, type: 'audio', status: 'none', percentComplete: null, url: null },
    ]);
    expect(stage.calls.toSorted()).toEqual(['DELETE downloads/audio', 'DELETE downloads/default', 'GET']);
  });

  test('is reported as `none` beside a type that is deleted', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { audio: 'ready' } });
    const step = await stage.run({ operation: 'delete', 'video-id': uid, type: 'default audio' });
    expect(step.exitCode).toBe(0);
    expect(step.records).toMatchObject([
      { type: 'default', status: 'none' },
      { type: 'audio', status: 'deleted' },
    ]);
  });

  test.each(['false', 'true'])('succeeds even if Cloudflare answers "ok", wait: %s', async (wait) => {
    await using stage = await Stage.open({ readings: { deleteAbsent: 'ok' } });
    const { uid } = stage.stream.addVideo();
    const step = await stage.run({ operation: 'delete', 'video-id': uid, wait });
    expect(step.exitCode).toBe(0);
    expect(step.record).not.toHaveProperty('error');
  });

  test('does not wait', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    const step = await stage.run({ operation: 'delete', 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('none');
    expect(step.tookMs).toBe(0);
    expect(stage.calls).toEqual(['DELETE downloads/default', 'GET']);
  });

  test.each(['false', 'true'])('fails if the account has no such video, wait: %s', async (wait) => {
    await using stage = await Stage.open();
    const step = await stage.run({
      operation: 'delete',
      'video-id': unknownId,
      type: 'default audio',
      wait,
    });
    expect(step.exitCode).toBe(1);
    expect(step.records).toMatchObject([
      { type: 'default', status: 'failed', error: { code: 10003, httpStatus: 404 } },
      { type: 'audio', status: 'failed', error: { code: 10003, httpStatus: 404 } },
    ]);
    expect(step.message).toContain('The account has no such video');
    expect(step.errors).toHaveLength(1);
  });
});

describe('with `wait`', () => {
  test('the step ends when the list is empty', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    const step = await stage.run({ operation: 'delete', 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.record).toMatchObject({ status: 'deleted', percentComplete: null, url: null });
    expect(stage.calls).toEqual(['DELETE downloads/default', 'GET downloads']);
    expect(step.tookMs).toBeLessThan(2000);
  });

  test('the step lasts until the download is no longer listed', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready', audio: 'ready' } });
    stage.intercept(stillListed(() => stage.clock.now() >= 40_000));
    const step = await stage.run({
      operation: 'delete',
      'video-id': uid,
      wait: 'true',
      'poll-interval': '10s',
      'signed-url': 'always',
    });
    expect(step.exitCode).toBe(0);
    expect(step.tookMs).toBe(40_000);
    // Although it is listed as ready, its URL is not signed.
    expect([...new Set(stage.calls)]).toEqual(['DELETE downloads/default', 'GET downloads']);
    // The audio stays listed throughout: its deletion was not requested.
    expect(step.records).toEqual([
      { videoId: uid, type: 'default', status: 'deleted', percentComplete: null, url: null },
    ]);
    expect(step.log.join('\n')).toContain('still listed');
  });

  test('the step fails at the time limit with the last listed state', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    stage.intercept(stillListed(() => false));
    const step = await stage.run({ operation: 'delete', 'video-id': uid, wait: 'true', timeout: '2m' });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(120_000);
    expect(step.record).toMatchObject({ status: 'ready', url: 'https://a.example/default.mp4' });
    expect(step.message).toContain('time limit of 2 min');
    expect(step.message).toContain('was still listed as ready');
  });

  test('the step continues after an outage of ten minutes', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    const listed = stillListed(() => stage.clock.now() >= 30_000);
    const interrupted = outage(stage.clock, 1000, 601_000);
    stage.intercept((request) => interrupted({ pass: () => listed(request) }));
    const step = await stage.run({ operation: 'delete', 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.record).toMatchObject({ status: 'deleted', percentComplete: null, url: null });
    expect(step.tookMs).toBeGreaterThan(600_000);
    expect(step.tookMs).toBeLessThan(660_000);
  });

  test('the step reports the last listed state if the time limit is reached during an outage', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    const listed = stillListed(() => false);
    const interrupted = outage(stage.clock, 60_000, Infinity);
    stage.intercept((request) => interrupted({ pass: () => listed(request) }));
    const step = await stage.run({ operation: 'delete', 'video-id': uid, wait: 'true', timeout: '5m' });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'ready' });
    expect(step.message).toMatch(
      /Could not list the downloads: no response from .* after the time limit\); the deletion had been accepted, but the download was still listed as ready/,
    );
  });

  test('the step fails if the list cannot be read, and the record stays `deleted`', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    stage.stream.faults.add({ route: 'downloads.list', times: Infinity, fault: badGateway() });
    const step = await stage.run({ operation: 'delete', 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'deleted', error: { httpStatus: 502 } });
    expect(step.message).toContain('after the time limit); the deletion had been accepted. Cloudflare');
  });
});

describe('a deletion without a response', () => {
  test('is `failed` at the time limit', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    stage.intercept(hang);
    const step = await stage.run({ operation: 'delete', 'video-id': uid, timeout: '20s' });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(20_000);
    expect(step.record.status).toBe('failed');
  });
});
