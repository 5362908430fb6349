import { text } from 'node:stream/consumers';
import type { GitHubRequest } from './context.ts';
import { GitHubError } from './errors.ts';

/**
 * Reads the body of a request; an empty one has no fields.
 *
 * @throws GitHubError 400 when it is not a JSON object
 */
export async function readJsonObject({ body }: GitHubRequest): Promise<Readonly<Record<string, unknown>>> {
  let value: unknown;
  const json = await text(body);
  try {
    value = json === '' ? {} : JSON.parse(json);
  } catch {
    throw new GitHubError(400, 'Problems parsing JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new GitHubError(400, 'Body should be a JSON object');
  return { ...value };
}
