/**
 * Behaviours on which Cloudflare's documentation and user reports differ, or which neither describes. Each possible
 * reading of the documentation is an option, so that a client can be tested against all of them. The first value of
 * each is the default.
 */
export interface Readings {
  /**
   * The response to a list of downloads when there are none: `{}` (the API's schema), a `null` result, an
   * enveloped 404 (code 10003), or an enveloped 400 (code 10005).
   */
  readonly nothingGenerated: 'empty' | 'null' | 'not-found' | 'bad-request';
  /** The response to a creation: `{ default: D }` (guide, SDK 7) or `D` itself (REST and Python reference). */
  readonly createAnswer: 'nested' | 'flat';
  /** The response to creating a type that already exists: 200 with its current state, or an enveloped 409. */
  readonly createAgain: 'current' | 'conflict';
  /** Whether a download has a URL while it is being generated, or only once it is ready. */
  readonly urlFromStart: boolean;
  /** What `DELETE …/downloads` without a type removes: the default download, or every one. */
  readonly untypedDelete: 'default' | 'all';
  /** The state of a video of which one quality can be streamed while the others are encoded. */
  readonly qualitiesState: 'ready' | 'inprogress';
  /** The field for the reason of a failed encoding: `errorReasonCode`, or `errReasonCode`. */
  readonly reasonSpelling: 'errorReason' | 'errReason';
  /** The response to deleting an absent download: an enveloped 404 (code 10003), or "ok". */
  readonly deleteAbsent: 'not-found' | 'ok';
  /**
   * Which of the IDs in the parameter `id` of a list are used: all, or the first one. With `ignored` the API does not
   * know the parameter, and lists the whole library.
   */
  readonly listById: 'all' | 'first' | 'ignored';
  /** Whether range requests are supported; if not, `Range` is ignored and `Accept-Ranges` is absent. */
  readonly deliveryRanges: boolean;
  /** The `ETag` of a file. A weak one never fulfils `If-Range`. */
  readonly deliveryETag: 'strong' | 'weak' | 'none';
  /** Whether a file has `Last-Modified`, which `If-Range` can then contain. */
  readonly deliveryLastModified: boolean;
  /**
   * Whether a part (206) that answers `If-Range` repeats `ETag` and `Last-Modified`, which it need not do by RFC 9110,
   * section 15.3.7.
   */
  readonly deliveryRepeatsValidators: boolean;
  /** Whether a file has `Content-Length`; if not, it is sent with `Transfer-Encoding: chunked`. */
  readonly deliveryLength: boolean;
  /** The response for a ready download that cannot be delivered yet (`deliveryLagMs`): 404, or 424. */
  readonly deliveryLag: 'not-found' | 'failed-dependency';
}

/** The readings of a local Stream that is started without any. */
export const defaultReadings: Readings = {
  nothingGenerated: 'empty',
  createAnswer: 'nested',
  createAgain: 'current',
  urlFromStart: true,
  untypedDelete: 'default',
  qualitiesState: 'ready',
  reasonSpelling: 'errorReason',
  deleteAbsent: 'not-found',
  listById: 'all',
  deliveryRanges: true,
  deliveryETag: 'strong',
  deliveryLastModified: true,
  deliveryRepeatsValidators: true,
  deliveryLength: true,
  deliveryLag: 'not-found',
};
