import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { apiRequest, generate } from './api-request.ts';
import { DrivenClock } from './driven-clock.ts';

let clock: DrivenClock;
let stream: LocalStream;

beforeEach(async () => {
  clock = new DrivenClock();
  stream = await startLocalStream({ clock });
});

afterEach(() => stream.close());

function upload(bytes: Uint8Array<ArrayBuffer>, on = stream): Promise<Response> {
  const body = new FormData();
  body.append('file', new File([bytes], 'clip.mp4', { type: 'video/mp4' }));
  return apiRequest(on, '', { method: 'POST', body });
}

async function uidOf(response: Response): Promise<string> {
  return ((await response.json()) as { result: { uid: string } }).result.uid;
}

describe('an upload', () => {
  test('becomes a video, whose download is the uploaded file', async () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251);
    const response = await upload(bytes);
    expect(response.status).toBe(200);
    const uid = await uidOf(response);
    expect(stream.video(uid)).toMatchObject({
      meta: { name: 'clip.mp4' },
      status: { state: 'queued' },
      size: 300_000,
      duration: -1,
    });
    clock.advance(500);
    expect(stream.video(uid)?.status.state).toBe('inprogress');
    clock.advance(3000);
    expect(stream.video(uid)?.status.state).toBe('ready');

    await generate(stream, uid, clock);
    const file = await fetch(`${stream.deliveryUrl}/${uid}/downloads/default.mp4`);
    expect(Buffer.from(bytes).equals(await file.bytes())).toBe(true);
  });

  test('goes through the configured phases', async () => {
    const uploads = { phases: { encodeMs: 70 }, generateMs: 30 };
    await using other = await startLocalStream({ clock, uploads });
    const uid = await uidOf(await upload(new Uint8Array(10), other));
    clock.advance(69);
    expect(other.video(uid)?.status.state).toBe('inprogress');
    clock.advance(1);
    expect(other.video(uid)?.status.state).toBe('ready');
    await apiRequest(other, `/${uid}/downloads`, { method: 'POST' });
    clock.advance(30);
    expect(await (await apiRequest(other, `/${uid}/downloads`)).json()).toMatchObject({
      result: { default: { status: 'ready' } },
    });
  });

  test.each<[string, RequestInit]>([
    ['nothing', {}],
    ['JSON', { body: '{"url":"https://example.com/clip.mp4"}' }],
    ['a form without a file', { body: new URLSearchParams({ file: 'clip.mp4' }) }],
  ])('of %s is refused', async (_, init) => {
    const response = await apiRequest(stream, '', { method: 'POST', ...init });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ code: 10004 }] });
  });
});

test('a request whose client disconnects before it is complete is ignored', async () => {
  const { hostname, port } = new URL(stream.apiUrl);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const head = `POST /client/v4/accounts/${stream.accountId}/stream HTTP/1.1\r\nHost: local\r\nContent-Length: 9\r\n\r\n`;
  await new Promise((resolve) => socket.write(`${head}half`, resolve));
  socket.destroy();
  await once(socket, 'close');
  expect((await apiRequest(stream, '')).status).toBe(200);
  expect(stream.requests).toMatchObject([{ route: 'videos.list' }]);
});

test('requests are recorded', async () => {
  const { uid } = stream.addVideo();
  await apiRequest(stream, `/${uid}/downloads/audio?a=1&b=x%20y`, { method: 'POST', body: '{}' });
  clock.advance(5);
  await fetch(`${stream.deliveryUrl}/${uid}/downloads/default.mp4`);
  await upload(new Uint8Array(10));
  await fetch(`${stream.apiUrl}/nothing`);
  expect(stream.requests).toMatchObject([
    {
      host: 'api',
      route: 'downloads.create',
      method: 'POST',
      path: `/client/v4/accounts/${stream.accountId}/stream/${uid}/downloads/audio`,
      query: { a: '1', b: 'x y' },
      headers: { authorization: `Bearer ${stream.token}` },
      body: '{}',
      at: clock.now() - 5,
      status: 200,
    },
    {
      host: 'delivery',
      route: 'delivery.get',
      method: 'GET',
      path: `/${uid}/downloads/default.mp4`,
      at: clock.now(),
      status: 404,
    },
    { route: 'videos.upload', body: '' },
    { host: 'api', route: 'unknown', status: 404 },
  ]);
});
