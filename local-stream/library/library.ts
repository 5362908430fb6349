import { createHash } from 'node:crypto';
import { Video, type VideoOptions } from './video.ts';
import type { VideoState } from './video-states.ts';

/** The parameters of a list request. Instants are in nanoseconds since the epoch. */
export interface Listing {
  /** The maximum number of videos to return. */
  readonly limit: number;
  /** Only videos created before this instant. */
  readonly beforeNs?: bigint | undefined;
  /** Only videos created at or after this instant. */
  readonly afterNs?: bigint | undefined;
  /** Oldest first. */
  readonly ascending: boolean;
  readonly ids?: ReadonlySet<string> | undefined;
  /** Only recordings of this live input. */
  readonly liveInput?: string | undefined;
  readonly status?: VideoState | undefined;
  /** Recordings of live inputs, or uploaded videos. */
  readonly type?: 'live' | 'vod' | undefined;
  readonly creator?: string | undefined;
  /** A part of the name, case-insensitive. */
  readonly search?: string | undefined;
  /** The exact name. */
  readonly name?: string | undefined;
}

/** How many videos there are. */
export interface Counts {
  /** How many videos match the filters, regardless of when they were created. */
  readonly total: number;
  /** How many of these were created between `afterNs` and `beforeNs`, including those beyond the limit. */
  readonly range: number;
}

/** The videos of the account. */
export class Library {
  readonly #videos = new Map<string, Video>();
  /** In the order of a list. It is kept sorted, so that a page of a large library need not sort it. */
  readonly #oldestFirst: Video[] = [];
  #added = 0;

  /**
   * Adds a video, whose phases begin now.
   *
   * @throws Error when the ID is in use
   * @throws what `new Video` throws
   */
  add(options: VideoOptions, nowMs: number): Video {
    this.#added += 1;
    const uid = options.uid ?? createHash('sha256').update(`video ${this.#added}`).digest('hex').slice(0, 32);
    if (this.#videos.has(uid)) throw new Error(`a video with the ID ${uid} already exists`);
    const video = new Video(uid, options, nowMs);
    this.#videos.set(uid, video);
    this.#oldestFirst.splice(this.#firstFrom(video.createdAtNs + 1n), 0, video);
    return video;
  }

  /** Removes a video with its downloads. Returns whether it existed. */
  remove(uid: string): boolean {
    const video = this.#videos.get(uid);
    if (!video) return false;
    this.#videos.delete(uid);
    this.#oldestFirst.splice(this.#oldestFirst.indexOf(video, this.#firstFrom(video.createdAtNs)), 1);
    return true;
  }

  get(uid: string): Video | undefined {
    return this.#videos.get(uid);
  }

  /** Returns a page of the library. Of videos created at the same instant, the one added last counts as newer. */
  list(listing: Listing, nowMs: number): readonly Video[] {
    const { limit, ascending } = listing;
    const [from, to] = this.#rangeOf(listing);
    const page: Video[] = [];
    for (let index = 0; index < to - from && page.length < limit; index += 1) {
      const video = this.#oldestFirst[ascending ? from + index : to - 1 - index];
      if (video && matches(video, listing, nowMs)) page.push(video);
    }
    return page;
  }

  /** Counts the videos that a list selects, regardless of its limit. */
  count(listing: Listing, nowMs: number): Counts {
    const [from, to] = this.#rangeOf(listing);
    const counts = { total: 0, range: 0 };
    for (const [index, video] of this.#oldestFirst.entries()) {
      if (!matches(video, listing, nowMs)) continue;
      counts.total += 1;
      if (index >= from && index < to) counts.range += 1;
    }
    return counts;
  }

  /** Returns the positions of the first video that was created in the time range, and of the first one after it. */
  #rangeOf({ afterNs, beforeNs }: Listing): readonly [from: number, to: number] {
    const from = afterNs === undefined ? 0 : this.#firstFrom(afterNs);
    return [from, beforeNs === undefined ? this.#oldestFirst.length : this.#firstFrom(beforeNs)];
  }

  /** Returns the position of the first video that was created at or after an instant, by binary search. */
  #firstFrom(instantNs: bigint): number {
    let low = 0;
    let high = this.#oldestFirst.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const video = this.#oldestFirst[middle];
      if (video && video.createdAtNs < instantNs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function matches(video: Video, listing: Listing, nowMs: number): boolean {
  const { ids, liveInput, status, type, creator, search, name } = listing;
  const videoName = String(video.meta['name'] ?? '');
  return (
    (ids === undefined || ids.has(video.uid)) &&
    (liveInput === undefined || video.liveInput === liveInput) &&
    (status === undefined || video.at(nowMs).state === status) &&
    (type === undefined || (video.liveInput === undefined ? 'vod' : 'live') === type) &&
    (creator === undefined || video.creator === creator) &&
    (search === undefined || videoName.toLowerCase().includes(search.toLowerCase())) &&
    (name === undefined || videoName === name)
  );
}
