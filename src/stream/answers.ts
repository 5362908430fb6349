import * as v from 'valibot';
import type { DownloadType } from '../record.ts';

/**
 * What Cloudflare Stream answers, as far as this action reads it: unknown fields pass, since the API grows.
 *
 * @see https://developers.cloudflare.com/api/resources/stream/
 */

const note = v.object({ code: v.optional(v.number()), message: v.optional(v.string(), '') });

/** The envelope around every answer of Cloudflare's API. */
export const envelope = v.object({
  success: v.boolean(),
  errors: v.nullish(v.array(note), []),
  messages: v.nullish(v.array(note), []),
  result: v.optional(v.unknown()),
});

export type Envelope = v.InferOutput<typeof envelope>;

/** One download; `percentComplete` is 0–100, `url` works once `status` is `ready`. */
export const download = v.object({
  status: v.picklist(['ready', 'inprogress', 'error']),
  percentComplete: v.nullish(v.pipe(v.number(), v.minValue(0), v.maxValue(100)), null),
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

/** `pctComplete` is a string such as `"39.000000"`; some answers spell the reason `errReason…`. */
const videoStatus = v.pipe(
  v.object({
    state: v.string(),
    pctComplete: v.nullish(v.union([v.string(), v.number()])),
    errorReasonCode: v.nullish(v.string()),
    errorReasonText: v.nullish(v.string()),
    errReasonCode: v.nullish(v.string()),
    errReasonText: v.nullish(v.string()),
  }),
  v.transform((status) => ({
    state: status.state,
    percent: percent(status.pctComplete),
    reasonCode: status.errorReasonCode || status.errReasonCode || undefined,
    reasonText: status.errorReasonText || status.errReasonText || undefined,
  })),
);

function percent(pctComplete: string | number | null | undefined): number | null {
  const value = Number.parseFloat(String(pctComplete));
  return value >= 0 && value <= 100 ? value : null;
}

/** A video's details. `duration` is in seconds, −1 while unknown. */
export const video = v.object({
  uid: v.string(),
  readyToStream: v.optional(v.boolean(), false),
  status: v.optional(videoStatus, { state: 'unknown' }),
  duration: v.nullish(v.number(), -1),
});

export type Video = v.InferOutput<typeof video>;
