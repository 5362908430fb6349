import { titleText } from '../core/text.ts';
import type { ListedVideo } from '../stream/video-details.ts';
import { type Instant, parseInstant } from './instant.ts';
import type { Filters } from './selection.ts';

/** The filters that the API applies, except those by time, as parameters of its query. */
export function filterQuery({ creator, liveInput }: Filters): Readonly<Record<string, string>> {
  return {
    ...(creator !== undefined && { creator }),
    ...(liveInput !== undefined && { live_input_id: liveInput }),
  };
}

/** The times that videos must be created between: `from` is included, `before` is not. */
export function createdRange({ createdAfter, createdBefore }: Filters): {
  readonly from: Instant | undefined;
  readonly before: Instant | undefined;
} {
  return {
    from: createdAfter === undefined ? undefined : parseInstant(createdAfter),
    before: createdBefore === undefined ? undefined : parseInstant(createdBefore),
  };
}

/**
 * Whether a video passes the filters. Those that the API applies are checked again, since a gateway may drop parameters
 * that it does not know, and `operation: delete` must never reach a video that was not meant.
 */
export function passes(filters: Filters): (video: ListedVideo) => boolean {
  const { creator, liveInput, search } = filters;
  const { before, from } = createdRange(filters);
  // The titles in a list were cleaned when they were read.
  const searched = search === undefined ? undefined : withoutCase(titleText(search));
  return (video) => {
    if (creator !== undefined && video.creator !== creator) return false;
    if (liveInput !== undefined && video.liveInputId !== liveInput) return false;
    // A text without any visible character is no filter, and must not select everything.
    if (searched === '') return false;
    if (searched !== undefined && !withoutCase(video.meta.name ?? '').includes(searched)) return false;
    const created = parseInstant(video.created);
    return (from === undefined || created >= from) && (before === undefined || created < before);
  };
}

/**
 * Text in a form that is equal for upper and lower case, and for the ways to write one character. In upper case, `ß` is
 * `SS`, and the two forms of a small sigma are one.
 */
function withoutCase(text: string): string {
  return text.normalize('NFKC').toUpperCase().normalize('NFKC');
}
