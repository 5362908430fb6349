import type { DownloadType } from '../core/download-types.ts';
import { formatDuration, truncate } from '../core/text.ts';

/** A video as the log names it. */
export interface NamedVideo {
  readonly id: string;
  /** Without secrets; undefined as long as it is not known. */
  readonly title: () => string | undefined;
}

/** A video in progress. */
export interface ActiveVideo extends NamedVideo {
  /** Its latest state, and since when. */
  text: string;
  sinceMs: number;
  /** Why it does not have a type of download, or any, if that is no failure. */
  readonly excuses: Map<DownloadType | '', string>;
}

/** The longest title that is shown, in UTF-16 units. */
const maxTitle = 80;

/** How much of an ID is enough beside a title, in characters. */
const shortId = 4;

/** `"Launch film" (ea95…)`; the ID alone as long as the title is not known. */
export function nameOf(video: NamedVideo): string {
  const { id, title } = video;
  if (!title()) return id;
  return `"${titleOf(video)}" (${id.length > shortId ? `${id.slice(0, shortId)}…` : id})`;
}

/** The title, or else the ID. */
export function titleOf({ id, title }: NamedVideo): string {
  return truncate(title() || id, maxTitle);
}

/** `"Launch film" (ea95…) · encoding 42 % (for 30 s)`. */
export function describeActive(video: ActiveVideo, nowMs: number): string {
  return `${nameOf(video)} · ${video.text} (for ${formatDuration(nowMs - video.sinceMs)})`;
}
