import { Failure, type FailureKind } from '../core/failure.ts';
import { oneLine } from '../core/text.ts';
import { networkFault } from '../http/network-error.ts';

/** What is read of Octokit's errors. */
interface RequestError extends Error {
  readonly status: number;
  readonly request?: { readonly url: string };
  readonly response?: { readonly headers: Record<string, unknown>; readonly data?: unknown };
}

/** The HTTP status that a request to GitHub failed with; undefined where none came. */
export function statusOf(error: unknown): number | undefined {
  return isRequestError(error) && error.response ? error.status : undefined;
}

/** Whether GitHub says that there is an asset of that name already. */
export function isNameTaken(error: unknown): boolean {
  return statusOf(error) === 422 && /already_exists/.test(wordsOf(error));
}

/**
 * Tells what a failed request to GitHub means.
 *
 * @param doing what it was for, as in "could not DOING"
 */
export function gitHubFailure(doing: string, host: string, error: unknown): Failure {
  const status = statusOf(error);
  if (status === undefined) {
    const asked = isRequestError(error) ? URL.parse(error.request?.url ?? '')?.host : undefined;
    const { kind, what } = networkFault(asked ?? host, error, 'gave no answer in time');
    return new Failure(kind === 'unreachable' ? 'github-unreachable' : kind, `Could not ${doing}: ${what}`, {
      cause: error,
    });
  }
  const words = wordsOf(error);
  return new Failure(
    kindOf(status, words),
    `Could not ${doing}: GitHub answered HTTP ${status}, “${words}”`,
    {
      cause: error,
    },
  );
}

function kindOf(status: number, words: string): FailureKind {
  if (/immutable/i.test(words)) return 'release-immutable';
  if (status === 429 || /rate limit|abuse detection/i.test(words)) return 'github-rate-limited';
  if (status === 401) return 'github-token';
  if (status === 403) return 'github-permission';
  if (status === 404) return 'github-not-found';
  return status >= 500 ? 'github-error' : 'github-refused';
}

function isRequestError(error: unknown): error is RequestError {
  return Error.isError(error) && 'status' in error && typeof error.status === 'number';
}

/** GitHub's own words, with the codes that stand beside them. */
function wordsOf(error: unknown): string {
  const data = isRequestError(error) ? error.response?.data : undefined;
  if (typeof data !== 'object' || data === null) return oneLine(Error.isError(error) ? error.message : '');
  const { message, errors } = data as { message?: unknown; errors?: unknown };
  return oneLine([message, errors && JSON.stringify(errors)].filter(Boolean).join(' '), 200);
}
