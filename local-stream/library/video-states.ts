/** The states of a video, as Cloudflare spells them. */
export const videoStates = [
  'pendingupload',
  'downloading',
  'queued',
  'inprogress',
  'ready',
  'error',
  'live-inprogress',
] as const;

/** The state of a video. */
export type VideoState = (typeof videoStates)[number];

/** The state of a video at an instant. */
export interface VideoAt {
  readonly state: VideoState;
  /** The elapsed fraction (0–1) of the state's duration; 1 in a final state. */
  readonly fraction: number;
}
