import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { apiRequest } from './api-request.ts';
import { DrivenClock } from './driven-clock.ts';

const hourMs = 3_600_000;

let clock: DrivenClock;
let stream: LocalStream;
let uid: string;

beforeEach(async () => {
  clock = new DrivenClock();
  stream = await startLocalStream({ clock });
  uid = stream.addVideo({ requireSignedURLs: true, downloads: { default: 'ready' } }).uid;
});

afterEach(() => stream.close());

function ask(body?: object): Promise<Response> {
  return apiRequest(stream, `/${uid}/token`, {
    method: 'POST',
    ...(body && { body: JSON.stringify(body) }),
  });
}

async function tokenFor(body?: object): Promise<string> {
  const response = await ask(body);
  expect(response.status).toBe(200);
  return ((await response.json()) as { result: { token: string } }).result.token;
}

async function deliveryStatus(subject: string): Promise<number> {
  return (await fetch(`${stream.deliveryUrl}/${subject}/downloads/default.mp4`)).status;
}

function nowSeconds(): number {
  return clock.now() / 1000;
}

describe('creating a token', () => {
  test('without a body it lasts an hour and gives no access to downloads', async () => {
    const token = await tokenFor();
    expect(decodeJwt(token)).toEqual({
      sub: uid,
      kid: expect.any(String),
      nbf: nowSeconds() - 3600,
      exp: nowSeconds() + 3600,
      downloadable: false,
    });
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'RS256' });
    expect(await deliveryStatus(token)).toBe(401);
  });

  test('uses the claims of the body', async () => {
    const body = { exp: nowSeconds() + 60, nbf: nowSeconds(), downloadable: true };
    expect(decodeJwt(await tokenFor(body))).toMatchObject({ sub: uid, ...body });
  });

  test('lasts 24 hours at most', async () => {
    await tokenFor({ exp: nowSeconds() + 24 * 3600 });
    const response = await ask({ exp: nowSeconds() + 24 * 3600 + 1 });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      errors: [{ code: 10005, message: expect.stringMatching('24') }],
    });
  });

  test.each(['{', '7', '{"exp":"soon"}', '{"exp":1.5}', '{"downloadable":"yes"}'])(
    'refuses %s',
    async (body) => {
      const response = await apiRequest(stream, `/${uid}/token`, { method: 'POST', body });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ errors: [{ code: 10004 }] });
    },
  );

  test('is refused with a read-only API token', async () => {
    const headers = { authorization: `Bearer ${stream.readOnlyToken}` };
    const response = await apiRequest(stream, `/${uid}/token`, { method: 'POST', headers });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ success: false, errors: [{ code: 10000 }] });
  });

  test('is refused for an unknown video', async () => {
    stream.removeVideo(uid);
    expect((await ask()).status).toBe(404);
  });
});

describe('a private video', () => {
  test('is delivered only with its token', async () => {
    expect(await deliveryStatus(uid)).toBe(401);
    const response = await fetch(
      `${stream.deliveryUrl}/${await tokenFor({ downloadable: true })}/downloads/default.mp4`,
    );
    expect(response.status).toBe(200);
    expect((await response.arrayBuffer()).byteLength).toBe(stream.video(uid)?.size);
  });

  test('is refused once the token has expired', async () => {
    const token = await tokenFor({ downloadable: true });
    clock.advance(hourMs - 1);
    expect(await deliveryStatus(token)).toBe(200);
    clock.advance(1);
    expect(await deliveryStatus(token)).toBe(401);
  });

  test('is refused before the token is valid', async () => {
    const token = await tokenFor({ downloadable: true, nbf: nowSeconds() + 10 });
    clock.advance(9999);
    expect(await deliveryStatus(token)).toBe(401);
    clock.advance(1);
    expect(await deliveryStatus(token)).toBe(200);
  });

  test('is refused with a token signed by another key', async () => {
    const token = await tokenFor({ downloadable: true });
    const { privateKey } = await generateKeyPair('RS256');
    const forged = await new SignJWT(decodeJwt(token))
      .setProtectedHeader({ ...decodeProtectedHeader(token), alg: 'RS256' })
      .sign(privateKey);
    expect(await deliveryStatus(token)).toBe(200);
    expect(await deliveryStatus(forged)).toBe(401);
  });

  test('is refused with a token whose claims were changed, or that is unsigned', async () => {
    const [header, , signature] = (await tokenFor()).split('.');
    const claims = { ...decodeJwt(await tokenFor()), downloadable: true };
    const changed = Buffer.from(JSON.stringify(claims)).toString('base64url');
    expect(await deliveryStatus(`${header}.${changed}.${signature}`)).toBe(401);
    const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
    expect(await deliveryStatus(`${unsigned}.${changed}.`)).toBe(401);
    expect(await deliveryStatus('no.token.atall')).toBe(401);
  });

  test('is refused with the token of another video', async () => {
    const media = { default: new TextEncoder().encode('another film') };
    const another = stream.addVideo({ requireSignedURLs: true, downloads: { default: 'ready' }, media });
    const response = await fetch(
      `${stream.deliveryUrl}/${await tokenFor({ downloadable: true })}/downloads/default.mp4`,
    );
    expect(await response.text()).not.toBe('another film');
    stream.removeVideo(uid);
    expect(await deliveryStatus(await tokenOf(another.uid))).toBe(200);
  });

  test('is refused with a revoked token, and delivered with a new one of the same second', async () => {
    const old = await Promise.all(
      [{}, { exp: nowSeconds() + 60 }].map((body) => tokenFor({ downloadable: true, ...body })),
    );
    stream.revokeTokens();
    const renewed = await tokenFor({ downloadable: true });
    expect(await Promise.all([...old, renewed].map(deliveryStatus))).toEqual([401, 401, 200]);
    stream.revokeTokens();
    expect(await deliveryStatus(renewed)).toBe(401);
    expect(await deliveryStatus(await tokenFor({ downloadable: true }))).toBe(200);
  });

  test('answers 404 to its token once it is removed', async () => {
    const token = await tokenFor({ downloadable: true });
    stream.removeVideo(uid);
    expect(await deliveryStatus(token)).toBe(404);
  });

  async function tokenOf(other: string): Promise<string> {
    uid = other;
    return await tokenFor({ downloadable: true });
  }
});

test('a public video is delivered with a token too', async () => {
  uid = stream.addVideo({ downloads: { default: 'ready' } }).uid;
  expect(await deliveryStatus(uid)).toBe(200);
  expect(await deliveryStatus(await tokenFor({ downloadable: true }))).toBe(200);
});
