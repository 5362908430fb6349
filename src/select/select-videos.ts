import type { ListedVideo } from '../stream/video-details.ts';
import type { CarriedRecord } from './carried-record.ts';
import type { listLibrary, Pages } from './list-library.ts';
import type { Selection } from './selection.ts';
import { isInShard } from './shard.ts';

/** A video that the step works on. */
export interface SelectedVideo {
  readonly id: string;
  /** What the list of the account says of it; undefined if its ID was given. */
  readonly listed: ListedVideo | undefined;
  /** Why it can have no download in this run; undefined if it can, if that is unknown, or if its ID was given. */
  readonly whyNoDownload: string | undefined;
  /** What earlier runs have done. */
  readonly carried: readonly CarriedRecord[];
}

/** Where the videos of the account come from, and which of them count. */
export interface LibraryAccess {
  readonly listLibrary: typeof listLibrary;
  readonly pages: Pages;
  /** Why a video can have no download in this run. Such videos do not count towards the limit. */
  readonly whyNoDownload: (video: ListedVideo) => string | undefined;
}

/**
 * Yields the selected videos one by one, so that work on the first starts before the last is known.
 *
 * @param access undefined if the IDs were given
 * @throws {Failure} if the library cannot be listed completely
 */
export async function* selectVideos(
  { carried, shard, ...which }: Selection,
  access: LibraryAccess | undefined,
): AsyncGenerator<SelectedVideo> {
  for await (const video of candidates(which, access)) {
    const { id } = video;
    if (!shard || isInShard(id, shard)) yield { ...video, carried: carried.get(id) ?? [] };
  }
}

async function* candidates(
  { filters, limit, videoIds }: Pick<Selection, 'filters' | 'limit' | 'videoIds'>,
  access: LibraryAccess | undefined,
): AsyncGenerator<Omit<SelectedVideo, 'carried'>> {
  for (const id of videoIds ?? []) yield { id, listed: undefined, whyNoDownload: undefined };
  if (videoIds || !access) return;
  let left = limit ?? Number.POSITIVE_INFINITY;
  for await (const listed of access.listLibrary(access.pages, filters)) {
    const whyNoDownload = access.whyNoDownload(listed);
    if (limit !== undefined && whyNoDownload !== undefined) continue;
    yield { id: listed.uid, listed, whyNoDownload };
    // No page is requested for what would not be used.
    if (--left === 0) return;
  }
}
