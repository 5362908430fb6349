/**
 * Returns the name that an asset gets when a client requests the name `requested`.
 *
 * GitHub documents only that names with "special characters, non-alphanumeric characters, and leading or trailing
 * periods" are changed. This is a simplified version: everything but ASCII letters, digits, `.`, `_` and `-` becomes a
 * period, consecutive periods are collapsed, a trailing one is removed, and a leading one is prefixed with `default`,
 * as reported in https://github.com/softprops/action-gh-release/issues/741. GitHub itself reportedly keeps `+` and `@`,
 * and replaces some letters by similar ASCII letters (https://github.com/travis-ci/dpl/issues/821), so clients have to
 * rely on the name in the response.
 * Follows https://docs.github.com/rest/releases/assets#upload-a-release-asset
 */
export function assetNameFor(requested: string): string {
  const name = requested
    .replace(/[^A-Za-z0-9._-]/g, '.')
    .replace(/\.{2,}/g, '.')
    .replace(/\.$/, '');
  return name === '' || name.startsWith('.') ? `default${name}` : name;
}
