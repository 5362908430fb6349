import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Fault, redirect } from '../../local-stream/faults.ts';
import { generatedMedia } from '../../local-stream/library/media.ts';
import type { Readings } from '../../local-stream/readings.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { always } from '../harness/responses.ts';
import { apiRequest } from './api-request.ts';

const mebibyte = 2 ** 20;
const media = { sizeBytes: 8 * mebibyte };

let stream: LocalStream;
let uid: string;

beforeEach(async () => {
  stream = await startLocalStream();
  uid = add(stream);
});

afterEach(() => stream.close());

/** Adds a video with both downloads ready, the default one larger than the buffers of a connection. */
function add(on: LocalStream, requireSignedURLs = false): string {
  const downloads = { default: 'ready', audio: 'ready' } as const;
  return on.addVideo({ downloads, media: { default: media }, requireSignedURLs }).uid;
}

function download(subject = uid, init: RequestInit = {}, file = 'default.mp4'): Promise<Response> {
  return fetch(`${stream.deliveryUrl}/${subject}/downloads/${file}`, init);
}

function deliver(fault: Fault, times = 1): void {
  stream.faults.add({ route: 'delivery.get', fault, times });
}

/**
 * Reads a body until it ends or the connection breaks. Returns all bytes received, whereas `fetch` discards buffered
 * ones when the connection breaks.
 */
async function received(headers: Record<string, string> = {}) {
  const asked = request(`${stream.deliveryUrl}/${uid}/downloads/default.mp4`, { headers }).end();
  const response = await new Promise<IncomingMessage>((resolve) => asked.once('response', resolve));
  const pieces: Uint8Array[] = [];
  response.on('data', (piece) => pieces.push(piece)).on('error', () => undefined);
  await new Promise((resolve) => response.once('close', resolve));
  return {
    status: response.statusCode,
    headers: response.headers,
    bytes: Buffer.concat(pieces),
    broken: !response.complete,
  };
}

/** Returns how many bytes there are, if they are those of the file from `start` on. */
function partFrom(start: number, bytes: Buffer): number | 'status' {
  const expected = Buffer.concat([...generatedMedia(media).read(start, start + bytes.byteLength)]);
  return bytes.equals(expected) ? bytes.byteLength : 'status';
}

describe('headers', () => {
  test('replace the real ones regardless of case, and null removes one', async () => {
    deliver({
      kind: 'headers',
      headers: { 'Content-Range': 'bytes 0-9/10', ETAG: '"another"', 'Last-Modified': null },
    });
    const { status, headers, bytes } = await received({ range: 'bytes=3-6' });
    expect(status).toBe(206);
    expect(headers).toMatchObject({
      'content-range': 'bytes 0-9/10',
      etag: '"another"',
      'content-type': 'video/mp4',
      'content-length': '4',
    });
    expect(headers).not.toHaveProperty('last-modified');
    expect(partFrom(3, bytes)).toBe(4);
  });

  test('can declare an encoding that the body does not have', async () => {
    deliver({ kind: 'headers', headers: { 'content-encoding': 'gzip' } });
    const response = await download(uid, { headers: { range: 'bytes=0-99' } });
    await expect(response.bytes()).rejects.toThrow('terminated');
  });

  test('can omit the length', async () => {
    deliver({ kind: 'headers', headers: { 'content-length': null } });
    const { headers, bytes } = await received();
    expect(headers['transfer-encoding']).toBe('chunked');
    expect(partFrom(0, bytes)).toBe(media.sizeBytes);
  });

  test('can replace those of the API', async () => {
    stream.faults.add({ route: 'videos.get', fault: { kind: 'headers', headers: { 'cf-ray': null } } });
    const response = await apiRequest(stream, `/${uid}`);
    expect(response.headers.has('cf-ray')).toBe(false);
    expect(await response.json()).toMatchObject({ result: { uid } });
  });
});

describe('status', () => {
  test('can be a success with another body', async () => {
    deliver({ kind: 'status', status: 200, body: '<html>', contentType: 'text/html' });
    const response = await download();
    expect([response.status, response.headers.get('etag')]).toEqual([200, null]);
    expect(await response.text()).toBe('<html>');
  });
});

describe('drip', () => {
  test('sends a few bytes at a time', async () => {
    deliver({ kind: 'drip', bytes: 40, everyMs: 20 });
    const startedAtMs = performance.now();
    const { bytes, broken } = await received({ range: 'bytes=0-99' });
    expect([partFrom(0, bytes), broken]).toEqual([100, false]);
    // Timers may fire up to a millisecond early.
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(2 * 19);
  });

  test('ends when the client disconnects', async () => {
    deliver({ kind: 'drip', bytes: 1, everyMs: 1e9 });
    const controller = new AbortController();
    const response = await download(uid, { signal: controller.signal });
    expect(response.status).toBe(200);
    controller.abort();
    // A drip that continued would keep this process alive.
    await expect(response.bytes()).rejects.toThrow('aborted');
  });
});

describe('a body', () => {
  const lengths: [string, Partial<Readings>][] = [
    ['of known length', {}],
    ['in chunks', { deliveryLength: false }],
  ];

  describe.each(lengths)('%s', (_, readings) => {
    beforeEach(async () => {
      await stream.close();
      stream = await startLocalStream({ readings });
      uid = add(stream);
    });

    test.each([0, 1, 17, 5 * mebibyte + 1])('cut: the client receives exactly %d bytes', async (bytes) => {
      deliver({ kind: 'cut', bytes });
      const got = await received();
      expect([partFrom(0, got.bytes), got.broken]).toEqual([bytes, true]);
    });

    test('cut: counts from the beginning of a range', async () => {
      const range = `bytes=${mebibyte}-${7 * mebibyte - 1}`;
      deliver({ kind: 'cut', fraction: 0.5 });
      deliver({ kind: 'cut', bytes: 2 * mebibyte + 5 });
      for (const bytes of [3 * mebibyte, 2 * mebibyte + 5]) {
        const got = await received({ range });
        expect([got.status, partFrom(mebibyte, got.bytes), got.broken]).toEqual([206, bytes, true]);
      }
    });

    test('cut: a client that reads late receives the bytes too', async () => {
      deliver({ kind: 'cut', bytes: 100_000 });
      const { hostname, port } = new URL(stream.deliveryUrl);
      const socket = connect(Number(port), hostname).pause();
      socket.write(`GET /${uid}/downloads/default.mp4 HTTP/1.1\r\nHost: local\r\n\r\n`);
      await setTimeout(30);
      const answer = await buffer(socket);
      const head = answer.subarray(0, answer.indexOf('\r\n\r\n') + 4);
      expect(answer.byteLength - head.byteLength).toBeGreaterThanOrEqual(100_000);
    });

    test('wrong-length and stall: the client receives all bytes sent', async () => {
      deliver({ kind: 'wrong-length', delta: 5 });
      const got = await received();
      expect(got.headers['content-length']).toBe(String(media.sizeBytes + 5));
      expect([partFrom(0, got.bytes), got.broken]).toEqual([media.sizeBytes, true]);

      deliver({ kind: 'stall', afterBytes: 3 * mebibyte });
      const controller = new AbortController();
      const response = await download(uid, { signal: controller.signal });
      let bytes = 0;
      for await (const piece of response.body ?? []) {
        bytes += piece.byteLength;
        if (bytes === 3 * mebibyte) break;
      }
      controller.abort();
      expect(bytes).toBe(3 * mebibyte);
    });
  });
});

describe('a redirect', () => {
  test.each<[string, () => string]>([
    ['relative to the file', () => 'audio.m4a?moved'],
    ['relative to the host', () => `/${uid}/downloads/audio.m4a?moved`],
    ['absolute', () => `${stream.deliveryUrl}/${uid}/downloads/audio.m4a?moved`],
  ])('%s', async (_, location) => {
    deliver(redirect(location()));
    const response = await download();
    expect([response.status, response.url]).toEqual([
      200,
      `${stream.deliveryUrl}/${uid}/downloads/audio.m4a?moved`,
    ]);
    expect(response.headers.get('content-type')).toBe('audio/mp4');
    await response.body?.cancel();
  });

  test('to another host', async () => {
    await using other = await startLocalStream();
    deliver(redirect(`${other.deliveryUrl}/${add(other)}/downloads/audio.m4a`, 307));
    const response = await download();
    expect([response.status, new URL(response.url).origin]).toEqual([200, other.deliveryUrl]);
    await response.body?.cancel();
    expect(stream.requests).toMatchObject([{ status: 307 }]);
  });

  test('a chain', async () => {
    deliver(redirect('?again'), 5);
    const response = await download();
    expect(response.status).toBe(200);
    await response.body?.cancel();
    expect(stream.requests.map(({ status }) => status)).toEqual([302, 302, 302, 302, 302, 200]);
  });

  test('an endless chain', async () => {
    deliver(redirect('default.mp4'), Number.POSITIVE_INFINITY);
    await expect(download()).rejects.toMatchObject({ cause: { message: 'redirect count exceeded' } });
  });
});

describe('a fault for one', () => {
  const fault: Fault = { kind: 'status', status: 503 };

  async function statusOf(...what: Parameters<typeof download>): Promise<number> {
    const response = await download(...what);
    await response.body?.cancel();
    return response.status;
  }

  test('video', async () => {
    const other = add(stream);
    stream.faults.add({ route: 'any', video: other, fault, times: always });
    expect([await statusOf(), await statusOf(other)]).toEqual([200, 503]);
    expect((await apiRequest(stream, `/${other}/downloads`)).status).toBe(503);
    expect((await apiRequest(stream, `/${uid}/downloads`)).status).toBe(200);
    expect((await apiRequest(stream, '')).status).toBe(200);
  });

  test('video, named by a valid or invalid token', async () => {
    const [first, second] = [add(stream, true), add(stream, true)];
    stream.faults.add({ route: 'delivery.get', video: second, fault, times: always });
    const tokens = await Promise.all([first, second].map(tokenFor));
    const statuses = () => Promise.all([...tokens, 'no.token.atall'].map((token) => statusOf(token)));
    expect(await statuses()).toEqual([200, 503, 401]);
    stream.revokeTokens();
    expect(await statuses()).toEqual([401, 503, 401]);
  });

  test('type', async () => {
    stream.faults.add({ route: 'any', type: 'audio', fault, times: always });
    expect([await statusOf(), await statusOf(uid, {}, 'audio.m4a')]).toEqual([200, 503]);
    const create = (type: string) => apiRequest(stream, `/${uid}/downloads/${type}`, { method: 'POST' });
    expect([(await create('default')).status, (await create('audio')).status]).toEqual([200, 503]);
  });

  test('video, after a number of its requests', async () => {
    const other = add(stream);
    stream.faults.add({ route: 'delivery.get', video: other, fault, after: 1 });
    expect([await statusOf(), await statusOf(other), await statusOf(), await statusOf(other)]).toEqual([
      200, 200, 200, 503,
    ]);
  });

  async function tokenFor(video: string): Promise<string> {
    const body = '{"downloadable":true}';
    const response = await apiRequest(stream, `/${video}/token`, { method: 'POST', body });
    return ((await response.json()) as { result: { token: string } }).result.token;
  }
});
