import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { VideoOptions } from '../../local-stream/library/video.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { apiRequest, generate } from './api-request.ts';
import { DrivenClock } from './driven-clock.ts';

let clock: DrivenClock;
let stream: LocalStream;

beforeEach(async () => {
  clock = new DrivenClock();
  stream = await startLocalStream({ clock });
});

afterEach(() => stream.close());

function fetchFile(uid: string, file = 'default.mp4', init: RequestInit = {}): Promise<Response> {
  return fetch(`${stream.deliveryUrl}/${uid}/downloads/${file}`, init);
}

/** Adds a video whose download is ready and contains ten digits. Returns its ID. */
function digits(options: VideoOptions = {}): string {
  const media = { default: new TextEncoder().encode('0123456789') };
  return stream.addVideo({ downloads: { default: 'ready' }, media, ...options }).uid;
}

describe('a ready download', () => {
  test.each([
    ['default.mp4', 'video/mp4'],
    ['audio.m4a', 'audio/mp4'],
  ])('%s is the test pattern', async (file, contentType) => {
    const { uid } = stream.addVideo({ downloads: { default: 'ready', audio: 'ready' } });
    const bytes = await readFile(new URL(`../../local-stream/media/${file}`, import.meta.url));
    const response = await fetchFile(uid, file);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': contentType,
      'content-length': String(bytes.byteLength),
      'accept-ranges': 'bytes',
      'last-modified': 'Thu, 15 Jan 2026 12:00:00 GMT',
      etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
    });
    expect(bytes.equals(await response.bytes())).toBe(true);
    expect(bytes.subarray(4, 8).toString()).toBe('ftyp');
  });

  test('is the file of the video, given as bytes or as a path', async () => {
    expect(await (await fetchFile(digits())).text()).toBe('0123456789');
    const path = fileURLToPath(new URL('../../local-stream/media/make.sh', import.meta.url));
    const { uid } = stream.addVideo({ downloads: { audio: 'ready' }, media: { audio: path } });
    expect(await (await fetchFile(uid, 'audio.m4a')).text()).toBe(await readFile(path, 'utf8'));
  });

  test('has no API headers', async () => {
    const { headers } = await fetchFile(digits());
    expect(['cf-ray', 'ratelimit', 'ratelimit-policy'].filter((name) => headers.has(name))).toEqual([]);
  });

  test('answers HEAD with the same headers and no body', async () => {
    const uid = digits();
    const response = await fetchFile(uid, 'default.mp4', { method: 'HEAD', headers: { range: 'bytes=0-1' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe('10');
    expect(response.headers.get('etag')).toBe((await fetchFile(uid)).headers.get('etag'));
    expect(await response.text()).toBe('');
  });

  test('refuses other methods', async () => {
    const response = await fetchFile(digits(), 'default.mp4', { method: 'POST' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  test('has an ETag determined by its bytes', async () => {
    const tag = async (uid: string) => (await fetchFile(uid)).headers.get('etag');
    const other = digits({ media: { default: new TextEncoder().encode('9876543210') } });
    expect(await tag(digits())).toBe(await tag(digits()));
    expect(await tag(digits())).not.toBe(await tag(other));
  });
});

describe('a range request', () => {
  test.each([
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=3-5', '345', 'bytes 3-5/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-2', '89', 'bytes 8-9/10'],
    ['bytes=8-100', '89', 'bytes 8-9/10'],
  ])('%s', async (range, text, contentRange) => {
    const response = await fetchFile(digits(), 'default.mp4', { headers: { range } });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(contentRange);
    expect(response.headers.get('content-length')).toBe(String(text.length));
    expect(await response.text()).toBe(text);
  });

  test.each(['bytes=10-', 'bytes=20-30', 'bytes=-0'])('%s is not satisfiable', async (range) => {
    const response = await fetchFile(digits(), 'default.mp4', { headers: { range } });
    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toBe('bytes */10');
  });

  test.each(['bytes', 'bytes=a-b', 'lines=1-2', 'bytes=0-1,4-5'])('"%s" is ignored', async (range) => {
    const response = await fetchFile(digits(), 'default.mp4', { headers: { range } });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('0123456789');
  });

  test('is ignored when If-Range does not match', async () => {
    const uid = digits();
    const { headers } = await fetchFile(uid);
    const withCondition = async (condition: string | null) => {
      const init = { headers: { range: 'bytes=5-', 'if-range': condition ?? '' } };
      const response = await fetchFile(uid, 'default.mp4', init);
      return [response.status, await response.text()];
    };
    expect(await withCondition(headers.get('etag'))).toEqual([206, '56789']);
    expect(await withCondition(headers.get('last-modified'))).toEqual([206, '56789']);
    expect(await withCondition('"another"')).toEqual([200, '0123456789']);
    expect(await withCondition(`W/${headers.get('etag')}`)).toEqual([200, '0123456789']);
    expect(await withCondition('Thu, 15 Jan 2026 11:59:59 GMT')).toEqual([200, '0123456789']);
  });
});

describe('a replaced file', () => {
  const other = new TextEncoder().encode('9876543210');

  async function seen(uid: string): Promise<(string | null)[]> {
    const response = await fetchFile(uid);
    const { headers } = response;
    return [await response.text(), headers.get('etag'), headers.get('last-modified')];
  }

  test('has other bytes, another ETag and another Last-Modified, even within one second', async () => {
    const uid = digits();
    const first = await seen(uid);
    stream.replaceMedia(uid, 'default', other);
    const second = await seen(uid);
    clock.advance(60_000);
    stream.replaceMedia(uid, 'default', { sizeBytes: 24 });
    const third = await seen(uid);
    expect([first[0], second[0], third[0]?.length]).toEqual(['0123456789', '9876543210', 24]);
    expect(new Set([first[1], second[1], third[1]]).size).toBe(3);
    expect([first[2], second[2], third[2]]).toEqual([
      'Thu, 15 Jan 2026 12:00:00 GMT',
      'Thu, 15 Jan 2026 12:00:01 GMT',
      'Thu, 15 Jan 2026 12:01:00 GMT',
    ]);
  });

  test('does not match If-Range of the old file', async () => {
    const uid = digits();
    const [, etag, lastModified] = await seen(uid);
    stream.replaceMedia(uid, 'default', other);
    for (const condition of [etag, lastModified]) {
      const headers = { range: 'bytes=5-', 'if-range': condition ?? '' };
      const response = await fetchFile(uid, 'default.mp4', { headers });
      expect([response.status, await response.text()]).toEqual([200, '9876543210']);
    }
  });

  test('does not affect the other type, and can be replaced before the download exists', async () => {
    const { uid } = stream.addVideo({ downloads: { audio: 'ready' }, generateMs: 1000 });
    const audio = (await fetchFile(uid, 'audio.m4a')).headers.get('etag');
    stream.replaceMedia(uid, 'default', digitsOf('a'));
    await apiRequest(stream, `/${uid}/downloads`, { method: 'POST' });
    clock.advance(500);
    stream.replaceMedia(uid, 'default', digitsOf('b'));
    clock.advance(500);
    expect(await seen(uid)).toEqual(['b', expect.any(String), 'Thu, 15 Jan 2026 12:00:01 GMT']);
    expect((await fetchFile(uid, 'audio.m4a')).headers.get('etag')).toBe(audio);
  });

  test('requires an existing video', () => {
    expect(() => stream.replaceMedia('f'.repeat(32), 'default', other)).toThrow('there is no video');
  });

  function digitsOf(text: string): Uint8Array {
    return new TextEncoder().encode(text);
  }
});

describe('the filename parameter', () => {
  const longest = 'Az0-9_'.repeat(20);

  test('sets the file name, with the extension', async () => {
    const { headers } = await fetchFile(digits(), `default.mp4?filename=${longest}`);
    expect(headers.get('content-disposition')).toBe(`attachment; filename="${longest}.mp4"`);
    const { uid } = stream.addVideo({ downloads: { audio: 'ready' } });
    const audio = await fetchFile(uid, 'audio.m4a?filename=talk');
    expect(audio.headers.get('content-disposition')).toBe('attachment; filename="talk.m4a"');
    expect((await fetchFile(digits())).headers.has('content-disposition')).toBe(false);
  });

  test.each([`${longest}x`, '', 'a.b', 'a%20b', '%C3%A4', 'a%22b'])('"%s" is refused', async (name) => {
    expect((await fetchFile(digits(), `default.mp4?filename=${name}`)).status).toBe(400);
  });
});

describe('the response is an error', () => {
  test('404 before a download is ready and after it is deleted', async () => {
    const { uid } = stream.addVideo({ generateMs: 1000 });
    expect((await fetchFile(uid)).status).toBe(404);
    await apiRequest(stream, `/${uid}/downloads`, { method: 'POST' });
    clock.advance(999);
    expect((await fetchFile(uid)).status).toBe(404);
    clock.advance(1);
    expect((await fetchFile(uid)).status).toBe(200);
    expect((await fetchFile(uid, 'audio.m4a')).status).toBe(404);
    await apiRequest(stream, `/${uid}/downloads/default`, { method: 'DELETE' });
    expect((await fetchFile(uid)).status).toBe(404);
  });

  test('404 for a ready download during the delivery lag', async () => {
    const { uid } = stream.addVideo({ generateMs: 1000, deliveryLagMs: 300, downloads: { audio: 'ready' } });
    await generate(stream, uid, clock, 1000);
    expect(await (await apiRequest(stream, `/${uid}/downloads`)).json()).toMatchObject({
      result: { default: { status: 'ready', percentComplete: 100 } },
    });
    expect((await fetchFile(uid, 'audio.m4a')).status).toBe(200);
    clock.advance(299);
    expect((await fetchFile(uid)).status).toBe(404);
    clock.advance(1);
    expect((await fetchFile(uid)).status).toBe(200);
    expect((await fetchFile(digits({ deliveryLagMs: 1 }))).status).toBe(404);
  });

  test.each(['/', '/x/downloads/default.mp4', '/x/y/z'])('404 for the path %s', async (path) => {
    expect((await fetch(`${stream.deliveryUrl}${path}`)).status).toBe(404);
  });

  test.each(['audio.mp4', 'default.m4a', 'default'])('404 for a file named %s', async (file) => {
    const { uid } = stream.addVideo({ downloads: { default: 'ready', audio: 'ready' } });
    expect((await fetchFile(uid, file)).status).toBe(404);
  });

  test('424 for a failed download, and for a failed video', async () => {
    expect((await fetchFile(stream.addVideo({ downloads: { default: 'error' } }).uid)).status).toBe(424);
    expect((await fetchFile(stream.addVideo({ state: 'error' }).uid)).status).toBe(424);
  });
});
