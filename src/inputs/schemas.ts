import * as v from 'valibot';
import { downloadTypeFacts, downloadTypes } from '../core/download-types.ts';
import { nearMiss } from '../core/near-miss.ts';
import { mayContainPassword, quote } from '../core/text.ts';
import type { SignedUrlMode } from '../deliver/sign.ts';
import { duration } from './duration.ts';

/** The operations of Cloudflare's downloads API. */
export const operations = ['list', 'create', 'delete'] as const;

export type Operation = (typeof operations)[number];

const signedUrlModes = ['auto', 'always', 'never'] as const satisfies readonly SignedUrlMode[];

/** The default of each input, as in `action.yml`. */
export const defaults = {
  operation: 'create',
  wait: 'false',
  timeout: '30m',
  'signed-url': 'auto',
  'signed-url-ttl': '1h',
  concurrency: '4',
  'api-url': 'https://api.cloudflare.com/client/v4',
} as const;

/** What Cloudflare's IDs look like in practice, although its schema does not require it. */
export const usualId = /^[0-9a-f]{32}$/i;

/** What people call the types: by their extensions, or `video`. */
const typeAliases: ReadonlyMap<string, string> = new Map([
  ['video', 'default'],
  ...downloadTypes.map((type) => [downloadTypeFacts[type].extension, type] as const),
]);

/** What `true` and `false` most likely mean for `signed-url`. */
const modeOfFlag: ReadonlyMap<string, string> = new Map([
  ['true', 'always'],
  ['false', 'never'],
]);

const id = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{1,64}$/, ({ input }) => {
    const inside = /(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])/i.exec(input)?.[0];
    return `${quote(input)} is not an ID, which has 1 to 64 letters, digits, "-" or "_"${didYouMean(inside)}`;
  }),
);

/** Several values, separated by commas, spaces or newlines; duplicates are ignored. */
const list = v.pipe(
  v.string(),
  v.transform((text) => [...new Set(text.split(/[\s,]+/).filter(Boolean))]),
);

const flag = v.pipe(
  v.string(),
  v.regex(/^(true|false)$/i, ({ input }) => `${quote(input)} is neither true nor false: write one of them`),
  v.transform((text) => text.toLowerCase() === 'true'),
);

/** @param example of the address of an API */
export function address(example: string) {
  return v.pipe(
    v.string(),
    v.check(
      (text) => /^https?:\/\//i.test(text) && URL.canParse(text),
      // The part before an @ may be a password.
      ({ input }) =>
        `${mayContainPassword(input) ? 'it' : quote(input)} is not an http(s) address: write it as ${example}`,
    ),
    v.check((text) => {
      const url = URL.parse(text);
      return !(url?.username || url?.password || /[?#]/.test(text));
    }, 'it must not contain a user, a password, a query or a fragment'),
    v.transform((text) => text.replace(/\/+$/, '')),
  );
}

const absent = v.pipe(
  v.literal(''),
  v.transform(() => undefined),
);

/** How the text of each input is parsed; it is empty where the input is not set. */
export const inputSchemas = {
  operation: withDefault(defaults.operation, oneOf(operations)),
  'video-id': v.pipe(
    list,
    v.minLength(
      1,
      'it is missing or empty: set it to the `uid` that the upload returned, such as ${{ steps.upload.outputs.uid }}',
    ),
    v.array(
      v.pipe(
        v.string(),
        v.check(
          (item) => item.toLowerCase() !== 'all',
          '`all` is not supported in this version: list the IDs of the videos',
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
    v.array(oneOf(downloadTypes, typeAliases)),
    v.transform((types) => (types.length > 0 ? types : undefined)),
  ),
  wait: withDefault(defaults.wait, flag),
  timeout: withDefault(defaults.timeout, duration(1000, 5 * 86_400_000)),
  'poll-interval': v.lazy((input) => (input === '' ? absent : duration(1000, 600_000))),
  filename: v.pipe(
    v.string(),
    v.transform((text) => text || undefined),
  ),
  'signed-url': withDefault(defaults['signed-url'], oneOf(signedUrlModes, modeOfFlag)),
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
  'api-url': withDefault(defaults['api-url'], address(defaults['api-url'])),
  // These depend on other inputs, on the environment or on the event, and are validated by `readPlan`.
  'api-token': v.string(),
  'api-email': v.string(),
  'api-key': v.string(),
  'save-to': v.string(),
  'release-tag': v.string(),
  'github-token': v.string(),
};

function withDefault<Output>(fallback: string, schema: v.GenericSchema<string, Output>) {
  return v.pipe(
    v.string(),
    v.transform((text) => text || fallback),
    schema,
  );
}

/** One of `words`. An alias is not accepted, but its message suggests the right word. */
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
        return `${quote(input)} is not one of ${words.join(', ')}${didYouMean(meant)}`;
      },
    ),
    v.picklist(words),
  );
}

function didYouMean(word: string | undefined): string {
  return word === undefined ? '' : `; did you mean ${word}?`;
}
