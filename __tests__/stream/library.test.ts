import { expect, test } from '@jest/globals';
import * as v from 'valibot';
import type { Call } from '../../src/stream/client.ts';
import { listVideos } from '../../src/stream/library.ts';

/** A client that records its calls and receives the given result. */
function clientOf(result: unknown) {
  const calls: Call<v.GenericSchema>[] = [];
  return {
    calls,
    async call<Result extends v.GenericSchema>(call: Call<Result>): Promise<v.InferOutput<Result>> {
      calls.push(call);
      return v.parse(call.result, result);
    },
  };
}

test('videos are listed with one request for as many as the API lists at once', async () => {
  const client = clientOf([{ uid: 'a', created: '2026-01-31T12:00:00.123456789Z', liveInput: 'a1' }]);
  expect(await listVideos(client, { before: '2026-02-01T00:00:00Z' })).toEqual([
    expect.objectContaining({ uid: 'a', created: '2026-01-31T12:00:00.123456789Z', liveInputId: 'a1' }),
  ]);
  expect(client.calls).toEqual([
    expect.objectContaining({
      method: 'GET',
      path: [],
      query: { limit: '1000', before: '2026-02-01T00:00:00Z' },
      action: 'list the videos of the account',
    }),
  ]);
  expect(client.calls[0]).not.toHaveProperty('videoId');
});

test('a list may be asked for with another limit', async () => {
  const client = clientOf([]);
  expect(await listVideos(client, { limit: '1' })).toEqual([]);
  expect(client.calls[0]?.query).toEqual({ limit: '1' });
});
