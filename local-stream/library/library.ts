import { createHash } from 'node:crypto';
import { Video, type VideoOptions, type VideoState } from './video.ts';

/** Which videos of the library are wanted, as the API's query asks for them. Instants are in ms since the epoch. */
export interface Listing {
  /** The most videos to return. */
  readonly limit: number;
  /** Only videos created before this instant. */
  readonly beforeMs?: number | undefined;
  /** Only videos created at this instant or later. */
  readonly afterMs?: number | undefined;
  /** Oldest first. */
  readonly ascending: boolean;
  readonly status?: VideoState | undefined;
  /** Live recordings, or videos that were uploaded. */
  readonly type?: 'live' | 'vod' | undefined;
  readonly creator?: string | undefined;
  /** A part of the name, in whatever case. */
  readonly search?: string | undefined;
  /** The whole name. */
  readonly name?: string | undefined;
}

/** A page of the library. */
export interface Page {
  readonly videos: readonly Video[];
  /** How many videos the filters let through at whatever time they were created. */
  readonly total: number;
  /** How many of these lie within `beforeMs` and `afterMs`, this page included. */
  readonly range: number;
}

/** All videos of the account. */
export class Library {
  readonly #videos = new Map<string, Video>();
  #added = 0;

  /**
   * Adds a video, which begins its phases now.
   *
   * @throws Error when the id is taken
   * @throws what `new Video` throws
   */
  add(options: VideoOptions, nowMs: number): Video {
    this.#added += 1;
    const uid = options.uid ?? createHash('sha256').update(`video ${this.#added}`).digest('hex').slice(0, 32);
    if (this.#videos.has(uid)) throw new Error(`a video with the id ${uid} is there already`);
    const video = new Video(uid, options, nowMs);
    this.#videos.set(uid, video);
    return video;
  }

  /** Removes a video with its downloads, and tells whether it was there. */
  remove(uid: string): boolean {
    return this.#videos.delete(uid);
  }

  /** The video with an id, if the account has it. */
  get(uid: string): Video | undefined {
    return this.#videos.get(uid);
  }

  /** The page that a query asks for. Of videos created at the same instant, the one added last counts as newer. */
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
  const itsName = String(video.meta['name'] ?? '');
  return (
    (status === undefined || video.at(nowMs).state === status) &&
    (type === undefined || (video.liveInput === undefined ? 'vod' : 'live') === type) &&
    (creator === undefined || video.creator === creator) &&
    (search === undefined || itsName.toLowerCase().includes(search.toLowerCase())) &&
    (name === undefined || itsName === name)
  );
}
