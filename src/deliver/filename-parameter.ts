import { quote } from '../core/text.ts';
import { withoutMediaExtension } from '../files/media-extension.ts';
import {
  fill,
  fillToFit,
  holds,
  holdsAny,
  literalOf,
  longestValues,
  meantBy,
  type NamedVideo,
  type Placeholder,
  placeholderProblems,
  rewrite,
  valuesOf,
} from '../files/placeholders.ts';
import { visibleTitle } from '../files/title.ts';
import type { ToLatin } from './latin.ts';

/** How many characters Cloudflare takes, of letters, digits, `-` and `_`. */
const maxLength = 120;

const allowed: readonly Placeholder[] = ['id', 'type', 'name'];

/**
 * Everything that is wrong with a template for the name that a browser saves the download under, and how to mend
 * it; empty where it is fine.
 *
 * @param toLatin for the text
 */
export function filenameProblems(text: string, toLatin: ToLatin): string[] {
  const template = withoutExtension(text);
  if (template === '') {
    return [`${quote(text)} holds no name: write one of letters, digits, "-" and "_", such as {name}`];
  }
  const write = `write "${nearest(text, toLatin)}"`;
  const problems = placeholderProblems(template.replaceAll('{ext}', ''), allowed);
  if (template.includes('{ext}')) {
    problems.push(`{ext} cannot be in it, since Cloudflare adds the extension: ${write}`);
  }

  // The dot before an {ext} that goes is not a mistake of its own.
  const literal = literalOf(template.replace(/\.\{ext\}$/, ''));
  if (/[^A-Za-z0-9_-]/.test(literal)) {
    problems.push(`${quote(text)} may hold nothing but letters, digits, "-" and "_": ${write}`);
  }
  const length = longest(template);
  if (length > maxLength) {
    const has = holdsAny(template)
      ? `leaves no room for what is filled in: with it, it can have ${length} characters`
      : `has ${length} characters`;
    problems.push(`${quote(text)} ${has}, and ${maxLength} is the most that Cloudflare takes: ${write}`);
  }
  return problems;
}

/**
 * The name that a browser saves the download under, without the extension, which Cloudflare adds.
 *
 * @param template one without `filenameProblems`
 * @param toLatin for the video's title
 * @returns 1 to 120 letters, digits, `-` and `_`
 */
export function filenameFor(template: string, video: NamedVideo, toLatin: ToLatin): string {
  const name = trimDashes(dashed(visibleTitle(video.name ?? ''), toLatin)) || video.id;
  return fillToFit(
    withoutExtension(template),
    valuesOf(video, name),
    maxLength,
    (text) => text.length,
    (long, room) => {
      const start = long.slice(0, room);
      return trimDashes(start) || start;
    },
  );
}

/** Whether the name can depend on the video's title, so that it has to be looked up. */
export function needsName(template: string): boolean {
  return holds(template, 'name');
}

function withoutExtension(text: string): string {
  return text.replace(/\.(mp4|m4a)$/i, '');
}

/** In Latin letters, with one dash for each run of characters that Cloudflare does not take. */
function dashed(text: string, toLatin: ToLatin): string {
  return toLatin(text).replace(/[^A-Za-z0-9_]+/g, '-');
}

function trimDashes(text: string): string {
  return text.replace(/^-+|-+$/g, '');
}

/** How long the name can become, where what is filled in is as long as it can be and the name is cut to one letter. */
function longest(template: string): number {
  return fill(template, longestValues(1)).length;
}

/** A template without problems that comes close to what was typed. */
function nearest(text: string, toLatin: ToLatin): string {
  const placeholder = (word: string) => {
    const meant = meantBy(word);
    return meant !== undefined && allowed.includes(meant) ? `{${meant}}` : '';
  };
  const template = trimDashes(
    rewrite(withoutMediaExtension(text), placeholder, (literal) => dashed(literal, toLatin)).replace(
      /-{2,}/g,
      '-',
    ),
  );
  const shortened = trimDashes(shortenedBy(longest(template) - maxLength, template));
  return shortened === '' || longest(shortened) > maxLength ? '{id}' : shortened;
}

/** The template with that many characters less of what was typed literally, from its end. */
function shortenedBy(characters: number, template: string): string {
  let kept = Math.max(0, literalOf(template).length - Math.max(0, characters));
  return rewrite(
    template,
    (word) => `{${word}}`,
    (literal) => {
      const start = literal.slice(0, kept);
      kept -= start.length;
      return start;
    },
  );
}
