import * as v from 'valibot';
import { Failure } from '../core/failure.ts';
import { foreignText } from '../core/foreign-text.ts';
import { count, formatNumber } from '../core/text.ts';
import type { GitHubOptions, GitHubRequest } from './github-request.ts';
import { type ListedTag, nearTag } from './near-tag.ts';
import { pageSize, pagesOf } from './pages.ts';
import { listedRelease, readResponse, release as releaseSchema } from './responses.ts';

/** GitHub lists the newest 10,000 releases of a repository. */
const maxPages = 100;

/** How many drafts of one tag are named. */
const maxNamed = 5;

/** A release of the tag, as it was listed. */
interface Listed {
  readonly entry: unknown;
  readonly isDraft: boolean;
}

/**
 * Finds the release of a tag in the list of all: GitHub does not find drafts by their tag, but lists them for tokens
 * that may write. All pages are read, since drafts of one tag need not be neighbours.
 *
 * @param action what this is part of, as in "Could not DO"
 * @returns the entry of the list: the published release, or the only draft
 * @throws {Failure} `release-not-found`, with a tag that is near; `release-ambiguous` if there are several drafts
 */
export async function findListedRelease(
  request: GitHubRequest,
  { action, tag }: { readonly action: string; readonly tag: string },
  { apiUrl, repository }: Pick<GitHubOptions, 'apiUrl' | 'repository'>,
): Promise<unknown> {
  const others: ListedTag[] = [];
  /** By ID: an entry is on two pages if a release is created meanwhile. */
  const ofTag = new Map<unknown, Listed>();

  function notFound(where: string): Failure {
    const near = nearTag(tag, others);
    const question = near === undefined ? '' : `: did you mean ${near}?`;
    return new Failure('release-not-found', `There is no release ${tag} ${where}${question}`);
  }

  const tooLong = () =>
    ofTag.size > 0 ? undefined : notFound(`among the newest ${maxPages * pageSize} of ${repository}`);
  for await (const page of pagesOf(request, { action, path: 'releases', maxPages, tooLong }, apiUrl)) {
    for (const entry of page) {
      if (!v.is(listedRelease, entry)) continue;
      const { draft: isDraft, id, tag_name: itsTag } = entry;
      if (itsTag === tag) ofTag.set(id, { entry, isDraft });
      else others.push({ tag: foreignText(itsTag, 'a tag', 255), isDraft });
    }
  }
  const found = [...ofTag.values()];
  const chosen = found.find(({ isDraft }) => !isDraft) ?? found[0];
  if (!chosen) throw notFound(`in ${repository}`);
  if (chosen.isDraft && found.length > 1) throw ambiguous(found, { action, tag, repository });
  return chosen.entry;
}

function ambiguous(
  drafts: readonly Listed[],
  { action, repository, tag }: { action: string; repository: string; tag: string },
): Failure {
  const names = drafts.slice(0, maxNamed).map(({ entry }) => {
    const { id, pageUrl } = readResponse(action, releaseSchema, entry);
    return pageUrl === undefined ? `${id}` : `${id} (${pageUrl})`;
  });
  if (drafts.length > maxNamed) names.push(`${formatNumber(drafts.length - maxNamed)} more`);
  const what = `There are ${count(drafts.length, 'draft')} of the tag ${tag} in ${repository}, with the IDs`;
  return new Failure('release-ambiguous', `${what} ${names.join(', ')}`);
}
