import { withoutMediaExtension } from './media-extension.ts';

/** Format characters (bidi included) and what else takes no room; variation selectors and ZWJ belong to emoji. */
const invisible = /[[\p{Cf}\p{Default_Ignorable_Code_Point}]--[\p{Variation_Selector}\u200d]]/gv;

/** A zero-width joiner that does not join two emoji. */
const strayJoiner =
  /(?<!\p{Extended_Pictographic}[\uFE0F\p{Emoji_Modifier}]?)\u200d|\u200d(?!\p{Extended_Pictographic})/gv;

/** Spaces and line ends of every kind, controls, lone surrogates, and code points without an agreed meaning. */
const blank = /[[\p{C}\p{Z}]--\u200d]+/gv;

/** Far more than any name has room for, in UTF-16 units; patterns that look for the end of a name take the square of it. */
const maxRead = 2000;

/**
 * What can be seen of a video's title, on one line. A media extension at its end is left out: Cloudflare takes the
 * name of the uploaded file for a title, and `talk.mov.mp4` is what nobody means.
 */
export function visibleTitle(title: string): string {
  const start = title.slice(0, maxRead);
  const line = start.replace(invisible, '').replace(strayJoiner, '').replace(blank, ' ').trim();
  const stem = withoutMediaExtension(line);
  return /\S$/.test(stem) ? stem : line;
}
