import { latinName } from '../core/latin.ts';
import type { Destination } from './destination.ts';
import { partFor, safeName, visibleTitle } from './path-part.ts';
import { fill, hasPlaceholder, type NamedDownload, valuesOf } from './placeholders.ts';

/**
 * The absolute path of the file of one download, which is the same in every run. It can be the same for two videos with
 * the same title if the template has no `{id}`.
 */
export function targetOf(destination: Destination, video: NamedDownload): string {
  const { root, folders, path, severalVideos } = destination;
  const hasTitle = safeName(video.name) !== undefined;
  const file = destination.file ?? defaultName(video.id, hasTitle, severalVideos);
  return path.join(root, ...[...folders, file].map((template) => partFor(template, video)));
}

/**
 * The name of the file of one download in Latin letters, with the title as it is in the name that its URL has. It is of
 * any length, and may contain other characters that the author of the workflow wrote.
 */
export async function latinNameOf(
  { file, severalVideos }: Destination,
  video: NamedDownload,
): Promise<string> {
  const title = await latinName(visibleTitle(video.name ?? ''));
  const template = file ?? defaultName(video.id, title !== undefined, severalVideos);
  return fill(template, valuesOf(video, title ?? video.id));
}

/** Whether a file's name can depend on the video's title, which then has to be looked up. */
export function needsName({ folders, file }: Destination): boolean {
  return file === undefined || [...folders, file].some((template) => hasPlaceholder(template, ['name']));
}

/**
 * Among several videos, no two IDs get the same name: an ID with a dash, which Cloudflare's own never have, is put
 * between plus signs, since the end of `{name}-{id}` could otherwise be mistaken for a shorter ID. No ID has a plus
 * sign, and no shell interprets it.
 */
function defaultName(videoId: string, hasTitle: boolean, severalVideos: boolean): string {
  const id = severalVideos && videoId.includes('-') ? '+{id}+' : '{id}';
  if (!hasTitle) return `${id}.{ext}`;
  return severalVideos ? `{name}-${id}.{ext}` : '{name}.{ext}';
}
