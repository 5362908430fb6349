import type { VideoOptions } from '../../local-stream/library/video.ts';
import type { LocalStream } from '../../local-stream/server.ts';

/** An ID that the account does not have. */
export const unknownId = 'f'.repeat(32);

/** IDs that the account does not have. */
export function unknownIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => (index + 1).toString(16).padStart(32, 'f'));
}

/** Options of a video whose default download is ready. */
export const ready = { downloads: { default: 'ready' } } as const;

/** Options of a video whose downloads of both types are ready. */
export const both = { downloads: { default: 'ready', audio: 'ready' } } as const;

/** Options of a private video. */
export const privately = { requireSignedURLs: true } as const;

/** When the newest of `addVideos` was created. */
const newestMs = Date.UTC(2026, 0, 10);

/**
 * Adds videos that were created one minute after the other.
 *
 * @param optionsOf the options of each, of which the first is the newest
 * @returns their IDs, the newest first, as a library is listed
 */
export function addVideos(
  stream: Pick<LocalStream, 'addVideo'>,
  count: number,
  optionsOf: VideoOptions | ((index: number) => VideoOptions) = {},
): string[] {
  return Array.from({ length: count }, (_, index) => {
    const created = new Date(newestMs - index * 60_000);
    return stream.addVideo({
      created,
      ...(typeof optionsOf === 'function' ? optionsOf(index) : optionsOf),
    }).uid;
  });
}

/** The IDs of records, in order. */
export function idsOf(records: readonly { readonly videoId: string }[]): string[] {
  return records.map(({ videoId }) => videoId);
}
