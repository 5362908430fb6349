import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The bytes of a file that the delivery host hands out. */
export interface Media {
  readonly bytes: Uint8Array;
  /** A strong entity tag with its quotes: the same for the same bytes, also after a restart. */
  readonly etag: string;
}

/**
 * Makes a file to deliver from bytes, or from the file at a path.
 *
 * @throws what `readFileSync` throws, when there is no such file
 */
export function mediaFrom(source: Uint8Array | string | URL): Media {
  const bytes = source instanceof Uint8Array ? source : readFileSync(source);
  const digest = createHash('sha256').update(bytes).digest('hex');
  return { bytes, etag: `"${digest.slice(0, 32)}"` };
}

/** What the downloads of a video contain that brought none of its own: six seconds of a test pattern with a tone. */
export const testPattern = {
  default: mediaFrom(new URL('../media/default.mp4', import.meta.url)),
  audio: mediaFrom(new URL('../media/audio.m4a', import.meta.url)),
  durationSeconds: 6,
  width: 320,
  height: 180,
};
