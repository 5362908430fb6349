import type { ReadonlyRecords } from '../core/record.ts';
import type { StreamVideo } from '../stream/video.ts';
import type { VideoDetails } from '../stream/video-details.ts';
import type { PollTurns } from '../wait/turns.ts';
import type { PollContext } from './polls.ts';

/** What an operation needs to work on one video. */
export interface OperationContext extends PollContext {
  readonly video: StreamVideo;
  /** The video's records, with everything that the operation yielded so far. */
  readonly records: ReadonlyRecords;
  /** Shared by all videos; undefined for a single one. */
  readonly turns: PollTurns | undefined;
  /** Whether to wait until what was started is done. */
  readonly wait: boolean;
  /** Whether to wait for a video in this state, too: it may never be processed, such as one that was never uploaded. */
  readonly waitsFor: (details: VideoDetails) => boolean;
  /** Takes a line about the video. */
  readonly log: (text: string) => void;
  /** Notes that Cloudflare is encoding the video until it is disposed of. */
  readonly startEncoding: () => Disposable;
  /** Takes the shortest time that some work may still take, in ms, as in "WORK takes at least another 28 s". */
  readonly onEstimate: (shortestMs: number | undefined, work: string) => void;
}
