import * as v from 'valibot';
import { nearMiss } from '../core/near-miss.ts';
import { downloadTypes } from '../core/record.ts';
import { quote } from '../core/text.ts';
import { duration } from './duration.ts';

/** The operations of Cloudflare's downloads API. */
export const operations = ['list', 'create', 'delete'] as const;

/** When the URL of a ready download is signed; `auto`: when the video requires it. */
export const signings = ['auto', 'always', 'never'] as const;

export type SignedUrl = (typeof signings)[number];

/** What an input without a value is taken for; `action.yml` declares the same. */
export const defaults = {
  operation: 'create',
  wait: 'false',
  timeout: '30m',
  'signed-url': 'auto',
  'signed-url-ttl': '1h',
  concurrency: '4',
  'api-url': 'https://api.cloudflare.com/client/v4',
} as const;

/** What Cloudflare's ids look like in practice, though its schema does not demand it. */
export const usualId = /^[0-9a-f]{32}$/i;

/** The kinds of file by which people call the types. */
const typeOfFile: ReadonlyMap<string, string> = new Map([
  ['mp4', 'default'],
  ['video', 'default'],
  ['m4a', 'audio'],
]);

/** What a flag would mean. */
const signingOfFlag: ReadonlyMap<string, string> = new Map([
  ['true', 'always'],
  ['false', 'never'],
]);

const id = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{1,64}$/, ({ input }) => {
    const inside = /(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])/i.exec(input)?.[0];
    return `${quote(input)} is no id: an id has 1 to 64 letters, digits, "-" or "_"${didYouMean(inside)}`;
  }),
);

/** Several values, parted by commas, spaces or new lines; repeats count once. */
const list = v.pipe(
  v.string(),
  v.transform((text) => [...new Set(text.split(/[\s,]+/).filter(Boolean))]),
);

const flag = v.pipe(
  v.string(),
  v.regex(/^(true|false)$/i, ({ input }) => `${quote(input)} is neither true nor false: write one of them`),
  v.transform((text) => text.toLowerCase() === 'true'),
);

const address = v.pipe(
  v.string(),
  v.check(
    (text) => /^https?:\/\//i.test(text) && URL.canParse(text),
    // What stands before an @ may be a password.
    ({ input }) =>
      `${input.includes('@') ? 'it' : quote(input)} is no http(s) address: write it as ${defaults['api-url']}`,
  ),
  v.check((text) => {
    const url = URL.parse(text);
    return !(url?.username || url?.password || /[?#]/.test(text));
  }, 'it must be an address alone, without user, password, query or fragment'),
  v.transform((text) => text.replace(/\/+$/, '')),
);

const absent = v.pipe(
  v.literal(''),
  v.transform(() => undefined),
);

/** Every input that is read on its own, from its text (empty where it is not set) to its value. */
export const inputSchemas = {
  operation: withDefault(defaults.operation, oneOf(operations)),
  'video-id': v.pipe(
    list,
    v.minLength(
      1,
      'it is missing or empty: set it to the `uid` that the upload answered, such as ${{ steps.upload.outputs.uid }}',
    ),
    v.array(
      v.pipe(
        v.string(),
        v.check(
          (item) => item.toLowerCase() !== 'all',
          '`all` is not supported in this version: name each video',
        ),
        id,
      ),
    ),
  ),
  'account-id': v.pipe(
    v.string(),
    v.nonEmpty(
      'it is missing: set it to the 32 characters that the Cloudflare dashboard shows under Stream, or set the environment variable CLOUDFLARE_ACCOUNT_ID',
    ),
    id,
  ),
  type: v.pipe(
    list,
    v.array(oneOf(downloadTypes, typeOfFile)),
    v.transform((types) => (types.length > 0 ? types : undefined)),
  ),
  wait: withDefault(defaults.wait, flag),
  timeout: withDefault(defaults.timeout, duration(1000, 5 * 86_400_000)),
  'poll-interval': v.lazy((input) => (input === '' ? absent : duration(1000, 600_000))),
  // What these mean is a matter of names, of the other inputs, and of the event.
  filename: v.pipe(
    v.string(),
    v.transform((text) => text || undefined),
  ),
  'save-to': v.string(),
  'release-tag': v.string(),
  'github-token': v.string(),
  'signed-url': withDefault(defaults['signed-url'], oneOf(signings, signingOfFlag)),
  'signed-url-ttl': withDefault(defaults['signed-url-ttl'], duration(60_000, 86_400_000)),
  concurrency: withDefault(
    defaults.concurrency,
    v.pipe(
      v.string(),
      v.regex(
        /^0*([1-9]|[12]\d|3[0-2])$/,
        ({ input }) =>
          `${quote(input)} is not a whole number from 1 to 32: write one, such as ${defaults.concurrency}`,
      ),
      v.transform(Number),
    ),
  ),
  'api-url': withDefault(defaults['api-url'], address),
};

function withDefault<Output>(fallback: string, schema: v.GenericSchema<string, Output>) {
  return v.pipe(
    v.string(),
    v.transform((text) => text || fallback),
    schema,
  );
}

/** One of `words`; `aliases` are not taken, but lead to the word that was meant. */
function oneOf<const Word extends string>(
  words: readonly Word[],
  aliases: ReadonlyMap<string, string> = new Map(),
): v.GenericSchema<string, Word> {
  return v.pipe(
    v.string(),
    v.check(
      (text) => words.some((word) => word === text),
      ({ input }) => {
        const meant = aliases.get(input.toLowerCase()) ?? nearMiss(input, words);
        return `${quote(input)} is none of ${words.join(', ')}${didYouMean(meant)}`;
      },
    ),
    v.picklist(words),
  );
}

function didYouMean(word: string | undefined): string {
  return word === undefined ? '' : `; did you mean ${word}?`;
}
