import * as v from 'valibot';
import { maxTimeoutMs } from '../core/deadline.ts';
import { type DownloadType, downloadTypeFacts, downloadTypes } from '../core/download-types.ts';
import { mayContainPassword, quote } from '../core/text.ts';
import type { SignedUrlMode } from '../deliver/sign.ts';
import { duration } from './duration.ts';
import { accountId, liveInputId, videoIds } from './ids.ts';
import { givenInstant } from './instant.ts';
import { shard } from './shard.ts';
import {
  atMost,
  flag,
  lineOfText,
  maxWordsLength,
  oneOf,
  optional,
  wholeNumber,
  withDefault,
} from './text-schemas.ts';

/** The operations of Cloudflare's downloads API. */
export const operations = ['list', 'create', 'delete'] as const;

export type Operation = (typeof operations)[number];

const signedUrlModes = ['auto', 'always', 'never'] as const satisfies readonly SignedUrlMode[];

/** The default of each input, as in `action.yml`. */
export const defaults = {
  operation: 'create',
  wait: 'false',
  'signed-url': 'auto',
  'signed-url-ttl': '1h',
  concurrency: '4',
  'dry-run': 'false',
  summary: 'true',
  'api-url': 'https://api.cloudflare.com/client/v4',
} as const;

/** What each type may be called, in lower case: its name, its file extension, or `video`. */
const typeNames: ReadonlyMap<string, DownloadType> = new Map([
  ['video', 'default'],
  ...downloadTypes.flatMap((type) => [
    [type, type] as const,
    [downloadTypeFacts[type].extension, type] as const,
  ]),
]);

/** What other tools call an operation, and how to ask for it here. */
const otherOperations: ReadonlyMap<string, string> = new Map([
  ...['download', 'get', 'save', 'fetch'].map((word) => [word, '`create` with `save-to`'] as const),
  ['remove', '`delete`'],
]);

/** What `true` and `false` most likely mean for `signed-url`. */
const modeOfFlag: ReadonlyMap<string, string> = new Map([
  ['true', '`always`'],
  ['false', '`never`'],
]);

/** @param example of the address of an API */
export function address(example: string) {
  const parse = v.pipe(
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
    // Without the lookbehind, a long row of slashes in the middle would take quadratic time.
    v.transform((text) => text.replace(/(?<!\/)\/+$/, '')),
  );
  return v.pipe(atMost(8192), parse);
}

/** How the text of each input is parsed; it is empty where the input is not set. */
export const inputSchemas = {
  operation: withDefault(defaults.operation, oneOf(operations, otherOperations)),
  // The longest variable that Linux passes to a program.
  'video-id': v.pipe(atMost(131_072), videoIds),
  'account-id': v.pipe(atMost(1024), accountId),
  type: v.pipe(
    atMost(maxWordsLength),
    v.transform((text) => text.split(/[\s,]+/).filter(Boolean)),
    v.array(
      v.pipe(
        v.string(),
        v.transform((name) => typeNames.get(name.toLowerCase()) ?? name),
        oneOf(downloadTypes),
      ),
    ),
    v.transform((types) => (types.length > 0 ? [...new Set(types)] : undefined)),
  ),
  wait: withDefault(defaults.wait, flag),
  // Its default depends on `video-id`.
  timeout: optional(duration(1000, maxTimeoutMs)),
  'poll-interval': optional(duration(1000, 600_000)),
  filename: v.pipe(
    atMost(1024),
    v.transform((text) => text || undefined),
  ),
  'signed-url': withDefault(defaults['signed-url'], oneOf(signedUrlModes, modeOfFlag)),
  'signed-url-ttl': withDefault(defaults['signed-url-ttl'], duration(60_000, 86_400_000)),
  concurrency: withDefault(defaults.concurrency, wholeNumber(32, defaults.concurrency)),
  'created-after': optional(givenInstant),
  'created-before': optional(givenInstant),
  creator: optional(lineOfText),
  search: optional(lineOfText),
  'live-input': optional(liveInputId, 1024),
  limit: optional(wholeNumber(1_000_000, '100')),
  shard: optional(shard),
  'dry-run': withDefault(defaults['dry-run'], flag),
  summary: withDefault(defaults.summary, flag),
  'api-url': v.pipe(
    v.string(),
    v.transform((text) => text || defaults['api-url']),
    address(defaults['api-url']),
  ),
  // These depend on other inputs, on the environment, on files or on the event, and are validated by `readPlan`.
  'api-token': v.string(),
  'api-email': v.string(),
  'api-key': v.string(),
  'github-token': v.string(),
  // The longest path of Linux.
  'save-to': atMost(4096),
  'release-tag': atMost(1024),
  'resume-from': atMost(16_384),
};

/** What each input is parsed to. */
export type InputValues = {
  readonly [Name in keyof typeof inputSchemas]: v.InferOutput<(typeof inputSchemas)[Name]>;
};
