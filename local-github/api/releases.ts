import { type Handler, isVisible, jsonReply, releaseOf } from './context.ts';
import { GitHubError, notFound } from './errors.ts';
import { readJsonObject } from './json-body.ts';
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

/**
 * Supports `tag_name`, `draft` and `generate_release_notes`. Whether the tag exists is not checked.
 * Follows https://docs.github.com/rest/releases/releases#create-a-release
 */
export const createRelease: Handler = async (_call, request, { repository, responses }) => {
  const { tag_name: tag, draft, generate_release_notes: generatesNotes } = await readJsonObject(request);
  if (typeof tag !== 'string' || tag === '') throw invalidRelease('missing_field');
  if (draft !== true && repository.publishedOf(tag)) throw invalidRelease('already_exists');
  const body = generatesNotes === true ? `**Full Changelog**: ${tag}` : '';
  const release = repository.addRelease({ tag, draft: draft === true, body });
  return jsonReply(201, responses.release(release));
};

/**
 * Supports `body` and `draft`, of which `false` publishes the release.
 * Follows https://docs.github.com/rest/releases/releases#update-a-release
 */
export const updateRelease: Handler = async (call, request, context, permission) => {
  const { body, draft } = await readJsonObject(request);
  const release = releaseOf(call, context, permission);
  if (draft === false && (context.repository.publishedOf(release.tag) ?? release) !== release)
    throw invalidRelease('already_exists');
  if (typeof body === 'string') release.body = body;
  if (draft === false) release.publish();
  return jsonReply(200, context.responses.release(release));
};

function invalidRelease(code: string): GitHubError {
  return new GitHubError(422, 'Validation Failed', [{ resource: 'Release', code, field: 'tag_name' }]);
}
