import { count, quote, withCommas } from '../core/text.ts';
import type { Filters, Selection } from './selection.ts';

/** `3 videos, shard 2/8`, or `the newest 100 videos created from 2026-01-31T00:00:00Z with "talk" in the title`. */
export function describeSelection({ filters, limit, shard, videoIds }: Selection): string {
  const videos = videoIds
    ? count(videoIds.length, 'video')
    : [newest(limit), ...conditions(filters)].join(' ');
  return shard ? `${videos}, shard ${shard.index}/${shard.count}` : videos;
}

function newest(limit: number | undefined): string {
  if (limit === undefined) return 'all videos';
  return limit === 1 ? 'the newest video' : `the newest ${withCommas(limit)} videos`;
}

function conditions({ createdAfter, createdBefore, creator, liveInput, search }: Filters): string[] {
  return [
    ...(createdAfter === undefined ? [] : [`created from ${createdAfter}`]),
    ...(createdBefore === undefined ? [] : [`created before ${createdBefore}`]),
    ...(creator === undefined ? [] : [`by the creator ${quote(creator)}`]),
    ...(search === undefined ? [] : [`with ${quote(search)} in the title`]),
    ...(liveInput === undefined ? [] : [`of the live input ${liveInput}`]),
  ];
}
