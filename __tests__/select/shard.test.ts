import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isInShard, shardNumber } from '../../src/select/shard.ts';

const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);

describe('a shard', () => {
  // With other tools: printf %s ID | sha256sum | cut -c1-8
  test.each([
    ['a', 0xca978112],
    ['ea95132c15732412d22c1476fa83f27a', 0x32a3479e],
    ['00000000000000000000000000000000', 0x84e0c0ea],
    ['ffffffffffffffffffffffffffffffff', 0x35230248],
  ])('depends on a number that never changes: %s', (videoId, number) => {
    expect(shardNumber(videoId)).toBe(number);
  });

  test('is the remainder of that number', () => {
    // 0xca978112 = 3,398,926,610
    const shards = [1, 2, 3, 7, 8, 256].map((count) =>
      Array.from({ length: count }, (_, index) => index + 1).filter((index) =>
        isInShard('a', { index, count }),
      ),
    );
    expect(shards).toEqual([[1], [1], [3], [3], [3], [19]]);
  });

  test('has every video in exactly one of them', () => {
    fc.assert(
      fc.property(id, fc.integer({ min: 1, max: 1000 }), (videoId, count) => {
        const indexes = Array.from({ length: count }, (_, index) => index + 1);
        expect(indexes.filter((index) => isInShard(videoId, { index, count }))).toHaveLength(1);
      }),
    );
  });

  test('has about as many videos as the others', () => {
    const ids = Array.from({ length: 8000 }, (_, index) => index.toString(16).padStart(32, '0'));
    for (const index of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const { length } = ids.filter((videoId) => isInShard(videoId, { index, count: 8 }));
      expect(Math.abs(length - 1000)).toBeLessThan(120);
    }
  });
});
