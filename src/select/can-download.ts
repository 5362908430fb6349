import { formatDuration } from '../core/text.ts';
import { errorReason } from '../stream/encode-errors.ts';
import { excessiveSeconds, type ListedVideo } from '../stream/video-details.ts';

/** What Cloudflare is doing with a video in a state in which it still processes it. */
const processing: ReadonlyMap<string, string> = new Map([
  ['downloading', 'Cloudflare is fetching its file'],
  ['queued', 'it is waiting to be encoded'],
  ['inprogress', 'it is being encoded'],
]);

/** What the step does about videos that have no download yet. */
export interface WaitingRules {
  /** Whether it waits for videos that are still being processed. */
  readonly wait: boolean;
  /** Whether the recordings of one live input were asked for: then a running broadcast is one of them. */
  readonly isLiveInputGiven: boolean;
}

/**
 * Why a listed video cannot have a download in this run; undefined if it can, or if only a request can find out.
 */
export function whyNoDownload(
  video: ListedVideo,
  { isLiveInputGiven, wait }: WaitingRules,
): string | undefined {
  const { status } = video;
  if (status.state === 'error') {
    return `Cloudflare could not encode it: ${errorReason(video) ?? 'no reason given'}`;
  }
  if (status.state === 'pendingupload') return 'nothing has been uploaded to it yet';
  if (status.state === 'live-inprogress') {
    if (!isLiveInputGiven) return 'its broadcast is still running';
    return wait ? undefined : 'its broadcast is still running; `wait: true` waits for its recording';
  }
  const tooLongSeconds = excessiveSeconds(video);
  if (tooLongSeconds !== undefined) {
    const length = formatDuration(tooLongSeconds * 1000);
    return `it is a live recording of ${length}, and Cloudflare creates no downloads of those over 4 h`;
  }
  const state = wait ? undefined : processing.get(status.state);
  return state && `${state}; \`wait: true\` waits for it`;
}
