import { replaceStrings } from './alterations.ts';
import type { AlterationFault } from './faults.ts';

/**
 * Text that a log or a terminal would act on: workflow commands after each kind of line break, escape sequences, and
 * characters that reorder what is shown.
 */
export const injectionText = [
  '\n::set-output name=x::y',
  '\r\n::add-mask::a',
  '\r::stop-commands::x',
  '\n##[error]x',
  '\u0085::error::x', // next line (NEL)
  '\u2028::warning::x', // line separator
  '\u001b[31m\u001b]0;x\u0007', // escape sequences: a color, a window title
  '\u009b31m', // the same color, with a C1 control in place of "ESC ["
  '\u202e\u2066\u200f', // bidirectional controls
].join('');

/**
 * The real response with `text` at the end of every string at the keys, of the headers, and of the reason phrase. HTTP
 * can send neither line breaks nor other ASCII controls in the last two, nor characters beyond Latin-1 in headers: they
 * are omitted there.
 *
 * @param headers the values to which the text is added
 */
export function injection(
  text: string,
  keys: readonly string[],
  headers: Readonly<Record<string, string>>,
): AlterationFault {
  const line = text.replace(/[^ -~\x80-\u{10ffff}]/gu, '');
  const latin1 = line.replace(/[^ -\xff]/g, '');
  return {
    kind: 'alter',
    alter: replaceStrings(keys, (real) => real + text),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value + latin1])),
    statusText: `Reason${line}`,
  };
}
