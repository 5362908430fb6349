import type { Clock } from '../clock.ts';
import type { ReceivedRequest, Reply } from '../http/reply.ts';
import type { Library } from '../library/library.ts';
import type { Video, VideoOptions } from '../library/video.ts';
import type { Readings } from '../readings.ts';
import type { Tokens } from '../tokens.ts';
import type { Details } from './details.ts';
import { notFound } from './envelope.ts';
import type { ApiCall } from './routes.ts';

/** What the calls of the API work on. */
export interface ApiContext {
  readonly library: Library;
  readonly details: Details;
  readonly tokens: Tokens;
  readonly readings: Readings;
  readonly clock: Clock;
  /** What becomes of a video that is uploaded. */
  readonly uploads: Pick<VideoOptions, 'phases' | 'generateMs'>;
}

/** Carries out one call of the API. Throws an `ApiError` for an answer that is no success. */
export type CarryOut = (
  call: ApiCall,
  request: ReceivedRequest,
  context: ApiContext,
) => Reply | Promise<Reply>;

/**
 * The video that a call names.
 *
 * @throws ApiError 404 when the account does not have it
 */
export function videoOf(call: ApiCall, { library }: ApiContext): Video {
  const video = library.get(call.video);
  if (!video) throw notFound();
  return video;
}
