import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { apiRequest } from './api-request.ts';

let stream: LocalStream;

beforeAll(async () => {
  stream = await startLocalStream();
});

afterAll(() => stream.close());

async function answerTo(headers: Record<string, string>): Promise<object> {
  const response = await apiRequest(stream, '', { headers });
  const { errors } = (await response.json()) as { errors: object[] };
  return { status: response.status, errors };
}

describe('credentials', () => {
  test('have the form of Cloudflare’s', () => {
    expect(stream.accountId).toMatch(/^[0-9a-f]{32}$/);
    expect(stream.token).toMatch(/^[A-Za-z0-9]{40}$/);
    expect(stream.readOnlyToken).toMatch(/^[A-Za-z0-9]{40}$/);
    expect(stream.key).toMatch(/^[0-9a-f]{37}$/);
  });

  test('a token and the legacy credentials are accepted', async () => {
    expect(await answerTo({ authorization: `Bearer ${stream.token}` })).toEqual({ status: 200, errors: [] });
    expect(await answerTo({ 'x-auth-email': stream.email, 'x-auth-key': stream.key })).toEqual({
      status: 200,
      errors: [],
    });
  });

  test.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['e-mail only', { 'x-auth-email': 'a@b.example' }],
    ['key only', { 'x-auth-key': '0' }],
  ])('%s: credentials are missing', async (_, headers) => {
    expect(await answerTo(headers)).toEqual({
      status: 400,
      errors: [{ code: 9106, message: 'Missing X-Auth-Key, X-Auth-Email or Authorization headers' }],
    });
  });

  test.each(['Basic YTpi', 'Bearer', 'Bearer two words', 'token abc'])(
    '"%s" is malformed',
    async (authorization) => {
      expect(await answerTo({ authorization })).toEqual({
        status: 400,
        errors: [
          {
            code: 6003,
            message: 'Invalid request headers',
            error_chain: [{ code: 6111, message: 'Invalid format for Authorization header' }],
          },
        ],
      });
    },
  );

  test('an unknown token', async () => {
    expect(await answerTo({ authorization: 'Bearer unknown' })).toEqual({
      status: 401,
      errors: [{ code: 10000, message: 'Authentication error' }],
    });
  });

  test('an unknown e-mail or key', async () => {
    const unknown = { status: 403, errors: [{ code: 9103, message: 'Unknown X-Auth-Key or X-Auth-Email' }] };
    expect(await answerTo({ 'x-auth-email': stream.email, 'x-auth-key': 'unknown' })).toEqual(unknown);
    expect(await answerTo({ 'x-auth-email': 'a@b.example', 'x-auth-key': stream.key })).toEqual(unknown);
  });

  test.each([
    ['GET', '', 200],
    ['POST', '/downloads', 403],
    ['DELETE', '/downloads/default', 403],
    ['POST', '/token', 403],
    ['DELETE', '', 403],
  ])('a token that may only read: %s %s', async (method, path, status) => {
    const { uid } = stream.addVideo({ downloads: { default: 'ready' } });
    const headers = { authorization: `Bearer ${stream.readOnlyToken}` };
    expect((await apiRequest(stream, `/${uid}${path}`, { method, headers })).status).toBe(status);
    expect(stream.video(uid)).toBeDefined();
  });
});

describe('paths', () => {
  async function errorsAt(path: string): Promise<object> {
    const response = await fetch(`${stream.apiUrl}${path}`, {
      headers: { authorization: `Bearer ${stream.token}` },
    });
    const { errors } = (await response.json()) as { errors: { code: number }[] };
    return { status: response.status, codes: errors.map(({ code }) => code) };
  }

  test('an unknown call', async () => {
    expect(await errorsAt('/zones')).toEqual({ status: 404, codes: [7000] });
    expect(await errorsAt(`/accounts/${stream.accountId}/stream/a/b/c`)).toEqual({
      status: 404,
      codes: [7000],
    });
  });

  test('a malformed account ID', async () => {
    expect(await errorsAt('/accounts/mine/stream')).toEqual({ status: 404, codes: [7003, 7000] });
  });

  test('another account', async () => {
    expect(await errorsAt(`/accounts/${'0'.repeat(32)}/stream`)).toEqual({ status: 403, codes: [7403] });
  });

  test.each(['/', '/client/v3/accounts', '/client/v4x'])('%s is not the API', async (path) => {
    const response = await fetch(new URL(path, stream.apiUrl));
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('text/html');
    expect(await response.text()).toContain('<html>');
  });

  test('every response has a unique Ray ID, which is recorded with the request', async () => {
    const rays = await Promise.all(
      ['', '', '/nothing/here'].map(async (path) => (await apiRequest(stream, path)).headers.get('cf-ray')),
    );
    expect(new Set(rays).size).toBe(3);
    for (const ray of rays) expect(ray).toMatch(/^[0-9a-f]{16}-LCL$/);
    expect(stream.requests.map(({ rayId }) => rayId)).toEqual(expect.arrayContaining(rays));
  });
});
