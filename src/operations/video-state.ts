import { type DownloadType, downloadTypeFacts } from '../core/download-types.ts';
import { Failure, type ServiceResponse } from '../core/failure.ts';
import { formatDuration } from '../core/text.ts';
import { excessiveSeconds, type VideoDetails } from '../stream/video-details.ts';

/** What the states of a video mean that is not ready. */
const meanings: ReadonlyMap<string, string> = new Map([
  ['pendingupload', 'nothing has been uploaded yet'],
  ['downloading', 'Cloudflare is still fetching its file'],
  ['queued', 'waiting to be encoded'],
  ['inprogress', 'encoding'],
  ['ready', 'encoding its other qualities'],
  ['live-inprogress', 'the broadcast is still running'],
]);

/** The state of a video that is not ready, in words: `encoding 42 %`. */
export function describeState({ status: { percent, state } }: VideoDetails): string {
  const meaning = meanings.get(state) ?? `state “${state}”`;
  const isEncoding = state === 'inprogress' || state === 'ready';
  return isEncoding && percent !== null ? `${meaning} ${Math.floor(percent)} %` : meaning;
}

/**
 * Whether a video is processed far enough for a download.
 *
 * @param wasRefused whether Cloudflare refused it although one quality can be streamed, which is enough as documented
 */
export function allowsDownload(
  type: DownloadType,
  { readyToStream, status: { percent, state } }: VideoDetails,
  wasRefused: boolean,
): boolean {
  // Only a request can find out.
  if (state === 'unknown') return true;
  if (downloadTypeFacts[type].needsAllQualities) return state === 'ready' && (percent ?? 100) >= 100;
  return state === 'ready' || (readyToStream && !wasRefused);
}

/**
 * @param outcome what follows from the length
 * @throws {Failure} `too-long`
 */
export function refuseTooLong(details: VideoDetails, outcome: string, response?: ServiceResponse): void {
  const tooLongSeconds = excessiveSeconds(details);
  if (tooLongSeconds === undefined) return;
  const length = formatDuration(tooLongSeconds * 1000);
  throw new Failure('too-long', `The live recording is ${length} long, and ${outcome}`, { response });
}

/** The failure of a step that does not wait for a video that is not ready. */
export function notReady(details: VideoDetails, response: ServiceResponse | undefined): Failure {
  switch (details.status.state) {
    case 'pendingupload':
      return new Failure('not-uploaded', 'Nothing has been uploaded to the video yet', { response });
    case 'live-inprogress':
      return new Failure('still-live', 'The broadcast is still running, so there is no download yet', {
        response,
      });
    default: {
      const what = `The video is still being processed (${describeState(details)}), so it has no download yet`;
      return new Failure('not-ready', what, { response });
    }
  }
}
