import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { VideoOptions } from '../../local-stream/library/video.ts';
import type { Readings } from '../../local-stream/readings.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { apiRequest } from './api-request.ts';
import { DrivenClock } from './driven-clock.ts';

let clock: DrivenClock;
let stream: LocalStream;

beforeEach(async () => {
  clock = new DrivenClock();
  stream = await startLocalStream({ clock });
});

afterEach(() => stream.close());

/** Requests `downloads{path}` of a video. Returns the status and the contents of the envelope. */
async function call(method: string, uid: string, path = '', on = stream) {
  const response = await apiRequest(on, `/${uid}/downloads${path}`, { method });
  const { result, success, errors } = (await response.json()) as {
    result: unknown;
    success: boolean;
    errors: { code: number; message: string }[];
  };
  expect(success).toBe(response.ok);
  return response.ok ? { status: response.status, result } : { status: response.status, error: errors[0] };
}

const notFound = { status: 404, error: { code: 10003, message: 'Not Found' } };

describe('generating a download', () => {
  test('takes the given time, by type', async () => {
    const { uid } = stream.addVideo({ generateMs: { default: 1000, audio: 200 } });
    await call('POST', uid, '/default');
    await call('POST', uid, '/audio');
    clock.advance(150);
    expect((await call('GET', uid)).result).toEqual({
      default: {
        status: 'inprogress',
        percentComplete: 15,
        url: `${stream.deliveryUrl}/${uid}/downloads/default.mp4`,
      },
      audio: {
        status: 'inprogress',
        percentComplete: 75,
        url: `${stream.deliveryUrl}/${uid}/downloads/audio.m4a`,
      },
    });
    clock.advance(50);
    expect((await call('GET', uid)).result).toMatchObject({
      default: { status: 'inprogress', percentComplete: 20 },
      audio: { status: 'ready', percentComplete: 100 },
    });
  });

  test('takes 2 seconds by default', async () => {
    const { uid } = stream.addVideo();
    await call('POST', uid);
    clock.advance(1999);
    expect((await call('GET', uid)).result).toMatchObject({ default: { status: 'inprogress' } });
    clock.advance(1);
    expect((await call('GET', uid)).result).toMatchObject({ default: { status: 'ready' } });
  });

  test('reports the given percentages, even if they contradict the status', async () => {
    const { uid } = stream.addVideo({ generateMs: 100, progress: (fraction) => (fraction < 1 ? 80 : 0) });
    await call('POST', uid);
    expect((await call('GET', uid)).result).toMatchObject({
      default: { status: 'inprogress', percentComplete: 80 },
    });
    clock.advance(100);
    expect((await call('GET', uid)).result).toMatchObject({
      default: { status: 'ready', percentComplete: 0 },
    });
  });

  test.each<[VideoOptions['generateFails'], string, string]>([
    [true, 'error', 'error'],
    [['audio'], 'ready', 'error'],
    [false, 'ready', 'ready'],
  ])('fails according to generateFails: %j', async (generateFails, video, audio) => {
    const { uid } = stream.addVideo({
      generateMs: 100,
      ...(generateFails !== undefined && { generateFails }),
    });
    await call('POST', uid, '/default');
    await call('POST', uid, '/audio');
    clock.advance(99);
    expect((await call('GET', uid)).result).toMatchObject({
      default: { status: 'inprogress' },
      audio: { status: 'inprogress' },
    });
    clock.advance(1);
    expect((await call('GET', uid)).result).toMatchObject({
      default: { status: video },
      audio: { status: audio },
    });
  });

  test('can have finished or begun before', async () => {
    const { uid } = stream.addVideo({ downloads: { default: 'ready', audio: 'error' } });
    expect((await call('GET', uid)).result).toMatchObject({
      default: { status: 'ready', percentComplete: 100 },
      audio: { status: 'error', percentComplete: 0 },
    });
    const { uid: begun } = stream.addVideo({ downloads: { default: 'inprogress' }, generateMs: 100 });
    clock.advance(50);
    expect((await call('GET', begun)).result).toMatchObject({ default: { percentComplete: 50 } });
  });
});

describe('creating a download', () => {
  test('is refused until the video is ready', async () => {
    const { uid } = stream.addVideo({ phases: { queuedMs: 50, encodeMs: 50 } });
    const refused = { status: 400, error: { code: 10005, message: 'the video is not ready' } };
    expect(await call('POST', uid)).toEqual(refused);
    clock.advance(99);
    expect(await call('POST', uid)).toEqual(refused);
    clock.advance(1);
    expect((await call('POST', uid)).status).toBe(200);
  });

  test('is refused for a failed video and for a broadcast in progress', async () => {
    expect((await call('POST', stream.addVideo({ state: 'error' }).uid)).status).toBe(400);
    expect((await call('POST', stream.addVideo({ state: 'live-inprogress' }).uid)).status).toBe(400);
  });

  test('is refused for a live recording of over 4 hours, and for no other video', async () => {
    const liveInput = 'd'.repeat(32);
    const tooLong = stream.addVideo({ liveInput, durationSeconds: 14_401 });
    expect(await call('POST', tooLong.uid)).toEqual({
      status: 400,
      error: { code: 10005, message: 'the video duration is too long to generate a download' },
    });
    const longEnough = stream.addVideo({ liveInput, durationSeconds: 14_400 });
    expect((await call('POST', longEnough.uid)).status).toBe(200);
    const noBroadcast = stream.addVideo({ durationSeconds: 14_401 });
    expect((await call('POST', noBroadcast.uid)).status).toBe(200);
  });

  test('is refused `refuseCreate` times although the video is ready', async () => {
    const { uid } = stream.addVideo({ refuseCreate: 2 });
    const refused = { status: 400, error: { code: 10005, message: 'Bad Request' } };
    expect(await call('POST', uid)).toEqual(refused);
    expect(await call('POST', uid)).toEqual(refused);
    expect((await call('POST', uid)).status).toBe(200);
  });

  test('again returns the existing one', async () => {
    const { uid } = stream.addVideo({ generateMs: 1000 });
    await call('POST', uid);
    clock.advance(500);
    expect((await call('POST', uid)).result).toMatchObject({
      default: { status: 'inprogress', percentComplete: 50 },
    });
    clock.advance(500);
    expect((await call('POST', uid)).result).toMatchObject({ default: { status: 'ready' } });
  });

  test('of an unknown type is not an API call', async () => {
    const { uid } = stream.addVideo();
    expect(await call('POST', uid, '/subtitles')).toMatchObject({ status: 404, error: { code: 7000 } });
  });
});

describe('a download that vanishes', () => {
  test('reappears after the given time', async () => {
    const { uid } = stream.addVideo({ vanishAfterCreate: { ms: 500 } });
    expect((await call('POST', uid)).result).toMatchObject({ default: { status: 'inprogress' } });
    expect((await call('GET', uid)).result).toEqual({});
    expect(await call('DELETE', uid, '/default')).toEqual(notFound);
    clock.advance(500);
    expect((await call('GET', uid)).result).toMatchObject({ default: { percentComplete: 25 } });
  });

  test('stays absent until it is created again', async () => {
    const { uid } = stream.addVideo({ vanishAfterCreate: { ms: Number.POSITIVE_INFINITY, times: 2 } });
    await call('POST', uid);
    clock.advance(1e9);
    expect((await call('GET', uid)).result).toEqual({});
    await call('POST', uid);
    expect((await call('GET', uid)).result).toEqual({});
    expect((await call('POST', uid)).result).toMatchObject({ default: { percentComplete: 0 } });
    expect((await call('GET', uid)).result).toMatchObject({ default: { status: 'inprogress' } });
  });
});

describe('deleting a download', () => {
  test('deletes the given type, once', async () => {
    const { uid } = stream.addVideo({ downloads: { default: 'ready', audio: 'ready' } });
    expect(await call('DELETE', uid, '/default')).toEqual({ status: 200, result: 'ok' });
    expect(Object.keys((await call('GET', uid)).result ?? {})).toEqual(['audio']);
    expect(await call('DELETE', uid, '/default')).toEqual(notFound);
  });

  test('allows a failed one to be created again', async () => {
    const { uid } = stream.addVideo({ downloads: { default: 'error' } });
    expect((await call('POST', uid)).result).toMatchObject({ default: { status: 'error' } });
    await call('DELETE', uid, '/default');
    expect((await call('POST', uid)).result).toMatchObject({ default: { status: 'inprogress' } });
  });
});

test.each(['GET', 'POST', 'DELETE'])('%s for an unknown video answers 404', async (method) => {
  expect(await call(method, 'e'.repeat(32))).toEqual(notFound);
});

describe('the readings', () => {
  async function withReading<Result>(
    readings: Partial<Readings>,
    use: (other: LocalStream) => Promise<Result>,
  ): Promise<Result> {
    await using other = await startLocalStream({ readings, clock });
    return await use(other);
  }

  test.each<[Readings['nothingGenerated'], object]>([
    ['empty', { status: 200, result: {} }],
    ['null', { status: 200, result: null }],
    ['not-found', notFound],
    ['bad-request', { status: 400, error: { code: 10005, message: expect.any(String) } }],
  ])('nothingGenerated: %s', async (nothingGenerated, expected) => {
    await withReading({ nothingGenerated }, async (other) => {
      const { uid } = other.addVideo();
      expect(await call('GET', uid, '', other)).toEqual(expected);
    });
  });

  test('createAnswer: flat', async () => {
    await withReading({ createAnswer: 'flat' }, async (other) => {
      const { uid } = other.addVideo();
      expect((await call('POST', uid, '/audio', other)).result).toEqual({
        status: 'inprogress',
        percentComplete: 0,
        url: `${other.deliveryUrl}/${uid}/downloads/audio.m4a`,
      });
    });
  });

  test('createAgain: conflict', async () => {
    await withReading({ createAgain: 'conflict' }, async (other) => {
      const { uid } = other.addVideo();
      expect((await call('POST', uid, '', other)).status).toBe(200);
      expect(await call('POST', uid, '/default', other)).toMatchObject({
        status: 409,
        error: { code: 10005 },
      });
      expect((await call('POST', uid, '/audio', other)).status).toBe(200);
    });
  });

  test('urlFromStart: false', async () => {
    await withReading({ urlFromStart: false }, async (other) => {
      const { uid } = other.addVideo({ generateMs: 100 });
      expect((await call('POST', uid, '', other)).result).toEqual({
        default: { status: 'inprogress', percentComplete: 0 },
      });
      clock.advance(100);
      expect((await call('GET', uid, '', other)).result).toMatchObject({
        default: { status: 'ready', url: expect.stringContaining(uid) },
      });
    });
  });

  test.each<[Readings['untypedDelete'], string[]]>([
    ['default', ['audio']],
    ['all', []],
  ])('untypedDelete: %s', async (untypedDelete, left) => {
    await withReading({ untypedDelete }, async (other) => {
      const { uid } = other.addVideo({ downloads: { default: 'ready', audio: 'ready' } });
      expect(await call('DELETE', uid, '', other)).toEqual({ status: 200, result: 'ok' });
      expect(Object.keys((await call('GET', uid, '', other)).result ?? {})).toEqual(left);
    });
  });

  test('deleteAbsent: ok', async () => {
    await withReading({ deleteAbsent: 'ok' }, async (other) => {
      const { uid } = other.addVideo();
      expect(await call('DELETE', uid, '/default', other)).toEqual({ status: 200, result: 'ok' });
    });
  });
});
