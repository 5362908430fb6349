import type { IncomingHttpHeaders } from 'node:http';
import { ApiError } from './envelope.ts';

/**
 * The account and its credentials. They are not secret, and the same at every start, so that a workflow that uses them
 * keeps working.
 */
export const credentials = {
  accountId: '10ca157e0a000000000000000000acc7',
  /** May read and write. */
  token: 'LocalStreamTokenThatMayReadAndWrite00001',
  /** May only read. */
  readOnlyToken: 'LocalStreamTokenThatMayOnlyRead000000002',
  /** With `key`, the legacy credentials, which may read and write. */
  email: 'somebody@local-stream.example',
  key: '10ca157ea0000000000000000000000000003',
} as const;

/** What a request is allowed to do. */
export type Permission = 'read' | 'write';

/**
 * Returns what the credentials of a request allow.
 * Follows https://developers.cloudflare.com/fundamentals/api/how-to/make-api-calls/#make-api-calls
 *
 * @throws ApiError 400 when they are missing or malformed, 401 for an unknown token, 403 for an unknown pair
 */
export function permissionOf(headers: IncomingHttpHeaders): Permission {
  const { authorization, 'x-auth-email': email, 'x-auth-key': key } = headers;
  if (authorization !== undefined) return permissionOfToken(authorization);
  if (email === undefined || key === undefined) {
    throw new ApiError(400, {
      code: 9106,
      message: 'Missing X-Auth-Key, X-Auth-Email or Authorization headers',
    });
  }
  if (email === credentials.email && key === credentials.key) return 'write';
  throw new ApiError(403, { code: 9103, message: 'Unknown X-Auth-Key or X-Auth-Email' });
}

function permissionOfToken(authorization: string): Permission {
  const token = /^Bearer ([\w-]+)$/.exec(authorization)?.[1];
  if (token === undefined) {
    throw new ApiError(400, {
      code: 6003,
      message: 'Invalid request headers',
      error_chain: [{ code: 6111, message: 'Invalid format for Authorization header' }],
    });
  }
  if (token === credentials.token) return 'write';
  if (token === credentials.readOnlyToken) return 'read';
  throw new ApiError(401, { code: 10000, message: 'Authentication error' });
}
