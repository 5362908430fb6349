import type { Clock } from '../core/clock.ts';
import type { DownloadType } from '../core/download-types.ts';
import { type DownloadRecord, describeRecord } from '../core/record.ts';
import { formatDuration } from '../core/text.ts';
import type { Timeline } from './timeline.ts';

export interface VideoProgressOptions {
  readonly videoId: string;
  readonly clock: Clock;
  readonly timeline: Timeline;
  /** Takes a line about the video. */
  readonly log: (text: string) => void;
  /** Whether the step waits for downloads that are being generated. */
  readonly waits: boolean;
  /** Whether missing downloads are logged: those that are about to be created need not be. */
  readonly showsMissing: boolean;
}

/** Follows the records of one video until it is disposed of. */
export class VideoProgress implements Disposable {
  readonly #options: VideoProgressOptions;
  readonly #startMs: number;
  readonly #generating = new Map<DownloadType, Disposable>();

  constructor(options: VideoProgressOptions) {
    this.#options = options;
    this.#startMs = options.clock.now();
  }

  /** Logs how a record changed. A failure is not logged here, since it is reported at the end of the step. */
  learn(before: DownloadRecord, after: DownloadRecord): void {
    const { log, showsMissing, waits } = this.#options;
    const { failure, status, type } = after;
    if (type !== '') this.#followGeneration(type, waits && status === 'inprogress' && !failure);
    if (failure || (status === 'none' && !showsMissing)) return;
    if (status === before.status && describeRecord(before) === describeRecord(after)) return;
    log(this.#describe(before, after));
  }

  [Symbol.dispose](): void {
    for (const span of this.#generating.values()) span[Symbol.dispose]();
  }

  #describe(before: DownloadRecord, after: DownloadRecord): string {
    const wasAwaited = after.status === 'ready' && !['ready', 'unknown'].includes(before.status);
    const { clock } = this.#options;
    return `${describeRecord(after)}${wasAwaited ? ` after ${formatDuration(clock.now() - this.#startMs)}` : ''}`;
  }

  #followGeneration(type: DownloadType, isGenerating: boolean): void {
    const span = this.#generating.get(type);
    if (isGenerating && !span) {
      const { timeline, videoId } = this.#options;
      this.#generating.set(type, timeline.start('generating', videoId, type));
    } else if (!isGenerating && span) {
      this.#generating.delete(type);
      span[Symbol.dispose]();
    }
  }
}
