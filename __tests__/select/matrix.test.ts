import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { estimatedBytes, MatrixSizer, type SizedMatrix } from '../../src/select/matrix.ts';
import { isInShard, shardNumber } from '../../src/select/shard.ts';

function idOf(index: number): string {
  return index.toString(16).padStart(32, '0');
}

/** The matrix of as many videos, with the size of each in bytes. */
function matrixOf(amount: number, bytesOf: (index: number) => number = () => 0): SizedMatrix {
  const sizer = new MatrixSizer();
  for (let index = 0; index < amount; index++) {
    sizer.add(idOf(index), { duration: null, sizeBytes: bytesOf(index) });
  }
  return sizer.matrix();
}

/** By how many shards the videos are divided. */
function countOf({ matrix }: SizedMatrix): number {
  return Number(matrix.include[0]?.shard.split('/')[1]);
}

describe('a matrix', () => {
  test('is empty without videos', () => {
    expect(matrixOf(0)).toEqual({ matrix: { include: [] }, warning: undefined });
  });

  test('has one shard for up to 500 videos', () => {
    const include = [{ shard: '1/1', name: '1-of-1', videos: 500 }];
    expect(matrixOf(500)).toEqual({ matrix: { include }, warning: undefined });
    expect(countOf(matrixOf(501))).toBe(2);
  });

  test('counts the videos of every shard as the shards select them', () => {
    const sized = matrixOf(3000);
    const ids = Array.from({ length: 3000 }, (_, index) => idOf(index));
    const count = countOf(sized);
    const expected = Array.from({ length: count }, (_, index) => ({
      shard: `${index + 1}/${count}`,
      name: `${index + 1}-of-${count}`,
      videos: ids.filter((id) => isInShard(id, { index: index + 1, count })).length,
    }));
    expect(sized.matrix.include).toEqual(expected);
    expect(sized.warning).toBeUndefined();
  });

  test('has the fewest shards of which none has more than 500 videos', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4000 }), (amount) => {
        const count = countOf(matrixOf(amount));
        const fullest = (shards: number) => {
          const videos: number[] = Array(shards).fill(0);
          for (let index = 0; index < amount; index++) {
            const shard = shardNumber(idOf(index)) % shards;
            videos[shard] = (videos[shard] ?? 0) + 1;
          }
          return Math.max(...videos);
        };
        expect(fullest(count)).toBeLessThanOrEqual(500);
        for (let fewer = 1; fewer < count; fewer++) expect(fullest(fewer)).toBeGreaterThan(500);
      }),
      { numRuns: 20 },
    );
  });

  test('has at most 8 GB per shard', () => {
    expect(countOf(matrixOf(8, () => 1e9))).toBe(1);
    const sized = matrixOf(40, () => 1e9);
    expect(countOf(sized)).toBeGreaterThanOrEqual(5);
    expect(Math.max(...sized.matrix.include.map(({ videos }) => videos))).toBeLessThanOrEqual(8);
  });

  test('leaves out shards without videos', () => {
    const { matrix } = matrixOf(4, () => 7e9);
    expect(matrix.include.every(({ videos }) => videos > 0)).toBe(true);
    expect(matrix.include.map(({ videos }) => videos)).toEqual([1, 1, 1, 1]);
  });

  test('is not split for one video that is larger than a shard', () => {
    expect(countOf(matrixOf(400, (index) => (index === 7 ? 20e9 : 1e7)))).toBe(1);
  });

  test('has several videos that are larger than a shard in different ones', () => {
    const sized = matrixOf(6, () => 11e9);
    expect(sized.matrix.include.map(({ videos }) => videos)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(sized.warning).toBeUndefined();
  });

  test('has 256 shards at most, and says if that is not enough', () => {
    const videos = matrixOf(140_000);
    expect([countOf(videos), videos.matrix.include.length]).toEqual([256, 256]);
    expect(videos.warning).toContain('Split the library');
    const large = matrixOf(1000, () => 7e9);
    expect(countOf(large)).toBe(256);
    expect(large.warning).toBe(videos.warning);
  });
});

describe('the estimated size of a video', () => {
  test.each<[duration: number | null, sizeBytes: number | null, bytes: number]>([
    [60, null, 60e6],
    [60, 0, 60e6],
    [60, 5e6, 5e6],
    [60, 90e6, 60e6],
    [null, 5e6, 5e6],
    [null, 0, 0],
    [null, null, 0],
    [0, 5e6, 0],
  ])('of %p s with an upload of %p bytes is %p bytes', (duration, sizeBytes, bytes) => {
    expect(estimatedBytes({ duration, sizeBytes })).toBe(bytes);
  });
});
