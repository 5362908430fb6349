import { describe, expect, test } from '@jest/globals';
import { Stage } from '../harness/stage.ts';

const all = { 'video-id': 'all' };

describe('all videos of the account', () => {
  test('are processed newest first, without a look-up of any', async () => {
    await using stage = await Stage.open();
    const ids = Array.from(
      { length: 5 },
      (_, index) =>
        stage.stream.addVideo({ name: `Film ${index}`, created: `2026-01-0${index + 1}T00:00:00Z` }).uid,
    );
    const step = await stage.run({ ...all, wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.records.map(({ videoId }) => videoId)).toEqual(ids.toReversed());
    expect(step.records.map(({ name }) => name)[0]).toBe('Film 4');
    expect(stage.calls.filter((call) => call === 'GET')).toHaveLength(2);
  });
});
