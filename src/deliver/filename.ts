import { downloadExtensions } from '../core/download-types.ts';
import { latinName } from '../core/latin.ts';
import { count, quote } from '../core/text.ts';
import { visibleTitle } from '../files/path-part.ts';
import {
  fill,
  fillToFit,
  hasPlaceholder,
  literalText,
  longestValues,
  type NamedDownload,
  type Placeholder,
  placeholderProblems,
  valuesOf,
} from '../files/placeholders.ts';

/**
 * The longest name that Cloudflare accepts, in characters.
 *
 * @see https://developers.cloudflare.com/stream/viewing-videos/download-videos/
 */
const maxLength = 120;

const allowed: readonly Placeholder[] = ['id', 'type', 'name'];

const allowedCharacters = 'letters, digits, "-" and "_"';

/** Cloudflare adds the extension, so one that was written is dropped. */
const extension = new RegExp(`\\.(${downloadExtensions.join('|')})$`, 'i');

/** Everything that is wrong with the input `filename`, each problem with its fix; empty if it is valid. */
export function filenameProblems(text: string): string[] {
  const template = text.replace(extension, '');
  if (template === '')
    return [`${quote(text)} has no name: use ${allowedCharacters}, such as in "{name}-{id}"`];

  const problems = placeholderProblems(template.replaceAll('{ext}', ''), allowed);
  if (template.includes('{ext}')) {
    const advice = 'remove it, such as in "{name}-{id}"';
    problems.push(`{ext} is not allowed, since Cloudflare adds the extension: ${advice}`);
  }
  // The dot of an `.{ext}` at the end is part of that mistake.
  if (/[^A-Za-z0-9_-]/.test(literalText(template.replace(/\.\{ext\}$/, '')))) {
    const advice = 'use only those and placeholders, such as in "My-Talk_{id}"';
    problems.push(`${quote(text)} contains other characters than ${allowedCharacters}: ${advice}`);
  }
  const longest = fill(template, longestValues(1)).length;
  if (longest > maxLength) {
    const length = `${hasPlaceholder(template) ? 'can become' : 'is'} ${longest} characters long`;
    const advice = `shorten it by ${count(longest - maxLength, 'character')}`;
    problems.push(`${quote(text)} ${length}, but Cloudflare accepts at most ${maxLength}: ${advice}`);
  }
  return problems;
}

/**
 * The value of the parameter `filename` in the URL of a download: the name that a browser saves it under, without
 * the extension. The title is truncated to fit; the ID replaces a title that is missing or unusable.
 *
 * @param template one for which `filenameProblems` returns nothing
 * @returns 1 to 120 letters, digits, `-` and `_`
 */
export async function filenameFor(template: string, video: NamedDownload): Promise<string> {
  const title = await latinName(visibleTitle(video.name ?? ''));
  // Cloudflare accepts no dots.
  const name = title === undefined ? video.id : trimEnd(title.replace(/[.-]+/g, '-'));
  const truncate = (long: string, room: number) => {
    const start = trimEnd(long.slice(0, room));
    return /[A-Za-z0-9]/.test(start) ? start : video.id.slice(0, room);
  };
  const stem = template.replace(extension, '');
  return fillToFit(stem, valuesOf(video, name), maxLength, (text) => text.length, truncate);
}

/** Whether the name depends on the video's title. */
export function needsTitle(template: string): boolean {
  return hasPlaceholder(template, ['name']);
}

function trimEnd(text: string): string {
  return text.replace(/-+$/, '');
}
