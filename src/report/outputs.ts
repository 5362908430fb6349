import type { DownloadRecord } from '../core/record.ts';
import { failureMessage } from './annotations.ts';

/** A record as later steps read it. */
export interface PublishedRecord {
  videoId: string;
  type: string;
  status: string;
  /** 0–100 */
  percentComplete: number | null;
  url: string | null;
  /** RFC 3339 */
  expiresAt?: string;
  file?: string;
  /** Bytes */
  size?: number;
  /** Hex */
  sha256?: string;
  assetUrl?: string;
  error?: { message: string; code?: number; httpStatus?: number; rayId?: string };
}

/** How much of what a job's outputs may hold together (1 MB) the records take at most, in UTF-16 units. */
const longestDownloads = 250_000;

/**
 * The step's outputs, by name. The single ones are those of the first record; what is unknown is empty.
 *
 * @param published in the order asked for; `downloads` has the first of them, as many as there is room for
 * @param resultsFile where all of them are; empty where they could not be written
 */
export function outputs(published: readonly PublishedRecord[], resultsFile: string) {
  const [first] = published;
  return {
    'download-url': first?.url ?? '',
    status: first?.status ?? '',
    'percent-complete': first?.percentComplete?.toString() ?? '',
    'video-id': first?.videoId ?? '',
    type: first?.type ?? '',
    file: first?.file ?? '',
    size: first?.size?.toString() ?? '',
    sha256: first?.sha256 ?? '',
    'asset-url': first?.assetUrl ?? '',
    downloads: thatFit(published),
    'results-file': resultsFile,
    count: published.length.toString(),
    failed: published.filter(({ error }) => error).length.toString(),
  } satisfies Record<string, string | readonly PublishedRecord[]>;
}

/** What the results file holds: every record. */
export function results(published: readonly PublishedRecord[]) {
  return { version: 1, downloads: published };
}

function thatFit(published: readonly PublishedRecord[]): readonly PublishedRecord[] {
  let length = 2;
  const end = published.findIndex((record) => {
    length += JSON.stringify(record).length + 1;
    return length > longestDownloads;
  });
  return end < 0 ? published : published.slice(0, end);
}

/**
 * A record as later steps read it.
 *
 * @param cut makes a text fit to be shown: a message is read by people
 */
export function publish(record: DownloadRecord, cut: (text: string) => string): PublishedRecord {
  const {
    videoId,
    type,
    status,
    percentComplete,
    url,
    expiresAt,
    file,
    sizeBytes,
    sha256,
    assetUrl,
    failure,
  } = record;
  const said = failure?.said;
  const code = said?.messages.find((message) => message.code !== undefined)?.code;
  return {
    videoId,
    type,
    status,
    percentComplete,
    url,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(file !== undefined && { file }),
    ...(sizeBytes !== undefined && { size: sizeBytes }),
    ...(sha256 !== undefined && { sha256 }),
    ...(assetUrl !== undefined && { assetUrl }),
    ...(failure && {
      error: {
        message: cut(failureMessage(record) ?? ''),
        ...(code !== undefined && { code }),
        ...(said?.httpStatus !== undefined && { httpStatus: said.httpStatus }),
        ...(said?.rayId !== undefined && { rayId: said.rayId }),
      },
    }),
  };
}
