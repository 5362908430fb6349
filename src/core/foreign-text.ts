import { count, mayContainPassword, oneLine, quote } from './text.ts';

/** The longest URL from a service, in UTF-16 units. */
const maxUrlLength = 8192;

/**
 * Text from a service as it enters the action: on one line, without control and format characters. A longer one is
 * replaced by its length, since a secret that was cut in half would not be redacted.
 *
 * @param noun what the text is, with its article, as in "a state of 20,000,000 characters"
 * @param maxLength in UTF-16 units
 */
export function foreignText(text: string, noun: string, maxLength: number): string {
  return text.length <= maxLength ? oneLine(text) : `${noun} of ${count(text.length, 'character')}`;
}

/** A URL that can be used, in printable ASCII; or why it cannot, as in "its URL is PROBLEM". */
export type ForeignUrl =
  | { readonly url: string; readonly problem?: undefined }
  | { readonly url?: undefined; readonly problem: string };

/** Parses a URL from a service. One that may contain a password is never shown. */
export function foreignUrl(text: string): ForeignUrl {
  if (text.length > maxUrlLength) return { problem: foreignText(text, 'one', maxUrlLength) };
  const url = URL.parse(text);
  const isWeb = url !== null && /^https?:$/.test(url.protocol);
  if (isWeb && !url.username && !url.password) return { url: url.href };
  return { problem: isWeb || mayContainPassword(text) ? 'one that may contain a password' : quote(text) };
}
