import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
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

describe('the states of a video', () => {
  test('follow one another as the clock advances', () => {
    const { uid } = stream.addVideo({
      phases: { pendingUploadMs: 10, downloadingMs: 20, queuedMs: 30, encodeMs: 100 },
    });
    const seen = [0, 10, 20, 30, 39].map((ms) => {
      clock.advance(ms);
      return stream.video(uid)?.status;
    });
    expect(seen).toEqual([
      { state: 'pendingupload' },
      { state: 'downloading' },
      { state: 'queued' },
      { state: 'inprogress', step: 'encoding', pctComplete: '0.000000' },
      { state: 'inprogress', step: 'encoding', pctComplete: '39.000000' },
    ]);
    clock.advance(60);
    expect(stream.video(uid)?.status.state).toBe('inprogress');
    clock.advance(1);
    expect(stream.video(uid)?.status).toEqual({ state: 'ready', pctComplete: '100.000000' });
  });

  test('determine which details are known', () => {
    const { uid } = stream.addVideo({
      durationSeconds: 90,
      phases: { pendingUploadMs: 10, queuedMs: 10, encodeMs: 10 },
    });
    expect(stream.video(uid)).toMatchObject({ duration: -1, size: 0, readyToStream: false });
    expect(stream.video(uid)).not.toHaveProperty('uploaded');
    clock.advance(10);
    expect(stream.video(uid)).toMatchObject({ duration: -1, uploaded: '2026-01-15T12:00:00.000Z' });
    expect(stream.video(uid)?.size).toBeGreaterThan(0);
    clock.advance(10);
    expect(stream.video(uid)).toMatchObject({ duration: 90, readyToStream: false });
    expect(stream.video(uid)).not.toHaveProperty('thumbnail');
    clock.advance(10);
    expect(stream.video(uid)).toMatchObject({
      duration: 90,
      readyToStream: true,
      readyToStreamAt: '2026-01-15T12:00:00.030Z',
      thumbnail: `${stream.deliveryUrl}/${uid}/thumbnails/thumbnail.jpg`,
    });
  });

  test('can end in an error, with its reason', () => {
    const { uid } = stream.addVideo({ phases: { encodeMs: 10 }, errorReasonCode: 'ERR_MALFORMED_VIDEO' });
    expect(stream.video(uid)?.status.state).toBe('inprogress');
    clock.advance(10);
    const failed = {
      state: 'error',
      step: 'encoding',
      errorReasonCode: 'ERR_MALFORMED_VIDEO',
      errorReasonText: 'The video was deemed to be corrupted or malformed.',
    };
    expect(stream.video(uid)?.status).toEqual(failed);
    clock.advance(1e9);
    expect(stream.video(uid)?.status).toEqual(failed);
    expect(stream.video(uid)?.readyToStream).toBe(false);
  });

  test('can be an error from the start, with a custom text', () => {
    const unknown = stream.addVideo({ state: 'error' });
    expect(unknown.status).toMatchObject({ state: 'error', errorReasonCode: 'ERR_UNKNOWN' });
    const worded = stream.addVideo({ state: 'error', errorReasonText: 'The tape is torn.' });
    expect(worded.status).toMatchObject({ errorReasonText: 'The tape is torn.' });
  });

  test('do not end for a broadcast, unless it has a duration', () => {
    const { uid: endless } = stream.addVideo({ state: 'live-inprogress' });
    const { uid: ending } = stream.addVideo({ phases: { liveMs: 5000, encodeMs: 1000 } });
    clock.advance(5000);
    expect(stream.video(endless)?.status.state).toBe('live-inprogress');
    expect(stream.video(ending)?.status.state).toBe('inprogress');
    clock.advance(1000);
    expect(stream.video(ending)?.status.state).toBe('ready');
    clock.advance(1e9);
    expect(stream.video(endless)?.status.state).toBe('live-inprogress');
  });

  test('use the other spelling of the failure reason with that reading', async () => {
    await using other = await startLocalStream({ readings: { reasonSpelling: 'errReason' } });
    const { status } = other.addVideo({ errorReasonCode: 'ERR_NON_VIDEO' });
    expect(status).toMatchObject({
      errReasonCode: 'ERR_NON_VIDEO',
      errReasonText: 'The upload is not a video.',
    });
    expect(status).not.toHaveProperty('errorReasonCode');
  });
});

describe('adding and removing videos', () => {
  test('an ID has 32 hexadecimal digits, and is the same at every start', async () => {
    await using other = await startLocalStream();
    const uids = [stream.addVideo().uid, stream.addVideo().uid];
    expect(new Set(uids).size).toBe(2);
    expect(uids).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}$/)]);
    expect([other.addVideo().uid, other.addVideo().uid]).toEqual(uids);
  });

  test('an ID is unique', () => {
    stream.addVideo({ uid: 'a'.repeat(32) });
    expect(() => stream.addVideo({ uid: 'a'.repeat(32) })).toThrow('already exists');
  });

  test.each([
    'yesterday',
    '2026-01-01',
    '2026-13-01T00:00:00Z',
    '2026-01-01T00:00:00.1234567890Z',
    new Date(''),
  ])('the date %s is refused', (created) => {
    expect(() => stream.addVideo({ created })).toThrow(RangeError);
  });

  test.each(['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.120000009Z', '2026-01-01T00:00:00.5+02:00'])(
    'the API reports the date %s as it was given',
    (created) => {
      expect(stream.addVideo({ created })).toMatchObject({ created, modified: created, uploaded: created });
    },
  );

  test('the size is that of the file, 0 for a live recording, or as given', () => {
    const media = { default: { sizeBytes: 5000 } };
    const liveInput = 'b'.repeat(32);
    expect(stream.addVideo({ media }).size).toBe(5000);
    expect(stream.addVideo({ media, liveInput }).size).toBe(0);
    expect(stream.addVideo({ media, sizeBytes: 3 * 2 ** 40 }).size).toBe(3 * 2 ** 40);
    expect(stream.addVideo({ media, liveInput, sizeBytes: 7 }).size).toBe(7);
    expect(stream.addVideo({ sizeBytes: 7, phases: { pendingUploadMs: 1 } }).size).toBe(0);
  });

  test('a removed video is not found', async () => {
    const { uid } = stream.addVideo();
    expect(stream.removeVideo(uid)).toBe(true);
    expect(stream.removeVideo(uid)).toBe(false);
    expect(stream.video(uid)).toBeUndefined();
    expect((await apiRequest(stream, `/${uid}`)).status).toBe(404);
  });

  test('addVideo returns the same details as the API', async () => {
    const added = stream.addVideo({
      name: 'a.mp4',
      meta: { shelf: 3 },
      liveInput: 'b'.repeat(32),
      requireSignedURLs: null,
      created: new Date('2025-05-05T05:05:05Z'),
    });
    const response = await apiRequest(stream, `/${added.uid}`);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ success: true, errors: [], messages: [], result: added });
    expect(added).toMatchObject({
      meta: { name: 'a.mp4', shelf: 3 },
      liveInput: 'b'.repeat(32),
      requireSignedURLs: null,
      created: '2025-05-05T05:05:05.000Z',
    });
  });
});
