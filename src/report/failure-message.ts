import type { DownloadRecord } from '../core/record.ts';

/** The longest title that a message contains, in UTF-16 units. */
const maxTitle = 80;

/** Why a record fails the step, with the video that it is about; undefined where it does not. */
export function failureMessage({ failure, title, videoId }: DownloadRecord): string | undefined {
  // A part of a longer one could be half of a secret.
  const name = title && title.length <= maxTitle ? ` (“${title}”)` : '';
  return failure && `Video ${videoId}${name}: ${failure.message}`;
}
