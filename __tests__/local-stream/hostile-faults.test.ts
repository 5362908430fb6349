import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { createGunzip } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Fault } from '../../local-stream/faults.ts';
import {
  downloadUrl,
  endlessHeaders,
  flood,
  gzipBomb,
  hostileTokens,
  hostileUrls,
  injected,
  injectionText,
  interimResponses,
  manyErrors,
  oversized,
  signedToken,
  surplus,
} from '../../local-stream/hostile-faults.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { apiRequest } from './api-request.ts';

const mebibyte = 2 ** 20;
const envelopeStart = '{"success":true,"result":';

let stream: LocalStream;
let uid: string;

beforeEach(async () => {
  stream = await startLocalStream();
  uid = stream.addVideo({
    name: 'title',
    downloads: { default: 'ready' },
    media: { default: Buffer.from('a file') },
  }).uid;
});

afterEach(() => stream.close());

const fileUrl = () => `${stream.deliveryUrl}/${uid}/downloads/default.mp4`;

/** Requests the details of the video, or its file, without decoding the body or following redirects. */
async function answerTo(fault: Fault, of: 'api' | 'file' = 'api'): Promise<IncomingMessage> {
  stream.faults.add({ route: 'any', fault });
  const url = of === 'file' ? fileUrl() : `${stream.apiUrl}/accounts/${stream.accountId}/stream/${uid}`;
  const asked = request(url, { headers: { authorization: `Bearer ${stream.token}` } }).end();
  return new Promise((resolve, reject) => asked.once('response', resolve).once('error', reject));
}

/** Reads the first bytes of a body, or all if there are fewer, then disconnects. */
async function firstBytes(body: AsyncIterable<Uint8Array>, count: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body) {
    pieces.push(piece);
    length += piece.byteLength;
    if (length >= count) break;
  }
  return Buffer.concat(pieces).subarray(0, count).toString();
}

/** Returns the JSON of a call that meets the fault. */
async function jsonOf(fault: Fault, path: string, init: RequestInit = {}): Promise<unknown> {
  stream.faults.add({ route: 'any', fault });
  return (await apiRequest(stream, path, init)).json();
}

describe('bombs', () => {
  test('gzipBomb: 10 GiB in about 10 MB, as the beginning of a response of the API', async () => {
    const startedAtMs = performance.now();
    const response = await answerTo(gzipBomb());
    const { statusCode, headers } = response;
    expect(performance.now() - startedAtMs).toBeLessThan(500);
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'content-encoding': 'gzip' });
    expect(Number(headers['content-length'])).toBeLessThan(12_000_000);
    const decoded = await firstBytes(response.pipe(createGunzip()), mebibyte);
    expect(decoded === envelopeStart.padEnd(mebibyte)).toBe(true);
    response.destroy();
  });

  test('gzipBomb: as a file, of the given size', async () => {
    const response = await answerTo(gzipBomb(5 * mebibyte, 'file'), 'file');
    expect(response.headers['content-type']).toBe('video/mp4');
    const decoded = await firstBytes(response.pipe(createGunzip()), Number.POSITIVE_INFINITY);
    expect(decoded === ' '.repeat(5 * mebibyte)).toBe(true);
  });

  test('gzipBomb: `fetch` decodes it', async () => {
    stream.faults.add({ route: 'any', fault: gzipBomb(3 * mebibyte) });
    const text = await (await apiRequest(stream, '')).text();
    expect(text === envelopeStart.padEnd(envelopeStart.length + 3 * mebibyte)).toBe(true);
  });
});

describe('floods', () => {
  test('flood: endless, without a length', async () => {
    const response = await answerTo(flood());
    expect(response.headers).not.toHaveProperty('content-length');
    expect(response.headers['content-type']).toBe('application/json');
    const start = await firstBytes(response, 4 * mebibyte);
    expect(start === envelopeStart.padEnd(4 * mebibyte)).toBe(true);
  });

  test('flood: as a file, of the given size', async () => {
    const response = await answerTo(flood(mebibyte, 'file'), 'file');
    expect(response.headers).toMatchObject({
      'content-type': 'video/mp4',
      'content-length': String(mebibyte),
    });
    expect(await firstBytes(response, Number.POSITIVE_INFINITY)).toBe(' '.repeat(mebibyte));
  });

  test.each([
    [undefined, 'bytes 0-9/10'],
    [1000, 'bytes 0-999/1000'],
  ])('surplus: announces %p bytes, and is an endless video', async (announcedBytes, range) => {
    const response = await answerTo(surplus(announcedBytes), 'file');
    expect(response).toMatchObject({
      statusCode: 206,
      headers: { 'content-type': 'video/mp4', 'content-range': range },
    });
    expect(response.headers).not.toHaveProperty('content-length');
    const start = '\0\0\0\x10ftypisom\0\0\x02\0\0\0\0\0mdat';
    expect((await firstBytes(response, mebibyte)) === start.padEnd(mebibyte, '\0')).toBe(true);
  });

  test('manyErrors', async () => {
    stream.faults.add({ route: 'any', fault: manyErrors(1000) });
    const response = await apiRequest(stream, '');
    expect(response.status).toBe(400);
    const { errors, ...rest } = (await response.json()) as { errors: unknown[] };
    expect(rest).toEqual({ success: false, result: null, messages: [] });
    expect(errors).toEqual(new Array(1000).fill({ code: 10005, message: 'Bad Request' }));
  });

  test('interimResponses: so many, then the real response', async () => {
    stream.faults.add({ route: 'any', fault: interimResponses(500) });
    const asked = request(fileUrl()).end();
    let interim = 0;
    asked.on('information', ({ statusCode }) => {
      if (statusCode === 103) interim += 1;
    });
    const response = await new Promise<IncomingMessage>((resolve) => asked.once('response', resolve));
    expect([interim, response.statusCode]).toEqual([500, 200]);
    expect(await firstBytes(response, 100)).toBe('a file');
  });

  test.each<[string, Fault, string, string]>([
    ['interimResponses: endless', interimResponses(), '', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
    [
      'endlessHeaders: at full speed',
      endlessHeaders(),
      'HTTP/1.1 200 OK\r\n',
      'x-filler: 0123456789abcdef\r\n',
    ],
  ])('%s', async (_, fault, start, repeated) => {
    const received = await rawBytes(fault, mebibyte);
    expect(received === start.padEnd(mebibyte, repeated)).toBe(true);
  });
});

describe('drips', () => {
  test('endlessHeaders: a line at a time', async () => {
    const startedAtMs = performance.now();
    const received = await rawBytes(endlessHeaders(10), 4 * 28);
    expect(received).toBe('HTTP/1.1 200 OK\r\n'.padEnd(4 * 28, 'x-filler: 0123456789abcdef\r\n'));
    // Timers may fire up to a millisecond early.
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(3 * 9);
  });

  test('drip: a response of the API, byte by byte', async () => {
    stream.faults.add({ route: 'any', fault: { kind: 'drip', bytes: 1, everyMs: 0 } });
    const response = await apiRequest(stream, `/${'f'.repeat(32)}`);
    const pieces: Uint8Array[] = [];
    for await (const piece of response.body ?? []) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(10);
    expect(JSON.parse(Buffer.concat(pieces).toString())).toMatchObject({ errors: [{ code: 10003 }] });
  });

  test('stall: a response of the API that stops', async () => {
    const response = await answerTo({ kind: 'stall', afterBytes: 10 });
    expect(Number(response.headers['content-length'])).toBeGreaterThan(100);
    expect(await firstBytes(response, 10)).toBe('{"result":');
  });
});

describe('injected', () => {
  test('adds the text to what a client may show of a video', async () => {
    expect(await jsonOf(injected(), `/${uid}`)).toMatchObject({
      success: true,
      result: {
        uid,
        meta: { name: `title${injectionText}` },
        status: { state: `ready${injectionText}`, pctComplete: `100.000000${injectionText}` },
        duration: 6,
      },
    });
  });

  test('adds the text to a download, a token, and the reason of a failed encoding', async () => {
    expect(await jsonOf(injected('\nx'), `/${uid}/downloads`)).toMatchObject({
      result: { default: { status: 'ready\nx', url: `${fileUrl()}\nx`, percentComplete: 100 } },
    });
    expect(await jsonOf(injected('\nx'), `/${uid}/token`, { method: 'POST' })).toMatchObject({
      result: { token: expect.stringMatching(/\.\w.*\nx$/) },
    });
    const failed = stream.addVideo({ state: 'error' }).uid;
    expect(await jsonOf(injected('\nx'), `/${failed}`)).toMatchObject({
      result: {
        status: {
          errorReasonCode: expect.stringMatching(/^ERR_\w+\nx$/),
          errorReasonText: expect.stringMatching(/\nx$/),
        },
      },
    });
  });

  test('adds the text to the message of a real error', async () => {
    expect(await jsonOf(injected('\nx'), `/${'f'.repeat(32)}`)).toMatchObject({
      success: false,
      errors: [{ code: 10003, message: 'Not Found\nx' }],
    });
  });

  test('adds what HTTP can send of the text to headers and the reason phrase', async () => {
    stream.faults.add({ route: 'any', fault: injected('\r\n\u0085::error::x\u001b\u007f\u009b31m\u202eé') });
    const { headers, status, statusText } = await apiRequest(stream, `/${uid}`);
    expect([status, statusText]).toEqual([200, 'Reason\u0085::error::x\u009b31m\u202eé']);
    expect(headers.get('cf-ray')).toBe('8f0c1d2e3a4b5c6d-LCL\u0085::error::x\u009b31mé');
    expect(headers.get('content-type')).toBe('application/json; x=\u0085::error::x\u009b31mé');
  });

  test('can be limited to some keys', async () => {
    expect(await jsonOf(injected('!', ['name']), `/${uid}`)).toMatchObject({
      result: { meta: { name: 'title!' }, status: { state: 'ready' } },
    });
  });
});

describe('lies', () => {
  test('oversized', async () => {
    const { result } = (await jsonOf(oversized('state', 20_000_000), `/${uid}`)) as {
      result: { status: { state: string } };
    };
    expect(result.status.state.length).toBe(20_000_000);
    expect(result.status.state.slice(0, 8)).toBe('readyxxx');
    expect(await jsonOf(oversized('url', 100), `/${uid}/downloads`)).toMatchObject({
      result: { default: { url: fileUrl().padEnd(100, 'x') } },
    });
  });

  test('downloadUrl', async () => {
    for (const url of hostileUrls) {
      expect(await jsonOf(downloadUrl(url), `/${uid}/downloads`)).toMatchObject({
        result: { default: { status: 'ready', percentComplete: 100, url } },
      });
    }
  });

  test('signedToken', async () => {
    for (const token of hostileTokens) {
      expect(await jsonOf(signedToken(token), `/${uid}/token`, { method: 'POST' })).toMatchObject({
        result: { token },
      });
    }
  });
});

/** Sends a request on a plain connection. Returns the first bytes received. */
async function rawBytes(fault: Fault, count: number): Promise<string> {
  stream.faults.add({ route: 'any', fault });
  const { hostname, port } = new URL(stream.deliveryUrl);
  const socket = connect(Number(port), hostname);
  socket.write('GET / HTTP/1.1\r\nHost: local\r\n\r\n');
  return firstBytes(socket, count);
}
