import { open } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { openTemporaryFolder } from './temporary-folder.ts';
import { VirtualClock } from './virtual-clock.ts';

const never = new AbortController().signal;

interface Server extends AsyncDisposable {
  readonly url: string;
}

async function serve(listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A server whose bodies come in ten parts, 60 ms apart, longer in all than a request may be silent. */
function serveSlowly(): Promise<Server> {
  return serve(async (_request, response) => {
    for (let part = 0; part < 10; part++) {
      response.write('part');
      await pause(60);
    }
    response.end();
  });
}

/** A server that sends headers and the first bytes of a body, and no more. */
function serveStalled(): Promise<Server> {
  return serve((_request, response) => void response.write('part'));
}

describe('sleepers', () => {
  test('wake in the order of their ends, at the ms at which they end', async () => {
    const clock = new VirtualClock();
    const woken: [string, number][] = [];
    const sleep = async (name: string, ms: number) => {
      await clock.sleep(ms, never);
      woken.push([name, clock.now()]);
    };
    await Promise.all([
      sleep('hour', 3_600_000),
      sleep('first', 1000),
      sleep('second', 1000),
      sleep('now', 0),
    ]);
    expect(woken).toEqual([
      ['now', 0],
      ['first', 1000],
      ['second', 1000],
      ['hour', 3_600_000],
    ]);
  });

  test('start the next sleep before a later sleeper wakes', async () => {
    const clock = new VirtualClock();
    const later = clock.sleep(1500, never);
    for (let sleeps = 1; sleeps <= 3; sleeps++) {
      await clock.sleep(500, never);
      expect(clock.now()).toBe(sleeps * 500);
    }
    await later;
  });

  test('reject with the reason of their signal, at once, and do not advance the time', async () => {
    const clock = new VirtualClock();
    const aborter = new AbortController();
    const sleeping = clock.sleep(1000, aborter.signal);
    aborter.abort('the reason');
    await expect(sleeping).rejects.toBe('the reason');
    await expect(clock.sleep(1000, aborter.signal)).rejects.toBe('the reason');
    await clock.sleep(10, never);
    expect(clock.now()).toBe(10);
  });
});

describe('during a request', () => {
  test('time stands still until its body has been read to the end, however slow that is', async () => {
    await using server = await serveSlowly();
    const clock = new VirtualClock();
    const requesting = clock.fetch(server.url);
    const sleeping = clock.sleep(1000, never);
    const response = await requesting;
    expect(await response.text()).toBe('part'.repeat(10));
    expect(clock.now()).toBe(0);
    await sleeping;
    expect([response.url, response.status, clock.now()]).toEqual([server.url, 200, 1000]);
  });

  test('time stands still while the process works on the response, even if nothing is sent for long', async () => {
    await using server = await serve(async (_request, response) => {
      for (let turn = 0; turn < 10; turn++) {
        for (const endMs = performance.now() + 50; performance.now() < endMs; );
        await nextTurn();
      }
      response.end('late');
    });
    const clock = new VirtualClock();
    const requesting = clock.fetch(server.url);
    const sleeping = clock.sleep(1000, never);
    expect(await (await requesting).text()).toBe('late');
    expect(clock.now()).toBe(0);
    await sleeping;
  });

  test('time advances once it stalls', async () => {
    await using server = await serveStalled();
    const clock = new VirtualClock();
    const timeout = new AbortController();
    const response = await clock.fetch(server.url, { signal: timeout.signal });
    const reading = response.text();
    reading.catch(() => {});
    await clock.sleep(30_000, never);
    expect(clock.now()).toBe(30_000);
    timeout.abort(new Error('too late'));
    await expect(reading).rejects.toThrow('too late');
  });

  test('time advances at once if another request stalled before', async () => {
    await using stalled = await serveStalled();
    const clock = new VirtualClock();
    const response = await clock.fetch(stalled.url);
    await clock.sleep(1000, never);
    const sinceMs = performance.now();
    for (let sleeps = 0; sleeps < 50; sleeps++) await clock.sleep(1000, never);
    // Not 300 ms for each.
    expect(performance.now() - sinceMs).toBeLessThan(5000);
    await response.body?.cancel();
  });

  test('time stands still for it even if another one is stalled', async () => {
    await using stalled = await serveStalled();
    await using slow = await serveSlowly();
    const clock = new VirtualClock();
    const [response, other] = await Promise.all([clock.fetch(stalled.url), clock.fetch(slow.url)]);
    const sleeping = clock.sleep(1000, never);
    await other.text();
    expect(clock.now()).toBe(0);
    await sleeping;
    await response.body?.cancel();
  });

  test.each<[string, (response: Response, aborter: AbortController) => unknown]>([
    ['its body is cancelled', (response) => response.body?.cancel()],
    ['it is aborted', (_, aborter) => aborter.abort()],
  ])('it no longer counts once %s', async (_, end) => {
    await using server = await serveStalled();
    const tookMs: number[] = [];
    for (let attempt = 0; attempt < 5; attempt++) {
      const clock = new VirtualClock();
      const aborter = new AbortController();
      const response = await clock.fetch(server.url, { signal: aborter.signal });
      await end(response, aborter);
      const sinceMs = performance.now();
      await clock.sleep(1000, never);
      tookMs.push(performance.now() - sinceMs);
    }
    // A request that counted would be silent for 300 ms each time; a busy machine is not that slow every time.
    expect(Math.min(...tookMs)).toBeLessThan(200);
  });

  test('it no longer counts once it has failed', async () => {
    const { url } = await (async () => {
      await using server = await serveStalled();
      return server;
    })();
    const clock = new VirtualClock();
    await expect(clock.fetch(url)).rejects.toThrow('fetch failed');
    await clock.sleep(1000, never);
    expect(clock.now()).toBe(1000);
  });
});

test('time stands still while files are written, flushed and closed', async () => {
  using folder = openTemporaryFolder();
  const clock = new VirtualClock();
  const sleeping = clock.sleep(1000, never);
  const file = await open(join(folder.path, 'file'), 'w');
  for (let writes = 0; writes < 20; writes++) await file.write(Buffer.alloc(1_000_000, writes));
  await file.sync();
  await file.close();
  expect(clock.now()).toBe(0);
  await sleeping;
  expect(clock.now()).toBe(1000);
});
