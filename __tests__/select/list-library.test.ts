import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatInstant, parseInstant } from '../../src/select/instant.ts';
import { listLibrary } from '../../src/select/list-library.ts';
import type { Filters } from '../../src/select/selection.ts';
import type { ListedVideo } from '../../src/stream/video-details.ts';
import { createdAt, drain, Library, listed, noFilters, type Query } from './library.ts';

const noon = '2026-01-31T12:00:00Z';

/** Videos created one hour after another, the newest first. */
function hourly(amount: number): ListedVideo[] {
  const newest = parseInstant(noon);
  return createdAt(
    ...Array.from({ length: amount }, (_, index) =>
      formatInstant(newest - BigInt(index) * 3_600_000_000_000n),
    ),
  );
}

function idsOf(videos: readonly ListedVideo[]): string[] {
  return videos.map(({ uid }) => uid);
}

function all(library: Library, filters: Partial<Filters> = {}) {
  return drain(listLibrary(library, { ...noFilters, ...filters }));
}

describe('the list of a library', () => {
  test('is empty, after one request, if there are no videos', async () => {
    const library = new Library([]);
    expect(await all(library)).toEqual({ ids: [], error: undefined });
    expect(library.queries).toEqual([{}]);
  });

  test('has the videos of several pages, the newest first', async () => {
    const library = new Library(hourly(8));
    expect(await all(library)).toEqual({ ids: idsOf(library.videos), error: undefined });
  });

  test('begins each page just after the last video, and ends with a request for older ones', async () => {
    const library = new Library(hourly(5));
    await all(library);
    expect(library.queries).toEqual([
      {},
      { before: '2026-01-31T10:00:01Z' },
      { before: '2026-01-31T08:00:01Z' },
      // A full page is never the last one.
      { before: '2026-01-31T08:00:00Z' },
    ]);
  });

  test('yields the videos of a page before the next one is requested', async () => {
    const library = new Library(hourly(8));
    const requestsAt: number[] = [];
    for await (const _ of listLibrary(library, noFilters)) requestsAt.push(library.queries.length);
    expect(requestsAt).toEqual([1, 1, 1, 2, 2, 3, 3, 4]);
  });

  test('requests nothing more once no more is taken', async () => {
    const library = new Library(hourly(8));
    for await (const _ of listLibrary(library, noFilters)) break;
    expect(library.queries).toHaveLength(1);
  });

  test('tells instants apart by the nanosecond', async () => {
    const times = [9, 8, 7, 6, 5, 4, 3, 2, 1].map((digit) => `2026-01-31T12:00:00.00000000${digit}Z`);
    const library = new Library(createdAt(...times));
    expect(await all(library)).toEqual({ ids: idsOf(library.videos), error: undefined });
    expect(library.queries).toContainEqual({ before: '2026-01-31T12:00:00.000000008Z' });
  });

  test('has videos of one instant that are on two pages', async () => {
    const library = new Library(createdAt('2026-01-31T13:00:00Z', '2026-01-31T12:30:00Z', noon, noon, noon));
    expect(await all(library)).toEqual({ ids: idsOf(library.videos), error: undefined });
  });

  test('has all videos of one instant that fill more than a page', async () => {
    const library = new Library(createdAt(noon, noon, noon, noon, noon, '2026-01-31T11:00:00Z'));
    const { error, ids } = await all(library);
    expect([error, ids.toSorted()]).toEqual([undefined, ['v0', 'v1', 'v2', 'v3', 'v4', 'v5']]);
    expect(library.queries).toContainEqual({
      asc: 'true',
      after: noon,
      before: '2026-01-31T12:00:00.000000001Z',
    });
  });

  test('ends with a failure if more than two pages share an instant, after all other videos', async () => {
    const sixAgo = Array(7).fill('2026-01-31T06:00:00Z');
    const library = new Library([
      ...hourly(2),
      ...createdAt(...sixAgo).map((video) => ({ ...video, uid: `tied-${video.uid}` })),
      listed('oldest', { created: '2026-01-30T00:00:00Z' }),
    ]);
    const { error, ids } = await all(library);
    expect(ids.toSorted()).toEqual(
      ['oldest', 'tied-v0', 'tied-v1', 'tied-v2', 'tied-v4', 'tied-v5', 'tied-v6', 'v0', 'v1'].toSorted(),
    );
    expect(error).toMatchObject({
      kind: 'list-incomplete',
      what: expect.stringContaining('2026-01-31T06:00:00Z'),
    });
  });

  test('names how many more instants have too many videos', async () => {
    const times = [noon, '2026-01-31T11:00:00Z', '2026-01-31T10:00:00Z'];
    const library = new Library(createdAt(...times.flatMap((time) => Array(7).fill(time))));
    expect((await all(library)).error).toMatchObject({ what: expect.stringMatching(/ 2 other instants /) });
  });

  test('has a video once if others are added and deleted meanwhile', async () => {
    const library = new Library(hourly(9));
    const original = library.videos;
    library.onQuery = () => {
      const { length } = library.queries;
      if (length === 1) return;
      // The video that the page was to begin with is gone, and there is a newer one.
      const last = original[2 * length - 2];
      const added = listed(`new-${length}`, { created: `2026-02-0${length}T00:00:00Z` });
      library.videos = [added, ...library.videos.filter((video) => video !== last)];
    };
    expect(await all(library)).toEqual({ ids: idsOf(original), error: undefined });
  });

  test('ends with the error of a page, after the videos before it', async () => {
    const library = new Library(hourly(8));
    const failure = new Error('The page failed.');
    library.onQuery = () => {
      if (library.queries.length === 3) throw failure;
    };
    expect(await all(library)).toEqual({ ids: ['v0', 'v1', 'v2', 'v3', 'v4'], error: failure });
  });

  test('is complete for a random library, with every video once', async () => {
    // Steps of every unit, so that some videos share an instant, and some only a second.
    const step = fc.constantFrom(0n, 0n, 0n, 1n, 3n, 1000n, 1_000_000n, 999_999_999n, 3_600_000_000_000n);
    const pageSize = fc.integer({ min: 1, max: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), pageSize, async (steps, size) => {
        const ages = steps.map((_, index) =>
          steps.slice(0, index + 1).reduce<bigint>((sum, ns) => sum + ns, 0n),
        );
        const times = ages.map((age) => formatInstant(parseInstant(noon) - age));
        const library = new Library(createdAt(...times), size);
        const { error, ids } = await all(library);
        expect(new Set(ids).size).toBe(ids.length);

        const tied = Map.groupBy(library.videos, (video) => video.created);
        // Two full pages of one instant may be all of it, but nothing shows that.
        const isListable = [...tied.values()].every(({ length }) => length < 2 * size);
        if (isListable)
          expect([error, ids.toSorted()]).toEqual([undefined, idsOf(library.videos).toSorted()]);
        else {
          expect(error).toMatchObject({ kind: 'list-incomplete' });
          const listable = [...tied.values()].filter(({ length }) => length <= 2 * size).flat();
          expect(ids).toEqual(expect.arrayContaining(idsOf(listable)));
        }
        const order = ids.map((id) => library.videos.find(({ uid }) => uid === id)?.created ?? '');
        const instants = order.map(parseInstant);
        expect(instants).toEqual(instants.toSorted((one, other) => Number(other - one)));
      }),
    );
  });
});

describe('the filters of a list', () => {
  test('are sent with every request', async () => {
    const videos = hourly(5).map((video) => ({ ...video, creator: 'anna', liveInputId: 'a1' }));
    const library = new Library(videos);
    const { ids } = await all(library, { creator: 'anna', liveInput: 'a1' });
    expect(ids).toEqual(idsOf(videos));
    expect(library.queries.map(({ creator, live_input_id }) => [creator, live_input_id])).toEqual(
      Array(4).fill(['anna', 'a1']),
    );
  });

  test('begin and end the list at the times given', async () => {
    const library = new Library(hourly(12));
    const range = { createdAfter: '2026-01-31T04:00:00Z', createdBefore: '2026-01-31T10:00:00Z' };
    const { ids } = await all(library, range);
    expect(ids).toEqual(['v3', 'v4', 'v5', 'v6', 'v7', 'v8']);
    expect(library.queries[0]).toEqual({ after: range.createdAfter, before: range.createdBefore });
    expect(library.queries.every(({ after }) => after === range.createdAfter)).toBe(true);
  });

  test('need no request for times that no video can be between', async () => {
    const library = new Library(hourly(3));
    expect(await all(library, { createdAfter: noon, createdBefore: noon })).toEqual({
      ids: [],
      error: undefined,
    });
    expect(library.queries).toEqual([]);
  });

  test('are never sent with a range of times that nothing can be in', async () => {
    const library = new Library(hourly(5));
    expect((await all(library, { createdAfter: '2026-01-31T08:00:00Z' })).ids).toHaveLength(5);
    expect((await all(library, { createdAfter: '2026-01-31T09:00:00Z' })).ids).toHaveLength(4);
    const ranges = library.queries.filter(({ after, before }) => after && before);
    expect(
      ranges.filter(({ after = '', before = '' }) => parseInstant(after) >= parseInstant(before)),
    ).toEqual([]);
  });

  test('leave out videos without the searched title, which does not disturb the pages', async () => {
    const videos = hourly(9).map((video, index) => ({
      ...video,
      meta: { name: index % 4 === 0 ? 'A Talk' : 'Music' },
    }));
    expect((await all(new Library(videos), { search: 'TALK' })).ids).toEqual(['v0', 'v4', 'v8']);
  });
});

/** A library whose server answers in its own way. */
class Odd extends Library {
  readonly #answer: (query: Query, library: Library) => readonly ListedVideo[];

  constructor(
    videos: readonly ListedVideo[],
    answer: (query: Query, library: Library) => readonly ListedVideo[],
  ) {
    super(videos);
    this.#answer = answer;
  }

  override answer(query: Query): readonly ListedVideo[] {
    return this.#answer(query, new Library(this.videos, this.pageSize));
  }
}

describe('a server that does not do what it is asked for', () => {
  test('fails the list if it answers with the same full page for ever', async () => {
    const library = new Odd(hourly(9), (_, { videos }) => videos.slice(0, 3));
    const { error, ids } = await all(library);
    expect(ids).toEqual(['v0', 'v1', 'v2']);
    expect(error).toMatchObject({ kind: 'unknown-answer' });
    expect(library.queries.length).toBeLessThan(9);
  });

  test('fails the list if it answers with the same short page for ever, which may not be all', async () => {
    const library = new Odd(hourly(9), (_, { videos }) => videos.slice(0, 2));
    const { error, ids } = await all(library);
    expect(ids).toEqual(['v0', 'v1']);
    expect(error).toMatchObject({ kind: 'unknown-answer' });
  });

  test('fails the list if it lists fewer of one instant than there are', async () => {
    const tied = hourly(7).map((video) => ({ ...video, created: noon }));
    const library = new Odd(tied, (query, own) => own.answer(query).slice(0, 2));
    const { error, ids } = await all(library);
    expect(ids.length).toBeLessThan(7);
    expect(error).toMatchObject({ kind: 'list-incomplete' });
  });

  test('fails the list if a full page is not sorted', async () => {
    const library = new Odd(hourly(9), ({ asc: _, ...query }, own) => own.answer({ ...query, asc: 'true' }));
    expect((await all(library)).error).toMatchObject({ kind: 'unknown-answer' });
  });

  test('never has a video yielded that fails the filters', async () => {
    const videos = hourly(9).map((video, index) => ({ ...video, creator: index % 2 ? 'anna' : 'bob' }));
    const library = new Odd(videos, ({ asc, before }, own) =>
      own.answer({ ...(asc && { asc }), ...(before && { before }) }),
    );
    const { error, ids } = await all(library, { creator: 'anna', createdAfter: '2026-01-31T06:00:00Z' });
    expect([error, ids]).toEqual([undefined, ['v1', 'v3', 'v5']]);
  });

  test('is listed completely if it lists fewer at once than it is asked for', async () => {
    const library = new Odd(hourly(9), (query, own) => own.answer(query).slice(0, 2));
    expect(await all(library)).toEqual({ ids: idsOf(library.videos), error: undefined });
  });

  test('is listed completely if it lists fewer at once, and the oldest videos share an instant', async () => {
    const times = ['2026-01-31T14:00:00Z', '2026-01-31T13:00:00Z', noon, noon, noon];
    const library = new Odd(createdAt(...times), (query, own) => own.answer(query).slice(0, 2));
    const { error, ids } = await all(library);
    expect([error, ids.toSorted()]).toEqual([undefined, idsOf(library.videos)]);
  });

  test('is listed completely if it ignores decimals', async () => {
    const times = ['11.9', '10.8', '10.7', '10.6', '9.5', '9.4', '8.3'];
    const videos = createdAt(...times.map((seconds) => `2026-01-31T12:00:${seconds.padStart(4, '0')}Z`));
    const library = new Odd(videos, ({ before, ...query }, own) =>
      own.answer({ ...query, ...(before && { before: before.replace(/\.\d+/, '') }) }),
    );
    expect(await all(library)).toEqual({ ids: idsOf(videos), error: undefined });
  });

  test('fails the list if it lists one instant in the same order from both ends', async () => {
    const library = new Odd(createdAt(...Array(5).fill(noon)), ({ asc: _, ...query }, own) =>
      own.answer(query),
    );
    const { error, ids } = await all(library);
    expect([error, ids]).toEqual([expect.objectContaining({ kind: 'list-incomplete' }), ['v0', 'v1', 'v2']]);
  });

  test('fails the list if it changes the order within one instant', async () => {
    const [v0, v1, v2, v3, v4] = createdAt(...Array(5).fill(noon)) as [ListedVideo, ...ListedVideo[]];
    const library = new Odd([v0], ({ asc }) => (asc ? [v3, v2, v4] : [v0, v1, v2]) as ListedVideo[]);
    const { error, ids } = await all(library);
    expect([error, ids.length]).toEqual([expect.objectContaining({ kind: 'unknown-answer' }), 5]);
  });
});
