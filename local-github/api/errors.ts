import type { components } from '@octokit/openapi-types';

/** A validation error of one field. */
export type FieldError = NonNullable<components['schemas']['validation-error']['errors']>[number];

/** A response other than a success. */
export class GitHubError extends Error {
  readonly status: number;
  readonly errors: readonly FieldError[] | undefined;

  constructor(status: number, message: string, errors?: readonly FieldError[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

/** The resource does not exist, or is not visible with the token of the request. */
export function notFound(): GitHubError {
  return new GitHubError(404, 'Not Found');
}

/**
 * The request is well-formed but cannot be carried out.
 * Follows https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed
 */
export function invalid(error: Omit<FieldError, 'resource'>): GitHubError {
  return new GitHubError(422, 'Validation Failed', [{ resource: 'ReleaseAsset', ...error }]);
}

/** The release already has an asset of this name. */
export function nameTaken(): GitHubError {
  return invalid({ code: 'already_exists', field: 'name' });
}
