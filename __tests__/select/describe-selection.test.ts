import { expect, test } from '@jest/globals';
import { describeSelection } from '../../src/select/describe-selection.ts';
import type { Filters, Selection } from '../../src/select/selection.ts';

const none: Filters = {
  createdAfter: undefined,
  createdBefore: undefined,
  creator: undefined,
  search: undefined,
  liveInput: undefined,
};
const all: Selection = {
  videoIds: undefined,
  filters: none,
  limit: undefined,
  shard: undefined,
  carried: new Map(),
};

test.each<[Partial<Selection>, string]>([
  [{ videoIds: ['a'] }, 'video a'],
  [{ videoIds: ['a', 'b'], shard: { index: 2, count: 8 } }, '2 videos, shard 2/8'],
  [{}, 'all videos'],
  [{ limit: 1 }, 'the newest video'],
  [{ limit: 2000, shard: { index: 1, count: 4 } }, 'the newest 2,000 videos, shard 1/4'],
  [
    { filters: { ...none, createdAfter: '2026-01-31T00:00:00Z' } },
    'all videos created from 2026-01-31T00:00:00Z',
  ],
  [
    {
      limit: 5,
      filters: {
        createdAfter: '2026-01-01T00:00:00Z',
        createdBefore: '2026-02-01T00:00:00Z',
        creator: 'ada\n::error::',
        search: 'a "talk"',
        liveInput: 'stage',
      },
    },
    'the newest 5 videos created from 2026-01-01T00:00:00Z created before 2026-02-01T00:00:00Z by the creator "ada ::error::" with "a \\"talk\\"" in the title of the live input stage',
  ],
])('%j is described as "%s"', async (changes, text) => {
  expect(await describeSelection({ ...all, ...changes })).toBe(text);
});
