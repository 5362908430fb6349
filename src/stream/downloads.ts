import * as v from 'valibot';
import type { DownloadType } from '../core/record.ts';
import { createdDownload, type Download, type Downloads, downloads } from './answers.ts';
import type { StreamClient } from './client.ts';

/**
 * The downloads of a video.
 *
 * @throws {StreamError} `video-not-found` also where Cloudflare says so of a video that merely has none
 * @see https://developers.cloudflare.com/api/resources/stream/subresources/downloads/methods/get/
 */
export function listDownloads(client: StreamClient, videoId: string): Promise<Downloads> {
  return client.call({
    doing: 'list the downloads',
    method: 'GET',
    videoId,
    path: ['downloads'],
    result: downloads,
  });
}

/**
 * Creates a download, or answers the state of the one that exists.
 *
 * @throws {StreamError} `request-refused` where the video is not ready, among other causes
 * @see https://developers.cloudflare.com/api/resources/stream/subresources/downloads/methods/create/
 */
export function createDownload(client: StreamClient, videoId: string, type: DownloadType): Promise<Download> {
  return client.call({
    doing: `create the ${type} download`,
    method: 'POST',
    // The bare path makes the MP4; `…/downloads/audio` the M4A.
    path: ['downloads', ...(type === 'default' ? [] : [type])],
    videoId,
    body: {},
    result: createdDownload(type),
  });
}

/**
 * Deletes a download by its typed path: what the bare path deletes is documented in two ways.
 *
 * @throws {StreamError} `video-not-found` where there is none
 * @see https://developers.cloudflare.com/api/resources/stream/subresources/downloads/methods/delete/
 */
export async function deleteDownload(
  client: StreamClient,
  videoId: string,
  type: DownloadType,
): Promise<void> {
  await client.call({
    doing: `delete the ${type} download`,
    method: 'DELETE',
    videoId,
    path: ['downloads', type],
    result: v.unknown(),
  });
}
