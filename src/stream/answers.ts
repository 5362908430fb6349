import * as v from 'valibot';
import type { DownloadType } from '../core/record.ts';

/**
 * What Cloudflare Stream answers, as far as this action reads it: unknown fields pass, since the API grows.
 *
 * @see https://developers.cloudflare.com/api/resources/stream/
 */

const note = v.object({ code: v.optional(v.number()), message: v.optional(v.string(), '') });

/** The envelope around every answer of Cloudflare's API. */
export const envelope = v.object({
  success: v.boolean(),
  errors: v.fallback(v.array(note), []),
  messages: v.fallback(v.array(note), []),
  result: v.optional(v.unknown()),
});

export type Envelope = v.InferOutput<typeof envelope>;

/** 0–100, as a number or as a string such as `"39.000000"`; `null` where it makes no sense: only a status counts. */
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

const byType = v.object({ default: v.nullish(download), audio: v.nullish(download) });

/** A video's downloads; a type is there once it has been created. Some answers say `null` for none at all. */
export const downloads = v.pipe(
  v.nullish(byType),
  v.transform((found) => ({ default: found?.default ?? undefined, audio: found?.audio ?? undefined })),
);

export type Downloads = v.InferOutput<typeof downloads>;

/** The answer to the POST for one type: documented both flat and nested under its type. */
export function createdDownload(type: DownloadType) {
  const nested = v.pipe(
    v.object({ [type]: v.unknown() }),
    v.transform((answer) => answer[type]),
    download,
  );
  return v.union([download, nested]);
}

/** Some answers spell the reason `errReason…`. */
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

/** What people write about a video, in any shape; its name is a text. */
const meta = v.object({ name: v.fallback(v.optional(v.string()), undefined) });

/** A video's details. `duration` is in seconds, −1 while unknown. */
export const video = v.object({
  uid: v.string(),
  meta: v.fallback(meta, { name: undefined }),
  requireSignedURLs: v.nullish(v.boolean(), false),
  readyToStream: v.nullish(v.boolean(), false),
  status: v.nullish(videoStatus, { state: 'unknown' }),
  duration: v.nullish(v.number(), -1),
});

export type Video = v.InferOutput<typeof video>;

/** A signed token, which stands in a URL where the video's id would. */
export const signedToken = v.object({ token: v.pipe(v.string(), v.regex(/^[\w.~-]+$/)) });
