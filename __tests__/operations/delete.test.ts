import { describe, expect, test } from '@jest/globals';
import { badGateway } from '../../local-stream/faults.ts';
import type { Readings } from '../../local-stream/readings.ts';
import { hang, outage, type SentRequest, Stage } from '../harness/step-on-stream.ts';

const nothingGenerated: readonly Readings['nothingGenerated'][] = [
  'empty',
  'null',
  'not-found',
  'bad-request',
];

/** An id of which the account knows nothing. */
const unknownId = 'f'.repeat(32);

/** The download as it is listed although it was deleted: Cloudflare's answers may lag. */
function stillListed(until: () => boolean) {
  return ({ call, pass }: SentRequest): Promise<Response> => {
    if (call !== 'GET downloads' || until()) return pass();
    const result = {
      default: { status: 'ready', percentComplete: 100, url: 'https://a.example/default.mp4' },
    };
    return Promise.resolve(Response.json({ success: true, errors: [], messages: [], result }));
  };
}

describe('what is deleted', () => {
  test('is the MP4 where no type was asked for, by its typed path, and nothing else', async () => {
    // Were the untyped path used, this reading would delete the audio as well.
    await using stage = await Stage.open({ readings: { untypedDelete: 'all' } });
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready', audio: 'ready' } });
    const step = await stage.run({ operation: 'delete', 'video-id': uid });
    expect(step.exitCode).toBe(0);
    expect(step.records).toEqual([
      { videoId: uid, type: 'default', status: 'deleted', percentComplete: null, url: null },
    ]);
    expect(stage.calls).toEqual(['DELETE downloads/default']);

    const left = await stage.run({ operation: 'list', 'video-id': uid });
    expect(left.records).toMatchObject([{ type: 'audio', status: 'ready' }]);
  });

  test('is the audio alone where that was asked for', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready', audio: 'ready' } });
    const step = await stage.run({ operation: 'delete', 'video-id': uid, type: 'audio' });
    expect(step.records).toMatchObject([{ type: 'audio', status: 'deleted' }]);
    expect(stage.calls).toEqual(['DELETE downloads/audio']);

    const left = await stage.run({ operation: 'list', 'video-id': uid });
    expect(left.records).toMatchObject([{ type: 'default', status: 'ready' }]);
  });

  test('is both types, one request each, in the order asked for', async () => {
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

  test.each(['inprogress', 'error'] as const)('may be in status %s', async (status) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: status } });
    const step = await stage.run({ operation: 'delete', 'video-id': uid });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('deleted');
  });

  test('is gone, and the step succeeds, when the answer to the deletion is lost', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    stage.stream.faults.add({ route: 'downloads.delete', fault: { kind: 'answer-lost' } });
    const step = await stage.run({ operation: 'delete', 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    // The second attempt finds nothing; whether the first one did it, nobody can tell.
    expect(['deleted', 'none']).toContain(step.record.status);
    expect(step.record).not.toHaveProperty('error');
    expect(stage.count('DELETE downloads/default')).toBe(2);

    const left = await stage.run({ operation: 'list', 'video-id': uid });
    expect(left.record.status).toBe('none');
  });
});

describe('what is not there', () => {
  test('is `none` and a success; whether the video exists is looked into once', async () => {
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

  test('is `none` beside a type that is deleted', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { audio: 'ready' } });
    const step = await stage.run({ operation: 'delete', 'video-id': uid, type: 'default audio' });
    expect(step.exitCode).toBe(0);
    expect(step.records).toMatchObject([
      { type: 'default', status: 'none' },
      { type: 'audio', status: 'deleted' },
    ]);
  });

  test.each(['false', 'true'])(
    'is a success also where Cloudflare says "ok" to its deletion, wait: %s',
    async (wait) => {
      await using stage = await Stage.open({ readings: { deleteAbsent: 'ok' } });
      const { uid } = stage.stream.addVideo();
      const step = await stage.run({ operation: 'delete', 'video-id': uid, wait });
      expect(step.exitCode).toBe(0);
      expect(step.record).not.toHaveProperty('error');
    },
  );

  test('is not waited for', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    const step = await stage.run({ operation: 'delete', 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.record.status).toBe('none');
    expect(step.tookMs).toBe(0);
    expect(stage.calls).toEqual(['DELETE downloads/default', 'GET']);
  });

  test.each(['false', 'true'])('is a failure when the account has no such video, wait: %s', async (wait) => {
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

  test('is told of the wrong address where a 404 is not the API’s', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    const apiUrl = stage.stream.apiUrl.replace(/\/client\/v4$/, '');
    const step = await stage.run({ operation: 'delete', 'video-id': uid, 'api-url': apiUrl });
    expect(step.exitCode).toBe(1);
    expect(step.record.status).toBe('failed');
    expect(step.message).toContain('`api-url`');
    expect(stage.stream.requests).toHaveLength(1);
  });
});

describe('with `wait`', () => {
  test.each(nothingGenerated)(
    'it ends when the list is empty, where the API says so with %s',
    async (reading) => {
      await using stage = await Stage.open({ readings: { nothingGenerated: reading } });
      const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
      const step = await stage.run({ operation: 'delete', 'video-id': uid, wait: 'true' });
      expect(step.exitCode).toBe(0);
      expect(step.record).toMatchObject({ status: 'deleted', percentComplete: null, url: null });
      expect(stage.calls).toEqual(['DELETE downloads/default', 'GET downloads']);
      expect(step.tookMs).toBeLessThan(2000);
    },
  );

  test('it lasts until the download is listed no more', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready', audio: 'ready' } });
    stage.intercept(stillListed(() => stage.clock.now() >= 40_000));
    const step = await stage.run({
      operation: 'delete',
      'video-id': uid,
      wait: 'true',
      'poll-interval': '10s',
    });
    expect(step.exitCode).toBe(0);
    expect(step.tookMs).toBe(40_000);
    // The audio is listed all the time, and nobody asked for its deletion.
    expect(step.records).toEqual([
      { videoId: uid, type: 'default', status: 'deleted', percentComplete: null, url: null },
    ]);
    expect(step.log.join('\n')).toContain('still listed');
  });

  test('it fails at the time limit and tells how the download was seen last', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    stage.intercept(stillListed(() => false));
    const step = await stage.run({ operation: 'delete', 'video-id': uid, wait: 'true', timeout: '2m' });
    expect(step.exitCode).toBe(1);
    expect(step.tookMs).toBe(120_000);
    expect(step.record).toMatchObject({ status: 'ready', url: 'https://a.example/default.mp4' });
    expect(step.message).toContain('time limit of 2 min');
    expect(step.message).toContain('default: ready');
  });

  test('it lasts through an outage of ten minutes', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    const listed = stillListed(() => stage.clock.now() >= 30_000);
    const cut = outage(stage.clock, 1000, 601_000);
    stage.intercept((request) => cut({ pass: () => listed(request) }));
    const step = await stage.run({ operation: 'delete', 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.record).toMatchObject({ status: 'deleted', percentComplete: null, url: null });
    expect(step.tookMs).toBeGreaterThan(600_000);
    expect(step.tookMs).toBeLessThan(660_000);
  });

  test('it tells at the time limit in an outage how the download was seen last', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    const listed = stillListed(() => false);
    const cut = outage(stage.clock, 60_000, Infinity);
    stage.intercept((request) => cut({ pass: () => listed(request) }));
    const step = await stage.run({ operation: 'delete', 'video-id': uid, wait: 'true', timeout: '5m' });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'ready' });
    expect(step.message).toMatch(
      /Could not list the downloads: no answer from .* past the time limit\); last seen: default: ready/,
    );
  });

  test('it fails when the list cannot be had, and the record still says that the deletion was accepted', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ downloads: { default: 'ready' } });
    stage.stream.faults.add({ route: 'downloads.list', times: Infinity, fault: badGateway() });
    const step = await stage.run({ operation: 'delete', 'video-id': uid, wait: 'true' });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'deleted', error: { httpStatus: 502 } });
    expect(step.message).toContain('past the time limit); the deletion had been accepted. Cloudflare');
  });
});

describe('a deletion that gets no answer', () => {
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
