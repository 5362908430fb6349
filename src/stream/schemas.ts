import * as v from 'valibot';
import { type DownloadType, downloadTypes } from '../core/download-types.ts';
import { foreignText, foreignUrl } from '../core/foreign-text.ts';
import { titleText } from '../core/text.ts';

/**
 * The responses of Cloudflare Stream, as far as this action reads them. Unknown fields are ignored, since the API grows.
 * Text is cleaned and limited here, before anything else sees it.
 *
 * @see https://developers.cloudflare.com/api/resources/stream/
 */

/** How many errors and messages of a response are read. */
const maxMessages = 20;

/** The longest message or reason, in UTF-16 units. */
const maxSentence = 1000;

/** The longest code or state, in UTF-16 units. */
const maxWord = 64;

/** The longest title, in UTF-16 units. A longer one counts as missing. */
const maxTitle = 4096;

/** @param noun what the text is, with its article */
function text(noun: string, maxLength: number) {
  return v.pipe(
    v.string(),
    v.transform((value) => foreignText(value, noun, maxLength)),
  );
}

const apiMessage = v.object({
  code: v.optional(v.number()),
  message: v.optional(text('a message', maxSentence), ''),
});

/** Only the first ones are parsed. */
const apiMessages = v.fallback(
  v.pipe(
    v.array(v.unknown()),
    v.transform((all) => ({ first: all.slice(0, maxMessages), amount: all.length })),
    v.object({ first: v.array(apiMessage), amount: v.number() }),
  ),
  { first: [], amount: 0 },
);

/** The envelope of every response of Cloudflare's API. */
export const envelope = v.pipe(
  v.object({
    success: v.boolean(),
    errors: apiMessages,
    messages: apiMessages,
    // A gateway may give its reason in this way.
    message: v.fallback(v.optional(text('a message', maxSentence)), undefined),
    result: v.optional(v.unknown()),
  }),
  v.transform(({ errors, message, messages, result, success }) => {
    const own = message ? [{ message }] : [];
    const first = [...errors.first, ...messages.first, ...own].slice(0, maxMessages);
    return { success, result, messages: first, omitted: errors.amount + messages.amount - first.length };
  }),
);

export type Envelope = v.InferOutput<typeof envelope>;

/** 0–100, as a number or as a string such as `"39.000000"`; `null` if malformed, since only the status matters. */
const percentage = v.pipe(
  v.unknown(),
  v.transform((value) => {
    const percent =
      typeof value === 'string' || typeof value === 'number' ? Number.parseFloat(`${value}`) : -1;
    return percent >= 0 && percent <= 100 ? percent : null;
  }),
);

/** One download; `url` works once `status` is `ready`. One that cannot be used is `null`, and `urlProblem` says why. */
export const download = v.pipe(
  v.object({
    status: v.picklist(['ready', 'inprogress', 'error']),
    percentComplete: v.optional(percentage, null),
    url: v.nullish(v.string(), ''),
  }),
  v.transform(({ percentComplete, status, url: text }) => {
    const { problem, url = null } = text ? foreignUrl(text) : {};
    return { status, percentComplete, url, urlProblem: problem };
  }),
);

export type Download = v.InferOutput<typeof download>;

export type Downloads = Readonly<Partial<Record<DownloadType, Download | undefined>>>;

const downloadOrNone = v.nullish(download, () => undefined);

/** A video's downloads; a type is present once it was created. Some responses are `null` if there is none. */
export const downloads = v.pipe(
  v.nullish(v.object(v.entriesFromList(downloadTypes, downloadOrNone))),
  v.transform((found): Downloads => found ?? {}),
);

/** The response to the POST for one type, which is documented both flat and nested under its type. */
export function createdDownload(type: DownloadType) {
  const nested = v.pipe(
    v.object({ [type]: v.unknown() }),
    v.transform((response) => response[type]),
    download,
  );
  return v.union([download, nested]);
}

/** Some responses name the reason `errReason…` instead of `errorReason…`. */
const videoStatus = v.pipe(
  v.object({
    state: text('a state', maxWord),
    pctComplete: v.optional(percentage, null),
    errorReasonCode: v.nullish(text('a code', maxWord)),
    errorReasonText: v.nullish(text('a reason', maxSentence)),
    errReasonCode: v.nullish(text('a code', maxWord)),
    errReasonText: v.nullish(text('a reason', maxSentence)),
  }),
  v.transform((status) => ({
    state: status.state,
    percent: status.pctComplete,
    reasonCode: status.errorReasonCode || status.errReasonCode || undefined,
    reasonText: status.errorReasonText || status.errReasonText || undefined,
  })),
);

/** Free-form metadata of a video; `name` is its title. */
const meta = v.object({
  name: v.fallback(v.optional(v.pipe(v.string(), v.maxLength(maxTitle), v.transform(titleText))), undefined),
});

/** A video's details. `duration` is in seconds, −1 while unknown. */
export const videoDetails = v.object({
  uid: v.string(),
  meta: v.fallback(meta, { name: undefined }),
  requireSignedURLs: v.nullish(v.boolean(), false),
  readyToStream: v.nullish(v.boolean(), false),
  status: v.nullish(videoStatus, { state: 'unknown' }),
  duration: v.nullish(v.number(), -1),
});

export type VideoDetails = v.InferOutput<typeof videoDetails>;

/** The longest token: several times as long as Cloudflare's are, and it must fit into a URL. In characters. */
const maxToken = 4096;

/** A signed token, which replaces the video's ID in a URL. Dots alone would be another path. */
export const signedToken = v.object({
  token: v.pipe(v.string(), v.maxLength(maxToken), v.regex(/^[\w-]+(?:[.~][\w-]+)*$/)),
});
