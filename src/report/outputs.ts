import type { DownloadRecord } from '../record.ts';
import { failureMessage } from './failures.ts';

/** A record as later steps read it. */
export interface PublishedRecord {
  videoId: string;
  type: string;
  status: string;
  /** 0–100 */
  percentComplete: number | null;
  url: string | null;
  error?: { message: string; code?: number; httpStatus?: number; rayId?: string };
}

/**
 * The step's outputs, by name. The single ones are those of the first record; what is unknown is empty.
 *
 * @param records in the order asked for
 */
export function outputs(
  records: readonly DownloadRecord[],
): Record<string, string | readonly PublishedRecord[]> {
  const [first] = records;
  return {
    'download-url': first?.url ?? '',
    status: first?.status ?? '',
    'percent-complete': first?.percentComplete?.toString() ?? '',
    'video-id': first?.videoId ?? '',
    type: first?.type ?? '',
    downloads: records.map(publish),
    count: records.length.toString(),
    failed: records.filter(({ failure }) => failure).length.toString(),
  };
}

function publish(record: DownloadRecord): PublishedRecord {
  const { videoId, type, status, percentComplete, url, failure } = record;
  const said = failure?.said;
  const code = said?.messages.find((message) => message.code !== undefined)?.code;
  return {
    videoId,
    type,
    status,
    percentComplete,
    url,
    ...(failure && {
      error: {
        message: failureMessage(record) ?? '',
        ...(code !== undefined && { code }),
        ...(said?.httpStatus !== undefined && { httpStatus: said.httpStatus }),
        ...(said?.rayId !== undefined && { rayId: said.rayId }),
      },
    }),
  };
}
