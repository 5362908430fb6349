import type { StreamClient } from './client.ts';
import { type ListedVideo, listedVideos } from './video-details.ts';

/** The largest page that Cloudflare returns, in videos. */
const pageSize = 1000;

/**
 * Lists videos of the account, the newest first unless the query says otherwise.
 *
 * @throws {RequestFailure}
 * @see https://developers.cloudflare.com/api/resources/stream/methods/list/
 */
export function listVideos(
  client: StreamClient,
  query: Readonly<Record<string, string>>,
): Promise<readonly ListedVideo[]> {
  return client.call({
    action: 'list the videos of the account',
    method: 'GET',
    path: [],
    query: { limit: String(pageSize), ...query },
    result: listedVideos,
  });
}
