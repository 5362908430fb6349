import type { DownloadRecord } from '../core/record.ts';
import { truncate } from '../core/text.ts';
import type { Matrix } from '../select/matrix.ts';
import { failureMessage } from './failure-message.ts';

/** A record as later steps read it. Undefined fields are left out of its JSON. */
export type PublishedRecord = ReturnType<typeof publish>;

/**
 * The longest `downloads`, in bytes of UTF-8. Workflows pass it to programs through a variable, and Linux starts no
 * program with a variable of 131,072 bytes or more, its name included.
 */
const longestDownloadsBytes = 120_000;

/** The longest `name`, in UTF-16 units. */
const longestName = 200;

/**
 * The step's outputs by name. The single ones are those of the first record; unknown values are empty.
 *
 * @param published in the order requested, read once; `downloads` contains as many of the first ones as fit
 * @param resultsFile the path of the file with all of them; empty where it could not be written
 * @param hasStepFailed whether a failure concerns the step as a whole. Before any record exists, it is its status
 * @param matrix undefined if the videos were not listed completely
 */
export function outputs(
  published: Iterable<PublishedRecord>,
  resultsFile: string,
  hasStepFailed: boolean,
  matrix?: Matrix,
) {
  let first: PublishedRecord | undefined;
  let count = 0;
  let failed = 0;
  let bytes = '['.length;
  const downloads: PublishedRecord[] = [];
  for (const record of published) {
    first ??= record;
    // A comma, or the bracket at the end, follows each record. One that is too long ends the list.
    if (bytes <= longestDownloadsBytes) bytes += Buffer.byteLength(JSON.stringify(record)) + 1;
    if (bytes <= longestDownloadsBytes) downloads.push(record);
    count++;
    if (record.error) failed++;
  }
  return {
    'download-url': first?.url ?? '',
    status: first?.status ?? (hasStepFailed ? 'failed' : ''),
    'percent-complete': first?.percentComplete?.toString() ?? '',
    'video-id': first?.videoId ?? '',
    type: first?.type ?? '',
    file: first?.file ?? '',
    size: first?.size?.toString() ?? '',
    sha256: first?.sha256 ?? '',
    'asset-url': first?.assetUrl ?? '',
    downloads,
    'results-file': resultsFile,
    count: count.toString(),
    failed: failed.toString(),
    matrix: matrix ?? '',
  } satisfies Record<string, string | readonly PublishedRecord[] | Matrix>;
}

/** The status as people and later steps read it: a record is still `unknown` at the end only if something failed. */
export function publishedStatus({ status }: DownloadRecord) {
  return status === 'unknown' ? 'failed' : status;
}

/** @param redact for the error message, which is text for people */
export function publish(record: DownloadRecord, redact: (text: string) => string) {
  const { assetUrl, expiresAt, failure, file, percentComplete, planned, resumed, sha256, sizeBytes } = record;
  const { title, type, url, videoId } = record;
  const { httpStatus, messages = [], rayId } = failure?.response ?? {};
  return {
    videoId,
    type,
    status: publishedStatus(record),
    percentComplete,
    url,
    name: title && truncate(title, longestName),
    expiresAt,
    file,
    size: sizeBytes,
    sha256,
    assetUrl,
    planned,
    resumed,
    error: failure && {
      message: redact(failureMessage(record) ?? ''),
      code: messages.find(({ code }) => code !== undefined)?.code,
      httpStatus,
      rayId,
    },
  };
}
