import { describe, expect, test } from '@jest/globals';
import type { Fault } from '../../local-stream/faults.ts';
import type { Readings } from '../../local-stream/readings.ts';
import { startLocalStream } from '../../local-stream/server.ts';
import { downloadTypes } from '../../src/core/download-types.ts';
import { StreamVideo } from '../../src/stream/video.ts';
import { connect } from '../harness/connect.ts';
import { unknownId } from '../harness/videos.ts';

/** A local Stream with a client. */
async function start(readings: Partial<Readings> = {}) {
  const stream = await startLocalStream({ readings });
  const { client } = connect(stream);
  return {
    ...stream,
    /** Adds a video, by default without downloads. */
    add: (options?: Parameters<typeof stream.addVideo>[0]) =>
      new StreamVideo(stream.addVideo(options).uid, client),
    unknown: new StreamVideo(unknownId, client),
    /** The requests received, as `GET` for the details and `POST downloads/audio`. */
    calls: () =>
      stream.requests.map(({ method, path }) =>
        `${method} ${path.replace(/^.*\/stream\/[^/]+\/?/, '')}`.trim(),
      ),
  };
}

function refused(status: number, code: number): Fault {
  const body = { success: false, errors: [{ code, message: 'No' }], messages: [], result: null };
  return { kind: 'status', status, contentType: 'application/json', body: JSON.stringify(body) };
}

describe('the details', () => {
  test('are requested once by concurrent calls, and again by later ones', async () => {
    await using stream = await start();
    const video = stream.add({ durationSeconds: 90 });
    const [one, other] = await Promise.all([video.details(), video.details()]);
    expect(one).toBe(other);
    expect(one).toMatchObject({ duration: 90, status: { state: 'ready', percent: 100 } });
    expect(stream.requests).toMatchObject([
      { path: `/client/v4/accounts/${stream.accountId}/stream/${video.id}`, body: '' },
    ]);
    await video.details();
    expect(stream.calls()).toEqual(['GET', 'GET']);
  });

  test('that are known are requested once', async () => {
    await using stream = await start();
    const video = stream.add();
    expect(await video.knownDetails()).toMatchObject({ status: { state: 'ready' } });
    const latest = await video.details();
    expect(await video.knownDetails()).toBe(latest);
    expect(stream.calls()).toEqual(['GET', 'GET']);
  });

  test('of an unknown video are the same failure each time', async () => {
    await using stream = await start();
    const failure = await stream.unknown.details().catch((error: unknown) => error);
    expect(failure).toMatchObject({
      kind: 'video-not-found',
      response: { messages: [{ code: 10003 }], httpStatus: 404 },
    });
    await expect(stream.unknown.details()).rejects.toBe(failure);
  });
});

describe('listing the downloads', () => {
  test('takes one request and finds every type', async () => {
    await using stream = await start();
    const video = stream.add({ downloads: { default: 'ready', audio: 'error' } });
    expect(await video.downloads()).toEqual({
      default: {
        status: 'ready',
        percentComplete: 100,
        url: `${stream.deliveryUrl}/${video.id}/downloads/default.mp4`,
      },
      audio: expect.objectContaining({ status: 'error' }),
    });
    expect(stream.calls()).toEqual(['GET downloads']);
  });

  test.each<[Readings['nothingGenerated'], calls: string[]]>([
    ['empty', ['GET downloads']],
    ['null', ['GET downloads']],
    ['not-found', ['GET downloads', 'GET']],
    ['bad-request', ['GET downloads', 'GET']],
  ])('finds none in a response that is "%s"', async (nothingGenerated, calls) => {
    await using stream = await start({ nothingGenerated });
    expect(Object.values(await stream.add().downloads()).filter(Boolean)).toEqual([]);
    expect(stream.calls()).toEqual(calls);
  });

  test.each<Readings['nothingGenerated']>(['not-found', 'bad-request'])(
    'requests the details once, unless downloads have vanished since: "%s"',
    async (nothingGenerated) => {
      await using stream = await start({ nothingGenerated });
      const video = stream.add();
      await video.downloads();
      await video.downloads();
      expect(stream.calls()).toEqual(['GET downloads', 'GET', 'GET downloads']);

      await video.create('default');
      await video.downloads();
      stream.removeVideo(video.id);
      await expect(video.downloads()).rejects.toMatchObject({ kind: 'video-not-found' });
    },
  );

  test('fails if the account has no such video', async () => {
    await using stream = await start();
    await expect(stream.unknown.downloads()).rejects.toMatchObject({ kind: 'video-not-found' });
    expect(stream.calls()).toEqual(['GET downloads', 'GET']);
  });

  test('fails with any other error', async () => {
    await using stream = await start();
    stream.faults.add({ route: 'downloads.list', fault: refused(403, 10000) });
    await expect(stream.add().downloads()).rejects.toMatchObject({ kind: 'token-permission' });
    expect(stream.calls()).toEqual(['GET downloads']);
  });
});

describe('creating a download', () => {
  test.each([
    ['default', 'POST downloads'],
    ['audio', 'POST downloads/audio'],
  ] as const)('of type %s is %s with an empty object', async (type, call) => {
    await using stream = await start();
    const video = stream.add({ generateMs: Number.POSITIVE_INFINITY });
    expect(await video.create(type)).toMatchObject({ status: 'inprogress', percentComplete: 0 });
    expect(stream.calls()).toEqual([call]);
    expect(stream.requests[0]).toMatchObject({ body: '{}', headers: { 'content-type': 'application/json' } });
  });

  test.each<[Readings['createAgain'], calls: string[]]>([
    ['current', ['POST downloads']],
    ['conflict', ['POST downloads', 'GET downloads']],
  ])('returns the existing one if the response is "%s"', async (createAgain, calls) => {
    await using stream = await start({ createAgain });
    const video = stream.add({ downloads: { default: 'ready' } });
    expect(await video.create('default')).toMatchObject({ status: 'ready' });
    expect(stream.calls()).toEqual(calls);
  });

  test('fails with the conflict if there is none', async () => {
    await using stream = await start();
    stream.faults.add({ route: 'downloads.create', fault: refused(409, 10005) });
    await expect(stream.add().create('default')).rejects.toMatchObject({
      kind: 'request-refused',
      response: { httpStatus: 409 },
    });
  });

  test('is refused while the video is being processed, with the type in the message', async () => {
    await using stream = await start();
    const video = stream.add({ phases: { queuedMs: Number.POSITIVE_INFINITY } });
    await expect(video.create('audio')).rejects.toMatchObject({
      kind: 'request-refused',
      what: expect.stringContaining('M4A download'),
    });
    expect(stream.calls()).toEqual(['POST downloads/audio']);
  });
});

describe('deleting a download', () => {
  test.each(downloadTypes)('of type %s leaves the other', async (type) => {
    // A path without a type would delete both.
    await using stream = await start({ untypedDelete: 'all' });
    const video = stream.add({ downloads: { default: 'ready', audio: 'ready' } });
    expect(await video.delete(type)).toBe(true);
    expect(stream.calls()).toEqual([`DELETE downloads/${type}`]);
    const remaining = await video.downloads();
    expect(downloadTypes.filter((one) => remaining[one])).toEqual(
      downloadTypes.filter((one) => one !== type),
    );
  });

  test('finds none if the video has none, and requests the details once', async () => {
    await using stream = await start();
    const video = stream.add();
    for (const type of downloadTypes) expect(await video.delete(type)).toBe(false);
    expect(stream.calls()).toEqual(['DELETE downloads/default', 'GET', 'DELETE downloads/audio']);
  });

  test('succeeds if the response to deleting none is a success', async () => {
    await using stream = await start({ deleteAbsent: 'ok' });
    expect(await stream.add().delete('default')).toBe(true);
    expect(stream.calls()).toEqual(['DELETE downloads/default']);
  });

  test('fails if the account has no such video', async () => {
    await using stream = await start();
    await expect(stream.unknown.delete('audio')).rejects.toMatchObject({ kind: 'video-not-found' });
  });

  test('fails with any other error', async () => {
    await using stream = await start();
    stream.faults.add({ route: 'downloads.delete', fault: refused(400, 10005) });
    await expect(stream.add().delete('audio')).rejects.toMatchObject({ kind: 'request-refused' });
    expect(stream.calls()).toEqual(['DELETE downloads/audio']);
  });
});

test('a token is created for downloads, until the time that is given', async () => {
  await using stream = await start();
  const video = stream.add({ requireSignedURLs: true, downloads: { default: 'ready' } });
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const token = await video.createToken(exp, true);
  const file = await fetch(`${stream.deliveryUrl}/${token}/downloads/default.mp4`, { method: 'HEAD' });
  expect(file.status).toBe(200);
  expect(stream.calls()[0]).toBe('POST token');
  expect(JSON.parse(stream.requests[0]?.body ?? '')).toEqual({ exp, downloadable: true });
});
