import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The free space of the disk of a folder, which need not exist yet, in bytes; undefined if it is unknown. */
export async function freeBytesOf(folder: string): Promise<number | undefined> {
  for (let path = folder; ; path = dirname(path)) {
    const found = await statfs(path).catch(() => undefined);
    if (found) return found.bavail * found.bsize;
    if (path === dirname(path)) return undefined;
  }
}
