import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { downloadUrl } from '../../local-stream/hostile-faults.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { type ActionOptions, type EndedAction, runBuiltAction } from '../harness/built-action.ts';
import { leakedParts } from '../harness/leaked-parts.ts';
import { hostBehindProxy, startLocalProxy } from '../harness/local-proxy.ts';
import { type Certificate, makeCertificate, startTlsFront } from '../harness/tls-front.ts';
import { waitUntil } from '../harness/wait-until.ts';

// The tests of a file run concurrently, each with its own process, which is slow on a busy machine.
jest.setTimeout(30_000);

const credentials = { user: 'runner', password: 'p:5w@rd/ü%' };
const userinfo = `${credentials.user}:${encodeURIComponent(credentials.password)}@`;

let certificate: Certificate;
beforeAll(async () => {
  certificate = await makeCertificate();
});
afterAll(() => certificate[Symbol.dispose]());

interface Options {
  readonly env: Readonly<Record<string, string>>;
  /** The API's address without its path. Defaults to http at a host that only the proxy resolves. */
  readonly origin?: string;
  readonly signal?: ActionOptions['signal'];
  /** The address of the file without its path, which is saved then. */
  readonly fileOrigin?: string;
}

/** Lists a ready download through the built action. */
function list(stream: LocalStream, { env, fileOrigin, origin, signal }: Options): Promise<EndedAction> {
  const { uid } = stream.addVideo({ downloads: { default: 'ready' } });
  const file = `${fileOrigin}/${uid}/downloads/default.mp4`;
  if (fileOrigin) stream.faults.add({ route: 'downloads.list', fault: downloadUrl(file) });
  const { pathname } = new URL(stream.apiUrl);
  const inputs = {
    operation: 'list',
    'video-id': uid,
    'signed-url': 'never',
    ...(fileOrigin && { 'save-to': 'v/' }),
    'api-url': `${origin ?? `http://${hostBehindProxy}:${portOf(stream)}`}${pathname}`,
  };
  return runBuiltAction(stream, { inputs, env, ...(signal && { signal }) });
}

function portOf({ apiUrl }: LocalStream): number {
  return Number(new URL(apiUrl).port);
}

function expectSuccess({ annotations, endingMs, exitCode, outputs, promptMs }: EndedAction): void {
  expect(annotations).toEqual([]);
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({ status: 'ready', count: '1', failed: '0' });
  // An idle connection to the proxy may not keep the process alive.
  expect(endingMs).toBeLessThan(promptMs);
}

/** Expects one annotation, and no retry. */
function expectFailureAtOnce({ annotations, exitCode, log }: EndedAction, ...words: readonly string[]): void {
  expect(exitCode).toBe(1);
  expect(annotations).toHaveLength(1);
  for (const word of words) expect(annotations[0]).toContain(word);
  expect(log.join('\n')).not.toContain('next attempt');
}

describe('the built action, behind a proxy', () => {
  test.concurrent.each(['http_proxy', 'HTTP_PROXY'])('reaches the API through %s', async (variable) => {
    await using stream = await startLocalStream();
    await using proxy = await startLocalProxy();
    const ended = await list(stream, { env: { [variable]: `http://${proxy.host}`, RUNNER_DEBUG: '1' } });
    expectSuccess(ended);
    // Only the proxy resolves the host, so no request bypassed it.
    const [{ path = '' } = {}] = stream.requests;
    expect(stream.requests).toHaveLength(1);
    expect(proxy.requests).toEqual([`GET http://${hostBehindProxy}:${portOf(stream)}${path}`]);
    expect(ended.log).toContain(`The API is reached through the proxy http://${proxy.host}`);
  });

  test.concurrent('saves a file through the proxy, which forwards the request', async () => {
    await using stream = await startLocalStream();
    await using proxy = await startLocalProxy({ credentials });
    const fileOrigin = `http://${hostBehindProxy}:${new URL(stream.deliveryUrl).port}`;
    const env = { http_proxy: `http://${userinfo}${proxy.host}` };
    const ended = await list(stream, { env, fileOrigin });
    expectSuccess(ended);
    expect(ended.outputs['file']).toMatch(/^v\/\w+\.mp4$/);
    expect(proxy.requests.at(-1)).toMatch(`GET ${fileOrigin}/`);
    expect(JSON.stringify(stream.requests)).not.toContain('proxy-authorization');
  });

  test.concurrent('bypasses the proxy for hosts in no_proxy', async () => {
    await using stream = await startLocalStream();
    await using proxy = await startLocalProxy();
    const { host, origin } = new URL(stream.apiUrl);
    const ended = await list(stream, {
      origin,
      env: { http_proxy: `http://${proxy.host}`, no_proxy: `a.example, ${host}` },
    });
    expectSuccess(ended);
    expect(proxy.requests).toEqual([]);
    expect(stream.requests).toHaveLength(1);
    expect(ended.log.join('\n')).not.toContain('proxy');
  });

  test.concurrent('uses the proxy for hosts of this machine too, unless no_proxy has them', async () => {
    await using stream = await startLocalStream();
    await using proxy = await startLocalProxy();
    const { origin } = new URL(stream.apiUrl);
    const env = { http_proxy: `http://${proxy.host}`, no_proxy: 'localhost' };
    expectSuccess(await list(stream, { origin, env }));
    expect(proxy.requests).toHaveLength(1);
  });

  test.concurrent('sends the user and password of the proxy’s address to the proxy only, and does not show them', async () => {
    await using stream = await startLocalStream();
    await using proxy = await startLocalProxy({ credentials });
    const env = { http_proxy: `http://${userinfo}${proxy.host}`, RUNNER_DEBUG: '1' };
    const ended = await list(stream, { env });
    expectSuccess(ended);
    expectNoPassword(ended);
    expect(ended.log).toContain(`The API is reached through the proxy http://${proxy.host}`);
    expect(JSON.stringify(stream.requests)).not.toContain('proxy-authorization');
  });

  test.concurrent('fails at once if the proxy requires a password', async () => {
    await using stream = await startLocalStream();
    await using proxy = await startLocalProxy({ credentials });
    const ended = await list(stream, { env: { http_proxy: `http://${proxy.host}` } });
    expectFailureAtOnce(
      ended,
      `the proxy http://${proxy.host} requires a user and a password (HTTP 407)`,
      'http://USER:PASSWORD@HOST:PORT',
    );
    expect(proxy.requests).toHaveLength(1);
    expect(stream.requests).toEqual([]);
  });

  test.concurrent('fails at once if the proxy rejects the password, without showing it', async () => {
    await using stream = await startLocalStream();
    await using proxy = await startLocalProxy({ credentials: { user: 'runner', password: 'another' } });
    const env = { http_proxy: `http://${userinfo}${proxy.host}`, RUNNER_DEBUG: '1' };
    const ended = await list(stream, { env });
    expectFailureAtOnce(ended, `http://${proxy.host} does not accept the user and the password`);
    expectNoPassword(ended);
    expect(ended.log.join('\n')).toContain('caused by');
  });

  test.concurrent('names a proxy that does not listen, and retries', async () => {
    await using stream = await startLocalStream();
    const proxy = await startLocalProxy();
    await proxy[Symbol.asyncDispose]();
    const env = { http_proxy: `http://${userinfo}${proxy.host}`, RUNNER_DEBUG: '1' };
    const signal = { name: 'SIGINT', when: 'next attempt' } as const;
    const ended = await list(stream, { env, signal });
    expect(ended.log.find((line) => line.includes(signal.when))).toContain(
      `no response from ${hostBehindProxy}:${portOf(stream)} through the proxy http://${proxy.host} (ECONNREFUSED`,
    );
    expectNoPassword(ended);
    expect(stream.requests).toEqual([]);
  });

  test.concurrent('fails before any request if the address of the proxy is malformed', async () => {
    await using stream = await startLocalStream();
    const { origin } = new URL(stream.apiUrl);
    const env = { https_proxy: `http://${credentials.user}:${credentials.password}@proxy:3128` };
    const ended = await list(stream, { origin, env });
    expectFailureAtOnce(
      ended,
      'The environment variable https_proxy does not contain the address of a proxy',
    );
    expectNoPassword(ended);
    expect(ended.outputs).toMatchObject({ downloads: '[]', count: '0', failed: '0', status: 'failed' });
    expect(stream.requests).toEqual([]);
  });

  function expectNoPassword({ log, outputs }: EndedAction): void {
    const lines = log.filter((line) => !line.startsWith('::add-mask::'));
    const text = [...lines, ...Object.values(outputs)].join('\n');
    const both = Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64');
    for (const form of [credentials.password, encodeURIComponent(credentials.password), both]) {
      expect(log).toContainEqual(expect.stringMatching(/^::add-mask::/));
      expect(leakedParts(text, form)).toEqual([]);
    }
  }
});

describe('the built action, with the API over TLS', () => {
  test.concurrent('fails at once if the certificate is not trusted, with the advice how to trust it', async () => {
    await using stream = await startLocalStream();
    await using front = await startTlsFront(certificate, portOf(stream));
    const host = `127.0.0.1:${front.port}`;
    const ended = await list(stream, { origin: `https://${host}`, env: {} });
    expectFailureAtOnce(ended, `the certificate of ${host} is not trusted`, 'NODE_EXTRA_CA_CERTS');
    expect(stream.requests).toEqual([]);
  });

  test.concurrent('trusts the certificate that NODE_EXTRA_CA_CERTS names', async () => {
    await using stream = await startLocalStream();
    await using front = await startTlsFront(certificate, portOf(stream));
    const env = { NODE_EXTRA_CA_CERTS: certificate.file };
    expectSuccess(await list(stream, { origin: `https://127.0.0.1:${front.port}`, env }));
    expect(stream.requests).toHaveLength(1);
  });

  test.concurrent.each(['https_proxy', 'HTTPS_PROXY'])('goes through the tunnel of %s', async (variable) => {
    await using stream = await startLocalStream();
    await using front = await startTlsFront(certificate, portOf(stream));
    await using proxy = await startLocalProxy({ credentials });
    const host = `${hostBehindProxy}:${front.port}`;
    const env = {
      [variable]: `http://${userinfo}${proxy.host}`,
      http_proxy: 'http://proxy.invalid',
      NODE_EXTRA_CA_CERTS: certificate.file,
    };
    expectSuccess(await list(stream, { origin: `https://${host}`, env }));
    expect(proxy.requests).toEqual([`CONNECT ${host}`]);
    expect(stream.requests).toHaveLength(1);
  });

  test.concurrent('saves a file through the tunnel of a proxy', async () => {
    await using stream = await startLocalStream();
    await using front = await startTlsFront(certificate, portOf(stream));
    await using fileFront = await startTlsFront(certificate, Number(new URL(stream.deliveryUrl).port));
    await using proxy = await startLocalProxy({ credentials });
    const host = `${hostBehindProxy}:${fileFront.port}`;
    const ended = await list(stream, {
      origin: `https://127.0.0.1:${front.port}`,
      fileOrigin: `https://${host}`,
      env: {
        https_proxy: `http://${userinfo}${proxy.host}`,
        no_proxy: '127.0.0.1',
        NODE_EXTRA_CA_CERTS: certificate.file,
      },
    });
    expectSuccess(ended);
    expect(ended.outputs['file']).toMatch(/^v\/\w+\.mp4$/);
    expect(proxy.requests).toEqual([`CONNECT ${host}`]);
  });

  test.concurrent('goes through a proxy that is itself reached over TLS', async () => {
    await using stream = await startLocalStream();
    await using front = await startTlsFront(certificate, portOf(stream));
    await using proxy = await startLocalProxy({ tls: certificate });
    const host = `${hostBehindProxy}:${front.port}`;
    const env = { https_proxy: `https://${proxy.host}`, NODE_EXTRA_CA_CERTS: certificate.file };
    expectSuccess(await list(stream, { origin: `https://${host}`, env }));
    expect(proxy.requests).toEqual([`CONNECT ${host}`]);
  });

  test.concurrent('does not use http_proxy', async () => {
    await using stream = await startLocalStream();
    await using front = await startTlsFront(certificate, portOf(stream));
    await using proxy = await startLocalProxy();
    const env = { http_proxy: `http://${proxy.host}`, NODE_EXTRA_CA_CERTS: certificate.file };
    expectSuccess(await list(stream, { origin: `https://127.0.0.1:${front.port}`, env }));
    expect(proxy.requests).toEqual([]);
  });

  test.concurrent('fails at once in the tunnel too if the certificate is not trusted', async () => {
    await using stream = await startLocalStream();
    await using front = await startTlsFront(certificate, portOf(stream));
    await using proxy = await startLocalProxy();
    const host = `${hostBehindProxy}:${front.port}`;
    const ended = await list(stream, {
      origin: `https://${host}`,
      env: { https_proxy: `http://${proxy.host}` },
    });
    expectFailureAtOnce(
      ended,
      `the certificate of ${host} through the proxy http://${proxy.host} is not trusted`,
      'NODE_EXTRA_CA_CERTS',
    );
    expect(stream.requests).toEqual([]);
  });

  test.concurrent.each([
    [401, 'answered HTTP 401 instead of forwarding the request'],
    [403, 'answered HTTP 403 instead of forwarding the request'],
    [407, 'requires a user and a password (HTTP 407)'],
  ])('fails at once if the proxy refuses the tunnel with %d', async (refusal, words) => {
    await using stream = await startLocalStream();
    await using proxy = await startLocalProxy({ refusal });
    const origin = `https://${hostBehindProxy}`;
    const ended = await list(stream, { origin, env: { https_proxy: `http://${proxy.host}` } });
    expectFailureAtOnce(ended, `the proxy http://${proxy.host} ${words}`, '`no_proxy`');
    expect(proxy.requests).toEqual([`CONNECT ${hostBehindProxy}:443`]);
  });

  test.concurrent('ends within a second when it is cancelled while the proxy is silent', async () => {
    await using stream = await startLocalStream();
    await using proxy = await startLocalProxy({ silent: true });
    const connected = waitUntil(() => proxy.requests.length > 0);
    const { endingMs, exitCode, outputs, promptMs } = await list(stream, {
      origin: `https://${hostBehindProxy}`,
      env: { https_proxy: `http://${proxy.host}` },
      signal: { name: 'SIGINT', when: connected },
    });
    expect(exitCode).toBe(1);
    expect(endingMs).toBeLessThan(promptMs);
    expect(JSON.parse(outputs['downloads'] ?? '')).toMatchObject([
      { error: { message: expect.stringContaining('cancelled (SIGINT)') } },
    ]);
  });

  test.concurrent('retries if the proxy could not reach the API', async () => {
    await using stream = await startLocalStream();
    await using front = await startTlsFront(certificate, portOf(stream));
    await using proxy = await startLocalProxy({ refusal: 503, times: 1 });
    const host = `${hostBehindProxy}:${front.port}`;
    const env = { https_proxy: `http://${proxy.host}`, NODE_EXTRA_CA_CERTS: certificate.file };
    const ended = await list(stream, { origin: `https://${host}`, env });
    expectSuccess(ended);
    expect(ended.log.find((line) => line.includes('next attempt'))).toContain(
      `no response from ${host} through the proxy http://${proxy.host} (the proxy answered HTTP 503)`,
    );
    expect(proxy.requests).toHaveLength(2);
  });
});
