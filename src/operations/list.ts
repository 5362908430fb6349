import { type DownloadType, downloadTypes, newRecord, type VideoRecords } from '../record.ts';
import { describe, fail, settle, update } from './outcome.ts';
import type { Tools } from './tools.ts';
import { refuseError, untilReady } from './until-ready.ts';
import { VideoAtWork } from './video.ts';

/**
 * Finds the downloads of a video, and waits for those in progress if asked. A type that is not there is `none`,
 * and one in status `error` is a fact, unless it was to be waited for.
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
  try {
    const found = await work.downloads();
    const records =
      asked ?? downloadTypes.filter((type) => found[type]).map((type) => newRecord(video.id, type));
    for (const record of records) update(record, found[record.type]);
    update(untyped, undefined);
    if (records.length > 0) video.records = records;
    for (const record of video.records) tools.tell(describe(record));

    if (!tools.wait) return;
    await Promise.all(records.map((record) => settle(record, () => refuseError(work, record))));
    await untilReady(work, records, tools, async (record) => {
      update(record, undefined);
      tools.tell(`${record.type}: not there any more`);
    });
  } catch (error) {
    for (const record of video.records) fail(record, error);
  }
}
