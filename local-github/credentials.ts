import type { IncomingHttpHeaders } from 'node:http';
import { GitHubError } from './api/errors.ts';

/** The repository that a local GitHub has, and who may use it: the same at every start, and no secrets. */
export const credentials = {
  owner: 'local-owner',
  repo: 'local-repo',
  /** May read and write, as with `permissions: contents: write`. */
  token: 'LocalGitHubTokenThatMayReadAndWrite00001',
  /** May only read. */
  readOnlyToken: 'LocalGitHubTokenThatMayOnlyRead000000002',
} as const;

/** What the sender of a request may do. */
export type Permission = 'read' | 'write';

/**
 * Tells what a request's token allows.
 * Follows https://docs.github.com/rest/authentication/authenticating-to-the-rest-api
 *
 * @throws GitHubError 401 when it is missing or unknown. The real one lets anybody read what is public.
 */
export function permissionOf({ authorization = '' }: IncomingHttpHeaders): Permission {
  const token = /^(?:token|bearer) +(\S+)$/i.exec(authorization)?.[1];
  if (token === credentials.token) return 'write';
  if (token === credentials.readOnlyToken) return 'read';
  throw new GitHubError(401, 'Bad credentials');
}
