import type { CarriedRecord } from './carried-record.ts';

/**
 * Which videos the step works on. Filters apply first, then the limit, the shard, and the records that earlier runs have
 * left.
 */
export interface Selection {
  /** In the order asked for, without duplicates; undefined for every video of the account that passes the filters. */
  readonly videoIds: readonly string[] | undefined;
  readonly filters: Filters;
  /** At most this many videos that can have a download, the newest first; undefined for all of them. */
  readonly limit: number | undefined;
  /** The part of the videos to work on; undefined for all of them. */
  readonly shard: Shard | undefined;
  /** What earlier runs have done, by the ID of the video. */
  readonly carried: ReadonlyMap<string, readonly CarriedRecord[]>;
}

/** What a video must be like. Undefined fields ask for nothing. */
export interface Filters {
  /** Created at this instant or later, in RFC 3339 with up to 9 decimals. */
  readonly createdAfter: string | undefined;
  /** Created before this instant, in RFC 3339 with up to 9 decimals. */
  readonly createdBefore: string | undefined;
  /** The ID of who created it. */
  readonly creator: string | undefined;
  /** A part of the title, in any case. */
  readonly search: string | undefined;
  /** The ID of the live input that recorded it. */
  readonly liveInput: string | undefined;
}

/** One of several even parts of the videos: `2/8` has index 2 and count 8. */
export interface Shard {
  /** From 1 to `count`. */
  readonly index: number;
  readonly count: number;
}
