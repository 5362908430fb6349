/** Cloudflare's codes for failed encodings, each with a text similar to Cloudflare's. */
const errorTexts = {
  ERR_NON_VIDEO: 'The upload is not a video.',
  ERR_DURATION_EXCEED_CONSTRAINT: 'The video is longer than the upload allowed.',
  ERR_FETCH_ORIGIN_ERROR: 'The video could not be fetched from its address.',
  ERR_MALFORMED_VIDEO: 'The video was deemed to be corrupted or malformed.',
  ERR_DURATION_TOO_SHORT: 'The video is shorter than 0.1 seconds.',
  ERR_UNKNOWN: 'The encoding failed for a reason that could not be determined.',
} as const;

/** Why an encoding failed: `status.errorReasonCode`. */
export type ErrorReasonCode = keyof typeof errorTexts;

/** The code and the text of a failed encoding. */
export interface ErrorReason {
  readonly code: ErrorReasonCode;
  readonly text: string;
}

/** Returns the reason of a failed encoding. The text defaults to one for the code. */
export function errorReason(
  code: ErrorReasonCode = 'ERR_UNKNOWN',
  text: string = errorTexts[code],
): ErrorReason {
  return { code, text };
}
