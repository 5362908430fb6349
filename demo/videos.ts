import type { VideoOptions } from '../local-stream/library/video.ts';

/** The videos of the demo. The last one fails to encode, and is the only one that may fail. */
export const videos = [
  {
    name: 'Launch film',
    durationSeconds: 94,
    phases: { queuedMs: 600, encodeMs: 2000 },
    generateMs: 3000,
  },
  {
    name: 'Product tour',
    durationSeconds: 210,
    generateMs: 2500,
    media: { default: { sizeBytes: 48_200_000, seed: 1 } },
  },
  {
    name: 'Holiday clip',
    phases: { queuedMs: 600, encodeMs: 2000 },
    errorReasonCode: 'ERR_MALFORMED_VIDEO',
  },
] as const satisfies readonly VideoOptions[];

/** How many of them have a thumbnail: all but the one that fails. */
export const thumbnailCount = videos.length - 1;
