import type { DownloadType } from '../core/download-types.ts';
import { Failure } from '../core/failure.ts';
import type { RecordUpdate } from '../core/record.ts';
import { formatDuration } from '../core/text.ts';
import { isRequestFailure, RequestFailure } from '../http/request-failure.ts';
import type { Download } from '../stream/schemas.ts';
import type { OperationContext } from './context.ts';
import { Processing } from './processing.ts';
import { failIfError, type OnMissing, untilReady } from './until-ready.ts';
import { downloadUpdate, isolateFailure, merge } from './updates.ts';

/** Cloudflare creates no downloads of live recordings over 4 hours. */
const maxDurationSeconds = 4 * 3600;

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
  const { clock, log, random, signal } = context;
  for (let refusals = 0; ; ) {
    const result = await tryToCreate(type, context);
    if (!(result instanceof RequestFailure)) {
      yield downloadUpdate(type, result);
      yield* failIfError(type, result.status, context);
      return;
    }

    const first = await afterRefusal(type, result, context.video.details());
    yield downloadUpdate(type, undefined);
    const { details, hasWaited } = await afterRefusal(type, result, processing.untilReady(first, result));
    if (hasWaited || details.status.state !== 'ready') continue;
    const pauseMs = refusalPausesMs[refusals++];
    if (details.duration > maxDurationSeconds || pauseMs === undefined) {
      throw refusedForGood(type, details.duration, refusals, result);
    }
    log(`${type}: refused although the video is ready, next attempt in ${formatDuration(pauseMs)}`);
    await clock.sleep(pauseMs * (0.9 + random() / 5), signal);
  }
}

/** The download, or the refusal, whose cause depends on the video's details. */
async function tryToCreate(
  type: DownloadType,
  { video }: OperationContext,
): Promise<Download | RequestFailure> {
  try {
    return await video.create(type);
  } catch (error) {
    if (isRequestFailure(error, 'request-refused') || isRequestFailure(error, 'video-not-found'))
      return error;
    throw error;
  }
}

/** Waits for a lookup after a refusal. If it fails, the failure says that the cause of the refusal is unknown. */
async function afterRefusal<Result>(
  type: DownloadType,
  { response }: RequestFailure,
  lookup: Promise<Result>,
): Promise<Result> {
  try {
    return await lookup;
  } catch (error) {
    if (!(error instanceof RequestFailure)) throw error;
    const what = `Cloudflare refused the ${type} download, and the cause is unknown: ${error.what}`;
    throw new Failure(error.kind, what, { response, cause: error });
  }
}

function refusedForGood(
  type: DownloadType,
  durationSeconds: number,
  refusals: number,
  refusal: RequestFailure,
): Failure {
  if (durationSeconds > maxDurationSeconds) {
    const length = formatDuration(durationSeconds * 1000);
    const what = `The video is ${length} long, and Cloudflare refused the ${type} download`;
    return new Failure('too-long', what, { response: refusal.response, cause: refusal });
  }
  const what = `Cloudflare refused the ${type} download ${refusals} times`;
  return new Failure('create-refused', what, { response: refusal.response, cause: refusal });
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
      const what = `The ${type} download disappeared, was created again and disappeared again`;
      throw new Failure('download-vanished', what);
    }
    log(`${type}: disappeared, creating it once more`);
    recreatedAtMs.set(type, clock.now());
    yield* ensure(type, processing, context);
  };
}
