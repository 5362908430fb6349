import { type DownloadType, labelOf } from '../core/download-types.ts';
import { Failure } from '../core/failure.ts';
import type { RecordPatch } from '../core/record.ts';
import { formatBytes, formatDuration } from '../core/text.ts';
import { isMissing } from '../files/delivery-policy.ts';
import type { SavedFile, Saver } from '../files/saver.ts';
import type { RequestFailure } from '../http/request-failure.ts';
import { errorReason } from '../stream/encode-errors.ts';
import type { VideoDetails } from '../stream/video-details.ts';
import type { DeliveryContext } from './context.ts';
import type { UrlFields } from './sign.ts';

/** A ready download, with the URL to save it from. */
export interface DeliverableDownload {
  readonly type: DownloadType;
  readonly urls: UrlFields;
  /** Since when it has been ready, on the clock's scale. */
  readonly readySinceMs: number;
}

/**
 * Saves the file. A URL that the delivery host refuses is signed again; a file that the host does not have is explained
 * by the video's details.
 *
 * @throws {Failure} why it was not saved; no partial file is left behind
 */
export async function* saveFile(
  { readySinceMs, type, urls }: DeliverableDownload,
  saver: Saver,
  { clock, keepsFiles, log, retries, signer, startTransfer, video }: DeliveryContext,
): AsyncGenerator<RecordPatch, SavedFile> {
  const title = saver.needsTitle ? await video.title() : undefined;
  let current = urls;
  const signAgain = async (refusal: RequestFailure) => {
    current = await signer.signAgain(urls.unsignedUrl ?? urls.url, current.url, refusal);
    return current.url;
  };
  // They only explain why there is no file, so they may be unavailable.
  const lookUp = () => video.details().catch(() => undefined);
  let failedVideo: VideoDetails | undefined;
  const hasFailed = async () => {
    const details = await lookUp();
    if (details?.status.state === 'error') failedVideo = details;
    return failedVideo !== undefined;
  };
  let startMs = clock.now();
  const start = () => {
    startMs = clock.now();
    return startTransfer(type);
  };
  let saved: SavedFile;
  try {
    saved = await saver.save(
      { id: video.id, type, name: title },
      { url: urls.url, readySinceMs, signAgain, hasFailed },
      { retries, startTransfer: start },
    );
  } catch (error) {
    if (!(error instanceof Failure && isMissing(error.kind))) throw error;
    const details = failedVideo ?? (await lookUp());
    throw details ? error.describedAs(`${error.what}; ${describeState(details)}`) : error;
  } finally {
    if (current !== urls) yield current;
  }
  const { file, sha256, sizeBytes } = saved;
  yield { sha256, sizeBytes, ...(keepsFiles && { file }) };
  const took = formatDuration(clock.now() - startMs);
  log(`saved ${keepsFiles ? file : `the ${labelOf(type)}`}, ${formatBytes(sizeBytes)} in ${took}`);
  return saved;
}

function describeState(details: VideoDetails): string {
  const reason = errorReason(details);
  return `the video's state is ${details.status.state}${reason === undefined ? '' : `: ${reason}`}`;
}
