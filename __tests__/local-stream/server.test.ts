import { describe, expect, test } from '@jest/globals';
import { startLocalStream } from '../../local-stream/server.ts';

describe('a local Stream', () => {
  test('has two hosts, and follows the system’s time', async () => {
    const before = Date.now();
    await using stream = await startLocalStream();
    const created = Date.parse(stream.addVideo().created);
    expect(created).toBeGreaterThanOrEqual(before);
    expect(created).toBeLessThanOrEqual(Date.now());
    expect(stream.apiUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/client\/v4$/);
    expect(stream.deliveryUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(new URL(stream.apiUrl).host).not.toBe(new URL(stream.deliveryUrl).host);
  });

  test('listens on the port that it is given, which must be free', async () => {
    await using stream = await startLocalStream();
    const port = Number(new URL(stream.apiUrl).port);
    await expect(startLocalStream({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await stream.close();
    await using next = await startLocalStream({ port });
    expect(next.apiUrl).toBe(stream.apiUrl);
  });

  test('answers no more once it is closed', async () => {
    const stream = await startLocalStream();
    await fetch(stream.apiUrl);
    await stream.close();
    await expect(fetch(stream.apiUrl)).rejects.toThrow('fetch failed');
    await expect(fetch(stream.deliveryUrl)).rejects.toThrow('fetch failed');
    await stream.close();
  });

  test('shows a mistake of its own, and goes on', async () => {
    await using stream = await startLocalStream();
    const { uid } = stream.addVideo({
      downloads: { default: 'inprogress' },
      progress: () => {
        throw new Error('a mistake');
      },
    });
    const headers = { authorization: `Bearer ${stream.token}` };
    const video = `${stream.apiUrl}/accounts/${stream.accountId}/stream/${uid}`;
    const response = await fetch(`${video}/downloads`, { headers });
    expect(response.status).toBe(500);
    expect(await response.text()).toMatch(/^local-stream: Error: a mistake\n +at /);
    expect((await fetch(video, { headers })).status).toBe(200);
  });
});
