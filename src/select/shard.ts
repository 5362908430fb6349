import { hash } from 'node:crypto';
import type { Shard } from './selection.ts';

/**
 * The number that decides which shard a video is in, 0 to 2³² − 1: the first 4 bytes of the SHA-256 of its ID, as a
 * big-endian number. It never changes, so that workflows can rely on where a video is processed.
 */
export function shardNumber(videoId: string): number {
  return hash('sha256', videoId, 'buffer').readUInt32BE();
}

/** Whether a video is in a shard. Every video is in exactly one of the shards of a count. */
export function isInShard(videoId: string, { count, index }: Shard): boolean {
  return shardNumber(videoId) % count === index - 1;
}
