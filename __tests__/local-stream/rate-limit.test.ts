import { expect, test } from '@jest/globals';
import { startLocalStream } from '../../local-stream/server.ts';
import { apiRequest } from './api-request.ts';
import { DrivenClock } from './driven-clock.ts';

test('requests over the limit are blocked, and admitted again after the block', async () => {
  const clock = new DrivenClock();
  await using stream = await startLocalStream({
    clock,
    rateLimit: { requests: 2, windowMs: 60_000, blockMs: 90_000 },
  });
  const ask = async () => {
    const response = await apiRequest(stream, '');
    return [response.status, response.headers.get('ratelimit'), response.headers.get('retry-after')];
  };

  expect(await ask()).toEqual([200, '"default";r=1;t=60', null]);
  clock.advance(10_500);
  expect(await ask()).toEqual([200, '"default";r=0;t=50', null]);
  expect(await ask()).toEqual([429, '"default";r=0;t=90', '90']);
  clock.advance(89_500);
  // Requests during the block do not extend it.
  expect(await ask()).toEqual([429, '"default";r=0;t=1', '1']);
  clock.advance(500);
  expect(await ask()).toEqual([200, '"default";r=1;t=60', null]);
});

test('a new window starts when the previous one ends', async () => {
  const clock = new DrivenClock();
  await using stream = await startLocalStream({
    clock,
    rateLimit: { requests: 1, windowMs: 1000, blockMs: 90_000 },
  });
  expect((await apiRequest(stream, '')).status).toBe(200);
  clock.advance(1000);
  expect((await apiRequest(stream, '')).status).toBe(200);
});

test('a refusal has the API’s envelope, and the request is not carried out', async () => {
  await using stream = await startLocalStream({ rateLimit: { requests: 0, windowMs: 1000, blockMs: 1000 } });
  const { uid } = stream.addVideo();
  const response = await apiRequest(stream, `/${uid}`, { method: 'DELETE' });
  expect(await response.json()).toEqual({
    success: false,
    errors: [{ code: 971, message: 'Please wait and consider throttling your request speed' }],
    messages: [],
    result: null,
  });
  expect(stream.video(uid)).toBeDefined();
});

test('several programs share the limit of one server, whatever their credentials', async () => {
  const clock = new DrivenClock();
  await using stream = await startLocalStream({
    clock,
    rateLimit: { requests: 2, windowMs: 60_000, blockMs: 90_000 },
  });
  const programs = [stream.token, stream.readOnlyToken].map((token) => ({
    authorization: `Bearer ${token}`,
  }));
  const askAll = () => Promise.all(programs.map((headers) => apiRequest(stream, '', { headers })));
  const statuses = async () => (await askAll()).map(({ status }) => status);
  expect(await statuses()).toEqual([200, 200]);
  expect(await statuses()).toEqual([429, 429]);
  clock.advance(90_000);
  expect(await statuses()).toEqual([200, 200]);
});

test('during the block every call is refused, also beyond the end of the window', async () => {
  const clock = new DrivenClock();
  await using stream = await startLocalStream({
    clock,
    rateLimit: { requests: 1, windowMs: 1000, blockMs: 5000 },
  });
  const { uid } = stream.addVideo();
  const calls: [path: string, method: string][] = [
    ['', 'GET'],
    [`/${uid}`, 'GET'],
    [`/${uid}`, 'DELETE'],
    [`/${uid}/downloads`, 'GET'],
    [`/${uid}/downloads/audio`, 'POST'],
    [`/${uid}/downloads/default`, 'DELETE'],
    [`/${uid}/token`, 'POST'],
    ['/no/such/route', 'GET'],
  ];
  const ask = ([path, method]: [string, string]) => apiRequest(stream, path, { method });
  await ask(['', 'GET']);
  await ask(['', 'GET']);
  clock.advance(4500);
  for (const call of calls) {
    const response = await ask(call);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await response.json()).toMatchObject({ errors: [{ code: 971 }] });
  }
  clock.advance(500);
  expect((await ask([`/${uid}`, 'GET'])).status).toBe(200);
});

test('the headers contain whole seconds, rounded up', async () => {
  const rateLimit = { requests: 100, windowMs: 59_500, blockMs: 1000 };
  await using stream = await startLocalStream({ clock: new DrivenClock(), rateLimit });
  const { headers } = await apiRequest(stream, '');
  expect(headers.get('ratelimit')).toBe('"default";r=99;t=60');
  expect(headers.get('ratelimit-policy')).toBe('"burst";q=100;w=60');
});

test('the limit defaults to Cloudflare’s', async () => {
  await using stream = await startLocalStream();
  const { headers } = await apiRequest(stream, '');
  expect(headers.get('ratelimit-policy')).toBe('"burst";q=1200;w=300');
  expect(headers.get('ratelimit')).toBe('"default";r=1199;t=300');
});
