/**
 * Turns text of any script into a name of ASCII letters, digits, `.`, `-` and `_`: letters are transliterated, and each
 * run of other characters becomes one dash. It does not start with a dot or a dash, does not end with a dot, and has no
 * two dots in a row.
 *
 * @returns undefined if no letter and no digit is left
 */
export async function latinName(text: string): Promise<string | undefined> {
  const name = (await toLatin(text))
    .replace(/^[^A-Za-z0-9_]+|[^A-Za-z0-9_-]+$/g, '')
    // The dashes around such a run are part of it; others, as in `a--b`, stay.
    .replace(/-*[^A-Za-z0-9._-][^A-Za-z0-9._]*/g, '-')
    .replace(/\.{2,}/g, '.');
  return /[A-Za-z0-9]/.test(name) ? name : undefined;
}

async function toLatin(text: string): Promise<string> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are the first characters of ASCII
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  // Dynamic import: built as its own chunk, loaded only when needed.
  const { default: transliterate } = await import('@sindresorhus/transliterate');
  return transliterate(text.normalize('NFKC'));
}
