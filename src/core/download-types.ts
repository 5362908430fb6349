/**
 * Everything that differs between the types of download. Supporting another type takes one more row.
 *
 * @see https://developers.cloudflare.com/stream/viewing-videos/download-videos/
 */
export const downloadTypeFacts = {
  default: {
    label: 'MP4',
    extension: 'mp4',
    mediaType: 'video/mp4',
    createPath: [],
    needsAllQualities: true,
  },
  audio: {
    label: 'M4A',
    extension: 'm4a',
    mediaType: 'audio/mp4',
    createPath: ['audio'],
    needsAllQualities: false,
  },
} as const satisfies Record<string, DownloadTypeFacts>;

interface DownloadTypeFacts {
  /** What people call it. */
  readonly label: string;
  /** Without the dot. */
  readonly extension: string;
  readonly mediaType: string;
  /** The segments that follow `downloads` in the path of the request that creates it. */
  readonly createPath: readonly string[];
  /** Whether one that is created before all qualities of the video are encoded may have a lower one. */
  readonly needsAllQualities: boolean;
}

export type DownloadType = keyof typeof downloadTypeFacts;

/** In the order in which a video's downloads are reported. */
export const downloadTypes = Object.keys(downloadTypeFacts) as DownloadType[];

/** The file extensions of all types, without the dot. */
export const downloadExtensions = downloadTypes.map((type) => downloadTypeFacts[type].extension);
