import * as v from 'valibot';
import { quote } from '../core/text.ts';
import type { Shard } from '../select/selection.ts';

/** How many parts there can be: as many as a matrix of GitHub can have jobs. */
const maxShards = 256;

/** Reads `2/8`, the second of eight parts. */
export const shard = v.pipe(
  v.string(),
  v.rawTransform<string, Shard>(({ dataset: { value }, addIssue, NEVER }) => {
    const parts = /^(?<index>\d+)\s*\/\s*(?<count>\d+)$/.exec(value)?.groups;
    const problem = parts
      ? problemWith(Number(parts['index']), Number(parts['count']))
      : 'is not a shard: write which one and how many there are, such as 2/8';
    if (!parts || problem) {
      addIssue({ message: `${quote(value)} ${problem}` });
      return NEVER;
    }
    return { index: Number(parts['index']), count: Number(parts['count']) };
  }),
);

function problemWith(index: number, count: number): string | undefined {
  if (count < 1 || count > maxShards) {
    return `is out of range: write a number of shards from 1 to ${maxShards}, such as 2/8`;
  }
  if (index < 1) {
    return `is out of range: the first shard is 1/${count}, so add 1 to a number that begins at 0, such as \${{ strategy.job-index }}`;
  }
  return index > count ? `is out of range: the last shard is ${count}/${count}` : undefined;
}
