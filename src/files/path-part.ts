import filenamify from 'filenamify';
import { fill, fillToFit, holdsAny, longestValues, type NamedVideo, valuesOf } from './placeholders.ts';
import { visibleTitle } from './title.ts';

/** The longest part of a path that Linux, macOS and Windows all take, in bytes of UTF-8. */
export const maxPartBytes = 255;

/** The room that every `{name}` has at the least, in bytes: enough for the longest id, which may stand in for it. */
const minNameBytes = 64;

/** The names of Windows' devices, which mean the device with any extension too. */
const device = /^(con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d¹²³])(?= *(?:\.|$))/i;

/**
 * A video's title as the name of a file without its extension, for every system: visible, in NFC, without separators,
 * and with nothing at its ends that hides a file, looks like an option or is dropped by Windows.
 *
 * @returns of any length; undefined where nothing usable is left
 */
export function safeName(title: string | undefined): string | undefined {
  const name = trimEnds(
    filenamify(visibleTitle(title ?? ''), { replacement: '-', maxLength: Number.POSITIVE_INFINITY }),
  );
  // A first character that is longer than the room is a letter under a heap of accents.
  return cutToBytes(name, minNameBytes) === '' ? undefined : name;
}

/**
 * One part of a path from its template: as it is where it has no placeholder, or else filled in and safe. The name is
 * cut where it does not fit; without a usable one, the id stands in for it.
 *
 * @param template one without `excessBytes`
 */
export function partFor(template: string, video: NamedVideo): string {
  if (!holdsAny(template)) return template;
  const values = valuesOf(video, safeName(video.name) ?? video.id);
  const filled = (limit: number) => fillToFit(template, values, limit, byteLength, cutToBytes);
  const part = filled(maxPartBytes);
  return isDevice(part) ? notDevice(filled(maxPartBytes - 1)) : part;
}

/**
 * By how many bytes a part of a path can become too long, whatever is filled into its template.
 *
 * @returns 0 where it always fits
 */
export function excessBytes(template: string): number {
  const longest = fill(template, longestValues(minNameBytes));
  return Math.max(0, byteLength(holdsAny(template) ? notDevice(longest) : longest) - maxPartBytes);
}

/** Whether Windows takes a name for one of its devices. */
export function isDevice(part: string): boolean {
  return device.test(part);
}

function notDevice(part: string): string {
  return part.replace(device, '$1-');
}

function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** The start of a name, as many whole characters as there is room for in bytes. */
function cutToBytes(name: string, room: number): string {
  if (byteLength(name) <= room) return name;
  const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
  let bytes = 0;
  for (const { segment, index } of graphemes.segment(name)) {
    bytes += byteLength(segment);
    if (bytes > room) return trimEnds(name.slice(0, index));
  }
  return name;
}

function trimEnds(name: string): string {
  return name.replace(/^[\p{Z}\p{Pd}\p{M}.]+|[\p{Z}\p{Pd}.]+$/gu, '');
}
