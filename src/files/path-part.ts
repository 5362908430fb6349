import {
  fill,
  fillToFit,
  hasPlaceholder,
  longestValues,
  type NamedDownload,
  valuesOf,
} from './placeholders.ts';

/** The longest file or folder name that Linux, macOS and Windows all support, in bytes of UTF-8. */
export const maxPartBytes = 255;

/** How many bytes a template must leave for each `{name}`: the longest ID, which replaces a missing title. */
const minNameBytes = 64;

/** In UTF-16 units: far more than fits into any name. It limits the patterns below that take quadratic time. */
const maxTitleLength = 2000;

/** Format characters (bidi controls included), variation selectors, and others that nobody sees. */
const invisible = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Runs of what a title may not add to a name, and of dashes, so that each run becomes one dash. The pattern lists what
 * is kept, since every shell has its own syntax: PowerShell, for instance, accepts curly quotes as quotes.
 */
const replaced = /[^\p{L}\p{M}\p{Nd} _.,+=]+/gu;

/** A media extension at the end of a name. A list, since not everything after a dot is one: `v1.2` has none. */
export const mediaExtension =
  /\.(mp4|m4a|m4v|mov|mkv|webm|avi|mp3|wav|aac|flac|ogg|opus|ts|mpg|mpeg|wmv|flv|3gp)$/i;

/**
 * Device names that Windows reserves, with any extension.
 *
 * @see https://learn.microsoft.com/windows/win32/fileio/naming-a-file
 */
const device = /^(con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d¹²³])(?= *(?:\.|$))/i;

/**
 * A video's title on one line, without invisible characters. A media extension at its end is removed, since Cloudflare
 * uses the name of the uploaded file as the title, and nobody wants `talk.mov.mp4`.
 */
export function visibleTitle(title: string): string {
  const visible = title.slice(0, maxTitleLength).replace(invisible, '');
  const line = visible.replace(/\p{White_Space}+/gu, ' ').trim();
  const stem = line.replace(mediaExtension, '');
  return /\S$/.test(stem) ? stem : line;
}

/**
 * Turns a video's title into a file name without extension that is valid on every system, and in which no shell finds
 * anything to execute, since workflows insert names into their scripts. It has letters, digits and marks of any script,
 * spaces, `-`, `_`, `.`, `,`, `+` and `=`, is in NFC, and has no dots, dashes and spaces at its ends.
 *
 * @returns of any length; undefined if no letter and no digit is left
 */
export function safeName(title: string | undefined): string | undefined {
  // NFC comes first, since it turns the Greek question mark into a semicolon, for instance.
  const visible = visibleTitle(title ?? '').normalize('NFC');
  const name = trimEnds(visible.replace(replaced, '-'));
  // What is left must be usable even if it is truncated as far as a template can require.
  return /[\p{L}\p{Nd}]/u.test(truncateToBytes(name, minNameBytes)) ? name : undefined;
}

/**
 * The file or folder name that a template stands for. Text without placeholders is not changed. The name in it is
 * truncated to fit; the ID replaces a name that is missing or unusable.
 *
 * @param template one for which `excessBytes` returns 0
 */
export function partFor(template: string, video: NamedDownload): string {
  if (!hasPlaceholder(template)) return template;
  const values = valuesOf(video, safeName(video.name) ?? video.id);
  const fillTo = (maxBytes: number) =>
    fillToFit(template, values, maxBytes, Buffer.byteLength, truncateToBytes);
  const part = fillTo(maxPartBytes);
  return isDevice(part) ? avoidDevice(fillTo(maxPartBytes - 1)) : part;
}

/** By how many bytes a template can exceed `maxPartBytes` in the worst case; 0 if it always fits. */
export function excessBytes(template: string): number {
  const longest = fill(template, longestValues(minNameBytes));
  const name = hasPlaceholder(template) ? avoidDevice(longest) : longest;
  return Math.max(0, Buffer.byteLength(name) - maxPartBytes);
}

/** Whether Windows would open a device instead of a file of this name. */
export function isDevice(part: string): boolean {
  return device.test(part);
}

function avoidDevice(part: string): string {
  return part.replace(device, '$1-');
}

/** Keeps whole grapheme clusters: what people see as characters. */
function truncateToBytes(name: string, maxBytes: number): string {
  if (Buffer.byteLength(name) <= maxBytes) return name;
  const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
  let bytes = 0;
  for (const { segment, index } of graphemes.segment(name)) {
    bytes += Buffer.byteLength(segment);
    if (bytes > maxBytes) return trimEnds(name.slice(0, index));
  }
  return name;
}

function trimEnds(name: string): string {
  return name.replace(/^[ .\p{M}-]+|[ .-]+$/gu, '');
}
