/**
 * What GitHub calls an asset that someone wants to call `asked`.
 *
 * The documentation says only that names with "special characters, non-alphanumeric characters, and leading or trailing
 * periods" are changed. Kept simple here: what is not a letter of ASCII, a digit, `.`, `_` or `-` becomes a period, and
 * periods in a row become one. One at the end goes, and before one at the start comes `default`, as reported in
 * https://github.com/softprops/action-gh-release/issues/741. The real one is reported to keep `+` and `@`, and to turn
 * some letters into similar ones of ASCII (https://github.com/travis-ci/dpl/issues/821): rely on the name that is
 * answered.
 * Follows https://docs.github.com/rest/releases/assets#upload-a-release-asset
 */
export function assetNameFor(asked: string): string {
  const name = asked
    .replace(/[^A-Za-z0-9._-]/g, '.')
    .replace(/\.{2,}/g, '.')
    .replace(/\.$/, '');
  return name === '' || name.startsWith('.') ? `default${name}` : name;
}
