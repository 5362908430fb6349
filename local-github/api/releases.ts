import { type CarryOut, isVisible, jsonReply, releaseOf } from './context.ts';
import { notFound } from './errors.ts';
import { pageOf } from './pages.ts';

/** Follows https://docs.github.com/rest/releases/releases#list-releases */
export const listReleases: CarryOut = (
  _call,
  { query, path },
  { repository, answers, origin },
  permission,
) => {
  const visible = repository.releases.filter((release) => isVisible(release, permission));
  const { items, link } = pageOf(visible, query, `${origin}${path}`);
  const releases = items.map((release) => answers.release(release));
  return jsonReply(200, releases, link === undefined ? {} : { link });
};

/** Follows https://docs.github.com/rest/releases/releases#get-a-release */
export const getRelease: CarryOut = (call, _request, context, permission) =>
  jsonReply(200, context.answers.release(releaseOf(call, context, permission)));

/**
 * Follows https://docs.github.com/rest/releases/releases#get-a-release-by-tag-name: "a published release", which a draft
 * is not, whoever asks.
 */
export const getReleaseByTag: CarryOut = ({ tag }, _request, { repository, answers }) => {
  const release = repository.publishedOf(tag);
  if (!release) throw notFound();
  return jsonReply(200, answers.release(release));
};
