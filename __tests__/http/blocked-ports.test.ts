import { expect, test } from '@jest/globals';
import { isBlockedPort } from '../../src/http/blocked-ports.ts';

/** Ends every request before it connects. */
const dispatcher = {
  dispatch() {
    throw new Error('not blocked');
  },
};

async function isBlockedByFetch(url: URL): Promise<boolean> {
  const error = await fetch(url, { dispatcher } as object).catch((thrown) => thrown);
  return error.cause.message === 'bad port';
}

test('blocks the ports that fetch blocks', async () => {
  const found: [ours: number[], ofFetch: number[]] = [[], []];
  for (let port = 0; port <= 11_000; port++) {
    const url = new URL(`http://127.0.0.1:${port}/`);
    if (isBlockedPort(url)) found[0].push(port);
    if (await isBlockedByFetch(url)) found[1].push(port);
  }
  expect(found[0]).toEqual(found[1]);
  expect(found[0].length).toBeGreaterThan(50);
});
