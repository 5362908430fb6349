import { Failure } from '../core/failure.ts';
import { foreignText } from '../core/foreign-text.ts';
import { type GitHubOptions, type GitHubRequest, ifFound, isGitHubUrl } from './github-request.ts';
import { findListedRelease } from './listed-release.ts';
import { type FoundRelease, readResponse, release as releaseSchema } from './responses.ts';

/** Which release to find: by its tag or, where an event names it, by its ID. */
export interface ReleaseReference {
  readonly tag: string;
  readonly id?: number;
}

/**
 * Finds a release that files can be attached to, drafts included. A published release of the tag comes before drafts of
 * it, of which there may be several.
 *
 * @throws {Failure} `release-not-found`, `release-ambiguous`, `release-immutable`, and what GitHub's refusals mean
 */
export async function findRelease(
  request: GitHubRequest,
  { id, tag }: ReleaseReference,
  github: Pick<GitHubOptions, 'apiUrl' | 'repository'>,
): Promise<FoundRelease> {
  const { apiUrl, repository } = github;
  const action = `look up the release ${tag}`;
  const response = await ifFound(
    request(action, ({ rest }, repo) =>
      id === undefined
        ? rest.repos.getReleaseByTag({ ...repo, tag })
        : rest.repos.getRelease({ ...repo, release_id: id }),
    ),
  );
  if (!response && id !== undefined) {
    throw new Failure('release-not-found', `There is no release ${tag} in ${repository}`);
  }
  const data = response ? response.data : await findListedRelease(request, { action, tag }, github);
  const release = readResponse(action, releaseSchema, data);
  if (release.isImmutable && !release.isDraft) {
    throw new Failure('release-immutable', `The release ${release.tag} is published and immutable`);
  }
  const { host, pathname } = release.uploadUrl;
  const accepts = `The release ${release.tag} accepts uploads at`;
  if (!isGitHubUrl(release.uploadUrl, apiUrl)) {
    const where = foreignText(host, 'a host name', 255);
    throw new Failure('github-refused', `${accepts} ${where}, which is not a host of GitHub`);
  }
  if (!pathname.endsWith(`/releases/${release.id}/assets`)) {
    const where = foreignText(pathname, 'a path', 255);
    throw new Failure('github-refused', `${accepts} ${where}, which is not the path of its assets`);
  }
  return release;
}
