import { safeName } from './path-part.ts';
import type { NamedVideo } from './placeholders.ts';

/**
 * The template of the file of a download that is saved to a folder. Among several videos no two ids share a name: an
 * id with a dash, which none of Cloudflare's has, stands in brackets, or the end of `{name}-{id}` could be another id.
 */
export function defaultName(video: NamedVideo, severalVideos: boolean): string {
  const id = severalVideos && video.id.includes('-') ? '({id})' : '{id}';
  if (safeName(video.name) === undefined) return `${id}.{ext}`;
  return severalVideos ? `{name}-${id}.{ext}` : '{name}.{ext}';
}
