import type { Clock } from '../../local-http/clock.ts';
import type { Reply } from '../../local-http/reply.ts';
import type { StreamRequest } from '../exchange.ts';
import type { Library } from '../library/library.ts';
import type { Video, VideoOptions } from '../library/video.ts';
import type { Readings } from '../readings.ts';
import type { Tokens } from '../tokens.ts';
import type { Details } from './details.ts';
import { notFound } from './envelope.ts';
import type { ApiCall } from './routes.ts';

/** What the API calls depend on. */
export interface ApiContext {
  readonly library: Library;
  readonly details: Details;
  readonly tokens: Tokens;
  readonly readings: Readings;
  readonly clock: Clock;
  /** How an uploaded video is processed. */
  readonly uploads: Pick<VideoOptions, 'phases' | 'generateMs'>;
}

/** Carries out one API call. Throws an `ApiError` for any response other than a success. */
export type Handler = (call: ApiCall, request: StreamRequest, context: ApiContext) => Reply | Promise<Reply>;

/**
 * Returns the video that the path of a call names.
 *
 * @throws ApiError 404 when the account does not have it
 */
export function videoOf(call: ApiCall, { library }: ApiContext): Video {
  const video = library.get(call.video);
  if (!video) throw notFound();
  return video;
}
