import type { DownloadType } from '../core/record.ts';

/** The extension of the file of each type, without the dot. */
export const extensionOf = { default: 'mp4', audio: 'm4a' } as const satisfies Record<DownloadType, string>;

/** Only these count as extensions: the end of `v1.2` is none. */
const media = /\.(mp4|m4a|m4v|mov|mkv|webm|avi|mp3|wav|aac|flac|ogg|opus|ts|mpg|mpeg|wmv|flv|3gp)$/i;

/**
 * The media extension at the end of a name.
 *
 * @returns in lower case and without the dot; undefined where there is none
 */
export function mediaExtension(name: string): string | undefined {
  return media.exec(name)?.[1]?.toLowerCase();
}

/** The name without the media extension at its end. */
export function withoutMediaExtension(name: string): string {
  return name.replace(media, '');
}
