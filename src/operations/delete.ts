import { type DownloadType, newRecord, type VideoRecords } from '../core/record.ts';
import { poll } from '../wait/poll.ts';
import { describe, fail, settle, update } from './outcome.ts';
import type { Tools } from './tools.ts';
import { VideoAtWork } from './video.ts';

/** Deletes a video's downloads of the types, and waits until they are gone if asked. */
export async function deleteDownloads(
  video: VideoRecords,
  types: readonly DownloadType[],
  tools: Tools,
): Promise<void> {
  const records = types.map((type) => newRecord(video.id, type));
  video.records = records;
  const work = new VideoAtWork(video.id, tools.client);

  await Promise.all(
    records.map((record) =>
      settle(record, async () => {
        record.status = (await work.delete(record.type)) ? 'deleted' : 'none';
        tools.tell(describe(record));
      }),
    ),
  );
  if (!tools.wait) return;

  let listed = records.filter(({ status }) => status === 'deleted');
  const ask = async () => {
    const found = await work.downloads();
    for (const record of listed) {
      update(record, found[record.type]);
      if (record.status === 'none') record.status = 'deleted';
      else tools.tell(`${describe(record)}, still listed`);
    }
    listed = listed.filter(({ status }) => status !== 'deleted');
    return new Map(listed.map(({ type }) => [type, null]));
  };
  try {
    // A deletion is done at once, as a rule.
    if (listed.length > 0) await poll(await ask(), ask, tools);
  } catch (error) {
    for (const record of listed) fail(record, error);
  }
}
