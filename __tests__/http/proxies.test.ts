import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { causeChain } from '../../src/core/cause-chain.ts';
import { openGuardedAgent } from '../../src/http/guarded-agent.ts';
import { addProxies, type ProxySenders } from '../../src/http/proxies.ts';
import { ProxyError } from '../../src/http/proxy-error.ts';
import { type Receive, receive } from '../../src/http/receive.ts';
import { hostBehindProxy, type LocalProxyOptions, startLocalProxy } from '../harness/local-proxy.ts';
import { type Certificate, makeCertificate } from '../harness/tls-front.ts';

const proxies = { http_proxy: 'http://proxy.example:3128', https_proxy: 'https://tls-proxy.example' };

function open(env: Readonly<Record<string, string>>): Promise<ProxySenders> {
  return addProxies(env, { fetch, receive });
}

/** Receives what is at a URL with a dispatcher that must not be used for hosts behind a proxy. */
async function get(send: Receive, url: string, signal = new AbortController().signal) {
  const dispatcher = await openGuardedAgent(() => 'which must not be reached directly');
  return send(new URL(url), { method: 'GET', headers: {}, signal, dispatcher });
}

async function proxyOf(url: string, env: Readonly<Record<string, string>>): Promise<string | undefined> {
  const { proxyFor } = await open(env);
  return proxyFor(new URL(url));
}

describe('without a proxy', () => {
  test.each([{}, { no_proxy: 'a.example' }, { http_proxy: '', HTTPS_PROXY: '' }])(
    'nothing is replaced: %j',
    async (env) => {
      const opened = await open(env);
      expect([opened.fetch, opened.receive]).toEqual([fetch, receive]);
      expect(opened.proxyFor(new URL('https://api.cloudflare.com'))).toBeUndefined();
    },
  );
});

describe('the proxy for an address', () => {
  test('is the one for its scheme', async () => {
    expect(await proxyOf('http://a.example/', proxies)).toBe('http://proxy.example:3128');
    expect(await proxyOf('https://a.example/', proxies)).toBe('https://tls-proxy.example');
  });

  test('is none if only the other scheme has one', async () => {
    const { http_proxy, https_proxy } = proxies;
    expect(await proxyOf('https://a.example/', { http_proxy })).toBeUndefined();
    expect(await proxyOf('http://a.example/', { https_proxy })).toBeUndefined();
  });

  test('is shown without user and password', async () => {
    const env = { HTTPS_PROXY: 'http://user:secret@proxy.example:3128' };
    expect(await proxyOf('https://a.example/', env)).toBe('http://proxy.example:3128');
  });

  test('does not change with the environment of the process', async () => {
    const { proxyFor } = await open({ https_proxy: 'http://proxy.example:3128' });
    process.env['no_proxy'] = '*';
    try {
      expect(proxyFor(new URL('https://a.example/'))).toBe('http://proxy.example:3128');
    } finally {
      delete process.env['no_proxy'];
    }
  });

  test('is refused if it is malformed', async () => {
    await expect(open({ https_proxy: 'http://' })).rejects.toMatchObject({ kind: 'proxy-malformed' });
  });
});

describe('no_proxy', () => {
  test.each([
    // The host itself, and its subdomains.
    ['a.example', 'https://a.example/'],
    ['a.example', 'https://b.a.example/'],
    ['.a.example', 'https://a.example/'],
    ['.a.example', 'https://c.b.a.example/'],
    ['*.a.example', 'https://b.a.example/'],
    ['example', 'http://a.example/'],
    ['A.Example', 'http://a.example/'],
    ['a.example', 'http://A.EXAMPLE/'],
    ['a.example', 'http://a.example:8080/'],
    // A single port.
    ['a.example:8080', 'http://a.example:8080/'],
    ['a.example:443', 'https://a.example/'],
    ['a.example:80', 'http://a.example/'],
    ['.a.example:8080', 'http://b.a.example:8080/'],
    // Several hosts.
    ['x.example, a.example', 'https://a.example/'],
    ['x.example a.example', 'https://a.example/'],
    [',,a.example,', 'https://a.example/'],
    // IP addresses.
    ['127.0.0.1', 'http://127.0.0.1:8080/'],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080/'],
    ['localhost', 'http://localhost/'],
    ['[::1]', 'http://[::1]:8080/'],
    ['[::1]:8080', 'http://[::1]:8080/'],
    ['::1', 'http://[::1]:8080/'],
    ['*', 'https://a.example/'],
    [' * ', 'http://127.0.0.1/'],
    ['x.example,*', 'https://a.example/'],
  ])('with %s reaches %s without a proxy', async (noProxy, url) => {
    expect(await proxyOf(url, { ...proxies, no_proxy: noProxy })).toBeUndefined();
    expect(await proxyOf(url, { ...proxies, NO_PROXY: noProxy })).toBeUndefined();
  });

  test.each([
    ['', 'https://a.example/'],
    ['b.a.example', 'https://a.example/'],
    ['a.example', 'https://ba.example/'],
    ['.a.example', 'https://ba.example/'],
    ['a.example', 'https://a.example.org/'],
    ['a.example:8080', 'https://a.example/'],
    ['a.example:80', 'https://a.example/'],
    ['a.example:443', 'http://a.example/'],
    ['27.0.0.1', 'http://127.0.0.1/'],
    ['[::1]:8080', 'http://[::1]/'],
    ['proxy.invalid', 'http://a.example/'],
  ])('with %j does not reach %s without a proxy', async (noProxy, url) => {
    expect(await proxyOf(url, { ...proxies, no_proxy: noProxy })).toBeDefined();
  });

  const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,6}[a-z0-9])?$/);
  const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
  const others = fc.array(
    host.map((name) => `${name}.other`),
    { maxLength: 3 },
  );

  test('applies to a host and its subdomains, wherever it is in the list', async () => {
    await fc.assert(
      fc.asyncProperty(host, fc.option(label), others, others, async (name, sub, before, after) => {
        const url = `https://${sub === null ? '' : `${sub}.`}${name}.net/`;
        const wildcards = sub === null ? [] : [`*.${name}.net`];
        for (const entry of [`${name}.net`, `.${name}.net`, `${name}.net:443`, ...wildcards]) {
          const noProxy = [...before, entry, ...after].join(',');
          expect(await proxyOf(url, { ...proxies, no_proxy: noProxy })).toBeUndefined();
        }
      }),
    );
  });

  test('applies to nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(host, label, others, async (name, prefix, list) => {
        const noProxy = [...list, `.${name}.net`, `*.${name}.net`, `${name}.net:8443`].join(',');
        for (const url of [`https://${prefix}${name}.net/`, `https://${name}.net.${prefix}/`]) {
          expect(await proxyOf(url, { ...proxies, no_proxy: noProxy })).toBeDefined();
        }
        expect(
          await proxyOf(`https://${name}.net/`, { ...proxies, no_proxy: `${name}.net:8443` }),
        ).toBeDefined();
        expect(
          await proxyOf(`https://${name}.net/`, { ...proxies, no_proxy: `*.${name}.net` }),
        ).toBeDefined();
      }),
    );
  });
});

interface Target extends AsyncDisposable {
  readonly port: number;
  /** The value of `Proxy-Authorization` of each request that came in. */
  readonly received: (string | undefined)[];
}

async function startTarget(location?: string): Promise<Target> {
  const received: (string | undefined)[] = [];
  const server = createServer(({ headers, url }, response) => {
    received.push(headers['proxy-authorization']);
    if (location) response.writeHead(302, { location });
    response.end(url);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    received,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('a request', () => {
  test.each(['user:p%40ss@', 'user:@', 'user@'])(
    'goes through the proxy, and only the proxy receives its credentials: %s',
    async (userinfo) => {
      const [user = '', password = ''] = userinfo.slice(0, -1).split(':').map(decodeURIComponent);
      await using target = await startTarget();
      await using proxy = await startLocalProxy({ credentials: { user, password } });
      const { fetch } = await open({ http_proxy: `http://${userinfo}${proxy.host}` });
      const url = `http://${hostBehindProxy}:${target.port}/a?b`;
      expect(await (await fetch(url)).text()).toBe('/a?b');
      expect(await (await fetch(new URL(url))).text()).toBe('/a?b');
      expect(await (await fetch(new Request(url, { method: 'POST', body: 'c' }))).text()).toBe('/a?b');
      // No tunnel: many proxies allow CONNECT for port 443 only.
      expect(proxy.requests).toEqual([`GET ${url}`, `GET ${url}`, `POST ${url}`]);
      expect(target.received).toEqual([undefined, undefined, undefined]);
    },
  );

  test('for a file goes through it as well', async () => {
    await using target = await startTarget();
    await using proxy = await startLocalProxy({ credentials: { user: 'user', password: 'p@ss' } });
    const opened = await open({ http_proxy: `http://user:p%40ss@${proxy.host}`, no_proxy: '127.0.0.1' });
    const url = `http://${hostBehindProxy}:${target.port}/a?b`;
    for (let times = 0; times < 2; times++) {
      const { body, status } = await get(opened.receive, url);
      let text = '';
      await body?.receive((piece) => {
        text += Buffer.from(piece).toString();
        return undefined;
      });
      expect([status, text]).toEqual([200, '/a?b']);
    }
    expect(proxy.requests).toEqual([`GET ${url}`, `GET ${url}`]);
    expect(target.received).toEqual([undefined, undefined]);
    const direct = await get(opened.receive, `http://127.0.0.1:${target.port}/`);
    direct.body?.cancel();
    expect([direct.status, proxy.requests.length]).toEqual([200, 2]);
  });

  test('bypasses the proxy for hosts in no_proxy, also after a redirect', async () => {
    await using target = await startTarget();
    await using proxy = await startLocalProxy();
    await using redirecting = await startTarget(`http://127.0.0.1:${target.port}/c`);
    const { fetch } = await open({
      http_proxy: `http://${proxy.host}`,
      no_proxy: `127.0.0.1:${target.port}`,
    });
    const url = `http://${hostBehindProxy}:${redirecting.port}/`;
    expect(await (await fetch(url)).text()).toBe('/c');
    expect(proxy.requests).toEqual([`GET ${url}`]);
  });
});

describe.each(['fetch', 'receive'] as const)('a request that fails, through %s', (way) => {
  /** @returns the error with which it fails */
  function errorOf({ fetch: send, receive: sendFile }: ProxySenders, url: string, signal?: AbortSignal) {
    const sent = way === 'fetch' ? send(url, { signal: signal ?? null }) : get(sendFile, url, signal);
    return sent.then(
      () => new Error('it did not fail'),
      (error: unknown) => error,
    );
  }

  async function failure(
    url: string,
    options: LocalProxyOptions,
    userinfo = '',
  ): Promise<{ error: ProxyError; host: string }> {
    await using proxy = await startLocalProxy(options);
    const address = `http${options.tls ? 's' : ''}://${userinfo}${proxy.host}`;
    const error = await errorOf(await open({ http_proxy: address, https_proxy: address }), url);
    if (error instanceof ProxyError) return { error, host: proxy.host };
    throw new Error('it did not fail with a ProxyError', { cause: error });
  }

  const credentials = { user: 'user', password: 'secret' };

  test.each(['http://a.example/', 'https://a.example/'])(
    'because the proxy requires a password has a message about it: %s',
    async (url) => {
      const { error, host } = await failure(url, { credentials });
      expect(error).toMatchObject({ status: 407, retryable: false, proxy: `http://${host}` });
      expect(error.message).toBe(`the proxy http://${host} requires a user and a password (HTTP 407)`);
      expect(causeChain(error).length).toBeGreaterThan(1);
    },
  );

  test.each(['http://a.example/', 'https://a.example/'])(
    'because the proxy rejects the password has a message about it, without the password: %s',
    async (url) => {
      const { error, host } = await failure(url, { credentials }, 'user:Pa55word@');
      expect(error.message).toBe(
        `the proxy http://${host} does not accept the user and the password in its address (HTTP 407)`,
      );
      expect(
        causeChain(error)
          .map((cause) => (Error.isError(cause) ? cause.stack : cause))
          .join(),
      ).not.toContain('Pa55word');
    },
  );

  test.each([
    [400, false],
    [401, false],
    [403, false],
    [404, false],
    [405, false],
    [408, true],
    [429, true],
    [500, true],
    [502, true],
    [503, true],
    [504, true],
  ])('because the proxy answers %d to CONNECT is retryable: %p', async (refusal, retryable) => {
    const { error, host } = await failure('https://a.example/', { refusal });
    expect(error).toMatchObject({ status: refusal, retryable });
    expect(error.message).toBe(
      `the proxy http://${host} answered HTTP ${refusal} instead of forwarding the request to a.example`,
    );
  });

  test('because the proxy does not listen is retryable, and names the proxy', async () => {
    const { host } = await startLocalProxy().then(async (proxy) => {
      await proxy[Symbol.asyncDispose]();
      return proxy;
    });
    const error = await errorOf(await open({ https_proxy: host }), 'https://a.example/');
    expect(error).toMatchObject({
      name: 'ProxyError',
      proxy: `http://${host}`,
      status: undefined,
      retryable: true,
      message: expect.stringContaining('a.example'),
    });
  });

  test('because the proxy requires a password is not received on, however much it sends', async () => {
    const closed = Promise.withResolvers<void>();
    const server = createTcpServer((socket) => {
      socket.on('error', () => {}).on('close', closed.resolve);
      socket.once('data', () => {
        socket.write('HTTP/1.1 407 Log In\r\nTransfer-Encoding: chunked\r\n\r\n');
        const write = () => {
          if (!socket.destroyed) socket.write(`10000\r\n${'x'.repeat(65_536)}\r\n`, write);
        };
        write();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const error = await errorOf(await open({ http_proxy: address }), 'http://a.example/');
    expect(error).toMatchObject({ name: 'ProxyError', status: 407 });
    await closed.promise;
    server.close();
  });

  // undici 7 connected again and again, thousands of times a second, until the timeout.
  test('because the proxy closes its connection is tried once, and names the host', async () => {
    let connections = 0;
    const server = createTcpServer((socket) => {
      connections++;
      socket.on('data', () => socket.end());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const error = await errorOf(await open({ https_proxy: proxy }), 'https://a.example/');
    server.close();
    expect(error).toMatchObject({ name: 'ProxyError', proxy, retryable: true });
    expect(String(error)).toContain('cannot reach a.example');
    expect(connections).toBe(1);
  });

  test('because the certificate of the proxy itself is not trusted keeps that as its cause', async () => {
    using certificate: Certificate = await makeCertificate();
    const { error } = await failure('https://a.example/', { tls: certificate });
    expect(causeChain(error)).toContainEqual(
      expect.objectContaining({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
    );
  });

  test('without the proxy fails as if there were none', async () => {
    const opened = await open({ http_proxy: 'http://proxy.invalid', no_proxy: '127.0.0.1' });
    const error = await errorOf(opened, 'http://127.0.0.1:1/');
    expect(error).not.toBeInstanceOf(ProxyError);
  });

  test('because it was aborted rejects with the reason itself', async () => {
    await using proxy = await startLocalProxy();
    const opened = await open({ http_proxy: `http://${proxy.host}` });
    for (const reason of [new Error('enough'), undefined]) {
      const aborter = new AbortController();
      aborter.abort(reason);
      const { signal } = aborter;
      expect(await errorOf(opened, 'http://a.example/', signal)).toBe(signal.reason);
    }
  });

  test('because it timed out names the proxy', async () => {
    const signal = AbortSignal.abort(new DOMException('No response in time', 'TimeoutError'));
    const opened = await open({ http_proxy: 'http://proxy.example:3128' });
    expect(await errorOf(opened, 'http://a.example/', signal)).toMatchObject({
      name: 'ProxyError',
      proxy: 'http://proxy.example:3128',
      cause: { name: 'TimeoutError' },
    });
  });
});
