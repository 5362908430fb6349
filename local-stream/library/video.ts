import {
  type Download,
  type DownloadStatus,
  type DownloadType,
  downloadTypes,
  linearProgress,
  withMedia,
} from './download.ts';
import { type ErrorReason, type ErrorReasonCode, errorReason } from './error-reasons.ts';
import { instantNs } from './instant.ts';
import { type Media, type MediaSource, mediaFrom, testPattern } from './media.ts';
import type { VideoAt, VideoState } from './video-states.ts';

/**
 * How long a new video stays in each state before it is ready or has failed. Each defaults to 0; with `Infinity` it
 * never leaves the state. The states follow one another in this order.
 */
export interface Phases {
  readonly pendingUploadMs?: number;
  /** The broadcast itself: `live-inprogress`. */
  readonly liveMs?: number;
  readonly downloadingMs?: number;
  readonly queuedMs?: number;
  /** `inprogress`, with an increasing percentage. */
  readonly encodeMs?: number;
  /** One quality can be streamed and downloaded while the others are encoded: `ready`, with an increasing percentage. */
  readonly qualitiesMs?: number;
}

/** The properties of a video and how its state changes. Defaults to a ready video without downloads. */
export interface VideoOptions {
  /** Defaults to an ID that is the same for the n-th video at every start. */
  readonly uid?: string;
  /** Reported as `meta.name`. */
  readonly name?: string;
  readonly creator?: string;
  readonly meta?: Readonly<Record<string, unknown>>;
  /** -1 if unknown. Defaults to the 6 seconds of the test pattern. */
  readonly durationSeconds?: number;
  /** Whether delivery requires a signed token in place of the ID. */
  readonly requireSignedURLs?: boolean | null;
  /** The ID of the live input that recorded it. Makes the video a live recording. */
  readonly liveInput?: string;
  /** Reported as `size`. Defaults to the size of the default download's file, and to 0 for a live recording. */
  readonly sizeBytes?: number;
  /**
   * When it was created, as a date, or in RFC 3339 with up to nine decimals, which responses repeat as it is. Defaults
   * to now.
   */
  readonly created?: Date | string;
  /** The states it goes through from now on. By default it is in its final state at once. */
  readonly phases?: Phases;
  /** The final state: `ready` (default) or `error`; `live-inprogress` is a broadcast that does not end. */
  readonly state?: 'ready' | 'error' | 'live-inprogress';
  /** Why the encoding fails. Implies `state: 'error'`. */
  readonly errorReasonCode?: ErrorReasonCode;
  readonly errorReasonText?: string;
  /** Downloads that already exist. The generation of one `inprogress` begins now. */
  readonly downloads?: { readonly [type in DownloadType]?: DownloadStatus };
  /** How long a download takes to generate, for all types or by type. Defaults to 2000. */
  readonly generateMs?: number | { readonly [type in DownloadType]?: number };
  /** How long after a download is ready the delivery host cannot deliver it yet. Defaults to 0. */
  readonly deliveryLagMs?: number;
  /** The reported percentage (0–100) at a fraction (0–1) of `generateMs`; called with 1 once it is ready. */
  readonly progress?: (fraction: number) => number;
  /** Whether generation ends in `error`, for all types or for those listed. */
  readonly generateFails?: boolean | readonly DownloadType[];
  /** How many requests to create a download are refused although the video is ready. Defaults to 0. */
  readonly refuseCreate?: number;
  /**
   * After each of the first `times` (defaults to 1) accepted creations the download is reported as absent for `ms`,
   * or until it is created again.
   */
  readonly vanishAfterCreate?: { readonly ms: number; readonly times?: number };
  /** The files to deliver. Defaults to the test pattern. */
  readonly media?: { readonly [type in DownloadType]?: MediaSource };
}

/** The outcome of a request to create a download, with the download if there is one now. */
export type Creation =
  | { readonly outcome: 'created' | 'exists'; readonly download: Download }
  | { readonly outcome: 'not-ready' | 'too-long' | 'refused' };

type Phase = readonly [state: VideoState, durationMs: number];

const defaultGenerateMs = 2000;
const longestRecordingSeconds = 4 * 60 * 60;

/** A video with its downloads. Instants are in milliseconds since the epoch. */
export class Video {
  readonly uid: string;
  /** When it was created, in RFC 3339, as the API reports it. */
  readonly created: string;
  /** The same instant, in nanoseconds since the epoch. */
  readonly createdAtNs: bigint;
  readonly meta: Readonly<Record<string, unknown>>;
  readonly durationSeconds: number;
  readonly requireSignedURLs: boolean | null;
  readonly creator: string | undefined;
  readonly liveInput: string | undefined;
  /** Why the encoding fails, if it does. */
  readonly errorReason: ErrorReason | undefined;
  readonly #options: VideoOptions;
  readonly #addedAtMs: number;
  readonly #timeline: readonly Phase[];
  readonly #media: Record<DownloadType, Media>;
  readonly #downloads = new Map<DownloadType, Download>();
  #refusalsLeft: number;
  #vanishesLeft: number;

  /**
   * @throws RangeError when `created` is not a date or a timestamp
   * @throws the errors of `mediaFrom` for `media`
   */
  constructor(uid: string, options: VideoOptions, nowMs: number) {
    this.uid = uid;
    this.#options = options;
    this.#addedAtMs = nowMs;
    const { created = new Date(nowMs) } = options;
    this.created = typeof created === 'string' ? created : created.toISOString();
    const createdAtNs = instantNs(this.created);
    if (createdAtNs === undefined)
      throw new RangeError(`created: "${created}" is not a timestamp of RFC 3339`);
    this.createdAtNs = createdAtNs;
    this.meta = options.name === undefined ? { ...options.meta } : { ...options.meta, name: options.name };
    this.durationSeconds = options.durationSeconds ?? testPattern.durationSeconds;
    this.requireSignedURLs = options.requireSignedURLs === undefined ? false : options.requireSignedURLs;
    this.creator = options.creator;
    this.liveInput = options.liveInput;
    const fails = options.state === 'error' || options.errorReasonCode !== undefined;
    this.errorReason = fails ? errorReason(options.errorReasonCode, options.errorReasonText) : undefined;
    this.#timeline = timelineOf(options);
    this.#media = {
      default: options.media?.default ? mediaFrom(options.media.default) : testPattern.default,
      audio: options.media?.audio ? mediaFrom(options.media.audio) : testPattern.audio,
    };
    this.#refusalsLeft = options.refuseCreate ?? 0;
    this.#vanishesLeft = options.vanishAfterCreate?.times ?? 1;
    for (const type of downloadTypes) {
      const status = options.downloads?.[type];
      if (status !== undefined) this.#downloads.set(type, this.#existingDownload(type, status, nowMs));
    }
  }

  get sizeBytes(): number {
    return this.#options.sizeBytes ?? (this.liveInput === undefined ? this.#media.default.sizeBytes : 0);
  }

  /** When the last phase ends; `Infinity` if it never does. */
  get settledAtMs(): number {
    return this.#timeline.reduce((sum, [, durationMs]) => sum + durationMs, this.#addedAtMs);
  }

  at(nowMs: number): VideoAt {
    let elapsedMs = nowMs - this.#addedAtMs;
    for (const [state, durationMs] of this.#timeline) {
      if (elapsedMs < durationMs) return { state, fraction: elapsedMs / durationMs };
      elapsedMs -= durationMs;
    }
    return { state: this.errorReason ? 'error' : 'ready', fraction: 1 };
  }

  /** Returns the download of a type, if it exists at that instant. */
  download(type: DownloadType, nowMs: number): Download | undefined {
    const download = this.#downloads.get(type);
    return download && nowMs >= download.hiddenUntilMs ? download : undefined;
  }

  /** Returns the downloads that exist at an instant. */
  downloads(nowMs: number): readonly Download[] {
    return downloadTypes
      .map((type) => this.download(type, nowMs))
      .filter((download) => download !== undefined);
  }

  /** Begins to generate a download, if Cloudflare would accept the request. */
  createDownload(type: DownloadType, nowMs: number): Creation {
    const existing = this.download(type, nowMs);
    if (existing) return { outcome: 'exists', download: existing };
    if (this.at(nowMs).state !== 'ready') return { outcome: 'not-ready' };
    if (this.liveInput !== undefined && this.durationSeconds > longestRecordingSeconds)
      return { outcome: 'too-long' };
    if (this.#refusalsLeft > 0) {
      this.#refusalsLeft -= 1;
      return { outcome: 'refused' };
    }
    const download = { ...this.#newDownload(type, nowMs), hiddenUntilMs: nowMs + this.#nextVanishMs() };
    this.#downloads.set(type, download);
    return { outcome: 'created', download };
  }

  /** Removes a download. Returns whether it existed. */
  deleteDownload(type: DownloadType, nowMs: number): boolean {
    return this.download(type, nowMs) !== undefined && this.#downloads.delete(type);
  }

  /**
   * Replaces the file of a download type, for the existing download and for later ones.
   *
   * @throws the errors of `mediaFrom`
   */
  replaceMedia(type: DownloadType, source: MediaSource, nowMs: number): void {
    const media = mediaFrom(source);
    this.#media[type] = media;
    const download = this.#downloads.get(type);
    if (download) this.#downloads.set(type, withMedia(download, media, nowMs));
  }

  #newDownload(type: DownloadType, nowMs: number): Download {
    const { generateMs, generateFails = false, progress, deliveryLagMs = 0 } = this.#options;
    const fails = typeof generateFails === 'boolean' ? generateFails : generateFails.includes(type);
    return {
      type,
      startedAtMs: nowMs,
      generateMs: (typeof generateMs === 'object' ? generateMs[type] : generateMs) ?? defaultGenerateMs,
      end: fails ? 'error' : 'ready',
      hiddenUntilMs: nowMs,
      progress: progress ?? linearProgress,
      deliveryLagMs,
      media: this.#media[type],
    };
  }

  #existingDownload(type: DownloadType, status: DownloadStatus, nowMs: number): Download {
    const download = this.#newDownload(type, nowMs);
    return status === 'inprogress' ? download : { ...download, generateMs: 0, end: status };
  }

  #nextVanishMs(): number {
    const { vanishAfterCreate } = this.#options;
    if (!vanishAfterCreate || this.#vanishesLeft === 0) return 0;
    this.#vanishesLeft -= 1;
    return vanishAfterCreate.ms;
  }
}

/** Returns the phases that a video goes through. Those that take no time are left out. */
function timelineOf({ state, phases = {} }: VideoOptions): readonly Phase[] {
  const all: readonly Phase[] = [
    ['pendingupload', phases.pendingUploadMs ?? 0],
    ['live-inprogress', phases.liveMs ?? (state === 'live-inprogress' ? Number.POSITIVE_INFINITY : 0)],
    ['downloading', phases.downloadingMs ?? 0],
    ['queued', phases.queuedMs ?? 0],
    ['inprogress', phases.encodeMs ?? 0],
    ['ready', phases.qualitiesMs ?? 0],
  ];
  return all.filter(([, durationMs]) => durationMs > 0);
}
