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
