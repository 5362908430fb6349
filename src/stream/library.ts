import type { StreamClient } from './client.ts';
import { type ListedVideo, listedVideos } from './video-details.ts';

/** The most videos that one response lists. */
export const maxListed = 1000;

/**
 * Lists videos of the account, the newest first: at most {@link maxListed}, unless the query has another `limit`.
 *
 * @param query such as `before` (excluded) and `after` (included), which are RFC 3339; `asc`, `creator`,
 *   `live_input_id`; `id`: several are separated by commas
 * @throws {RequestFailure} when Cloudflare refuses the request or cannot be reached
 * @see https://developers.cloudflare.com/api/resources/stream/methods/list/
 */
export function listVideos(
  client: Pick<StreamClient, 'call'>,
  query: Readonly<Record<string, string>>,
): Promise<readonly (ListedVideo | undefined)[]> {
  return client.call({
    action: 'list the videos of the account',
    method: 'GET',
    path: [],
    query: { limit: String(maxListed), ...query },
    result: listedVideos,
  });
}
