import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Fault, redirect } from '../../local-stream/faults.ts';
import { generatedMedia } from '../../local-stream/library/media.ts';
import type { Readings } from '../../local-stream/readings.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
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

/** A video with both downloads ready, the default one of which is larger than what a connection buffers. */
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
 * What comes of a body until it ends or breaks. Unlike `fetch`, which drops what it holds when a body breaks, this
 * misses none of it.
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

/** Whether these are the bytes of the file from `start` on, and how many. */
function partFrom(start: number, bytes: Buffer): number | 'other bytes' {
  const expected = Buffer.concat([...generatedMedia(media).read(start, start + bytes.byteLength)]);
  return bytes.equals(expected) ? bytes.byteLength : 'other bytes';
}

describe('headers', () => {
  test('stand in the place of the true ones, whatever their case, and null leaves one out', async () => {
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

  test('may tell an encoding that the body does not have', async () => {
    deliver({ kind: 'headers', headers: { 'content-encoding': 'gzip' } });
    const response = await download(uid, { headers: { range: 'bytes=0-99' } });
    await expect(response.bytes()).rejects.toThrow('terminated');
  });

  test('may leave out the length', async () => {
    deliver({ kind: 'headers', headers: { 'content-length': null } });
    const { headers, bytes } = await received();
    expect(headers['transfer-encoding']).toBe('chunked');
    expect(partFrom(0, bytes)).toBe(media.sizeBytes);
  });

  test('of the API’s answers too', async () => {
    stream.faults.add({ route: 'videos.get', fault: { kind: 'headers', headers: { 'cf-ray': null } } });
    const response = await apiRequest(stream, `/${uid}`);
    expect(response.headers.has('cf-ray')).toBe(false);
    expect(await response.json()).toMatchObject({ result: { uid } });
  });
});

describe('other bytes', () => {
  test('are a status that is a success', async () => {
    deliver({ kind: 'status', status: 200, body: '<html>', contentType: 'text/html' });
    const response = await download();
    expect([response.status, response.headers.get('etag')]).toEqual([200, null]);
    expect(await response.text()).toBe('<html>');
  });
});

describe('a body that drips', () => {
  test('comes a few bytes at a time', async () => {
    deliver({ kind: 'drip', bytes: 40, everyMs: 20 });
    const began = performance.now();
    const { bytes, broken } = await received({ range: 'bytes=0-99' });
    expect([partFrom(0, bytes), broken]).toEqual([100, false]);
    // Timers may fire up to a millisecond early.
    expect(performance.now() - began).toBeGreaterThanOrEqual(2 * 19);
  });

  test('ends when the client leaves', async () => {
    deliver({ kind: 'drip', bytes: 1, everyMs: 1e9 });
    const leaving = new AbortController();
    const response = await download(uid, { signal: leaving.signal });
    expect(response.status).toBe(200);
    leaving.abort();
    // A drip that went on would keep this process alive.
    await expect(response.bytes()).rejects.toThrow('aborted');
  });
});

describe('a body that is cut', () => {
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

    test.each([0, 1, 17, 5 * mebibyte + 1])('gets to the client up to there: %d bytes', async (bytes) => {
      deliver({ kind: 'cut', bytes });
      const got = await received();
      expect([partFrom(0, got.bytes), got.broken]).toEqual([bytes, true]);
    });

    test('counts from the beginning of a part', async () => {
      const range = `bytes=${mebibyte}-${7 * mebibyte - 1}`;
      deliver({ kind: 'cut', fraction: 0.5 });
      deliver({ kind: 'cut', bytes: 2 * mebibyte + 5 });
      for (const bytes of [3 * mebibyte, 2 * mebibyte + 5]) {
        const got = await received({ range });
        expect([got.status, partFrom(mebibyte, got.bytes), got.broken]).toEqual([206, bytes, true]);
      }
    });

    test('gets to a client that reads late', async () => {
      deliver({ kind: 'cut', bytes: 100_000 });
      const { hostname, port } = new URL(stream.deliveryUrl);
      const socket = connect(Number(port), hostname).pause();
      socket.write(`GET /${uid}/downloads/default.mp4 HTTP/1.1\r\nHost: local\r\n\r\n`);
      await setTimeout(30);
      const answer = await buffer(socket);
      const head = answer.subarray(0, answer.indexOf('\r\n\r\n') + 4);
      expect(answer.byteLength - head.byteLength).toBeGreaterThanOrEqual(100_000);
    });

    test('is not the only thing that goes wrong with it', async () => {
      deliver({ kind: 'wrong-length', delta: 5 });
      const got = await received();
      expect(got.headers['content-length']).toBe(String(media.sizeBytes + 5));
      expect([partFrom(0, got.bytes), got.broken]).toEqual([media.sizeBytes, true]);

      deliver({ kind: 'stall', afterBytes: 3 * mebibyte });
      const leaving = new AbortController();
      const response = await download(uid, { signal: leaving.signal });
      let bytes = 0;
      for await (const piece of response.body ?? []) {
        bytes += piece.byteLength;
        if (bytes === 3 * mebibyte) break;
      }
      leaving.abort();
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

  test('a chain of them', async () => {
    deliver(redirect('?again'), 5);
    const response = await download();
    expect(response.status).toBe(200);
    await response.body?.cancel();
    expect(stream.requests.map(({ status }) => status)).toEqual([302, 302, 302, 302, 302, 200]);
  });

  test('a chain without end', async () => {
    deliver(redirect('default.mp4'), Number.POSITIVE_INFINITY);
    await expect(download()).rejects.toMatchObject({ cause: { message: 'redirect count exceeded' } });
  });
});

describe('a fault for one of several', () => {
  const fault: Fault = { kind: 'status', status: 503 };
  const always = Number.POSITIVE_INFINITY;

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

  test('video, that a token names, be it valid or not', async () => {
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

  test('video after so many of its requests', async () => {
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
