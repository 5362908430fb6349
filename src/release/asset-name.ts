import { latinName } from '../core/latin.ts';

/** The longest name of an asset, in characters. */
const maxLength = 255;

/** How much of a name's end is kept in characters: room for the longest ID and a type, which tell names apart. */
const keptEnd = 80;

/**
 * The name that a file has as an asset: in Latin letters, and with only the characters that GitHub keeps, which are
 * ASCII letters, digits, `.`, `-` and `_`. Since GitHub does not change it, later runs find the asset by it.
 *
 * @param id replaces a name without any letter or digit
 * @see https://docs.github.com/rest/releases/assets#upload-a-release-asset
 */
export async function assetName(fileName: string, id: string): Promise<string> {
  const extension = /\.[A-Za-z0-9]{1,8}$/.exec(fileName)?.[0] ?? '';
  const stem = (await latinName(fileName.slice(0, fileName.length - extension.length))) ?? id;
  return shorten(stem, maxLength - extension.length) + extension;
}

/** Latin letters can be more than the letters that they stand for. */
function shorten(stem: string, limit: number): string {
  if (stem.length <= limit) return stem;
  return `${stem.slice(0, limit - keptEnd - 1)}-${stem.slice(-keptEnd)}`;
}
