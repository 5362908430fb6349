import * as v from 'valibot';
import type { Failure } from '../core/failure.ts';
import { foreignText } from '../core/foreign-text.ts';
import { RequestFailure } from '../http/request-failure.ts';
import { type GitHubCall, type GitHubRequest, isGitHubUrl } from './github-request.ts';
import { page as pageSchema, readResponse } from './responses.ts';

/** The most entries that GitHub puts on one page. */
export const pageSize = 100;

/** A list of GitHub's API. */
export interface PagedList {
  /** What its requests do, as in "Could not DO". */
  readonly action: string;
  /** The path after that of the repository. */
  readonly path: string;
  readonly maxPages: number;
  /** What it means that there are more pages; undefined to do without them. */
  readonly tooLong: () => Failure | undefined;
}

const withId = v.object({ id: v.number() });

/**
 * The pages of a list, in order. Only whether there is a next page is taken from the response, never its address, so
 * that no response decides where a request goes.
 *
 * @throws {RequestFailure} also where the list repeats itself, or continues at another host
 * @throws {Failure} `tooLong` after `maxPages`
 */
export async function* pagesOf(
  request: GitHubRequest,
  { action, maxPages, path, tooLong }: PagedList,
  apiUrl: string,
  call?: GitHubCall,
): AsyncGenerator<readonly unknown[]> {
  const seen = new Set<number>();
  for (let page = 1; page <= maxPages; page++) {
    const parameters = { per_page: pageSize, ...(page > 1 && { page }) };
    const { data, headers } = await request(
      action,
      (octokit, repo) => octokit.request(`GET /repos/{owner}/{repo}/${path}`, { ...repo, ...parameters }),
      call,
    );
    const entries = readResponse(action, pageSchema, data);
    yield entries;
    if (!hasNext(headers.link, action, apiUrl)) return;
    const seenBefore = seen.size;
    for (const entry of entries) if (v.is(withId, entry)) seen.add(entry.id);
    if (seen.size === seenBefore) {
      const what = `Could not ${action}: page ${page} of the list has no new entry, and announces more`;
      throw new RequestFailure('github-error', what);
    }
  }
  const failure = tooLong();
  if (failure) throw failure;
}

function hasNext(link: string | undefined, action: string, apiUrl: string): boolean {
  const next = /<([^<>]+)>;\s*rel="next"/.exec(link ?? '')?.[1];
  if (next === undefined) return false;
  const url = URL.parse(next, apiUrl);
  if (url && isGitHubUrl(url, apiUrl)) return true;
  const where = url ? foreignText(url.host, 'a host name', 255) : 'an invalid URL';
  const what = `Could not ${action}: the list continues at ${where}, which is not a host of GitHub`;
  throw new RequestFailure('github-refused', what);
}
