import { describe, expect, test } from '@jest/globals';
import { startLocalStream } from '../../local-stream/server.ts';

describe('a local Stream', () => {
  test('has two hosts, and uses the system time by default', async () => {
    const before = Date.now();
    await using stream = await startLocalStream();
    const created = Date.parse(stream.addVideo().created);
    expect(created).toBeGreaterThanOrEqual(before);
    expect(created).toBeLessThanOrEqual(Date.now());
    expect(stream.apiUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/client\/v4$/);
    expect(stream.deliveryUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(new URL(stream.apiUrl).host).not.toBe(new URL(stream.deliveryUrl).host);
  });

  test('listens on the given port, which must be free', async () => {
    await using stream = await startLocalStream();
    const port = Number(new URL(stream.apiUrl).port);
    await expect(startLocalStream({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await stream.close();
    await using next = await startLocalStream({ port });
    expect(next.apiUrl).toBe(stream.apiUrl);
  });

  test('refuses connections once it is closed', async () => {
    const stream = await startLocalStream();
    await fetch(stream.apiUrl);
    await stream.close();
    await expect(fetch(stream.apiUrl)).rejects.toThrow('fetch failed');
    await expect(fetch(stream.deliveryUrl)).rejects.toThrow('fetch failed');
    await stream.close();
  });
});
