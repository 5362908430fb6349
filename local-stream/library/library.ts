import { createHash } from 'node:crypto';
import { Video, type VideoOptions, type VideoState } from './video.ts';

/** The parameters of a list request. Instants are in milliseconds since the epoch. */
export interface Listing {
  /** The maximum number of videos to return. */
  readonly limit: number;
  /** Only videos created before this instant. */
  readonly beforeMs?: number | undefined;
  /** Only videos created at or after this instant. */
  readonly afterMs?: number | undefined;
  /** Oldest first. */
  readonly ascending: boolean;
  readonly status?: VideoState | undefined;
  /** Recordings of live inputs, or uploaded videos. */
  readonly type?: 'live' | 'vod' | undefined;
  readonly creator?: string | undefined;
  /** A part of the name, case-insensitive. */
  readonly search?: string | undefined;
  /** The exact name. */
  readonly name?: string | undefined;
}

/** A page of the library. */
export interface Page {
  readonly videos: readonly Video[];
  /** How many videos match the filters, regardless of when they were created. */
  readonly total: number;
  /** How many of these were created between `afterMs` and `beforeMs`, including those on this page. */
  readonly range: number;
}

/** The videos of the account. */
export class Library {
  readonly #videos = new Map<string, Video>();
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
    return video;
  }

  /** Removes a video with its downloads. Returns whether it existed. */
  remove(uid: string): boolean {
    return this.#videos.delete(uid);
  }

  get(uid: string): Video | undefined {
    return this.#videos.get(uid);
  }

  /** Returns a page of the library. Of videos created at the same instant, the one added last counts as newer. */
  list(listing: Listing, nowMs: number): Page {
    const matching = [...this.#videos.values()].filter((video) => matches(video, listing, nowMs));
    const { beforeMs = Number.POSITIVE_INFINITY, afterMs = Number.NEGATIVE_INFINITY } = listing;
    const oldestFirst = matching
      .filter(({ createdAtMs }) => createdAtMs >= afterMs && createdAtMs < beforeMs)
      .sort((one, other) => one.createdAtMs - other.createdAtMs);
    const ordered = listing.ascending ? oldestFirst : oldestFirst.reverse();
    return { videos: ordered.slice(0, listing.limit), total: matching.length, range: ordered.length };
  }
}

function matches(video: Video, { status, type, creator, search, name }: Listing, nowMs: number): boolean {
  const videoName = String(video.meta['name'] ?? '');
  return (
    (status === undefined || video.at(nowMs).state === status) &&
    (type === undefined || (video.liveInput === undefined ? 'vod' : 'live') === type) &&
    (creator === undefined || video.creator === creator) &&
    (search === undefined || videoName.toLowerCase().includes(search.toLowerCase())) &&
    (name === undefined || videoName === name)
  );
}
