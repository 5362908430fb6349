import type { components } from '@octokit/openapi-types';

/** What is wrong with one field. */
export type FieldError = NonNullable<components['schemas']['validation-error']['errors']>[number];

/** An answer that is not a success. */
export class GitHubError extends Error {
  readonly status: number;
  readonly errors: readonly FieldError[] | undefined;

  constructor(status: number, message: string, errors?: readonly FieldError[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

/** There is no such thing, or none that the sender of the request may see. */
export function notFound(): GitHubError {
  return new GitHubError(404, 'Not Found');
}

/**
 * The request is understood, and what it asks for is not possible.
 * Follows https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed
 */
export function invalid(error: Omit<FieldError, 'resource'>): GitHubError {
  return new GitHubError(422, 'Validation Failed', [{ resource: 'ReleaseAsset', ...error }]);
}

/** The release has an asset of this name. */
export function nameTaken(): GitHubError {
  return invalid({ code: 'already_exists', field: 'name' });
}
