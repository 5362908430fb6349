import { expect, test } from '@jest/globals';
import type { Readings } from '../../local-stream/readings.ts';
import { startLocalStream } from '../../local-stream/server.ts';
import { DrivenClock } from './driven-clock.ts';

/** Returns the delivery host's response for a file of ten digits, with these readings. */
async function answerTo(readings: Partial<Readings>, init: RequestInit = {}) {
  await using stream = await startLocalStream({ clock: new DrivenClock(), readings });
  const media = { default: new TextEncoder().encode('0123456789') };
  const { uid } = stream.addVideo({ downloads: { default: 'ready' }, media });
  const { status, headers, text } = await fetch(
    `${stream.deliveryUrl}/${uid}/downloads/default.mp4`,
    init,
  ).then(async (response) => ({
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text: await response.text(),
  }));
  return { status, headers, text };
}

const range = 'bytes=7-';
const modified = 'Thu, 15 Jan 2026 12:00:00 GMT';
const tag = '"84d89877f0d4041efb6bf91a16f0248f"';

const whole = { status: 200, text: '0123456789' };
const part = { status: 206, text: '789' };

test('deliveryRanges: false', async () => {
  const answer = await answerTo({ deliveryRanges: false }, { headers: { range } });
  expect(answer).toMatchObject({ ...whole, headers: { 'content-length': '10' } });
  expect(answer.headers).not.toHaveProperty('accept-ranges');
  expect(await answerTo({ deliveryRanges: false }, { headers: { range: 'bytes=10-' } })).toMatchObject(whole);
});

test.each<[Readings['deliveryETag'], string | undefined]>([
  ['strong', tag],
  ['weak', `W/${tag}`],
  ['none', undefined],
])('deliveryETag: %s', async (deliveryETag, expected) => {
  const readings = { deliveryETag };
  expect((await answerTo(readings)).headers['etag']).toBe(expected);
  expect(await answerTo(readings, { headers: { range } })).toMatchObject(part);
  const condition = (value: string) => answerTo(readings, { headers: { range, 'if-range': value } });
  expect(await condition(tag)).toMatchObject(deliveryETag === 'strong' ? part : whole);
  expect(await condition(`W/${tag}`)).toMatchObject(whole);
  expect(await condition(modified)).toMatchObject(part);
});

test('deliveryLastModified: false', async () => {
  const readings = { deliveryLastModified: false };
  expect((await answerTo(readings)).headers).not.toHaveProperty('last-modified');
  const condition = (value: string) => answerTo(readings, { headers: { range, 'if-range': value } });
  expect(await condition(modified)).toMatchObject(whole);
  expect(await condition(tag)).toMatchObject(part);
});

test('deliveryRepeatsValidators: false', async () => {
  const readings = { deliveryRepeatsValidators: false };
  for (const condition of [tag, modified]) {
    const { headers, ...answer } = await answerTo(readings, { headers: { range, 'if-range': condition } });
    expect(answer).toEqual(part);
    expect(headers).toMatchObject({ 'content-range': 'bytes 7-9/10', 'content-type': 'video/mp4' });
    expect(headers).not.toHaveProperty('etag');
    expect(headers).not.toHaveProperty('last-modified');
  }
  // Without If-Range the client need not know them, and another version is sent with its own.
  const validators = { etag: tag, 'last-modified': modified };
  expect(await answerTo(readings, { headers: { range } })).toMatchObject({ ...part, headers: validators });
  const other = { range, 'if-range': '"other"' };
  expect(await answerTo(readings, { headers: other })).toMatchObject({ ...whole, headers: validators });
});

test.each([
  ['not-found', 404],
  ['failed-dependency', 424],
] as const)('deliveryLag: %s', async (deliveryLag, expected) => {
  await using stream = await startLocalStream({ clock: new DrivenClock(), readings: { deliveryLag } });
  const lag = { downloads: { default: 'ready' }, deliveryLagMs: 1 } as const;
  const statusOf = async (uid: string) =>
    (await fetch(`${stream.deliveryUrl}/${uid}/downloads/default.mp4`)).status;
  expect(await statusOf(stream.addVideo(lag).uid)).toBe(expected);
  expect(await statusOf(stream.addVideo().uid)).toBe(404);
});

test.each([
  ['the whole', {}, whole],
  ['a part', { range }, part],
])('deliveryLength: false, %s', async (_, headers, expected) => {
  const answer = await answerTo({ deliveryLength: false }, { headers });
  expect(answer).toMatchObject({ ...expected, headers: { 'transfer-encoding': 'chunked' } });
  expect(answer.headers).not.toHaveProperty('content-length');
  if (expected === part) expect(answer.headers['content-range']).toBe('bytes 7-9/10');
});

test('deliveryLength: false, HEAD', async () => {
  const { status, headers } = await answerTo({ deliveryLength: false }, { method: 'HEAD' });
  expect(status).toBe(200);
  expect(headers).not.toHaveProperty('content-length');
  expect(headers).toHaveProperty('etag', tag);
});
