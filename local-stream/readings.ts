/**
 * The points where Cloudflare's documentation and what people report of it differ, or where both are silent. Each is an option here, so
 * that a client can be tried against every reading. The first value of each is the default.
 */
export interface Readings {
  /**
   * What the list of downloads answers while none was generated: `{}` (the API's schema), a `null` result, an
   * enveloped 404 (code 10003), or an enveloped 400 (code 10005).
   */
  readonly nothingGenerated: 'empty' | 'null' | 'not-found' | 'bad-request';
  /** What a creation answers: `{ default: D }` (guide, SDK 7) or `D` itself (REST and Python reference). */
  readonly createAnswer: 'nested' | 'flat';
  /** What creating a type that is there already answers: 200 with its current state, or an enveloped 409. */
  readonly createAgain: 'current' | 'conflict';
  /** Whether a download tells its URL while it is being generated, or only once it is ready. */
  readonly urlFromStart: boolean;
  /** What `DELETE …/downloads` without a type removes: the default download, or every one. */
  readonly untypedDelete: 'default' | 'all';
  /** How a video's status spells why encoding failed: `errorReasonCode`, or `errReasonCode`. */
  readonly reasonSpelling: 'errorReason' | 'errReason';
  /** What deleting an absent download answers: an enveloped 404 (code 10003), or "ok". */
  readonly deleteAbsent: 'not-found' | 'ok';
  /** Whether a file can be had in parts; else `Range` is ignored, and `Accept-Ranges` is not told. */
  readonly deliveryRanges: boolean;
  /** The `ETag` of a file. A weak one never fulfils `If-Range`. */
  readonly deliveryETag: 'strong' | 'weak' | 'none';
  /** Whether a file tells `Last-Modified`, which `If-Range` may name then. */
  readonly deliveryLastModified: boolean;
  /** Whether a file tells `Content-Length`; else it comes with `Transfer-Encoding: chunked`. */
  readonly deliveryLength: boolean;
}

/** The readings of a local Stream that was asked for none. */
export const defaultReadings: Readings = {
  nothingGenerated: 'empty',
  createAnswer: 'nested',
  createAgain: 'current',
  urlFromStart: true,
  untypedDelete: 'default',
  reasonSpelling: 'errorReason',
  deleteAbsent: 'not-found',
  deliveryRanges: true,
  deliveryETag: 'strong',
  deliveryLastModified: true,
  deliveryLength: true,
};
