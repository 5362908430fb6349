import { type DownloadType, labelOf } from '../core/download-types.ts';
import { Failure } from '../core/failure.ts';
import type { RecordUpdate } from '../core/record.ts';
import type { OperationContext } from './context.ts';
import { downloadUpdate, isolateFailure, merge } from './updates.ts';

/**
 * Lists the downloads of a video. Status `error` is only reported, unless the download is to be waited for.
 *
 * @param onlyExisting whether types without a download are left out
 * @param mustExist whether a missing download is a failure, since it is to be saved or attached
 */
export async function* list(
  types: readonly DownloadType[],
  onlyExisting: boolean,
  mustExist: boolean,
  context: OperationContext,
): AsyncGenerator<RecordUpdate> {
  const { log, records, video, wait } = context;
  const found = await video.downloads();
  const listed = types.filter((type) => found[type] || !onlyExisting);
  if (listed.length === 0 && records.all.every(({ type }) => type === '')) {
    yield { type: '', patch: { status: 'none' } };
  }
  for (const type of listed) yield downloadUpdate(type, found[type]);

  if (wait) {
    // Dynamic import: built as its own chunk, loaded only when needed.
    const { failIfError, untilReady } = await import('./until-ready.ts');
    yield* merge(listed.map((type) => isolateFailure(type, failIfError(type, found[type]?.status, context))));
    yield* untilReady(context, async function* (type) {
      yield downloadUpdate(type, undefined);
      log(`the ${labelOf(type)} is no longer listed`);
    });
  }
  if (!mustExist) return;
  for (const { status, type } of records.all) if (status === 'none') yield nothingToSave(type);
}

/** The failure of a download that is missing although it is to be saved or attached. */
export function nothingToSave(type: DownloadType | ''): RecordUpdate {
  const what = `The video has no ${type && `${labelOf(type)} `}download, so there is nothing to save`;
  return { type, patch: { failure: new Failure('no-download', what) } };
}
