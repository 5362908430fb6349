import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import type { Dispatcher } from 'undici';
import type { Body, ReceivedResponse } from '../../src/http/body.ts';
import { openGuardedAgent } from '../../src/http/guarded-agent.ts';
import { receive } from '../../src/http/receive.ts';
import { sha256 } from '../harness/media.ts';

interface TestServer extends AsyncDisposable {
  get(path?: string, signal?: AbortSignal): Promise<ReceivedResponse>;
  readonly requests: readonly IncomingMessage[];
  /** Resolves once the connection of the first request is closed. */
  readonly closed: Promise<void>;
}

async function start(
  respond: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<TestServer> {
  const requests: IncomingMessage[] = [];
  const closed = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    requests.push(request);
    request.socket.on('close', closed.resolve);
    respond(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const dispatcher: Dispatcher = await openGuardedAgent(() => undefined);
  return {
    requests,
    closed: closed.promise,
    get: (path = '/', signal = new AbortController().signal) =>
      receive(new URL(path, origin), { method: 'GET', headers: { 'X-Test': 'yes' }, signal, dispatcher }),
    [Symbol.asyncDispose]: async () => {
      await dispatcher.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}

function bodyOf({ body }: ReceivedResponse): Body {
  if (!body) throw new Error('expected a body');
  return body;
}

/** The whole body as text. */
async function textOf(response: ReceivedResponse): Promise<string> {
  const pieces: Uint8Array[] = [];
  await bodyOf(response).receive((piece) => {
    pieces.push(new Uint8Array(piece));
    return undefined;
  });
  return Buffer.concat(pieces).toString();
}

describe('a request', () => {
  test('sends method, path and headers, and receives status, headers and body', async () => {
    await using server = await start((_, response) => {
      response.writeHead(201, { 'x-one': 'a', 'x-latin': 'gr\u00fcn' }).end('all');
    });
    const response = await server.get('/a?b=c');
    expect(server.requests[0]).toMatchObject({ method: 'GET', url: '/a?b=c', headers: { 'x-test': 'yes' } });
    expect([response.status, response.headers.get('x-one'), response.headers.get('x-latin')]).toEqual([
      201,
      'a',
      'gr\u00fcn',
    ]);
    expect(await textOf(response)).toBe('all');
  });

  test('does not take an interim response for the final one', async () => {
    await using server = await start((_, response) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' });
      response.end('final');
    });
    const response = await server.get();
    expect([response.status, await textOf(response)]).toEqual([200, 'final']);
  });

  test('fails for a 407, as with fetch', async () => {
    await using server = await start((_, response) => void response.writeHead(407).end('Log in'));
    await expect(server.get()).rejects.toMatchObject({ name: 'ProxyAuthenticationError' });
    await server.closed;
  });

  test('that is aborted before it is connected is never sent', async () => {
    await using server = await start((_, response) => void response.end());
    const aborter = new AbortController();
    const getting = server.get('/', aborter.signal);
    const reason = new Error('enough');
    aborter.abort(reason);
    await expect(getting).rejects.toBe(reason);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.requests).toEqual([]);
  });
});

test('ports of other protocols are refused, as with fetch', async () => {
  const dispatcher: Dispatcher = await openGuardedAgent(() => undefined);
  const { signal } = new AbortController();
  const options = { method: 'GET', headers: {}, signal, dispatcher };
  await expect(receive(new URL('https://127.0.0.1:6000/'), options)).rejects.toThrow('bad port');
});

describe('a body', () => {
  const content = randomBytes(20 * 2 ** 20);
  const digest = sha256(content);

  test.each([
    ['with a length', { 'content-length': String(content.byteLength) }],
    ['in chunks', {}],
    ['that ends with its connection', { connection: 'close' }],
  ])('arrives as it was sent, however often it pauses or stops: %s', async (_, headers) => {
    await using server = await start((_request, response) => {
      response.writeHead(200, headers);
      // Chunks of their own, which do not end where what arrives at once ends.
      for (let at = 0; at < content.byteLength; at += 99_999)
        response.write(content.subarray(at, at + 99_999));
      response.end();
    });
    const body = bodyOf(await server.get());
    const hash = createHash('sha256');
    let pieces = 0;
    let stops = -1;
    for (let isEnd = false; !isEnd; stops++) {
      isEnd = true;
      await body.receive((piece) => {
        hash.update(piece);
        pieces++;
        if (pieces % 5 === 0) return new Promise((resolve) => setTimeout(resolve, pieces % 2));
        if (pieces % 7 !== 0) return undefined;
        isEnd = false;
        return false;
      });
    }
    expect(hash.digest('hex')).toBe(digest);
    expect(stops).toBeGreaterThan(10);
    await body.receive(() => {
      throw new Error('nothing is left');
    });
  });

  test('is not received while it pauses', async () => {
    let isSent = false;
    await using server = await start((_, response) => {
      response.write(content, () => {
        isSent = true;
      });
    });
    const body = bodyOf(await server.get());
    let receivedBytes = 0;
    const receiving = body.receive((piece) => {
      receivedBytes += piece.byteLength;
      return new Promise(() => {});
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(receivedBytes).toBeLessThan(2 ** 20);
    expect(isSent).toBe(false);
    body.cancel();
    await expect(receiving).rejects.toThrow('not needed');
  });

  test('rejects with the error of whoever takes it, and its connection is closed', async () => {
    await using server = await start((_, response) => void response.write('part'));
    const error = new Error('no room');
    await expect(bodyOf(await server.get()).receive(() => Promise.reject(error))).rejects.toBe(error);
    await server.closed;
  });

  test('rejects with that error even if its connection breaks before', async () => {
    await using server = await start((_, response) => {
      response.writeHead(200, { 'content-length': '9' }).write('part');
      setTimeout(() => response.destroy(), 50);
    });
    const error = new Error('no room');
    const receiving = bodyOf(await server.get()).receive(async () => {
      await server.closed;
      await new Promise((resolve) => setTimeout(resolve, 50));
      throw error;
    });
    await expect(receiving).rejects.toBe(error);
  });

  test('that is complete does not reject when its connection is closed while it pauses', async () => {
    await using server = await start((_, response) => {
      response.writeHead(200, { 'content-length': '4' });
      response.write('all.', () => setTimeout(() => response.socket?.end(), 20));
    });
    const taken: string[] = [];
    await bodyOf(await server.get()).receive(async (piece) => {
      await server.closed;
      await new Promise((resolve) => setTimeout(resolve, 50));
      taken.push(Buffer.from(piece).toString());
    });
    expect(taken).toEqual(['all.']);
  });

  // undici 7 ended the whole process here: https://github.com/nodejs/undici/issues/5360
  test.each([
    ['complete, with a length', { connection: 'close', 'content-length': '70000' }, false, '70000'],
    ['complete, as far as the connection', { connection: 'close' }, false, '70000'],
    [
      'incomplete',
      { connection: 'close', 'content-length': '70001' },
      false,
      'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
    ],
    ['reset', { connection: 'close', 'content-length': '70001' }, true, 'UND_ERR_SOCKET|ECONNRESET'],
  ])('whose connection ends while it pauses ends as it is: %s', async (_, headers, isReset, outcome) => {
    await using server = await start((_request, response) => {
      response.useChunkedEncodingByDefault = false;
      response.writeHead(200, headers);
      response.write(content.subarray(0, 70_000), () =>
        setTimeout(() => (isReset ? response.socket?.resetAndDestroy() : response.socket?.end()), 20),
      );
    });
    let receivedBytes = 0;
    const receiving = bodyOf(await server.get()).receive(async (piece) => {
      receivedBytes += piece.byteLength;
      await new Promise((resolve) => setTimeout(resolve, 60));
    });
    const result = await receiving.then(
      () => String(receivedBytes),
      (error) => error.code ?? error,
    );
    expect(result).toMatch(new RegExp(`^(${outcome})$`));
  });

  test('that breaks rejects once what arrived was taken', async () => {
    await using server = await start((_, response) => {
      response.writeHead(200, { 'content-length': '9' }).write('part');
      setTimeout(() => response.destroy(), 50);
    });
    const taken: string[] = [];
    const receiving = bodyOf(await server.get()).receive(async (piece) => {
      await server.closed;
      await new Promise((resolve) => setTimeout(resolve, 50));
      taken.push(Buffer.from(piece).toString());
    });
    await expect(receiving).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
    expect(taken).toEqual(['part']);
  });

  test.each([undefined, 'enough'])('that is cancelled closes its connection: %j', async (reason) => {
    await using server = await start((_, response) => void response.write('part'));
    const body = bodyOf(await server.get());
    const receiving = body.receive(() => undefined);
    body.cancel(reason === undefined ? undefined : new Error(reason));
    await expect(receiving).rejects.toThrow(reason ?? 'not needed');
    await server.closed;
  });
});
