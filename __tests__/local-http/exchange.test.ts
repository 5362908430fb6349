import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { repeat } from '../../local-http/byte-source.ts';
import { openExchange, recordHead, requestHead, respond } from '../../local-http/exchange.ts';
import type { AlterationFault, ConnectionFault, StatusFault } from '../../local-http/faults.ts';
import { type Listener, listen } from '../../local-http/listener.ts';
import { type Reply, textReply } from '../../local-http/reply.ts';

let listener: Listener;
let fault: ConnectionFault | AlterationFault | StatusFault | undefined;
let carryOut: () => Promise<Reply | undefined>;
let carriedOut: number;
let requests: { status?: number }[];

beforeEach(async () => {
  fault = undefined;
  carryOut = async () => textReply(200, 'done');
  carriedOut = 0;
  requests = [];
  listener = await listen(0, '127.0.0.1', (incoming, outgoing) => void answer(incoming, outgoing));
});

afterEach(() => listener.close());

async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const record = recordHead(requestHead(incoming), 'api', 'read', { now: () => 5 });
  requests.push(record);
  const exchange = openExchange({
    incoming,
    outgoing,
    record,
    headers: { 'x-request': '1' },
    serverName: 'test-server',
    carryOut: () => {
      carriedOut += 1;
      return carryOut();
    },
  });
  await respond(exchange, fault);
}

const send = (init: RequestInit = {}) => fetch(`${listener.url}/a%20b?c=1&d=x%20y`, init);

test('records the request and the status of its response', async () => {
  const response = await send();
  expect([response.status, await response.text()]).toEqual([200, 'done']);
  expect(response.headers.get('x-request')).toBe('1');
  expect(requests).toMatchObject([
    {
      host: 'api',
      route: 'read',
      method: 'GET',
      path: '/a%20b',
      query: { c: '1', d: 'x y' },
      at: 5,
      status: 200,
    },
  ]);
});

test('answers HEAD with the headers alone', async () => {
  const response = await send({ method: 'HEAD' });
  expect([response.headers.get('content-length'), await response.text()]).toEqual(['4', '']);
});

test('answers an unexpected error with its stack trace, and keeps running', async () => {
  carryOut = () => Promise.reject(new Error('a bug'));
  const response = await send();
  expect(response.status).toBe(500);
  expect(await response.text()).toMatch(/^test-server: Error: a bug\n +at /);
  carryOut = async () => textReply(200, 'done');
  expect((await send()).status).toBe(200);
});

describe('faults', () => {
  const reset = { cause: { code: 'ECONNRESET' } };

  test('reset: the request is not carried out', async () => {
    fault = { kind: 'reset' };
    await expect(send()).rejects.toMatchObject(reset);
    expect(carriedOut).toBe(0);
    expect(requests[0]).not.toHaveProperty('status');
  });

  test('answer-lost: the request is carried out, and not answered', async () => {
    fault = { kind: 'answer-lost' };
    await expect(send()).rejects.toMatchObject(reset);
    expect(carriedOut).toBe(1);
    expect(requests[0]).not.toHaveProperty('status');
  });

  test('delay: the response comes later', async () => {
    fault = { kind: 'delay', ms: 50 };
    const startedAtMs = performance.now();
    expect((await send()).status).toBe(200);
    // Timers may fire up to a millisecond early.
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(49);
  });

  test('delay: ends when the client disconnects', async () => {
    fault = { kind: 'delay', ms: 1e9 };
    const controller = new AbortController();
    const response = send({ signal: controller.signal });
    while (requests.length === 0) await new Promise(setImmediate);
    controller.abort();
    await expect(response).rejects.toThrow('aborted');
    // A delay that continued would keep this process alive.
    while (carriedOut === 0) await new Promise(setImmediate);
  });

  test('status: any response, and the request is not carried out', async () => {
    fault = { kind: 'status', status: 418, body: new Uint8Array([1, 2, 3]), contentType: 'a/b' };
    const binary = await send();
    expect([binary.status, binary.headers.get('content-type')]).toEqual([418, 'a/b']);
    expect([...(await binary.bytes())]).toEqual([1, 2, 3]);
    fault = { kind: 'status', status: 503, body: 'busy', headers: { 'x-odd': 'yes' } };
    const text = await send();
    expect([text.headers.get('content-type'), text.headers.get('x-odd')]).toEqual([
      'text/plain; charset=utf-8',
      'yes',
    ]);
    expect(await text.text()).toBe('busy');
    expect(carriedOut).toBe(0);
    expect(requests).toMatchObject([{ status: 418 }, { status: 503 }]);
  });

  test('status: an endless body has no length', async () => {
    fault = { kind: 'status', status: 200, body: repeat(Buffer.from('ab'), Number.POSITIVE_INFINITY) };
    const response = await send();
    expect(response.headers.get('content-length')).toBe(null);
    const reader = response.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    expect(Buffer.from(value ?? []).toString()).toMatch(/^abab/);
    await reader?.cancel();
  });

  test('headers: replaces and removes headers of the real response', async () => {
    fault = { kind: 'headers', headers: { 'X-Request': null, Deprecation: '@1' } };
    const response = await send();
    expect([response.headers.get('x-request'), response.headers.get('deprecation')]).toEqual([null, '@1']);
    expect(await response.text()).toBe('done');
  });

  test('alter: the JSON and headers of the real response', async () => {
    carryOut = async () => textReply(201, '{"a":1}', 'application/json');
    fault = {
      kind: 'alter',
      alter: (json) => ({ real: json }),
      headers: { 'x-request': '2' },
      statusText: 'Schön',
    };
    const response = await send();
    expect([response.status, response.statusText]).toEqual([201, 'Schön']);
    expect(response.headers.get('x-request')).toBe('2');
    expect(await response.json()).toEqual({ real: { a: 1 } });
    expect(carriedOut).toBe(1);
  });

  test('alter: a response other than JSON stays as it is', async () => {
    fault = { kind: 'alter', alter: () => 'altered', headers: { 'x-request': '2' } };
    const response = await send();
    expect([response.headers.get('x-request'), await response.text()]).toEqual(['1', 'done']);
  });

  test('alter: an alteration that throws is answered with its stack trace', async () => {
    carryOut = async () => textReply(200, '{}', 'application/json');
    fault = {
      kind: 'alter',
      alter: () => {
        throw new Error('a bug');
      },
    };
    const response = await send();
    expect([response.status, await response.text()]).toEqual([500, expect.stringContaining('Error: a bug')]);
  });

  test('raw: bytes before the response, which may belong to another one', async () => {
    fault = { kind: 'raw', bytes: 'HTTP/1.1 418 é\r\nContent-Length: 2\r\n\r\nhi' };
    const response = await send();
    expect([response.status, response.statusText, await response.text()]).toEqual([418, 'é', 'hi']);
    expect(carriedOut).toBe(1);
    fault = undefined;
    expect((await send()).status).toBe(200);
  });
});
