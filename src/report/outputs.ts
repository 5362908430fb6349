import type { DownloadRecord } from '../core/record.ts';
import { failureMessage } from './annotations.ts';

/** A record as later steps read it. Undefined fields are left out of its JSON. */
export type PublishedRecord = ReturnType<typeof publish>;

/**
 * The longest `downloads`, in bytes of UTF-8. Workflows pass it to programs through a variable, and Linux starts no
 * program with a variable of 131,072 bytes or more, its name included.
 */
const longestDownloadsBytes = 120_000;

/**
 * The step's outputs by name. The single ones are those of the first record; unknown values are empty.
 *
 * @param hasStepFailed whether a failure concerns the step as a whole. Before any record exists, it is its status
 * @param published in the order requested; `downloads` contains as many of the first ones as fit
 * @param resultsFile the path of the file with all of them; empty where it could not be written
 */
export function outputs(published: readonly PublishedRecord[], resultsFile: string, hasStepFailed: boolean) {
  const [first] = published;
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
    downloads: firstThatFit(published),
    'results-file': resultsFile,
    count: published.length.toString(),
    failed: published.filter(({ error }) => error).length.toString(),
  } satisfies Record<string, string | readonly PublishedRecord[]>;
}

function firstThatFit(published: readonly PublishedRecord[]): readonly PublishedRecord[] {
  let bytes = '['.length;
  const end = published.findIndex((record) => {
    // A comma, or the bracket at the end, follows each record.
    bytes += Buffer.byteLength(JSON.stringify(record)) + 1;
    return bytes > longestDownloadsBytes;
  });
  return end < 0 ? published : published.slice(0, end);
}

/** The status as people and later steps read it: a record is still `unknown` at the end only if something failed. */
export function publishedStatus({ status }: DownloadRecord) {
  return status === 'unknown' ? 'failed' : status;
}

/** @param redact for the error message, which is text for people */
export function publish(record: DownloadRecord, redact: (text: string) => string) {
  const { assetUrl, expiresAt, failure, file, percentComplete, sha256, sizeBytes, type, url, videoId } =
    record;
  const { httpStatus, messages = [], rayId } = failure?.response ?? {};
  return {
    videoId,
    type,
    status: publishedStatus(record),
    percentComplete,
    url,
    expiresAt,
    file,
    size: sizeBytes,
    sha256,
    assetUrl,
    error: failure && {
      message: redact(failureMessage(record) ?? ''),
      code: messages.find(({ code }) => code !== undefined)?.code,
      httpStatus,
      rayId,
    },
  };
}
