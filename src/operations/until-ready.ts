import { Failure } from '../failure.ts';
import type { TypedRecord } from '../record.ts';
import { forecastMs } from '../wait/forecast.ts';
import { type Pending, poll, type Sightings } from '../wait/poll.ts';
import { describe, fail, settle, update } from './outcome.ts';
import { errorReason } from './processing.ts';
import type { Tools } from './tools.ts';
import type { VideoAtWork } from './video.ts';

/**
 * Waits until none of a video's downloads is in progress any more; one question serves all of them.
 *
 * @param missing decides what becomes of a record whose download is not there, and has not been for so many ms
 */
export async function untilReady(
  video: VideoAtWork,
  records: readonly TypedRecord[],
  tools: Tools,
  missing: (record: TypedRecord, missingMs: number) => Promise<void>,
): Promise<void> {
  const startMs = tools.clock.now();
  const seenMs = new Map<TypedRecord, number>();
  const going = () => records.filter(({ failure, status }) => !failure && status === 'inprogress');
  const pending = (): Pending => new Map(going().map(({ type, percentComplete }) => [type, percentComplete]));

  const ask = async (sightings: Sightings) => {
    const found = await video.downloads();
    for (const record of going()) {
      await settle(record, async () => {
        const download = found[record.type];
        const atMs = tools.clock.now();
        if (!download) return missing(record, atMs - (seenMs.get(record) ?? startMs));
        seenMs.set(record, atMs);
        const before = describe(record);
        update(record, download);
        const left = forecastMs([
          ...(sightings.get(record.type) ?? []),
          { atMs, percent: record.percentComplete },
        ]);
        if (describe(record) !== before) tools.tell(describe(record, left));
        await refuseError(video, record);
      });
    }
    return pending();
  };

  try {
    await poll(pending(), ask, tools);
  } catch (error) {
    for (const record of going()) fail(record, error);
  }
}

/**
 * A download in status `error` stays so.
 *
 * @throws {Failure} `download-error`, with the video's own reason where there is one
 */
export async function refuseError(video: VideoAtWork, { status, type }: TypedRecord): Promise<void> {
  if (status !== 'error') return;
  const reason = await video.details().then(errorReason, () => undefined);
  throw new Failure(
    'download-error',
    `Cloudflare failed to generate the ${type} download${reason ? `: ${reason}` : ''}`,
  );
}
