import { Failure } from '../core/failure.ts';
import {
  type DownloadRecord,
  type DownloadType,
  downloadTypes,
  newRecord,
  type VideoRecords,
} from '../core/record.ts';
import { Handover } from '../deliver/handover.ts';
import { describe, fail, settle, update } from './outcome.ts';
import type { Tools } from './tools.ts';
import { refuseError, untilReady } from './until-ready.ts';
import { VideoAtWork } from './video.ts';

/**
 * Finds the downloads of a video, and waits for those in progress if asked. A type that is not there is `none`,
 * and one in status `error` is a fact, unless it was to be waited for or saved.
 *
 * @param types the types asked for; undefined for every type there is
 */
export async function list(
  video: VideoRecords,
  types: readonly DownloadType[] | undefined,
  tools: Tools,
): Promise<void> {
  const asked = types?.map((type) => newRecord(video.id, type));
  const untyped = newRecord(video.id, '');
  video.records = asked ?? [untyped];

  const work = new VideoAtWork(video.id, tools.client);
  const handover = new Handover(work, tools);
  try {
    const found = await work.downloads();
    const records =
      asked ?? downloadTypes.filter((type) => found[type]).map((type) => newRecord(video.id, type));
    for (const record of records) update(record, found[record.type]);
    update(untyped, undefined);
    if (records.length > 0) video.records = records;
    for (const record of records) handover.note(record);
    if (records.length === 0) tools.tell(describe(untyped));

    if (tools.wait) {
      await Promise.all(records.map((record) => settle(record, () => refuseError(work, record))));
      await untilReady(work, records, handover, tools, async (record) => {
        update(record, undefined);
        tools.tell(`${record.type}: not there any more`);
      });
    }
    await handover.end(records);
    if (tools.saver)
      await Promise.all(video.records.map((record) => settle(record, () => refuseAbsent(record))));
  } catch (error) {
    for (const record of video.records) fail(record, error);
  }
}

/** @throws {Failure} `no-download` where there is nothing that could have been saved */
async function refuseAbsent({ failure, status, type }: DownloadRecord): Promise<void> {
  if (failure || status !== 'none') return;
  throw new Failure(
    'no-download',
    `The video has no ${type && `${type} `}download, so there is nothing to save`,
  );
}
