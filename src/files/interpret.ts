import type { FailureKind } from '../core/failures/table.ts';
import { foreignText } from '../core/foreign-text.ts';
import { count, formatBytes, formatNumber } from '../core/text.ts';
import { isText } from '../http/describe.ts';
import { isRetryableStatus } from '../http/retry.ts';
import {
  announcedBytes,
  continues,
  isSameVersion,
  namesAnother,
  unsatisfiedSize,
  type Version,
  versionOf,
} from './byte-range.ts';
import { isIsoMedia } from './iso-media.ts';

/** What to do with a response. */
export type Interpretation =
  /** The body is the next part of the file. */
  | (FileBody & { readonly action: 'append' })
  /** The body is the file from its first byte, if it begins like one. */
  | (FileBody & { readonly action: 'restart'; readonly ignoresRanges: boolean })
  | { readonly action: 'complete' }
  | Problem;

/** A body with bytes of the file. */
export interface FileBody {
  readonly action: 'append' | 'restart';
  readonly version: Version;
  /** How long the body is at most; undefined if that was not announced. */
  readonly announcedBytes: number | undefined;
}

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
}

/** The longest value of a header in a message, in UTF-16 units. */
const maxShown = 100;

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
  if (status === 416 && version) return interpretUnsatisfied(headers, receivedBytes, version);
  if (status !== 200 && status !== 206) return interpretStatus(status);

  const encoding = headers.get('content-encoding') || 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    const shown = foreignText(encoding, 'an encoding', maxShown);
    return refuse('not-media', `the response is encoded as ${shown}, which was not requested`);
  }
  const sent = versionOf(headers);
  const announced = { announcedBytes: announcedBytes(headers) };
  const isNextPart = status === 206 && continues(headers, receivedBytes, version ?? sent);
  if (isNextPart && version) {
    const { totalBytes = sent.totalBytes } = version;
    return { action: 'append', version: { ...version, totalBytes }, ...announced };
  }
  if (isNextPart || status === 200) {
    // A host that sends all of the same version again ignores ranges.
    const ignoresRanges = version !== undefined && isSameVersion(sent, version);
    return { action: 'restart', version: sent, ...announced, ignoresRanges };
  }
  const range = foreignText(headers.get('content-range') ?? 'none', 'a text', maxShown);
  const what = `the response is not the rest of the same version from byte ${formatNumber(receivedBytes)} on (Content-Range: ${range})`;
  return retry('file-incomplete', what, { ignoresRanges: true });
}

/** Decides from its first bytes whether a body is the file, whatever its content type. */
export function interpretHead(head: Uint8Array): Problem | undefined {
  if (isIsoMedia(head)) return undefined;
  if (isText(head))
    return retry('not-media', 'instead of the file, the delivery host answered', { hasReason: true });
  const start = Array.from(head, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return retry('not-media', `the file is not MP4 or M4A: its first bytes are ${start}`);
}

/** A body that is longer than its headers announce is not the file, and may never end. */
export function surplus(announced: number): Problem {
  return refuse('not-media', `the host announced ${count(announced, 'byte')} but sent more`);
}

/**
 * Decides whether the file is complete at the end of a body.
 *
 * @param receivedBytes how much of the file was received, this body included
 * @param canResume whether the rest of the file can be requested
 */
export function interpretEnd(
  { headers, status }: Pick<Response, 'headers' | 'status'>,
  receivedBytes: number,
  totalBytes: number | undefined,
  canResume: boolean,
): Interpretation {
  // A part may be shorter than the rest of the file.
  const isPart = status === 206;
  const hasEnd = !isPart && /(?:^|,)[\t ]*chunked[\t ]*$/i.test(headers.get('transfer-encoding') ?? '');
  if (totalBytes === undefined && (canResume || isPart) && !hasEnd) {
    // Without a length, a broken connection looks like the end; another request finds out.
    const what = `the response does not say whether ${formatBytes(receivedBytes)} are the whole file`;
    return retry('file-incomplete', what);
  }
  if (totalBytes !== undefined && receivedBytes < totalBytes) {
    return retry('file-incomplete', `the response ended after ${formatProgress(receivedBytes, totalBytes)}`);
  }
  return { action: 'complete' };
}

/** `45 MB of 100 MB`. */
export function formatProgress(receivedBytes: number, totalBytes: number | undefined): string {
  return `${formatBytes(receivedBytes)}${totalBytes === undefined ? '' : ` of ${formatBytes(totalBytes)}`}`;
}

/** The host reports that it has no bytes after those that were received (416). */
function interpretUnsatisfied(headers: Headers, receivedBytes: number, version: Version): Interpretation {
  if (unsatisfiedSize(headers) !== receivedBytes || namesAnother(headers, version)) {
    const what = `the host has no bytes after the first ${formatNumber(receivedBytes)}, so the file was replaced`;
    return retry('file-incomplete', what, { ignoresRanges: true });
  }
  const { totalBytes = receivedBytes } = version;
  if (totalBytes === receivedBytes) return { action: 'complete' };
  return refuse(
    'not-media',
    `the host announced ${count(totalBytes, 'byte')} but has ${formatNumber(receivedBytes)}`,
  );
}

function interpretStatus(status: number): Problem {
  const hasReason = true;
  if (isRetryableStatus(status))
    return retry('delivery-error', `the delivery host answered HTTP ${status}`, { hasReason });
  if (status === 404 || status === 410) {
    return refuse('file-missing', `the delivery host does not have the file and answered HTTP ${status}`, {
      hasReason,
    });
  }
  if (status === 424) {
    return refuse('file-failed', 'the delivery host cannot deliver the file and answered HTTP 424', {
      hasReason,
    });
  }
  return refuse('delivery-refused', `the delivery host refused the request and answered HTTP ${status}`, {
    hasReason,
  });
}

function retry(kind: FailureKind, what: string, more: Partial<Problem> = {}): Problem {
  return { action: 'retry', kind, what, ...more };
}

function refuse(kind: FailureKind, what: string, more: Partial<Problem> = {}): Problem {
  return { action: 'refuse', kind, what, ...more };
}
