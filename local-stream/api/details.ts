import { type Download, type DownloadStatus, downloadAt, downloadFiles } from '../library/download.ts';
import { testPattern } from '../library/media.ts';
import type { Video } from '../library/video.ts';
import type { VideoState } from '../library/video-states.ts';
import type { Readings } from '../readings.ts';

/** The state of a video, with the reason of a failed encoding in one of the two spellings. */
export interface VideoStatus {
  readonly state: VideoState;
  readonly step?: 'encoding';
  /** A percentage with six decimals, such as "39.000000". */
  readonly pctComplete?: string;
  readonly errorReasonCode?: string;
  readonly errorReasonText?: string;
  readonly errReasonCode?: string;
  readonly errReasonText?: string;
}

/**
 * A video as the API describes it.
 * Follows https://developers.cloudflare.com/api/resources/stream/methods/get/
 */
export interface VideoDetails {
  readonly uid: string;
  readonly readyToStream: boolean;
  readonly readyToStreamAt?: string;
  readonly status: VideoStatus;
  readonly meta: Readonly<Record<string, unknown>>;
  readonly created: string;
  readonly modified: string;
  readonly uploaded?: string;
  /** In seconds; -1 while it is unknown. */
  readonly duration: number;
  /** In bytes; 0 until it is uploaded, and for a live recording. */
  readonly size: number;
  readonly input: { readonly width: number; readonly height: number };
  readonly requireSignedURLs: boolean | null;
  readonly allowedOrigins: readonly string[];
  readonly creator?: string;
  readonly liveInput?: string;
  readonly preview?: string;
  readonly thumbnail?: string;
}

/** A download as the API describes it. */
export interface DownloadDetails {
  readonly status: DownloadStatus;
  /** 0–100. */
  readonly percentComplete: number;
  readonly url?: string;
}

/** Creates the API representation of videos and downloads, according to the readings. */
export class Details {
  readonly #deliveryUrl: string;
  readonly #readings: Readings;

  constructor(deliveryUrl: string, readings: Readings) {
    this.#deliveryUrl = deliveryUrl;
    this.#readings = readings;
  }

  /** Describes a video at an instant (milliseconds since the epoch). */
  video(video: Video, nowMs: number): VideoDetails {
    const { state } = video.at(nowMs);
    const uploaded = state !== 'pendingupload';
    const measured = state === 'inprogress' || state === 'ready';
    const ready = state === 'ready';
    const { created } = video;
    const page = `${this.#deliveryUrl}/${video.uid}`;
    return {
      uid: video.uid,
      readyToStream: ready,
      ...(ready && { readyToStreamAt: new Date(video.settledAtMs).toISOString() }),
      status: this.#status(video, nowMs),
      meta: video.meta,
      created,
      modified: created,
      ...(uploaded && { uploaded: created }),
      duration: measured ? video.durationSeconds : -1,
      size: uploaded ? video.sizeBytes : 0,
      input: measured ? { width: testPattern.width, height: testPattern.height } : { width: -1, height: -1 },
      requireSignedURLs: video.requireSignedURLs,
      allowedOrigins: [],
      ...(video.creator !== undefined && { creator: video.creator }),
      ...(video.liveInput !== undefined && { liveInput: video.liveInput }),
      ...(ready && { preview: `${page}/watch`, thumbnail: `${page}/thumbnails/thumbnail.jpg` }),
    };
  }

  /** Describes a download of a video at an instant (milliseconds since the epoch). */
  download(video: Video, download: Download, nowMs: number): DownloadDetails {
    const { status, percentComplete } = downloadAt(download, nowMs);
    const url = `${this.#deliveryUrl}/${video.uid}/downloads/${downloadFiles[download.type].name}`;
    const showsUrl = this.#readings.urlFromStart || status === 'ready';
    return { status, percentComplete, ...(showsUrl && { url }) };
  }

  #status(video: Video, nowMs: number): VideoStatus {
    const { state, fraction } = video.at(nowMs);
    if (state === 'error' && video.errorReason) {
      const { code, text } = video.errorReason;
      return this.#readings.reasonSpelling === 'errorReason'
        ? { state, step: 'encoding', errorReasonCode: code, errorReasonText: text }
        : { state, step: 'encoding', errReasonCode: code, errReasonText: text };
    }
    const pctComplete = (100 * fraction).toFixed(6);
    if (state === 'inprogress') return { state, step: 'encoding', pctComplete };
    if (state !== 'ready') return { state };
    return { state: fraction < 1 ? this.#readings.qualitiesState : state, pctComplete };
  }
}
