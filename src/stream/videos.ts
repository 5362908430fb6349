import { type Video, video } from './answers.ts';
import type { StreamClient } from './client.ts';

/**
 * The details of a video.
 *
 * @throws {StreamError} `video-not-found` where the account has no such video
 * @see https://developers.cloudflare.com/api/resources/stream/methods/get/
 */
export function getVideo(client: StreamClient, videoId: string): Promise<Video> {
  return client.call({ doing: 'look up the video', method: 'GET', videoId, path: [], result: video });
}
