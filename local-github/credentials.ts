import type { IncomingHttpHeaders } from 'node:http';
import { GitHubError } from './api/errors.ts';

/** The repository of a local GitHub and its tokens. They are not secret, and the same at every start. */
export const credentials = {
  owner: 'local-owner',
  repo: 'local-repo',
  /** May read and write, as with `permissions: contents: write`. */
  token: 'LocalGitHubTokenThatMayReadAndWrite00001',
  /** May only read. */
  readOnlyToken: 'LocalGitHubTokenThatMayOnlyRead000000002',
} as const;

/** What a request is allowed to do. */
export type Permission = 'read' | 'write';

/**
 * Returns what the token of a request allows.
 * Follows https://docs.github.com/rest/authentication/authenticating-to-the-rest-api
 *
 * @throws GitHubError 401 when the token is missing or unknown. GitHub itself serves public data without a token.
 */
export function permissionOf({ authorization = '' }: IncomingHttpHeaders): Permission {
  const token = /^(?:token|bearer) +(\S+)$/i.exec(authorization)?.[1];
  if (token === credentials.token) return 'write';
  if (token === credentials.readOnlyToken) return 'read';
  throw new GitHubError(401, 'Bad credentials');
}
