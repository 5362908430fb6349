import { type Handler, isVisible, jsonReply, releaseOf } from './context.ts';
import { notFound } from './errors.ts';
import { pageOf } from './pages.ts';

/** Follows https://docs.github.com/rest/releases/releases#list-releases */
export const listReleases: Handler = (
  _call,
  { query, path },
  { repository, responses, origin },
  permission,
) => {
  const visible = repository.releases.filter((release) => isVisible(release, permission));
  const { items, link } = pageOf(visible, query, `${origin}${path}`);
  const releases = items.map((release) => responses.release(release));
  return jsonReply(200, releases, link === undefined ? {} : { link });
};

/** Follows https://docs.github.com/rest/releases/releases#get-a-release */
export const getRelease: Handler = (call, _request, context, permission) =>
  jsonReply(200, context.responses.release(releaseOf(call, context, permission)));

/**
 * Returns published releases only: a draft is not found by its tag with any token.
 * Follows https://docs.github.com/rest/releases/releases#get-a-release-by-tag-name
 */
export const getReleaseByTag: Handler = ({ tag }, _request, { repository, responses }) => {
  const release = repository.publishedOf(tag);
  if (!release) throw notFound();
  return jsonReply(200, responses.release(release));
};
