import { expect, test } from '@jest/globals';
import type { StreamClient } from '../../src/stream/client.ts';
import { LookUps } from '../../src/stream/look-ups.ts';

/** A client that lists every video that it is asked for, and look-ups that record how long they pause. */
function open() {
  const requests: string[] = [];
  const pauses: number[] = [];
  const client = {
    call: async ({ path, query }: { path: readonly string[]; query?: { id?: string } }) => {
      const ids = query?.id?.split(',') ?? [];
      requests.push(query ? `${ids.length} videos` : path.join('/'));
      return query ? ids.map((uid) => ({ uid })) : {};
    },
  } as unknown as StreamClient;
  const lookUps = new LookUps(client, async (count) => void pauses.push(count));
  const lookUp = (ids: readonly string[], isAgain: boolean) =>
    Promise.all(ids.map((id) => lookUps.details(id, isAgain)));
  return { lookUp, requests, pauses };
}

const idsTo = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`);

test('a single video is looked up alone, and never has to wait for others', async () => {
  const { lookUp, pauses, requests } = open();
  for (const isAgain of [false, true, true, true]) await lookUp(['v0'], isAgain);
  expect(requests).toEqual(['v0', 'v0', 'v0', 'v0']);
  expect(pauses).toEqual([]);
});

test('many videos are looked up 100 at a time, without a pause at first', async () => {
  const { lookUp, pauses, requests } = open();
  await lookUp(idsTo(250), false);
  expect(requests).toEqual(['v0', '100 videos', '100 videos', '49 videos']);
  expect(pauses).toEqual([]);
});

test('later look-ups of many videos wait for one another, those of few less long', async () => {
  const { lookUp, pauses, requests } = open();
  await lookUp(idsTo(40), false);
  for (let times = 0; times < 4; times++) await lookUp(idsTo(4), true);
  expect(pauses).toEqual([10, 10, 6, 4]);
  expect(requests.slice(2)).toEqual(Array(4).fill('4 videos'));
});
