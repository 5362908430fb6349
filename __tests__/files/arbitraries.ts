import fc from 'fast-check';
import { downloadTypes } from '../../src/core/download-types.ts';
import { anyText } from '../harness/arbitraries.ts';

/** Pieces of titles that break naive sanitisers. */
const hostile = [
  '..',
  '.',
  '/',
  '\\',
  '../../etc/passwd',
  'C:\\',
  '\0',
  '\r\n',
  '\u202e',
  '\u2066',
  '\u200d',
  '\ud83d',
  '\udc69',
  '👩‍👩‍👧',
  '👩🏽‍🚀',
  '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  'e\u0301',
  '\u0301',
  '가',
  '{id}',
  '{name}',
  '$&',
  'CON',
  'nul.txt',
  'COM¹',
  'conin$',
  '.mp4',
  '-',
  '—',
  ' ',
  '\u3000',
  '日本',
  '?*<>|":',
  '$(id)',
  '`id`',
  "';id;'",
  '%PATH%',
  '!x!^&',
  '\u037e',
  '\u1fef',
  '“‘＄（；',
  '=\u0338',
  '_',
  ',+=',
  '\uffff',
  '\ufffd',
];

const long = fc
  .tuple(
    fc.constantFrom('a', 'é', '日', '👩‍👩‍👧', '.', ' ', '-', '/', '\u0301', '\u200d', '. '),
    fc.nat(10_000),
  )
  .map(([character, times]) => character.repeat(times));

/** Any title, malicious ones included, of up to more than 10,000 characters. */
export const anyTitle: fc.Arbitrary<string> = fc.oneof(
  anyText({ maxLength: 300 }),
  fc
    .array(fc.oneof(fc.constantFrom(...hostile), anyText({ maxLength: 5 }), long), { maxLength: 8 })
    .map((pieces) => pieces.join('')),
);

/** Any ID that the inputs accept: Cloudflare's form, and Windows device names among others. */
export const anyId: fc.Arbitrary<string> = fc.oneof(
  fc.stringMatching(/^[0-9a-f]{32}$/),
  fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
  fc.stringMatching(/^[A-Za-z0-9_-]{64}$/),
  fc.stringMatching(/^[ab-]{1,4}$/),
  fc.constantFrom('con', 'NUL', 'com1', '-', '--', 'a-b', 'id', 'name'),
);

export const anyVideo = fc.record({
  id: anyId,
  type: fc.constantFrom(...downloadTypes),
  name: fc.option(anyTitle, { nil: undefined }),
});

/**
 * Names that Windows reserves for devices.
 *
 * @see https://learn.microsoft.com/windows/win32/fileio/naming-a-file
 */
export const reserved = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?$/is;
