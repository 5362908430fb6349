import type { FailureKind } from '../core/failures/table.ts';
import { foreignText } from '../core/foreign-text.ts';
import { formatBytes } from '../core/text.ts';
import { isRetryableStatus } from '../http/retry.ts';
import { continues, unsatisfiedSize, type Version, versionOf } from './byte-range.ts';
import { headBytes } from './iso-media.ts';

/** What to do with a response. */
export type Interpretation =
  /** The body is the next part of the file. */
  | { readonly action: 'append'; readonly version: Version }
  /** The body is the file from its first byte. */
  | { readonly action: 'restart'; readonly version: Version; readonly ignoresRanges: boolean }
  | { readonly action: 'complete' }
  | Problem;

/** Why the file is not complete, and whether another request may succeed. */
export interface Problem {
  readonly action: 'retry' | 'refuse';
  readonly kind: FailureKind;
  /** What failed. */
  readonly what: string;
  /** Whether the body may explain the problem. */
  readonly hasReason?: true;
  /** Whether no more parts of this file may be requested. */
  readonly ignoresRanges?: true;
  /** Whether what was received so far is to be discarded. */
  readonly discards?: true;
}

/** The longest value of a header in a message, in UTF-16 units. */
const maxShown = 100;

/** Any content type except those of web pages and API errors: after it, the file's first bytes decide. */
const maybeMedia = /^(?!text\/|application\/(?:.*\+)?(?:json|xml|javascript)\b)/i;

/**
 * Decides from its status and headers what to do with a response.
 *
 * @param receivedBytes how much of the file was received by earlier requests
 * @param version the version that these bytes belong to; undefined where nothing was received
 */
export function interpret(
  { headers, status }: Pick<Response, 'headers' | 'status'>,
  receivedBytes: number,
  version: Version | undefined,
): Interpretation {
  if (status === 416 && receivedBytes > 0) return interpretUnsatisfied(headers, receivedBytes, version);
  if (status !== 200 && status !== 206) return interpretStatus(status);

  const encoding = headers.get('content-encoding') || 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    const shown = foreignText(encoding, 'an encoding', maxShown);
    return refuse('not-media', `the response is encoded as ${shown}, which was not requested`);
  }
  if (!maybeMedia.test(headers.get('content-type') ?? '')) {
    return retry('not-media', 'instead of the file, the delivery host answered', { hasReason: true });
  }

  const sent = versionOf(headers);
  if (status === 200) {
    // A host that sends all of the same version again ignores ranges.
    const ignoresRanges = receivedBytes > 0 && sent.validator === version?.validator;
    return { action: 'restart', version: sent, ignoresRanges };
  }
  if (continues(headers, receivedBytes, version)) {
    const { totalBytes = sent.totalBytes, validator = sent.validator } = version ?? {};
    return { action: 'append', version: { totalBytes, validator } };
  }
  const range = foreignText(headers.get('content-range') ?? 'none', 'a text', maxShown);
  const what = `the host did not send the part that starts at byte ${receivedBytes} (Content-Range: ${range})`;
  return retry('file-incomplete', what, { ignoresRanges: true });
}

/**
 * Decides whether the file is complete at the end of a body.
 *
 * @param receivedBytes how much of the file was received, this body included
 * @param canResume whether the rest of the file can be requested
 * @param isPart whether the body was appended; it may be shorter than the rest of the file
 */
export function interpretEnd(
  headers: Headers,
  receivedBytes: number,
  totalBytes: number | undefined,
  { canResume, isPart }: { readonly canResume: boolean; readonly isPart: boolean },
): Interpretation {
  const isChunked = /\bchunked\b/i.test(headers.get('transfer-encoding') ?? '');
  if (totalBytes === undefined && canResume && (isPart || !isChunked)) {
    // Without a length, a broken connection looks like the end; another request finds out.
    const what = `the response does not say whether ${formatBytes(receivedBytes)} are the whole file`;
    return retry('file-incomplete', what);
  }
  if (totalBytes !== undefined && receivedBytes < totalBytes) {
    return retry('file-incomplete', `the response ended after ${formatProgress(receivedBytes, totalBytes)}`);
  }
  if (totalBytes !== undefined && receivedBytes > totalBytes) {
    return refuse('not-media', `the host announced ${totalBytes} bytes but sent ${receivedBytes}`);
  }
  return completeUnlessShort(receivedBytes);
}

/** `45 MB of 100 MB`. */
export function formatProgress(receivedBytes: number, totalBytes: number | undefined): string {
  return `${formatBytes(receivedBytes)}${totalBytes === undefined ? '' : ` of ${formatBytes(totalBytes)}`}`;
}

/** The host reports that it has no bytes after those that were received (416). */
function interpretUnsatisfied(headers: Headers, receivedBytes: number, version?: Version): Interpretation {
  if (unsatisfiedSize(headers) !== receivedBytes) {
    const what = `the host has no bytes after the first ${receivedBytes}, so the file was replaced`;
    return retry('file-incomplete', what, { ignoresRanges: true });
  }
  const { totalBytes = receivedBytes } = version ?? {};
  if (totalBytes === receivedBytes) return completeUnlessShort(receivedBytes);
  return refuse('not-media', `the host announced ${totalBytes} bytes but has ${receivedBytes}`);
}

function completeUnlessShort(receivedBytes: number): Interpretation {
  if (receivedBytes >= headBytes) return { action: 'complete' };
  const what = receivedBytes === 0 ? 'the file is empty' : `the file has only ${receivedBytes} bytes`;
  return retry('not-media', what, { discards: true });
}

function interpretStatus(status: number): Problem {
  const hasReason = true;
  if (isRetryableStatus(status)) return retry('delivery-error', 'the delivery host answered', { hasReason });
  if (status === 404 || status === 410) {
    return refuse('file-missing', 'the delivery host does not have the file and answered', { hasReason });
  }
  if (status === 424) {
    const what = 'Cloudflare failed to generate the file; the delivery host answered';
    return refuse('file-failed', what, { hasReason });
  }
  return refuse('delivery-refused', 'the delivery host refused the request', { hasReason });
}

function retry(kind: FailureKind, what: string, more: Partial<Problem> = {}): Problem {
  return { action: 'retry', kind, what, ...more };
}

function refuse(kind: FailureKind, what: string, more: Partial<Problem> = {}): Problem {
  return { action: 'refuse', kind, what, ...more };
}
