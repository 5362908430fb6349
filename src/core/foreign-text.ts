import { count, oneLine } from './text.ts';

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
