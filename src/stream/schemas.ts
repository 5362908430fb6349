import * as v from 'valibot';
import { type DownloadType, downloadTypes } from '../core/download-types.ts';
import { foreignText, foreignUrl } from '../core/foreign-text.ts';
import { flag, isFlag, number, text } from './lenient.ts';

/**
 * The responses of Cloudflare Stream, as far as this action reads them. Unknown fields are ignored, since the API grows.
 * Text is cleaned and limited here, before anything else sees it.
 *
 * @see https://developers.cloudflare.com/api/resources/stream/
 */

/** How many errors and messages of a response are read. */
const maxMessages = 20;

/** The longest message or reason, in UTF-16 units. */
export const maxSentence = 1000;

/** The longest code or state, in UTF-16 units. */
export const maxWord = 64;

export interface ApiMessage {
  readonly code?: number | undefined;
  readonly message: string;
}

/** The names under which others than Cloudflare give a reason. */
const reasonKeys = ['message', 'detail', 'error', 'reason', 'description', 'title', 'text'];

const apiMessage = v.looseObject({
  code: v.fallback(v.optional(v.union([v.number(), text('a code', maxWord)])), undefined),
  error_chain: v.optional(v.unknown()),
});

/** The envelope of every response of Cloudflare's API. `messages` has the errors first, each with those that caused it. */
export const envelope = v.pipe(
  v.looseObject({
    success: v.optional(v.unknown()),
    errors: v.optional(v.unknown()),
    messages: v.optional(v.unknown()),
    result: v.optional(v.unknown()),
  }),
  // Without the flag, the list of errors shows that it is one.
  v.check(({ errors, success }) => (success === undefined ? Array.isArray(errors) : isFlag(success))),
  v.transform(({ errors, messages, result, success: flagged, ...others }) => {
    const success = flagged === undefined ? asList(errors).length === 0 : v.parse(flag, flagged);
    // A gateway may give its reason in another field.
    const all = [...asList(errors), ...asList(messages), ...asList(success ? undefined : reasonIn(others))];
    const read = all.slice(0, maxMessages).flatMap((one) => readMessage(one, maxMessages));
    const first = read.slice(0, maxMessages);
    const unread = Math.max(0, all.length - maxMessages);
    return { success, result, messages: first, omitted: unread + read.length - first.length };
  }),
);

export type Envelope = v.InferOutput<typeof envelope>;

/** One error may be given without a list. */
function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value ? [value] : [];
}

/**
 * A message, which may be text alone, and those that caused it.
 *
 * @param depth how many levels of causes to read
 */
function readMessage(value: unknown, depth: number): ApiMessage[] {
  if (typeof value === 'string') return [{ message: foreignText(value, 'a message', maxSentence) }];
  if (depth === 0) return [];
  if (Array.isArray(value)) return value.flatMap((one) => readMessage(one, depth - 1));
  const { output, success } = v.safeParse(apiMessage, value);
  if (!success) return [];
  const { code, error_chain: chain, ...others } = output;
  const message = foreignText(reasonIn(others) ?? '', 'a message', maxSentence);
  const isNumber = /^\d{1,9}$/.test(String(code));
  const words = isNumber ? message : [code, message].filter(Boolean).join(': ');
  return [
    { message: words, ...(isNumber && { code: Number(code) }) },
    ...asList(chain).flatMap((cause) => readMessage(cause, depth - 1)),
  ];
}

/** A download of which nothing is known but that it exists, or soon will. */
export const unreadDownload = {
  status: 'inprogress',
  unknownStatus: undefined,
  percentComplete: null,
  url: null,
  urlProblem: undefined,
} as const;

/** The first text in an object that may be a reason, at most one level deeper. */
function reasonIn(value: Readonly<Record<string, unknown>>, isNested = false): string | undefined {
  for (const key of reasonKeys) {
    const found = value[key];
    if (typeof found === 'string' && found !== '') return found;
    const nested = !isNested && v.is(v.looseObject({}), found) ? reasonIn(found, true) : undefined;
    if (nested !== undefined) return nested;
  }
  return undefined;
}

const statuses = ['ready', 'inprogress', 'error'] as const;

/**
 * One download; `url` works once `status` is `ready`. One that cannot be used is `null`, and `urlProblem` says why. A
 * status that this action does not know counts as `inprogress`, and is in `unknownStatus`.
 */
export const download = v.pipe(
  v.object({
    status: v.pipe(
      v.union([v.string(), v.number(), v.boolean()]),
      v.transform((word) => foreignText(String(word), 'a status', maxWord)),
    ),
    percentComplete: v.optional(number(0, 100), null),
    url: v.fallback(v.nullish(v.string(), ''), ''),
  }),
  v.transform(({ percentComplete, status: word, url: written }) => {
    const { problem, url = null } = written ? foreignUrl(written) : {};
    const known = statuses.find((one) => one === word.toLowerCase());
    return {
      status: known ?? 'inprogress',
      unknownStatus: known ? undefined : word,
      percentComplete,
      url,
      urlProblem: problem,
    };
  }),
);

export type Download = v.InferOutput<typeof download>;

export type Downloads = Readonly<Partial<Record<DownloadType, Download | undefined>>>;

/** A download in a list. One without a status exists, but nothing else is known of it; one that is empty does not. */
const downloadOrNone = v.pipe(
  v.unknown(),
  v.transform((value): Download | undefined => {
    const { output, success } = v.safeParse(download, value);
    if (success) return output;
    const isEmpty = typeof value !== 'object' || value === null || Object.keys(value).length === 0;
    return isEmpty ? undefined : unreadDownload;
  }),
);

/** A video's downloads; a type is present once it was created. Some responses are `null` if there is none. */
export const downloads = v.pipe(
  v.nullish(
    v.pipe(
      v.unknown(),
      v.check((value) => !Array.isArray(value)),
      v.object(v.entriesFromList(downloadTypes, v.optional(downloadOrNone))),
    ),
  ),
  v.transform((found): Downloads => found ?? {}),
);

/**
 * The response to the POST for one type, which is documented both flat and nested under its type. Undefined if it
 * describes no download.
 */
export function createdDownload(type: DownloadType) {
  const nested = v.pipe(
    v.object({ [type]: v.unknown() }),
    v.transform((response) => response[type]),
    download,
  );
  const nothing = v.pipe(
    v.unknown(),
    v.transform(() => undefined),
  );
  return v.union([download, nested, nothing]);
}

/** The longest token: several times as long as Cloudflare's are, and it must fit into a URL. In characters. */
const maxToken = 4096;

/** A signed token, which replaces the video's ID in a URL. Dots alone would be another path. */
export const signedToken = v.object({
  token: v.pipe(v.string(), v.maxLength(maxToken), v.regex(/^[\w-]+(?:[.~][\w-]+)*$/)),
});
