import { Failure } from '../core/failure.ts';
import { count } from '../core/text.ts';
import type { ListedVideo } from '../stream/video-details.ts';
import { createdRange, filterQuery, passes } from './filters.ts';
import { floor, formatInstant, type Instant, parseInstant, secondNs } from './instant.ts';
import type { Filters } from './selection.ts';

/** Requests one page of the list of videos. */
export type ListPage = (
  query: Readonly<Record<string, string>>,
) => Promise<readonly (ListedVideo | undefined)[]>;

export interface Pages {
  readonly list: ListPage;
  /** The size of a full page, in videos. */
  readonly pageSize: number;
}

/** A listed video, with the instant of its creation. */
interface Entry {
  readonly video: ListedVideo;
  readonly created: Instant;
}

/**
 * The units that the end of a page is rounded up to, from the coarsest, in ns. A coarse one also works with a server
 * that ignores decimals, at the price of listing some videos twice.
 */
const roundingUnits = [secondNs, 1_000_000n, 1000n, 1n];

/**
 * Yields every video of the account that passes the filters once, the newest first, each page before the next one is
 * requested.
 *
 * The API has no cursor. A page therefore overlaps the end of the previous one: it begins with the oldest videos of that
 * page, so that no video is skipped that was created at the same instant. Videos that are added meanwhile are newer than those still to come,
 * and deleted ones do not move the others.
 *
 * Only a request for older videos that finds none ends the listing: a short page may also come from a gateway that lists
 * fewer at once.
 *
 * @throws {Failure} `list-incomplete` at the end, if too many videos were created at one instant to list all of them;
 *   `unknown-answer` if the server ignores what was asked for; whatever `list` throws
 */
export async function* listLibrary(
  { list, pageSize }: Pages,
  filters: Filters,
): AsyncGenerator<ListedVideo, void> {
  const isSelected = passes(filters);
  const { from, before: end } = createdRange(filters);
  /** The videos that the next page may repeat: those created before its end. */
  const seen = new Map<string, Instant>();
  const gaps: Instant[] = [];
  /** How many entries of the list could not be read; an entry may be listed twice. */
  let unreadable = 0;
  /** How many videos a page has if there are more, as far as is known. */
  let fullPage = pageSize;

  async function request(range: Range): Promise<readonly Entry[]> {
    const page = await list({ ...filterQuery(filters), ...rangeQuery(range) });
    const readable = page.filter((video) => video !== undefined);
    unreadable += page.length - readable.length;
    return readable.map((video) => ({ video, created: parseInstant(video.created) }));
  }

  function* fresh(entries: readonly Entry[]): Generator<ListedVideo> {
    for (const { created, video } of entries) {
      if (seen.has(video.uid)) continue;
      seen.set(video.uid, created);
      if (isSelected(video)) yield video;
    }
  }

  /** Whether there are videos created before an instant. */
  async function hasOlderThan(than: Instant): Promise<boolean> {
    // An API may refuse a range that nothing can be in.
    if (from !== undefined && than <= from) return false;
    const page = await request({ from, before: than });
    // A server that ignores decimals may round the end up by less than a second.
    if (page.some(({ created }) => created >= than + secondNs)) throw unusableList(ignoresBefore);
    return page.some(({ created }) => created < than);
  }

  /** The videos of an instant at which a whole page was created, from its other end. */
  async function* fromOtherEnd(instant: Instant, entries: readonly Entry[]): AsyncGenerator<ListedVideo> {
    const opposite = await request({ from: instant, before: instant + 1n, isAscending: true });
    const sameInstant = opposite.filter(({ created }) => created === instant);
    yield* fresh(sameInstant);
    if (!doOverlap(entries, sameInstant)) gaps.push(instant);
  }

  let before = end;
  while (before === undefined || from === undefined || before > from) {
    const page = await request({ from, before });
    const entries = page.filter(({ created }) => before === undefined || created < before);
    const oldest = oldestOf(entries);
    if (oldest === undefined) {
      if (page.length >= fullPage) throw unusableList(ignoresBefore);
      break;
    }
    yield* fresh(entries);

    if (page.length < fullPage) {
      if (!(await hasOlderThan(oldest))) {
        // A gateway may list fewer at once than there are of this instant.
        if (entries.length > 1 && entries.every(({ created }) => created === oldest)) {
          yield* fromOtherEnd(oldest, entries);
        }
        break;
      }
      fullPage = page.length;
    }
    if (!isNewestFirst(entries)) throw unusableList('does not sort them by the time of creation');

    const next = justAfter(oldest, before);
    if (next === undefined) yield* fromOtherEnd(oldest, entries);
    before = next ?? oldest;
    for (const [uid, created] of seen) if (created >= before) seen.delete(uid);
  }
  if (gaps.length > 0) throw incomplete(gaps);
  if (unreadable > 0) {
    const what = `Cloudflare's list of videos has ${count(unreadable, 'entry', 'entries')} that cannot be read; all others were processed`;
    throw new Failure('unknown-answer', what);
  }
}

const ignoresBefore = 'ignores `before`: every video that it lists is newer';

/** The times of creation that a page is limited to: `from` is included, `before` is not. */
interface Range {
  readonly from: Instant | undefined;
  readonly before: Instant | undefined;
  readonly isAscending?: boolean;
}

function rangeQuery({ before, from, isAscending }: Range): Readonly<Record<string, string>> {
  return {
    ...(isAscending && { asc: 'true' }),
    ...(from !== undefined && { after: formatInstant(from) }),
    ...(before !== undefined && { before: formatInstant(before) }),
  };
}

function oldestOf(entries: readonly Entry[]): Instant | undefined {
  let oldest = entries[0]?.created;
  for (const { created } of entries) if (oldest === undefined || created < oldest) oldest = created;
  return oldest;
}

function isNewestFirst(entries: readonly Entry[]): boolean {
  return entries.every(({ created }, index) => created <= (entries[index - 1]?.created ?? created));
}

/** The coarsest end after an instant that is earlier than the last one; undefined if there is none. */
function justAfter(instant: Instant, lastEnd: Instant | undefined): Instant | undefined {
  return roundingUnits
    .map((unit) => floor(instant, unit) + unit)
    .find((end) => lastEnd === undefined || end < lastEnd);
}

/**
 * Whether the two pages of one instant, listed from either end, overlap and so are complete. The API may order equal
 * instants arbitrarily, so an overlap counts only if one page ends with the reverse of the other's end.
 */
function doOverlap(newestFirst: readonly Entry[], oldestFirst: readonly Entry[]): boolean {
  const known = new Set(newestFirst.map(({ video }) => video.uid));
  const first = oldestFirst.findIndex(({ video }) => known.has(video.uid));
  const shared = first < 0 ? [] : oldestFirst.slice(first);
  const isReversed = shared.every(({ video }, index) => video.uid === newestFirst.at(-1 - index)?.video.uid);
  return shared.length > 0 && isReversed;
}

function incomplete(gaps: readonly Instant[]): Failure {
  const [first = 0n] = gaps;
  const others = gaps.length > 1 ? `, and at ${count(gaps.length - 1, 'other instant')}` : '';
  const what = `So many videos were created at ${formatInstant(first)}${others} that not all of them can be listed`;
  return new Failure('list-incomplete', what);
}

/** @param why what the API does, without its subject */
function unusableList(why: string): Failure {
  return new Failure('unknown-answer', `Could not list all videos of the account: the API ${why}`);
}
