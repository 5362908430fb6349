import nodePath, { type PlatformPath } from 'node:path';

/** Whether a path is that of a folder or of something in it, as far as the two absolute paths tell. */
export function liesIn(
  folder: string,
  path: string,
  { isAbsolute, relative, sep }: PlatformPath = nodePath,
): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
