import type { VideoOptions } from './library/video.ts';

/** A video of the command line's library. */
export interface ExampleVideo {
  /** What it shows. */
  readonly shows: string;
  /** How many days ago it was created. */
  readonly ageDays: number;
  readonly video: VideoOptions & { readonly name: string };
}

/**
 * The videos of the command line, each for something that a workflow meets. Their IDs follow from their order, so a new
 * one belongs at the end.
 */
export const exampleVideos: readonly ExampleVideo[] = [
  { shows: 'ready, without downloads', ageDays: 0, video: { name: 'Launch film' } },
  {
    shows: 'private: its URL is signed',
    ageDays: 1,
    video: { name: 'Board meeting, March', requireSignedURLs: true },
  },
  {
    shows: 'slow: 1 min to encode, 30 s per download',
    ageDays: 0,
    video: { name: 'Keynote, full length', phases: { encodeMs: 60_000 }, generateMs: 30_000 },
  },
  {
    shows: 'fails to encode',
    ageDays: 2,
    video: { name: 'Holiday clip', errorReasonCode: 'ERR_MALFORMED_VIDEO' },
  },
  {
    shows: 'its downloads fail',
    ageDays: 9,
    video: { name: 'Trailer: rough cut', generateFails: true },
  },
  {
    shows: 'MP4 and M4A are ready already',
    ageDays: 20,
    video: { name: 'Über uns – das Team', downloads: { default: 'ready', audio: 'ready' } },
  },
  {
    shows: 'recording of a live input',
    ageDays: 40,
    video: { name: 'Town hall, live', liveInput: '10ca157e0a0000000000000000001157' },
  },
];
