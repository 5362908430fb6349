import { getEventListeners, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { causeChain } from '../../src/core/cause-chain.ts';
import { receivedFrom } from '../../src/http/body.ts';
import { Http, type HttpRequest, type RedirectPolicy, userAgent } from '../../src/http/http.ts';
import type { OpenResponse } from '../../src/http/open-response.ts';
import type { Senders } from '../../src/http/proxies.ts';
import { receive } from '../../src/http/receive.ts';
import { ManualClock } from '../harness/manual-clock.ts';

const never = new AbortController().signal;
const timeoutMs = 30_000;

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

/** A server, and `Http` on a clock that the test advances. */
async function start(respond: Respond, senders: Partial<Senders> = {}) {
  const clock = new ManualClock();
  const debug: string[] = [];
  const requests: IncomingMessage[] = [];
  const closed = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    requests.push(request);
    response.on('close', closed.resolve);
    respond(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const http = new Http({ fetch, receive, ...senders, clock, debug: (line) => debug.push(line) });
  const guarded = http.guarded(() => undefined);
  const request = (path: string, options: Partial<HttpRequest> = {}): HttpRequest => ({
    method: 'GET',
    url: new URL(path, `http://${host}`),
    ...options,
  });
  return {
    clock,
    /** Resolves once the first response was sent, or its connection closed. */
    closed: closed.promise,
    debug,
    host,
    http,
    request,
    requests,
    text: (path: string, options?: Partial<HttpRequest>, signal = never) =>
      http.text(request(path, options), { timeoutMs, signal }),
    open: (path: string, signal = never) => guarded.open(request(path), { timeoutMs, signal }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Sends the start of a body and leaves the rest open. */
const stall: Respond = (_, response) => void response.writeHead(200, { 'content-length': '9' }).write('abc');

/** The pieces of a body as texts. */
async function readPieces(response: OpenResponse): Promise<string[]> {
  const pieces: string[] = [];
  await response.read((piece) => {
    pieces.push(new TextDecoder().decode(piece));
    return undefined;
  });
  return pieces;
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('The work was expected to fail');
}

describe('a request', () => {
  test('sends method, headers, body and one User-Agent, and receives the whole response', async () => {
    const bodies: Promise<string>[] = [];
    await using server = await start((request, response) => {
      bodies.push(textOf(request));
      response.writeHead(201, { 'x-test': 'yes' }).end('größer');
    });
    const { headers, status, text, url } = await server.text('/a?b=c', {
      method: 'POST',
      headers: { Authorization: 'Bearer t' },
      body: '{"d":1}',
    });
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'POST', url: '/a?b=c' });
    expect(request?.headersDistinct).toMatchObject({
      authorization: ['Bearer t'],
      'user-agent': [userAgent],
    });
    expect(await bodies[0]).toBe('{"d":1}');
    expect([status, headers.get('x-test'), text, url.href]).toEqual([
      201,
      'yes',
      'größer',
      `http://${server.host}/a?b=c`,
    ]);
  });

  test.each([302, 404, 429, 500, 503])(
    'returns a response with status %d, and does not retry',
    async (status) => {
      await using server = await start(
        (_, response) => void response.writeHead(status, { location: '/b' }).end('no'),
      );
      expect(await server.text('/')).toMatchObject({ status, text: 'no' });
      expect(server.requests).toHaveLength(1);
    },
  );

  test.each([
    ['a1-FRA', ', Ray ID a1-FRA'],
    ['no Ray ID', ''],
  ])('has one debug line with status, time and Ray ID, without the query: %s', async (rayId, shown) => {
    await using server = await start(
      (_, response) => void response.writeHead(200, { 'cf-ray': rayId }).end(),
    );
    await server.text('/a?token=secret', { headers: { Range: 'bytes=5-' } });
    expect(server.debug).toEqual([`GET ${server.host}/a bytes=5-: 200${shown}, 0 ms`]);
  });

  test.each([
    ['x'.repeat(8192), 'x'.repeat(8192)],
    ['x'.repeat(8193), null],
    ['a\u0085b', 'a b'],
  ])('returns each header on one line, and none if it is too long (case %#)', async (sent, received) => {
    await using server = await start((_, response) => void response.writeHead(200, { 'x-test': sent }).end());
    expect((await server.text('/')).headers.get('x-test')).toBe(received);
  });

  test('that fails rejects with fetch’s error, which does not contain the credentials, and has a debug line', async () => {
    await using server = await start((request) => void request.socket.destroy());
    const error = await errorOf(server.text('/', { headers: { Authorization: 'Bearer t' } }));
    expect(error).toMatchObject({ name: 'TypeError', message: 'fetch failed' });
    expect(causeChain(error).some((cause) => Object.hasOwn(Object(cause), 'request'))).toBe(false);
    expect(server.debug).toEqual([expect.stringMatching(/^GET [\d.:]+\/: \w*Error, 0 ms$/)]);
    expect(server.requests).toHaveLength(1);
  });
});

describe('the body', () => {
  test('can be read in pieces as they arrive', async () => {
    const more = Promise.withResolvers<void>();
    await using server = await start(async (_, response) => {
      response.write('first');
      await more.promise;
      response.end('second');
    });
    await using response = await server.open('/');
    const pieces: string[] = [];
    await response.read((piece) => {
      pieces.push(new TextDecoder().decode(piece));
      more.resolve();
      return undefined;
    });
    expect(pieces).toEqual(['first', 'second']);
  });

  test.each([
    [0, ''],
    [3, 'fir'],
    [11, 'firstsecond'],
    [99, 'firstsecond'],
  ])('can be looked at before it is read, the first %d bytes', async (lengthBytes, beginning) => {
    for (const read of [
      async (response: OpenResponse) => (await readPieces(response)).join(''),
      async (response: OpenResponse) => new TextDecoder().decode(await response.bytes()),
    ]) {
      await using server = await start((_, response) => {
        response.write('first');
        setImmediate(() => response.end('second'));
      });
      await using response = await server.open('/');
      expect(new TextDecoder().decode(await response.peek(lengthBytes))).toBe(beginning);
      expect(await read(response)).toBe('firstsecond');
      expect(server.requests).toHaveLength(1);
    }
  });

  test('can be looked at before it is read, no further than asked for, even if its pieces end elsewhere', async () => {
    const body = () => ReadableStream.from(['first', 'second'].map((text) => Buffer.from(text)));
    await using server = await start(() => {}, {
      receive: () => Promise.resolve(receivedFrom(new Response(body()))),
    });
    await using response = await server.open('/');
    expect(new TextDecoder().decode(await response.peek(6))).toBe('firsts');
    expect(await readPieces(response)).toEqual(['first', 'second']);
  });

  const mebibyte = 1024 * 1024;

  test.each([
    ['as large as it may be', mebibyte, mebibyte],
    ['one byte larger', mebibyte + 1, undefined],
  ])('is read as text within a limit: one that is %s', async (_, sizeBytes, length) => {
    await using server = await start((_, response) => void response.end('x'.repeat(sizeBytes)));
    expect((await server.text('/')).text?.length).toBe(length);
  });

  test('counts towards the limit once it is decoded, and what exceeds it is not received', async () => {
    await using server = await start((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      // Decodes to a gibibyte.
      const zeros = gzipSync(Buffer.alloc(16 * mebibyte));
      for (let count = 0; count < 64; count++) response.write(zeros);
    });
    const memoryBytes = process.memoryUsage.rss();
    expect(await server.text('/')).toMatchObject({ status: 200, text: undefined });
    await server.closed;
    expect(process.memoryUsage.rss() - memoryBytes).toBeLessThan(200 * mebibyte);
  });

  test.each([
    ['lists', '[]'],
    ['objects', '{}'],
    ['numbers', '1'],
    ['opening brackets', '['],
  ])('may not have more values of JSON than fit into the memory: %s', async (_, value) => {
    await using server = await start((_request, response) => {
      const values = Array(mebibyte / 8).fill(value);
      response.end(`[${values.join(value === '[' ? '' : ',')}]`);
    });
    expect((await server.text('/')).text).toBeUndefined();
    const limits = { timeoutMs, signal: never, maxBytes: 64 * mebibyte };
    expect((await server.http.text(server.request('/'), limits)).text).toBeDefined();
  });

  test.each([
    ['one of them per 16 bytes of its limit', mebibyte, mebibyte / 16],
    ['half a million of them', 64 * mebibyte, 500_000],
  ])('may have at most %s', async (_, maxBytes, most) => {
    await using server = await start(({ url = '' }, response) => {
      const [, values, mark = ''] = url.split('/');
      response.end(decodeURIComponent(mark).repeat(Number(values)));
    });
    const receive = async (values: number, mark: string) => {
      const request = server.request(`/${values}/${encodeURIComponent(mark)}`);
      return (await server.http.text(request, { timeoutMs, signal: never, maxBytes })).text?.length;
    };
    for (const mark of [',', '[', '{']) {
      expect([await receive(most, mark), await receive(most + 1, mark)]).toEqual([most, undefined]);
    }
  });

  test('may be larger where a request allows it', async () => {
    await using server = await start((_, response) => void response.end('x'.repeat(3 * mebibyte)));
    const limits = { timeoutMs, signal: never, maxBytes: 3 * mebibyte };
    expect((await server.http.text(server.request('/'), limits)).text).toHaveLength(3 * mebibyte);
  });

  test('that is not read is discarded with its connection', async () => {
    await using server = await start(stall);
    await (await server.open('/'))[Symbol.asyncDispose]();
    await server.closed;
  });
});

describe('a redirect', () => {
  const follow: RedirectPolicy = { maxRedirects: 2, refuse: () => undefined };
  /** Redirects `/0` to `/1` and so on. */
  const chain: Respond = ({ url = '' }, response) =>
    void response.writeHead(302, { location: `/${Number.parseInt(url.slice(1), 10) + 1}?secret` }).end();
  const redirectTo =
    (location: string | undefined): Respond =>
    ({ url }, response) =>
      void (
        url === '/0' ? response.writeHead(307, location === undefined ? {} : { location }) : response
      ).end(url);

  test('is followed, and the response has the last URL', async () => {
    await using server = await start(redirectTo('/b?c'));
    const { text, url } = await server.text('/0', { redirects: follow });
    expect([text, url.href]).toEqual(['/b?c', `http://${server.host}/b?c`]);
  });

  test.each([
    [301, '/b'],
    [302, '/b'],
    [303, '/b'],
    [307, '/b'],
    [308, '/b'],
    [300, '/0'],
    [304, '/0'],
  ])('with status %d leads to %s', async (status, path) => {
    await using server = await start(({ url }, response) => {
      response.writeHead(url === '/0' ? status : 200, { location: '/b' }).end();
    });
    expect((await server.text('/0', { redirects: follow })).url.pathname).toBe(path);
  });

  test('is followed at once even if its body does not end, which is discarded with its connection', async () => {
    const discarded = Promise.withResolvers<void>();
    await using server = await start(({ url }, response) => {
      if (url !== '/0') return void response.end('the end');
      response.on('close', discarded.resolve);
      response.writeHead(307, { location: '/b' }).write('a');
    });
    expect((await server.text('/0', { redirects: follow })).text).toBe('the end');
    await discarded.promise;
    // Seconds later, the garbage collector would discard it too.
  }, 3000);

  test('is refused after as many as are allowed', async () => {
    await using server = await start(chain);
    expect(await errorOf(server.text('/0', { redirects: follow }))).toMatchObject({
      name: 'RedirectError',
      response: { status: 302 },
      message: `${server.host} redirects to http://${server.host}/3, after 2 other redirects`,
    });
    expect(server.requests.map(({ url }) => url)).toEqual(['/0', '/1?secret', '/2?secret']);
  });

  test('is refused by its policy, with its reason, before it is requested', async () => {
    await using server = await start(chain);
    const checked: string[] = [];
    const redirects: RedirectPolicy = {
      maxRedirects: 5,
      refuse(to, from) {
        checked.push(`${from.pathname} ${to?.pathname}`);
        return to?.pathname === '/2' ? 'which is not allowed' : undefined;
      },
    };
    expect(await errorOf(server.text('/0', { redirects }))).toMatchObject({
      message: `${server.host} redirects to http://${server.host}/2, which is not allowed`,
    });
    expect(checked).toEqual(['/0 /1', '/1 /2']);
    expect(server.requests).toHaveLength(2);
  });

  test.each([undefined, 'https://'])('to %j is refused, since that is not a URL', async (location) => {
    await using server = await start(redirectTo(location));
    expect(await errorOf(server.text('/0', { redirects: follow }))).toMatchObject({
      name: 'RedirectError',
      message: expect.stringMatching(/which is not a URL$/),
    });
    expect(server.requests).toHaveLength(1);
  });

  test('to another host whose response fails ends with the name of that host', async () => {
    await using other = await start(({ socket }) => void socket.destroy());
    await using server = await start(redirectTo(`http://${other.host}/1`));
    expect(await errorOf(server.text('/0', { redirects: follow }))).toMatchObject({
      name: 'OtherHostError',
      host: other.host,
    });
  });

  test('to another host that redirects to what is refused ends with that refusal, and leaves no listener', async () => {
    await using other = await start(chain);
    await using server = await start(redirectTo(`http://${other.host}/1`));
    const { signal } = new AbortController();
    expect(await errorOf(server.text('/0', { redirects: follow }, signal))).toMatchObject({
      name: 'RedirectError',
      message: `${other.host} redirects to http://${other.host}/3, after 2 other redirects`,
    });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('to another host that sends nothing ends with the reason of the signal', async () => {
    const end = new AbortController();
    await using other = await start(() => end.abort(new Error('enough')));
    await using server = await start(redirectTo(`http://${other.host}/1`));
    expect(await errorOf(server.text('/0', { redirects: follow }, end.signal))).toBe(end.signal.reason);
  });
});

describe('the timeout of a request', () => {
  test('ends it if no headers arrive', async () => {
    const received = Promise.withResolvers<void>();
    await using server = await start(() => received.resolve());
    const error = errorOf(server.text('/'));
    await received.promise;
    await server.clock.advance(timeoutMs);
    expect(await error).toMatchObject({ name: 'TimeoutError' });
  });

  test('ends it if its text is not complete in time, even if parts of it keep arriving', async () => {
    let response: ServerResponse | undefined;
    await using server = await start((_, started) => {
      response = started;
      started.writeHead(200, { 'content-length': '9' }).write('a');
    });
    await using open = await server.open('/');
    const error = errorOf(open.bytes());
    await server.clock.advance(timeoutMs - 1);
    response?.write('b');
    await server.clock.advance(1);
    expect(await error).toMatchObject({ name: 'TimeoutError' });
  });

  test.each([
    ['the whole body', async (open: OpenResponse) => new TextDecoder().decode(await open.bytes())],
    ['pieces', async (open: OpenResponse) => (await readPieces(open)).join('')],
  ])('starts again with each piece of its beginning, is paused, and starts again for %s', async (_, read) => {
    let response: ServerResponse | undefined;
    await using server = await start((_request, started) => {
      response = started;
      started.write('a');
    });
    await using open = await server.open('/');
    await server.clock.advance(timeoutMs - 1);
    const beginning = open.peek(2);
    await server.clock.advance(timeoutMs - 1);
    response?.write('b');
    expect(Buffer.from(await beginning).toString()).toBe('ab');
    await server.clock.advance(2 * timeoutMs);
    const whole = read(open);
    await server.clock.advance(timeoutMs - 1);
    response?.end('c');
    expect(await whole).toBe('abc');
  });

  test.each([
    ['its beginning', (open: OpenResponse) => open.peek(2)],
    ['the rest', (open: OpenResponse) => open.peek(1).then(() => open.bytes())],
  ])('ends it after a silence in %s', async (_, read) => {
    await using server = await start((_request, response) => void response.write('a'));
    await using open = await server.open('/');
    const error = errorOf(read(open));
    // The first piece takes a moment of real time.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await server.clock.advance(timeoutMs);
    expect(await error).toMatchObject({ name: 'TimeoutError' });
  });

  test('starts again once its pieces are read', async () => {
    let response: ServerResponse | undefined;
    await using server = await start((_, started) => {
      response = started;
      started.flushHeaders();
    });
    await using open = await server.open('/');
    await server.clock.advance(timeoutMs - 1);
    const pieces = readPieces(open);
    await server.clock.advance(timeoutMs - 1);
    response?.end('a');
    expect(await pieces).toEqual(['a']);
  });

  test('does not end it while pieces keep arriving, or while one is used, but after a silence', async () => {
    const next: (() => void)[] = [];
    await using server = await start((_, response) => {
      response.write('a');
      next.push(
        () => response.write('b'),
        () => response.write('c'),
      );
    });
    await using response = await server.open('/');
    const pieces: string[] = [];
    const error = await errorOf(
      response.read(async (piece) => {
        pieces.push(new TextDecoder().decode(piece));
        await server.clock.advance(2 * timeoutMs);
        next.shift()?.();
        if (pieces.length === 3) setImmediate(() => server.clock.advance(timeoutMs));
      }),
    );
    expect(pieces).toEqual(['a', 'b', 'c']);
    expect(error).toMatchObject({ name: 'TimeoutError' });
  });
});

describe('an aborted request', () => {
  const reason = new Error('enough');

  test('is not sent if it was aborted before', async () => {
    await using server = await start(stall);
    expect(await errorOf(server.text('/', {}, AbortSignal.abort(reason)))).toBe(reason);
    expect(server.requests).toEqual([]);
  });

  test('rejects with the reason itself while no headers arrive', async () => {
    const aborter = new AbortController();
    await using server = await start(() => aborter.abort(reason));
    expect(await errorOf(server.text('/', {}, aborter.signal))).toBe(reason);
  });

  test.each([
    ['as a whole', (response: OpenResponse) => response.bytes()],
    ['at its beginning', (response: OpenResponse) => response.peek(4)],
    ['in pieces', readPieces],
  ])(
    'rejects with the reason itself while its body stalls, read %s, and closes the connection',
    async (_, read) => {
      const aborter = new AbortController();
      await using server = await start(stall);
      const response = await server.open('/', aborter.signal);
      const error = errorOf(read(response));
      setImmediate(() => aborter.abort(reason));
      expect(await error).toBe(reason);
      await response[Symbol.asyncDispose]();
      await server.closed;
    },
  );

  test('ends even if fetch has lost its signal, as it may while nothing arrives', async () => {
    const withoutSignal: typeof fetch = (input) => fetch(input instanceof Request ? input.url : input);
    const aborters = [new AbortController(), new AbortController()] as const;
    await using silent = await start(() => aborters[0].abort(reason), { fetch: withoutSignal });
    expect(await errorOf(silent.text('/', {}, aborters[0].signal))).toBe(reason);
    await using stalled = await start(stall, { fetch: withoutSignal });
    const error = errorOf(stalled.text('/', {}, aborters[1].signal));
    setTimeout(() => aborters[1].abort(reason), 50);
    expect(await error).toBe(reason);
  });
});
