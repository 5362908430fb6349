import type { Media } from './media.ts';

/** The types of download that Cloudflare generates, with the file that each is delivered as. */
export const downloadFiles = {
  default: { name: 'default.mp4', extension: 'mp4', contentType: 'video/mp4' },
  audio: { name: 'audio.m4a', extension: 'm4a', contentType: 'audio/mp4' },
} as const;

/** A type of download: the MP4 with the picture, or the sound alone. */
export type DownloadType = keyof typeof downloadFiles;

/** All types, in the order in which the API's schema names them. */
export const downloadTypes: readonly DownloadType[] = ['default', 'audio'];

/** The status of a download, as Cloudflare spells it. */
export type DownloadStatus = 'ready' | 'inprogress' | 'error';

/** A download from its creation on. It holds no state: what it is at an instant follows from these alone. */
export interface Download {
  readonly type: DownloadType;
  /** The instant at which generation began, in ms since the epoch. */
  readonly startedAtMs: number;
  /** How long generation takes, in ms; `Infinity` for one that never ends. */
  readonly generateMs: number;
  readonly end: 'ready' | 'error';
  /** Until this instant the API denies that the download is there. */
  readonly hiddenUntilMs: number;
  /** Percent (0–100) over the fraction (0–1) of `generateMs` that has passed. */
  readonly progress: (fraction: number) => number;
  /** For so many ms after it is ready the delivery host denies that it is there. */
  readonly deliveryLagMs: number;
  readonly media: Media;
  /** When another file took the place of the one that was generated, if one did. */
  readonly replacedAtMs?: number;
}

/** What a download is at an instant. */
export interface DownloadAt {
  readonly status: DownloadStatus;
  /** 0–100; 0 for one that failed. */
  readonly percentComplete: number;
}

/** Tells what a download is at `nowMs` (ms since the epoch). */
export function downloadAt(download: Download, nowMs: number): DownloadAt {
  const { startedAtMs, generateMs, end, progress } = download;
  const passedMs = nowMs - startedAtMs;
  if (passedMs < generateMs) {
    return { status: 'inprogress', percentComplete: progress(passedMs / generateMs) };
  }
  return { status: end, percentComplete: end === 'ready' ? progress(1) : 0 };
}

/** From when on the delivery host hands out a download that ends `ready`, in ms since the epoch. */
export function handedOutFromMs({ startedAtMs, generateMs, deliveryLagMs }: Download): number {
  return startedAtMs + generateMs + deliveryLagMs;
}

/** When the file of a download became what it is, in ms since the epoch. */
export function modifiedAtMs({ startedAtMs, generateMs, replacedAtMs }: Download): number {
  return replacedAtMs ?? startedAtMs + generateMs;
}

/** The download with another file in the place of its own. */
export function withMedia(download: Download, media: Media, nowMs: number): Download {
  // `Last-Modified` tells whole seconds, and must tell the one file from the other. One that was never ready told none.
  const isReady = downloadAt(download, nowMs).status === 'ready';
  const replacedAtMs = Math.max(nowMs, modifiedAtMs(download) + 1000);
  return { ...download, media, ...(isReady && { replacedAtMs }) };
}

/** Percentages that grow evenly, in steps of 0.1. */
export function linearProgress(fraction: number): number {
  return Math.floor(fraction * 1000) / 10;
}
