import type { DownloadType } from '../core/download-types.ts';
import type { DeliveryContext } from './context.ts';

/**
 * Adds the name that a browser saves the download under.
 *
 * @throws {Failure} if the name needs the video's title and that cannot be looked up
 */
export async function nameUrl(
  url: string,
  type: DownloadType,
  { filename, video }: Pick<DeliveryContext, 'filename' | 'video'>,
): Promise<string> {
  if (filename === undefined) return url;
  // Dynamic import: built as its own chunk, loaded only when needed.
  const { filenameFor, needsTitle } = await import('./filename.ts');
  const name = needsTitle(filename) ? await video.title() : undefined;
  const named = new URL(url);
  named.searchParams.set('filename', await filenameFor(filename, { id: video.id, type, name }));
  return named.href;
}
