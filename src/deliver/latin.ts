/** Writes a text in Latin letters, as far as it can be. */
export type ToLatin = (text: string) => string;

/** What writes such a text in Latin letters. Only where there is something to be done, what does it is loaded. */
export async function latinFor(text: string): Promise<ToLatin> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with them
  if (/^[\x00-\x7f]*$/.test(text)) return (plain) => plain;
  // The build makes a file of its own of it, which no other run reads.
  const { default: transliterate } = await import(/* webpackIgnore: true */ '@sindresorhus/transliterate');
  return (foreign) => transliterate(foreign.normalize('NFKC'));
}
