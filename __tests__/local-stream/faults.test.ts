import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  badGateway,
  blocked,
  type Fault,
  Faults,
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

/** What comes of a body until it ends or breaks. */
async function received(response: Response): Promise<{ bytes: number; broken: boolean }> {
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) bytes += chunk.byteLength;
    return { bytes, broken: false };
  } catch {
    return { bytes, broken: true };
  }
}

describe('on the connection', () => {
  test('reset: nothing is carried out, and there is no answer', async () => {
    stream.faults.add({ route: 'videos.delete', fault: { kind: 'reset' } });
    await expect(apiRequest(stream, `/${uid}`, { method: 'DELETE' })).rejects.toMatchObject({
      cause: { code: 'ECONNRESET' },
    });
    expect(stream.video(uid)).toBeDefined();
    expect(stream.requests).toMatchObject([{ route: 'videos.delete', method: 'DELETE' }]);
    expect(stream.requests[0]).not.toHaveProperty('status');
  });

  test('answer-lost: it is carried out, and there is no answer', async () => {
    stream.faults.add({ route: 'videos.delete', fault: { kind: 'answer-lost' } });
    await expect(apiRequest(stream, `/${uid}`, { method: 'DELETE' })).rejects.toMatchObject({
      cause: { code: 'ECONNRESET' },
    });
    expect(stream.video(uid)).toBeUndefined();
    expect(stream.requests[0]).not.toHaveProperty('status');
  });

  test('delay: the answer comes later', async () => {
    stream.faults.add({ route: 'videos.get', fault: { kind: 'delay', ms: 50 } });
    const began = performance.now();
    const response = await apiRequest(stream, `/${uid}`);
    expect(performance.now() - began).toBeGreaterThanOrEqual(49);
    expect(response.status).toBe(200);
  });

  test('delay: it ends when the client leaves', async () => {
    stream.faults.add({ route: 'videos.get', fault: { kind: 'delay', ms: 1e9 } });
    const leaving = new AbortController();
    const answer = apiRequest(stream, `/${uid}`, { signal: leaving.signal });
    while (stream.requests.length === 0) await new Promise(setImmediate);
    leaving.abort();
    await expect(answer).rejects.toThrow('aborted');
    // A delay that went on would keep this process alive.
    while (stream.requests[0]?.status === undefined) await new Promise(setImmediate);
  });
});

describe('within the body', () => {
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

  test('wrong-length: more is promised than comes', async () => {
    deliver({ kind: 'wrong-length', delta: 5 });
    const response = await download();
    expect(response.headers.get('content-length')).toBe('1005');
    expect(await received(response)).toEqual({ bytes: 1000, broken: true });
  });

  test('wrong-length: less is promised than comes', async () => {
    deliver({ kind: 'wrong-length', delta: -5 });
    const response = await download();
    expect(response.headers.get('content-length')).toBe('995');
    expect(await received(response)).toEqual({ bytes: 995, broken: false });
    expect(await received(await download())).toEqual({ bytes: 1000, broken: false });
  });

  test.each<[Fault, number]>([
    [{ kind: 'stall', afterBytes: 10 }, 10],
    [{ kind: 'stall' }, 0],
  ])('%j: then nothing comes until the client leaves', async (fault, bytes) => {
    deliver(fault);
    const leaving = new AbortController();
    const response = await download({ signal: leaving.signal });
    expect(response.headers.get('content-length')).toBe('1000');
    let ended = false;
    const outcome = received(response).then((value) => {
      ended = true;
      return value;
    });
    await received(await download());
    expect(ended).toBe(false);
    leaving.abort();
    expect(await outcome).toEqual({ bytes, broken: true });
  });

  test('a stalled answer does not hold the server open', async () => {
    deliver({ kind: 'stall', afterBytes: 10 });
    const response = await download();
    await stream.close();
    expect(await received(response)).toEqual({ bytes: 10, broken: true });
  });
});

describe('instead of the answer', () => {
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

  test('a page of the edge, a firewall, or a web server', async () => {
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

  test('text of a proxy', async () => {
    expect(await answerTo(gatewayTimeout())).toEqual({
      status: 504,
      type: 'text/plain',
      text: 'upstream request timeout',
    });
  });

  test('bytes that call themselves JSON', async () => {
    const { status, type, text } = await answerTo(garbage('bytes'));
    expect([status, type]).toEqual([200, 'application/json']);
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  test('a limit that was reached, with and without a time', async () => {
    stream.faults.add({ route: 'videos.get', fault: rateLimited(7) });
    stream.faults.add({ route: 'videos.get', fault: rateLimited() });
    const first = await apiRequest(stream, `/${uid}`);
    expect([first.status, first.headers.get('retry-after')]).toEqual([429, '7']);
    expect(await first.json()).toMatchObject({ success: false, errors: [{ code: 10429 }] });
    const second = await apiRequest(stream, `/${uid}`);
    expect([second.status, second.headers.get('retry-after')]).toEqual([429, null]);
    expect((await apiRequest(stream, `/${uid}`)).status).toBe(200);
  });

  test('a way to somewhere else', async () => {
    stream.faults.add({ route: 'videos.get', fault: redirect('https://elsewhere.example/') });
    const response = await apiRequest(stream, `/${uid}`);
    expect([response.status, response.headers.get('location')]).toEqual([302, 'https://elsewhere.example/']);
  });

  test('anything', async () => {
    const body = new Uint8Array([1, 2, 3]);
    const fault: Fault = {
      kind: 'status',
      status: 418,
      body,
      contentType: 'a/b',
      headers: { 'x-odd': 'yes' },
    };
    stream.faults.add({ route: 'videos.get', fault });
    const response = await apiRequest(stream, `/${uid}`);
    expect(response.status).toBe(418);
    expect(Object.fromEntries(response.headers)).toMatchObject({ 'content-type': 'a/b', 'x-odd': 'yes' });
    expect([...(await response.bytes())]).toEqual([1, 2, 3]);
  });
});

describe('which requests meet a fault', () => {
  const fault = gatewayTimeout();
  const other = badGateway();

  function met(faults: Faults, count: number, route: 'videos.get' | 'videos.list' = 'videos.get'): string {
    return Array.from({ length: count }, () => {
      const next = faults.next({ route });
      return next === fault ? 'x' : next === other ? 'o' : '.';
    }).join('');
  }

  test('one, when nothing else is said', () => {
    const faults = new Faults();
    faults.add({ route: 'videos.get', fault });
    expect(met(faults, 2, 'videos.list')).toBe('..');
    expect(met(faults, 3)).toBe('x..');
  });

  test('so many, after so many', () => {
    const faults = new Faults();
    faults.add({ route: 'videos.get', fault, times: 2, after: 1 });
    expect(met(faults, 5)).toBe('.xx..');
  });

  test('all, until it is taken away', () => {
    const faults = new Faults();
    const remove = faults.add({ route: 'any', fault, times: Number.POSITIVE_INFINITY });
    expect(met(faults, 50)).toBe('x'.repeat(50));
    expect(faults.next({ route: 'unknown' })).toBe(fault);
    expect(faults.next({ route: 'delivery.get' })).toBe(fault);
    remove();
    expect(met(faults, 2)).toBe('..');
  });

  test('one after the other, in the order in which they were added', () => {
    const faults = new Faults();
    faults.add({ route: 'videos.get', fault });
    faults.add({ route: 'videos.get', fault: other, after: 1 });
    expect(met(faults, 4)).toBe('x.o.');
  });

  test('a share at random, the same for the same seed', () => {
    const random = (seed: number) => {
      const faults = new Faults();
      faults.addRandom({ seed, rate: 0.2, faults: [fault, other] });
      return met(faults, 1000);
    };
    const first = random(7);
    expect(random(7)).toBe(first);
    expect(random(8)).not.toBe(first);
    const share = (letter: string) => first.split(letter).length - 1;
    expect(share('x') + share('o')).toBeGreaterThan(150);
    expect(share('x') + share('o')).toBeLessThan(250);
    expect(Math.min(share('x'), share('o'))).toBeGreaterThan(50);
  });

  test('at random on one route alone, and never or always', () => {
    const faults = new Faults();
    const remove = faults.addRandom({ route: 'videos.list', seed: 1, rate: 1, faults: [fault] });
    expect(met(faults, 5)).toBe('.....');
    expect(met(faults, 5, 'videos.list')).toBe('xxxxx');
    remove();
    faults.addRandom({ seed: 1, rate: 0, faults: [fault] });
    expect(met(faults, 50, 'videos.list')).toBe('.'.repeat(50));
  });
});
