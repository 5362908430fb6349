import { Failure } from '../core/failure.ts';
import { RequestFailure } from '../http/request-failure.ts';
import type { GitHubRequest } from './github-request.ts';
import type { FoundRelease } from './responses.ts';

/**
 * An asset that does not exist: GitHub numbers assets from 1, and has reached some hundred millions. 0 would be a worse
 * choice, since software that is not GitHub's may take it for "no ID was given", and choose an asset by itself.
 */
const missingAsset = Number.MAX_SAFE_INTEGER;

/**
 * The messages of a 403 that no later write can escape: the token lacks the permission, or nobody has it. Others are no
 * proof: the token has just been used to read, so that an organization's single sign-on or list of allowed addresses
 * would have refused it then; rate limits end; and a proxy may refuse this method alone.
 */
const certain = /^Resource not accessible by |^Repository was archived/;

/** The check must not delay the step: whatever is wrong besides the permission, a later request reports it. */
const limits = { maxAttempts: 1, timeoutMs: 5000 };

/**
 * Finds out, before anything is generated or downloaded, whether the token may write to a release. A draft proves that
 * it may, since others do not see it. For a published release one request is sent: a change of nothing, to an asset that
 * does not exist. GitHub does not document whether it looks at the permission or for the asset first, so only a refusal
 * for lack of permission means anything.
 *
 * @throws {Failure} `github-permission` if the token may certainly not write
 * @throws the reason for the end of the step
 * @see https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#resource-not-accessible
 */
export async function requireWritePermission(
  request: GitHubRequest,
  { isDraft, tag }: Pick<FoundRelease, 'isDraft' | 'tag'>,
): Promise<void> {
  if (isDraft) return;
  try {
    await request(
      'check the permission of the token',
      ({ rest }, repo) => rest.repos.updateReleaseAsset({ ...repo, asset_id: missingAsset }),
      { limits },
    );
  } catch (error) {
    if (!(error instanceof RequestFailure)) throw error;
    const { kind, response } = error;
    const isCertain = response?.messages.some(({ message }) => certain.test(message));
    if (kind !== 'github-permission' || !isCertain) return;
    const what = `Files cannot be attached to the release ${tag}`;
    throw new Failure(kind, what, { response, cause: error });
  }
}
