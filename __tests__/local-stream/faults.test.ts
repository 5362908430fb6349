import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  badGateway,
  blocked,
  type Fault,
  garbage,
  gatewayTimeout,
  rateLimited,
  redirect,
} from '../../local-stream/faults.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { apiRequest } from './api-request.ts';

let stream: LocalStream;
let uid: string;

beforeEach(async () => {
  stream = await startLocalStream();
  uid = stream.addVideo({
    downloads: { default: 'ready' },
    media: { default: new Uint8Array(1000).fill(7) },
  }).uid;
});

afterEach(() => stream.close());

function download(init: RequestInit = {}): Promise<Response> {
  return fetch(`${stream.deliveryUrl}/${uid}/downloads/default.mp4`, init);
}

function deliver(fault: Fault): void {
  stream.faults.add({ route: 'delivery.get', fault });
}

/** Reads a body until it ends or the connection breaks. */
async function received(response: Response): Promise<{ bytes: number; broken: boolean }> {
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) bytes += chunk.byteLength;
    return { bytes, broken: false };
  } catch {
    return { bytes, broken: true };
  }
}

describe('faults of the body', () => {
  test.each<[Fault, number]>([
    [{ kind: 'cut' }, 500],
    [{ kind: 'cut', fraction: 0.25 }, 250],
    [{ kind: 'cut', bytes: 3 }, 3],
    [{ kind: 'cut', bytes: 0 }, 0],
  ])('%j', async (fault, bytes) => {
    deliver(fault);
    const response = await download();
    expect(response.headers.get('content-length')).toBe('1000');
    expect(await received(response)).toEqual({ bytes, broken: true });
    expect(await received(await download())).toEqual({ bytes: 1000, broken: false });
  });

  test('wrong-length: longer than the body', async () => {
    deliver({ kind: 'wrong-length', delta: 5 });
    const response = await download();
    expect(response.headers.get('content-length')).toBe('1005');
    expect(await received(response)).toEqual({ bytes: 1000, broken: true });
  });

  test('wrong-length: shorter than the body', async () => {
    deliver({ kind: 'wrong-length', delta: -5 });
    const response = await download();
    expect(response.headers.get('content-length')).toBe('995');
    expect(await received(response)).toEqual({ bytes: 995, broken: false });
    expect(await received(await download())).toEqual({ bytes: 1000, broken: false });
  });

  test.each<[Fault, number]>([
    [{ kind: 'stall', afterBytes: 10 }, 10],
    [{ kind: 'stall' }, 0],
  ])('%j: then nothing is sent until the client disconnects', async (fault, bytes) => {
    deliver(fault);
    const controller = new AbortController();
    const response = await download({ signal: controller.signal });
    expect(response.headers.get('content-length')).toBe('1000');
    let ended = false;
    const outcome = received(response).then((value) => {
      ended = true;
      return value;
    });
    await received(await download());
    expect(ended).toBe(false);
    controller.abort();
    expect(await outcome).toEqual({ bytes, broken: true });
  });

  test('a stalled response does not prevent the server from closing', async () => {
    deliver({ kind: 'stall', afterBytes: 10 });
    const response = await download();
    await stream.close();
    expect(await received(response)).toEqual({ bytes: 10, broken: true });
  });
});

describe('responses in place of the real one', () => {
  async function answerTo(fault: Fault): Promise<{ status: number; type: string | null; text: string }> {
    stream.faults.add({ route: 'videos.delete', fault });
    const response = await apiRequest(stream, `/${uid}`, { method: 'DELETE' });
    expect(stream.video(uid)).toBeDefined();
    expect(stream.requests.at(-1)).toMatchObject({
      status: response.status,
      rayId: response.headers.get('cf-ray'),
    });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      text: await response.text(),
    };
  }

  test('HTML pages of the edge, a firewall, and a web server', async () => {
    const type = 'text/html; charset=UTF-8';
    const page = (text: string) => expect.stringMatching(`(?s:^<!DOCTYPE html>.*${text})`);
    expect(await answerTo(badGateway())).toEqual({ status: 502, type, text: page('Error code 502') });
    expect(await answerTo(blocked())).toEqual({
      status: 403,
      type,
      text: page('Sorry, you have been blocked'),
    });
    expect(await answerTo(garbage())).toEqual({ status: 200, type, text: page('It works!') });
  });

  test('plain text of a proxy', async () => {
    expect(await answerTo(gatewayTimeout())).toEqual({
      status: 504,
      type: 'text/plain',
      text: 'upstream request timeout',
    });
  });

  test('random bytes labelled as JSON', async () => {
    const { status, type, text } = await answerTo(garbage('bytes'));
    expect([status, type]).toEqual([200, 'application/json']);
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  test('rate limit, with and without Retry-After', async () => {
    stream.faults.add({ route: 'videos.get', fault: rateLimited(7) });
    stream.faults.add({ route: 'videos.get', fault: rateLimited() });
    const first = await apiRequest(stream, `/${uid}`);
    expect([first.status, first.headers.get('retry-after')]).toEqual([429, '7']);
    expect(await first.json()).toMatchObject({ success: false, errors: [{ code: 10429 }] });
    const second = await apiRequest(stream, `/${uid}`);
    expect([second.status, second.headers.get('retry-after')]).toEqual([429, null]);
    expect((await apiRequest(stream, `/${uid}`)).status).toBe(200);
  });

  test('redirect', async () => {
    stream.faults.add({ route: 'videos.get', fault: redirect('https://elsewhere.example/') });
    const response = await apiRequest(stream, `/${uid}`);
    expect([response.status, response.headers.get('location')]).toEqual([302, 'https://elsewhere.example/']);
  });
});
