import type { Media } from './media.ts';

/** The download types that Cloudflare generates, with the file that each is delivered as. */
export const downloadFiles = {
  default: { name: 'default.mp4', extension: 'mp4', contentType: 'video/mp4' },
  audio: { name: 'audio.m4a', extension: 'm4a', contentType: 'audio/mp4' },
} as const;

/** A download type: the MP4 with video, or the audio alone. */
export type DownloadType = keyof typeof downloadFiles;

/** All download types, in the order of the API's schema. */
export const downloadTypes: readonly DownloadType[] = ['default', 'audio'];

/** The status of a download, as Cloudflare spells it. */
export type DownloadStatus = 'ready' | 'inprogress' | 'error';

/** A download. It is immutable: its state at any instant is computed from these fields. */
export interface Download {
  readonly type: DownloadType;
  /** When generation began, in milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** How long generation takes; `Infinity` if it never ends. */
  readonly generateMs: number;
  readonly end: 'ready' | 'error';
  /** Until then the API reports the download as absent, in milliseconds since the epoch. */
  readonly hiddenUntilMs: number;
  /** The reported percentage (0–100) at a fraction (0–1) of `generateMs`. */
  readonly progress: (fraction: number) => number;
  /** How long after it is ready the delivery host cannot deliver it yet. */
  readonly deliveryLagMs: number;
  readonly media: Media;
  /** When another file replaced the generated one, in milliseconds since the epoch; absent if none did. */
  readonly replacedAtMs?: number;
}

/** The state of a download at an instant. */
export interface DownloadAt {
  readonly status: DownloadStatus;
  /** 0–100; 0 if generation failed. */
  readonly percentComplete: number;
}

/** Returns the state of a download at `nowMs` (milliseconds since the epoch). */
export function downloadAt(download: Download, nowMs: number): DownloadAt {
  const { startedAtMs, generateMs, end, progress } = download;
  const elapsedMs = nowMs - startedAtMs;
  if (elapsedMs < generateMs) {
    return { status: 'inprogress', percentComplete: progress(elapsedMs / generateMs) };
  }
  return { status: end, percentComplete: end === 'ready' ? progress(1) : 0 };
}

/** When the delivery host begins to serve a download that ends `ready`, in milliseconds since the epoch. */
export function availableFromMs({ startedAtMs, generateMs, deliveryLagMs }: Download): number {
  return startedAtMs + generateMs + deliveryLagMs;
}

/** When the file of a download was last modified, in milliseconds since the epoch. */
export function modifiedAtMs({ startedAtMs, generateMs, replacedAtMs }: Download): number {
  return replacedAtMs ?? startedAtMs + generateMs;
}

/** Returns the download with its file replaced. */
export function withMedia(download: Download, media: Media, nowMs: number): Download {
  // `Last-Modified` has a resolution of one second and must differ from the one served before, if any was.
  const isReady = downloadAt(download, nowMs).status === 'ready';
  const replacedAtMs = Math.max(nowMs, modifiedAtMs(download) + 1000);
  return { ...download, media, ...(isReady && { replacedAtMs }) };
}

/** Progress at a constant rate, in steps of 0.1 percent. */
export function linearProgress(fraction: number): number {
  return Math.floor(fraction * 1000) / 10;
}
