import { type DownloadType, downloadTypeFacts, labelOf } from '../core/download-types.ts';
import { Failure, responseFacts } from '../core/failure.ts';
import type { RecordUpdate } from '../core/record.ts';
import { formatDuration } from '../core/text.ts';
import { isRequestFailure, RequestFailure } from '../http/request-failure.ts';
import type { Download } from '../stream/schemas.ts';
import type { VideoDetails } from '../stream/video-details.ts';
import type { OperationContext } from './context.ts';
import { Processing, refuseFailed } from './processing.ts';
import { failIfError, type OnMissing, untilReady } from './until-ready.ts';
import { downloadUpdate, isolateFailure, merge } from './updates.ts';
import { allowsDownload, notReady, refuseTooLong } from './video-state.ts';

/** The pauses after refusals that the video's details do not explain; 107 s in all. */
const refusalPausesMs = [1000, 4000, 12_000, 30_000, 60_000];

/** How long a created download may be missing from the list. */
const toleratedMissingMs = 60_000;

/** Ensures that a video has downloads of the types, and waits for them if asked. */
export async function* create(
  types: readonly DownloadType[],
  context: OperationContext,
): AsyncGenerator<RecordUpdate> {
  const processing = new Processing(context);
  yield* merge(types.map((type) => isolateFailure(type, ensure(type, processing, context))));
  if (context.wait) yield* untilReady(context, recreateOnce(processing, context));
}

/** Creates a download as soon as the video allows it. */
async function* ensure(
  type: DownloadType,
  processing: Processing,
  context: OperationContext,
): AsyncGenerator<RecordUpdate> {
  const { video, wait, waitsFor } = context;
  const known = video.lastDetails;
  if (known) {
    refuseFailed(known, undefined);
    refuseTooLong(known, 'Cloudflare creates no download of it');
  }
  if (wait && downloadTypeFacts[type].needsAllQualities) {
    const isEnough = (details: VideoDetails) => allowsDownload(type, details, false);
    const first = known && isEnough(known) ? known : await processing.details();
    if (!isEnough(first)) {
      // One that exists is kept, whatever qualities it has.
      const existing = first.readyToStream ? (await video.downloads())[type] : undefined;
      yield downloadUpdate(type, existing);
      if (existing) return yield* failIfError(type, existing.status, context);
      if (!waitsFor(first)) throw notReady(first, undefined);
    }
    await processing.until(isEnough, first, undefined);
  }
  for (let refusals = 0; ; ) {
    const result = await tryToCreate(type, context);
    if (!(result instanceof RequestFailure)) {
      yield downloadUpdate(type, result);
      yield* failIfError(type, result.status, context);
      return;
    }
    try {
      refusals += yield* afterRefusal(type, result, refusals, processing, context);
    } catch (error) {
      throw withRefusal(type, result, error);
    }
  }
}

/**
 * Waits for the next attempt after Cloudflare refused to create a download. The video's details tell why it did.
 *
 * @param refusals how many refusals the details did not explain
 * @returns 1 if they do not explain this one, otherwise 0
 * @throws {Failure} if there is no next attempt
 */
async function* afterRefusal(
  type: DownloadType,
  { response }: RequestFailure,
  refusals: number,
  processing: Processing,
  { clock, log, random, signal, wait, waitsFor }: OperationContext,
): AsyncGenerator<RecordUpdate, 0 | 1> {
  const words = response && responseFacts(response);
  log(`Cloudflare refused to create the ${labelOf(type)}${words && `: ${words}`}`);
  const details = await processing.details();
  yield downloadUpdate(type, undefined);
  const isEnough = (current: VideoDetails) => allowsDownload(type, current, details.readyToStream);
  if (!isEnough(details)) {
    refuseFailed(details, response);
    if (!wait || !waitsFor(details)) throw notReady(details, response);
    await processing.until(isEnough, details, response);
    return 0;
  }
  refuseTooLong(details, `Cloudflare refused the ${labelOf(type)} download`, response);
  const pauseMs = refusalPausesMs[refusals];
  if (pauseMs === undefined) {
    const what = `Cloudflare refused the ${labelOf(type)} download ${refusals + 1} times, although the video is ready`;
    throw new Failure('create-refused', what, { response });
  }
  log(`the video is ready; next attempt to create the ${labelOf(type)} in ${formatDuration(pauseMs)}`);
  await clock.sleep(pauseMs * (0.9 + random() / 5), signal);
  return 1;
}

/** The download, or the refusal, whose cause depends on the video's details. */
async function tryToCreate(
  type: DownloadType,
  { video, wait }: OperationContext,
): Promise<Download | RequestFailure> {
  try {
    return await video.create(type, wait);
  } catch (error) {
    if (isRequestFailure(error, 'request-refused') || isRequestFailure(error, 'video-not-found'))
      return error;
    throw error;
  }
}

/** Adds to a failure after a refusal what Cloudflare had answered: it may be the reason. */
function withRefusal(type: DownloadType, { response }: RequestFailure, error: unknown): unknown {
  if (error instanceof RequestFailure) {
    const what = `Cloudflare refused the ${labelOf(type)} download, and the cause is unknown: ${error.what}`;
    return error.describedAs(what, response);
  }
  if (!(error instanceof Failure) || !error.isEndOfStep) return error;
  return error.describedAs(
    `${error.what}; Cloudflare had refused to create the ${labelOf(type)} download`,
    response,
  );
}

/** Tolerates for a while that a created download is missing, then creates it once more, and fails it after that. */
function recreateOnce(processing: Processing, context: OperationContext): OnMissing {
  const { clock, log } = context;
  const recreatedAtMs = new Map<DownloadType, number>();
  return async function* (type, missingMs) {
    const againAtMs = recreatedAtMs.get(type);
    const sinceMs = againAtMs === undefined ? missingMs : Math.min(missingMs, clock.now() - againAtMs);
    if (sinceMs < toleratedMissingMs) return;
    yield downloadUpdate(type, undefined);
    if (againAtMs !== undefined) {
      const what = `The ${labelOf(type)} download disappeared, was created again and disappeared again`;
      throw new Failure('download-vanished', what);
    }
    log(`the ${labelOf(type)} disappeared, creating it once more`);
    recreatedAtMs.set(type, clock.now());
    yield* ensure(type, processing, context);
  };
}
