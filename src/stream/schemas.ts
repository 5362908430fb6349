import * as v from 'valibot';
import { type DownloadType, downloadTypes } from '../core/download-types.ts';

/**
 * The responses of Cloudflare Stream, as far as this action reads them. Unknown fields are ignored, since the API grows.
 *
 * @see https://developers.cloudflare.com/api/resources/stream/
 */

const apiMessage = v.object({ code: v.optional(v.number()), message: v.optional(v.string(), '') });

/** The envelope of every response of Cloudflare's API. */
export const envelope = v.object({
  success: v.boolean(),
  errors: v.fallback(v.array(apiMessage), []),
  messages: v.fallback(v.array(apiMessage), []),
  result: v.optional(v.unknown()),
});

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

/** One download; `url` works once `status` is `ready`. */
export const download = v.object({
  status: v.picklist(['ready', 'inprogress', 'error']),
  percentComplete: v.optional(percentage, null),
  url: v.nullish(v.string(), null),
});

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
    state: v.string(),
    pctComplete: v.optional(percentage, null),
    errorReasonCode: v.nullish(v.string()),
    errorReasonText: v.nullish(v.string()),
    errReasonCode: v.nullish(v.string()),
    errReasonText: v.nullish(v.string()),
  }),
  v.transform((status) => ({
    state: status.state,
    percent: status.pctComplete,
    reasonCode: status.errorReasonCode || status.errReasonCode || undefined,
    reasonText: status.errorReasonText || status.errReasonText || undefined,
  })),
);

/** Free-form metadata of a video; `name` is its title. */
const meta = v.object({ name: v.fallback(v.optional(v.string()), undefined) });

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

/** A signed token, which replaces the video's ID in a URL. */
export const signedToken = v.object({ token: v.pipe(v.string(), v.regex(/^[\w.~-]+$/)) });
