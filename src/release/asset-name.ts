/**
 * The name that GitHub gives an asset: of letters, digits, `.`, `-` and `_`, so that the same file is found again under
 * it.
 *
 * @param id stands in for a name of which nothing is left
 * @see https://docs.github.com/rest/releases/assets#upload-a-release-asset
 */
export function assetName(fileName: string, id: string): string {
  const extension = /\.[A-Za-z0-9]+$/.exec(fileName)?.[0] ?? '';
  const stem = fileName.slice(0, fileName.length - extension.length);
  return `${reduced(stem) || id}${extension}`;
}

function reduced(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[^A-Za-z0-9._-]+/g, '.')
    .replace(/\.{2,}/g, '.')
    .replace(/^[.-]+|\.$/g, '');
}
