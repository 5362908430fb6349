import { formatNumber, quote } from '../core/text.ts';
import type { Filters, Selection } from './selection.ts';

/** `the newest 100 videos created from 2026-01-31T00:00:00Z with "talk" in the title` */
export function describeLibrary({ filters, limit }: Pick<Selection, 'filters' | 'limit'>): string {
  return [newest(limit), ...conditions(filters)].join(' ');
}

function newest(limit: number | undefined): string {
  if (limit === undefined) return 'all videos';
  return limit === 1 ? 'the newest video' : `the newest ${formatNumber(limit)} videos`;
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
