import * as v from 'valibot';
import { foreignUrl } from '../core/foreign-text.ts';
import { titleText } from '../core/text.ts';
import { flag, isFlag, number, optionalText, text } from './lenient.ts';
import { maxSentence, maxWord } from './schemas.ts';

/** The longest title, in UTF-16 units. A longer one counts as missing. */
const maxTitle = 4096;

/** Some responses name the reason `errReason…` instead of `errorReason…`. */
const videoStatus = v.pipe(
  v.object({
    state: text('a state', maxWord),
    pctComplete: v.optional(number(0, 100), null),
    errorReasonCode: optionalText('a code', maxWord),
    errorReasonText: optionalText('a reason', maxSentence),
    errReasonCode: optionalText('a code', maxWord),
    errReasonText: optionalText('a reason', maxSentence),
  }),
  v.transform((status) => ({
    state: status.state.toLowerCase(),
    percent: status.pctComplete,
    reasonCode: status.errorReasonCode || status.errReasonCode || undefined,
    reasonText: status.errorReasonText || status.errReasonText || undefined,
  })),
);

const unknownStatus = { state: 'unknown', percent: null, reasonCode: undefined, reasonText: undefined };

/** Some 30 years, in seconds: what is longer is no duration. */
const maxDuration = 1e9;

/** Free-form metadata of a video; `name` is its title. */
const meta = v.object({
  name: v.fallback(v.optional(v.pipe(v.string(), v.maxLength(maxTitle), v.transform(titleText))), undefined),
});

const details = v.object({
  meta: v.fallback(meta, { name: undefined }),
  requireSignedURLs: v.optional(v.unknown()),
  readyToStream: v.optional(flag, false),
  status: v.fallback(v.nullish(videoStatus, unknownStatus), unknownStatus),
  duration: v.optional(number(0, maxDuration), null),
  size: v.optional(number(0, Number.MAX_SAFE_INTEGER), null),
  // Compared with an input, so it is not cleaned.
  creator: v.fallback(v.optional(v.pipe(v.string(), v.maxLength(maxSentence))), undefined),
  liveInput: v.optional(v.unknown()),
  thumbnail: v.fallback(v.optional(v.string(), ''), ''),
});

/** @see {@link videoDetails} */
function readDetails({
  liveInput,
  requireSignedURLs: required,
  size: sizeBytes,
  thumbnail,
  ...others
}: v.InferOutput<typeof details>) {
  const requireSignedURLs = v.parse(flag, required);
  const liveInputId = typeof liveInput === 'string' ? liveInput : undefined;
  // Without the flag, it is not known whether everyone may see it.
  const isPublic = isFlag(required) && !requireSignedURLs;
  const thumbnailUrl = isPublic && thumbnail ? foreignUrl(thumbnail).url : undefined;
  const isLiveRecording = Boolean(liveInput);
  return { ...others, requireSignedURLs, sizeBytes, liveInputId, isLiveRecording, thumbnailUrl };
}

/** A video's details. `duration` is in seconds, `null` while unknown; `sizeBytes` that of the upload, 0 for recordings. */
export const videoDetails = v.pipe(details, v.transform(readDetails));

export type VideoDetails = v.InferOutput<typeof videoDetails>;

/** A video in a list: its details, its ID, and when it was created, in RFC 3339 with up to 9 decimals. */
export const listedVideo = v.pipe(
  v.object({
    ...details.entries,
    uid: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/)),
    created: v.pipe(v.string(), v.maxLength(maxWord), v.isoTimestamp()),
  }),
  v.transform(({ created, uid, ...others }) => ({ ...readDetails(others), uid, created })),
);

export type ListedVideo = v.InferOutput<typeof listedVideo>;

/** Cloudflare creates no downloads of live recordings over 4 hours. */
const maxRecordingSeconds = 4 * 3600;

/** How long a live recording is that is too long for a download, in seconds; undefined if the video is none. */
export function excessiveSeconds({ duration, isLiveRecording }: VideoDetails): number | undefined {
  return isLiveRecording && duration !== null && duration > maxRecordingSeconds ? duration : undefined;
}

/** A page of a list. An entry that cannot be read is undefined, so that one does not hide all others. */
export const listedVideos = v.array(v.fallback(v.optional(listedVideo), undefined));
