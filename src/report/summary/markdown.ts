import { titleText, truncate } from '../../core/text.ts';

/** The longest text that is shown whole, in UTF-16 units. */
const maxTextLength = 500;

/** Text from outside as Markdown that shows exactly that text, and nothing else. */
export interface Markdown {
  /** @param maxLength in UTF-16 units */
  text(text: string, maxLength?: number): string;
  /** In a monospaced font. */
  code(text: string, maxLength?: number): string;
  /** A message of this action, in which backticks mark code. */
  prose(text: string, maxLength?: number): string;
  /** A link with this label; the address itself as code if it must not be linked. */
  link(label: string, address: string): string;
  /** A picture; empty if its address must not be requested. */
  image(address: string, widthPx: number): string;
}

/** @param redact removes secrets and shortens tokens of signed URLs; it is applied before anything else */
export function markdown(redact: (text: string) => string): Markdown {
  const clean = (text: string, maxLength: number) => truncate(redact(titleText(text)), maxLength);
  const text = (raw: string, maxLength = maxTextLength) => escaped(clean(raw, maxLength));
  const code = (raw: string, maxLength = maxTextLength) =>
    `<code>${escapedCode(clean(raw, maxLength))}</code>`;

  /** An address that contains what is redacted, such as the token of a signed URL, is not linked. */
  const linkable = (address: string) => (redact(address) === address ? percentEncoded(address) : undefined);

  return {
    text,
    code,
    prose: (raw, maxLength = maxTextLength) => withCode(clean(raw, maxLength)),
    link(label, address) {
      const target = linkable(address);
      return target === undefined ? code(address) : `[${text(label)}](${target})`;
    },
    image(address, widthPx) {
      const target = linkable(address);
      return target === undefined ? '' : `<img src="${target}" width="${widthPx}" alt="">`;
    },
  };
}

/**
 * Writes every ASCII character that is not a letter, digit or space as a numeric character reference in an element of
 * its own. There is no list of what is special in which place, since all of GitHub's syntax needs such a character:
 *
 * - The reference keeps it from being Markdown or HTML, whether at the start of a line, in a table cell or in a link.
 * - The element keeps it from what GitHub looks for in the text of the rendered page, where references are decoded:
 *   mentions, references to issues, emoji, addresses, and math, for which GitHub documents this very `<span>`. Each is
 *   only found within one text node, and the text stays the same when it is copied, which it would not with zero-width
 *   characters.
 *
 * Commit hashes consist of letters and digits, so a long row of hex digits is divided, and any very long word with it,
 * where a line may break.
 *
 * Whether mentions notify people from a job summary is not documented: GitHub documents references in "conversations".
 *
 * @see https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/writing-mathematical-expressions
 * @see https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
 */
function escaped(text: string): string {
  return text.replace(/[\da-f]{7,}|[\da-z]{25,}|[!-/:-@[-`{-~]/gi, (match) =>
    match.length === 1 ? reference(match) : divided(match, 6),
  );
}

/** Escapes a code, in which GitHub looks for nothing. A line may break where an address, a path or a hash is read. */
function escapedCode(text: string): string {
  return text.replace(/[\da-z]{17,}|[!-/:-@[-`{-~]/gi, (match) =>
    match.length === 1 ? `${reference(match)}<wbr>` : divided(match, 16),
  );
}

function reference(character: string): string {
  return `<span>&#${character.charCodeAt(0)};</span>`;
}

/** A word in parts of `length` characters, between which a line may break. */
function divided(word: string, length: number): string {
  return word.replace(new RegExp(`.{${length}}(?=.)`, 'g'), '$&<wbr>');
}

/** Escapes a text, with code where a pair of backticks marks it. */
function withCode(text: string): string {
  const parts = text.split('`');
  if (parts.length % 2 === 0) return escaped(text);
  return parts
    .map((part, index) => (index % 2 === 0 ? escaped(part) : `<code>${escapedCode(part)}</code>`))
    .join('');
}

/**
 * A web address in characters that neither Markdown nor an HTML attribute interprets; undefined if it is none. In a
 * URL, percent-encoded characters mean the same as the characters themselves, except for those that divide it.
 */
function percentEncoded(address: string): string | undefined {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  const encoded = url.href.replace(
    /[^\w\-.~:/?#&=%+,;@[\]]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return encoded.replaceAll('&', '&amp;');
}
