import * as v from 'valibot';
import { parseInstant } from '../../src/select/instant.ts';
import type { Pages } from '../../src/select/list-library.ts';
import type { Filters } from '../../src/select/selection.ts';
import { type ListedVideo, listedVideo } from '../../src/stream/video-details.ts';

export const noFilters: Filters = {
  createdAfter: undefined,
  createdBefore: undefined,
  creator: undefined,
  search: undefined,
  liveInput: undefined,
};

/** A video as the API lists it. */
export function listed(uid: string, fields: Readonly<Record<string, unknown>> = {}): ListedVideo {
  const defaults = { created: '2026-01-31T12:00:00Z', readyToStream: true, status: { state: 'ready' } };
  return v.parse(listedVideo, { ...defaults, uid, ...fields });
}

/** Videos created at the given times, with IDs from `v0`. */
export function createdAt(...times: readonly string[]): ListedVideo[] {
  return times.map((created, index) => listed(`v${index}`, { created }));
}

export type Query = Readonly<Record<string, string>>;

/** A library that answers as the API is documented to, and records what it was asked for. */
export class Library implements Pages {
  readonly queries: Query[] = [];
  videos: readonly ListedVideo[];
  readonly pageSize: number;
  /** Called before each answer. */
  onQuery: (query: Query) => void = () => {};

  constructor(videos: readonly ListedVideo[], pageSize = 3) {
    this.videos = videos;
    this.pageSize = pageSize;
  }

  readonly list = async (query: Query): Promise<readonly ListedVideo[]> => {
    this.queries.push(query);
    this.onQuery(query);
    return this.answer(query);
  };

  answer({ after, asc, before, creator, live_input_id }: Query): readonly ListedVideo[] {
    const newestFirst = this.videos
      .filter(({ created }) => before === undefined || parseInstant(created) < parseInstant(before))
      .filter(({ created }) => after === undefined || parseInstant(created) >= parseInstant(after))
      .filter((video) => creator === undefined || video.creator === creator)
      .filter((video) => live_input_id === undefined || video.liveInputId === live_input_id)
      // Videos of one instant keep the order of the library.
      .toSorted((one, other) => Number(parseInstant(other.created) - parseInstant(one.created)));
    return (asc === 'true' ? newestFirst.toReversed() : newestFirst).slice(0, this.pageSize);
  }
}

/** What a listing yielded before it ended, and what it threw at its end. */
export async function drain(videos: AsyncIterable<ListedVideo>): Promise<{ ids: string[]; error: unknown }> {
  const ids: string[] = [];
  try {
    for await (const { uid } of videos) ids.push(uid);
  } catch (error) {
    return { ids, error };
  }
  return { ids, error: undefined };
}
