import * as v from 'valibot';
import { Failure } from '../core/failure.ts';
import { foreignText } from '../core/foreign-text.ts';
import { type GitHubOptions, type GitHubRequest, ifFound, isGitHubUrl } from './github-request.ts';
import { pageSize, pagesOf } from './pages.ts';
import { type FoundRelease, readResponse, release as releaseSchema } from './responses.ts';

/** Which release to find: by its tag or, where an event names it, by its ID. */
export interface ReleaseReference {
  readonly tag: string;
  readonly id?: number;
}

/** GitHub lists the newest 10,000 releases of a repository. */
const maxPages = 100;

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
  const action = `look up the release ${tag}`;
  const notFound = (where: string) => new Failure('release-not-found', `There is no release ${tag} ${where}`);

  /** GitHub does not find drafts by their tag, but lists them for tokens that may write. */
  async function findDraft(): Promise<unknown> {
    const tooLong = () => notFound(`among the newest ${maxPages * pageSize} of ${repository}`);
    // An entry that is malformed is not the draft, or fails where it is read completely.
    const draft = v.object({ draft: v.literal(true), tag_name: v.literal(tag) });
    for await (const page of pagesOf(request, { action, path: 'releases', maxPages, tooLong }, apiUrl)) {
      const found = page.find((entry) => v.is(draft, entry));
      if (found) return found;
    }
    throw notFound(`in ${repository}`);
  }

  const response = await ifFound(
    request(action, ({ rest }, repo) =>
      id === undefined
        ? rest.repos.getReleaseByTag({ ...repo, tag })
        : rest.repos.getRelease({ ...repo, release_id: id }),
    ),
  );
  if (!response && id !== undefined) throw notFound(`in ${repository}`);
  const release = readResponse(action, releaseSchema, response ? response.data : await findDraft());
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
