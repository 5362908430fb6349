import { inflateSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { badGateway } from '../../local-stream/faults.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { apiRequest } from './api-request.ts';

let stream: LocalStream;

beforeEach(async () => {
  stream = await startLocalStream();
});

afterEach(() => stream.close());

function fetchPicture(subject: string, query = '', init: RequestInit = {}): Promise<Response> {
  return fetch(`${stream.deliveryUrl}/${subject}/thumbnails/thumbnail.jpg${query}`, init);
}

/** Decodes as much of a PNG as shows that it is whole: its size, and the bytes of its lines. */
function decoded(png: Uint8Array) {
  const bytes = Buffer.from(png);
  expect(bytes.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
  const content = bytes.subarray(41, 41 + bytes.readUInt32BE(33));
  expect(bytes.subarray(37, 41).toString()).toBe('IDAT');
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), lines: inflateSync(content) };
}

describe('the thumbnail of a video', () => {
  test('is at the address in its details, as a picture of the type that it is labelled with', async () => {
    const { thumbnail = '' } = stream.addVideo();
    const response = await fetch(thumbnail);
    expect(response.headers.get('content-type')).toBe('image/png');
    const { width, height, lines } = decoded(await response.bytes());
    expect([width, height]).toEqual([320, 180]);
    expect(lines).toHaveLength(height * (1 + 3 * width));
    expect(stream.requests.at(-1)).toMatchObject({ host: 'delivery', route: 'thumbnails.get', status: 200 });
  });

  test.each([
    ['?height=90', 160, 90],
    ['?width=160', 160, 90],
    ['?width=240&height=136', 240, 136],
  ])('has the size in %s', async (query, width, height) => {
    const { uid } = stream.addVideo();
    expect(decoded(await (await fetchPicture(uid, query)).bytes())).toMatchObject({ width, height });
  });

  test.each(['?height=0', '?height=2001', '?width=4000', '?height=high', '?height='])(
    'is refused for %s',
    async (query) => {
      const { uid } = stream.addVideo();
      expect((await fetchPicture(uid, query)).status).toBe(400);
    },
  );

  test('differs from that of another one, and stays the same', async () => {
    const [one, other] = [stream.addVideo().uid, stream.addVideo().uid];
    const picture = async (uid: string) => Buffer.from(await (await fetchPicture(uid)).bytes());
    expect((await picture(one)).equals(await picture(one))).toBe(true);
    expect((await picture(one)).equals(await picture(other))).toBe(false);
  });

  test('of a private video requires a token, which need not allow downloads', async () => {
    const { uid } = stream.addVideo({ requireSignedURLs: true });
    expect((await fetchPicture(uid)).status).toBe(401);
    expect((await fetchPicture('a.b.c')).status).toBe(401);
    const created = await apiRequest(stream, `/${uid}/token`, { method: 'POST' });
    const { result } = JSON.parse(await created.text());
    expect((await fetchPicture(result.token)).status).toBe(200);
    expect((await fetch(`${stream.deliveryUrl}/${result.token}/downloads/default.mp4`)).status).toBe(401);
  });

  test.each([
    ['an unknown video', () => 'f'.repeat(32), 404],
    ['a video being encoded', () => stream.addVideo({ phases: { encodeMs: 60_000 } }).uid, 404],
    ['a failed encode', () => stream.addVideo({ state: 'error' }).uid, 424],
  ])('does not exist for %s', async (_case, uid, status) => {
    expect((await fetchPicture(uid())).status).toBe(status);
  });

  test('answers HEAD without a body, and meets faults of its own', async () => {
    const { uid } = stream.addVideo();
    stream.faults.add({ route: 'thumbnails.get', video: uid, fault: badGateway() });
    expect((await fetchPicture(uid)).status).toBe(502);
    const head = await fetchPicture(uid, '', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });
});
