import type { DownloadType } from '../core/download-types.ts';
import { Failure } from '../core/failure.ts';
import type { RecordUpdate } from '../core/record.ts';
import type { Download } from '../stream/schemas.ts';

/**
 * The update of a record from Cloudflare's response about its download.
 *
 * @param download undefined if there is none
 * @param remainingMs the estimated time until it is ready
 */
export function downloadUpdate(
  type: DownloadType,
  download: Download | undefined,
  remainingMs?: number,
): RecordUpdate {
  const status = download?.status ?? 'none';
  // Cloudflare's own example shows a ready download with 0 %.
  const percentComplete = status === 'ready' ? 100 : (download?.percentComplete ?? null);
  const { unknownStatus, url = null, urlProblem } = download ?? {};
  return { type, patch: { status, unknownStatus, percentComplete, url, urlProblem, remainingMs } };
}

/** Turns an error into a failure of one type, so that the work on the other types continues. */
export async function* isolateFailure(
  type: DownloadType,
  updates: AsyncIterable<RecordUpdate>,
): AsyncGenerator<RecordUpdate> {
  try {
    yield* updates;
  } catch (error) {
    yield { type, patch: { failure: Failure.from(error) } };
  }
}

/** Runs several sources at once and yields from each as soon as it has something. */
export async function* merge<Item>(sources: readonly AsyncGenerator<Item>[]): AsyncGenerator<Item> {
  const next = async (source: AsyncGenerator<Item>) => ({ source, result: await source.next() });
  const waiting = new Map(sources.map((source) => [source, next(source)]));
  while (waiting.size > 0) {
    const { result, source } = await Promise.race(waiting.values());
    if (result.done) waiting.delete(source);
    else {
      yield result.value;
      // It goes on only once what it found is known.
      waiting.set(source, next(source));
    }
  }
}
