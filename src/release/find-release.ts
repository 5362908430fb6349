import { Failure } from '../core/failure.ts';
import {
  type FoundRelease,
  type GitHubOptions,
  type GitHubRequest,
  ifFound,
  isGitHubUrl,
} from './github-request.ts';

/** Which release to find: by its tag or, where an event names it, by its ID. */
export interface ReleaseReference {
  readonly tag: string;
  readonly id?: number;
}

/**
 * Finds a release that files can be attached to, drafts included.
 *
 * @throws {Failure} `release-not-found`, `release-immutable`, and what GitHub's refusals mean
 */
export async function findRelease(
  request: GitHubRequest,
  { id, tag }: ReleaseReference,
  { apiUrl, repository }: Pick<GitHubOptions, 'apiUrl' | 'repository'>,
): Promise<FoundRelease> {
  const response = await ifFound(
    request(`look up the release ${tag}`, ({ rest }, repo) =>
      id === undefined
        ? rest.repos.getReleaseByTag({ ...repo, tag })
        : rest.repos.getRelease({ ...repo, release_id: id }),
    ),
  );
  const release = response?.data ?? (id === undefined ? await findDraft(request, tag) : undefined);
  if (!release) throw new Failure('release-not-found', `There is no release ${tag} in ${repository}`);
  if (release.immutable && !release.draft) {
    throw new Failure('release-immutable', `The release ${release.tag_name} is published and immutable`);
  }
  const uploadUrl = URL.parse(release.upload_url);
  if (!uploadUrl || !isGitHubUrl(uploadUrl, apiUrl)) {
    const where = uploadUrl ? `${uploadUrl.host}, which is not a host of GitHub` : 'no valid URL';
    throw new Failure('github-refused', `The release ${tag} accepts uploads at ${where}`);
  }
  return release;
}

/** GitHub does not find drafts by their tag, but lists them for tokens that may write. */
function findDraft(request: GitHubRequest, tag: string): Promise<FoundRelease | undefined> {
  return request(`look up the release ${tag}`, async ({ paginate, rest }, repo) => {
    for await (const { data } of paginate.iterator(rest.repos.listReleases, { ...repo, per_page: 100 })) {
      const draft = data.find((release) => release.draft && release.tag_name === tag);
      if (draft) return draft;
    }
    return undefined;
  });
}
