import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Cloudflare from 'cloudflare';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { DrivenClock } from './driven-clock.ts';

/** Cloudflare's official SDK must work with the local Stream as it does with the real one. */
describe('the official SDK', () => {
  let clock: DrivenClock;
  let stream: LocalStream;
  let client: Cloudflare;
  let account: { account_id: string };

  function clientWith(credentials: { apiToken: string } | { apiEmail: string; apiKey: string }): Cloudflare {
    return new Cloudflare({ ...credentials, baseURL: stream.apiUrl, maxRetries: 0 });
  }

  beforeEach(async () => {
    clock = new DrivenClock();
    stream = await startLocalStream({
      clock,
      rateLimit: { requests: 20, windowMs: 60_000, blockMs: 30_000 },
    });
    client = clientWith({ apiToken: stream.token });
    account = { account_id: stream.accountId };
  });

  afterEach(() => stream.close());

  test('creates, reads and deletes a download', async () => {
    const { uid } = stream.addVideo({ generateMs: 4000 });
    const url = `${stream.deliveryUrl}/${uid}/downloads/default.mp4`;

    expect(await client.stream.downloads.get(uid, account)).toEqual({});
    expect(await client.stream.downloads.create(uid, account)).toEqual({
      default: { status: 'inprogress', percentComplete: 0, url },
    });
    clock.advance(1000);
    expect(await client.stream.downloads.get(uid, account)).toEqual({
      default: { status: 'inprogress', percentComplete: 25, url },
    });
    clock.advance(3000);
    expect(await client.stream.downloads.get(uid, account)).toEqual({
      default: { status: 'ready', percentComplete: 100, url },
    });
    expect(await client.stream.downloads.delete(uid, account)).toBe('ok');
    expect(await client.stream.downloads.get(uid, account)).toEqual({});
  });

  test('reads the details of a video', async () => {
    const { uid } = stream.addVideo({ name: 'a walk.mp4', creator: 'ann' });
    const details = await client.stream.get(uid, account);
    expect(details).toMatchObject({
      uid,
      creator: 'ann',
      meta: { name: 'a walk.mp4' },
      readyToStream: true,
      duration: 6,
      status: { state: 'ready', pctComplete: '100.000000' },
    });
    expect(details).toEqual(stream.video(uid));
  });

  test('lists the library, and pages it by time', async () => {
    const uids = Array.from({ length: 5 }, (_, hour) => {
      return stream.addVideo({ created: `2026-01-01T0${hour}:00:00Z` }).uid;
    });
    const all: (string | undefined)[] = [];
    for await (const video of client.stream.list(account)) all.push(video.uid);
    expect(all).toEqual(uids.toReversed());

    const first = await client.stream.list({ ...account, limit: 2, asc: true });
    expect(first.result.map((video) => video.uid)).toEqual(uids.slice(0, 2));
    const before = await client.stream.list({ ...account, before: '2026-01-01T03:00:00Z', limit: 2 });
    expect(before.result.map((video) => video.uid)).toEqual([uids[2], uids[1]]);
  });

  test('lists videos by ID, live input and name', async () => {
    const liveInput = 'c'.repeat(32);
    const [older, newer] = [stream.addVideo({ name: 'a.mp4' }), stream.addVideo({ liveInput })];
    stream.addVideo();
    const listed = async (filter: Partial<Cloudflare.Stream.StreamListParams>) => {
      const { result } = await client.stream.list({ ...account, ...filter });
      return result.map((video) => video.uid);
    };
    expect(await listed({ id: older.uid })).toEqual([older.uid]);
    expect(await listed({ id: `${older.uid},${newer.uid},${'f'.repeat(32)}` })).toEqual([
      newer.uid,
      older.uid,
    ]);
    expect(await listed({ live_input_id: liveInput })).toEqual([newer.uid]);
    expect(await listed({ video_name: 'a.mp4', type: 'vod', status: 'ready' })).toEqual([older.uid]);
  });

  test('pages a library of 10,000 videos, created a few nanoseconds apart', async () => {
    const uids = Array.from({ length: 10_000 }, (_, number) => {
      return stream.addVideo({ created: `2026-01-01T00:00:00.${String(number * 3).padStart(9, '0')}Z` }).uid;
    });
    const paged: (string | undefined)[] = [];
    let before = '2026-01-02T00:00:00Z';
    for (let page = 0; page < 10; page += 1) {
      const { result } = await client.stream.list({ ...account, before });
      paged.push(...result.map((video) => video.uid));
      before = result.at(-1)?.created ?? before;
    }
    expect(paged).toEqual(uids.toReversed());
    expect((await client.stream.list({ ...account, before })).result).toEqual([]);
  });

  test('deletes a video', async () => {
    const { uid } = stream.addVideo();
    await client.stream.delete(uid, account);
    await expect(client.stream.get(uid, account)).rejects.toBeInstanceOf(Cloudflare.NotFoundError);
  });

  test('creates a token that gives access to a private video', async () => {
    const { uid } = stream.addVideo({ requireSignedURLs: true, downloads: { default: 'ready' } });
    const { token } = await client.stream.token.create(uid, { ...account, downloadable: true });
    const response = await fetch(`${stream.deliveryUrl}/${token}/downloads/default.mp4`);
    expect(response.status).toBe(200);
  });

  test('works with the legacy credentials', async () => {
    const { uid } = stream.addVideo();
    const older = clientWith({ apiEmail: stream.email, apiKey: stream.key });
    expect(await older.stream.downloads.get(uid, account)).toEqual({});
  });

  test('throws AuthenticationError for a wrong token', async () => {
    const wrong = clientWith({ apiToken: 'wrong' });
    await expect(wrong.stream.list(account)).rejects.toBeInstanceOf(Cloudflare.AuthenticationError);
  });

  test('throws PermissionDeniedError for a read-only token', async () => {
    const { uid } = stream.addVideo();
    const reader = clientWith({ apiToken: stream.readOnlyToken });
    expect(await reader.stream.downloads.get(uid, account)).toEqual({});
    const refusal = reader.stream.downloads.create(uid, account);
    await expect(refusal).rejects.toBeInstanceOf(Cloudflare.PermissionDeniedError);
    await expect(refusal).rejects.toMatchObject({ errors: [{ code: 10000 }] });
  });

  test('throws NotFoundError for an unknown video', async () => {
    const refusal = client.stream.downloads.get('f'.repeat(32), account);
    await expect(refusal).rejects.toBeInstanceOf(Cloudflare.NotFoundError);
    await expect(refusal).rejects.toMatchObject({ errors: [{ code: 10003, message: 'Not Found' }] });
  });

  test('throws BadRequestError when the video is not ready', async () => {
    const { uid } = stream.addVideo({ phases: { encodeMs: 1000 } });
    const refusal = client.stream.downloads.create(uid, account);
    await expect(refusal).rejects.toBeInstanceOf(Cloudflare.BadRequestError);
    await expect(refusal).rejects.toMatchObject({ errors: [{ code: 10005 }] });
  });

  test('throws RateLimitError over the limit', async () => {
    for (let request = 0; request < 20; request += 1) await client.stream.list(account);
    const refusal = client.stream.list(account);
    await expect(refusal).rejects.toBeInstanceOf(Cloudflare.RateLimitError);
    await expect(refusal).rejects.toMatchObject({ errors: [{ code: 971 }] });
  });
});
