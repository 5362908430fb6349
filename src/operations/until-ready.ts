import { type DownloadType, labelOf } from '../core/download-types.ts';
import { Failure } from '../core/failure.ts';
import type { RecordStatus, RecordUpdate, TypedRecord } from '../core/record.ts';
import { errorReason } from '../stream/encode-errors.ts';
import type { Download } from '../stream/schemas.ts';
import { estimateRemainingMs, shortestRemainingMs } from '../wait/estimate.ts';
import type { OperationContext } from './context.ts';
import { polls, type Samples } from './polls.ts';
import { downloadUpdate, isolateFailure, merge } from './updates.ts';

/**
 * Decides what becomes of a download that is no longer listed.
 *
 * @param missingMs how long it has been missing
 */
export type OnMissing = (type: DownloadType, missingMs: number) => AsyncGenerator<RecordUpdate>;

/** Waits until none of a video's downloads is in progress any more; one poll serves all of them. */
export async function* untilReady(
  context: OperationContext,
  onMissing: OnMissing,
): AsyncGenerator<RecordUpdate> {
  const { clock, records, turns, video } = context;
  const startMs = clock.now();
  const lastSeenMs = new Map<DownloadType, number>();
  const inProgress = () =>
    records.all.filter(
      (record): record is TypedRecord =>
        !record.failure && record.status === 'inprogress' && record.type !== '',
    );
  const pending = () => new Map(inProgress().map(({ percentComplete, type }) => [type, percentComplete]));

  async function* learn(type: DownloadType, download: Download | undefined, samples: Samples) {
    const atMs = clock.now();
    if (!download) return yield* onMissing(type, atMs - (lastSeenMs.get(type) ?? startMs));
    lastSeenMs.set(type, atMs);
    const sample = { atMs, percent: download.percentComplete };
    const all = [...(samples.get(type) ?? []), sample];
    context.onEstimate(shortestRemainingMs(all), `generating the ${labelOf(type)}`);
    yield downloadUpdate(type, download, estimateRemainingMs(all));
    yield* failIfError(type, download.status, context);
  }

  using turn = turns?.start();
  try {
    for await (const samples of polls(pending, context, turn)) {
      const found = await video.downloads(true);
      yield* merge(inProgress().map(({ type }) => isolateFailure(type, learn(type, found[type], samples))));
      turn?.learn(clock.now() - startMs, longestOf(inProgress().map(({ remainingMs }) => remainingMs)));
    }
  } catch (error) {
    for (const { type } of inProgress()) yield { type, patch: { failure: Failure.from(error) } };
  }
}

/** Fails a download in status `error`, which is final, with the reason in the video's details if there is one. */
export async function* failIfError(
  type: DownloadType,
  status: RecordStatus | undefined,
  { video }: OperationContext,
): AsyncGenerator<RecordUpdate> {
  if (status !== 'error') return;
  const reason = await video.details().then(errorReason, () => undefined);
  const what = `Cloudflare failed to generate the ${labelOf(type)} download${reason ? `: ${reason}` : ''}`;
  yield { type, patch: { failure: new Failure('download-error', what) } };
}

/** The longest of some times, 0 if there are none; undefined if one is unknown. */
function longestOf(timesMs: readonly (number | undefined)[]): number | undefined {
  const longestMs = Math.max(0, ...timesMs.map((timeMs) => timeMs ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(longestMs) ? longestMs : undefined;
}
