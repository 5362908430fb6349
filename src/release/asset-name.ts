/**
 * The asset name that GitHub makes of a file's name, with only letters, digits, `.`, `-` and `_`. Under it, the asset is
 * found again by later runs.
 *
 * @param id replaces a name without any allowed character
 * @see https://docs.github.com/rest/releases/assets#upload-a-release-asset
 */
export function assetName(fileName: string, id: string): string {
  const extension = /\.[A-Za-z0-9]+$/.exec(fileName)?.[0] ?? '';
  const stem = fileName
    .slice(0, fileName.length - extension.length)
    .normalize('NFC')
    .replace(/[^A-Za-z0-9._-]+/g, '.')
    .replace(/\.{2,}/g, '.')
    .replace(/^[.-]+|\.$/g, '');
  return `${stem || id}${extension}`;
}
