import { count } from '../core/text.ts';
import type { Selection } from './selection.ts';

/** `video ea95…`, `3 videos, shard 2/8`, or `the newest 100 videos with "talk" in the title`. */
export async function describeSelection({ shard, videoIds, ...ofLibrary }: Selection): Promise<string> {
  const videos = videoIds ? describeGiven(videoIds) : await describeVideosOf(ofLibrary);
  return shard ? `${videos}, shard ${shard.index}/${shard.count}` : videos;
}

function describeGiven([id, ...others]: readonly string[]): string {
  return others.length === 0 ? `video ${id}` : count(others.length + 1, 'video');
}

async function describeVideosOf(ofLibrary: Pick<Selection, 'filters' | 'limit'>): Promise<string> {
  // Dynamic import: built as its own chunk, loaded only when needed.
  const { describeLibrary } = await import('./library.ts');
  return describeLibrary(ofLibrary);
}
