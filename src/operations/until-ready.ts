import { Failure } from '../core/failure.ts';
import type { TypedRecord } from '../core/record.ts';
import type { Handover } from '../deliver/handover.ts';
import type { Download } from '../stream/answers.ts';
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
  handover: Handover,
  tools: Tools,
  missing: (record: TypedRecord, missingMs: number) => Promise<void>,
): Promise<void> {
  const startMs = tools.clock.now();
  const seenMs = new Map<TypedRecord, number>();
  const leftMs = new Map<TypedRecord, number | undefined>();
  const going = () => records.filter(({ failure, status }) => !failure && status === 'inprogress');
  const pending = (): Pending => new Map(going().map(({ type, percentComplete }) => [type, percentComplete]));

  const take = async (record: TypedRecord, download: Download | undefined, sightings: Sightings) => {
    const atMs = tools.clock.now();
    if (!download) return missing(record, atMs - (seenMs.get(record) ?? startMs));
    const before = describe(record);
    update(record, download);
    seenMs.set(record, atMs);
    const sighting = { atMs, percent: record.percentComplete };
    leftMs.set(record, forecastMs([...(sightings.get(record.type) ?? []), sighting]));
    if (describe(record) !== before) handover.note(record, leftMs.get(record));
    await refuseError(video, record);
  };
  const ask = async (sightings: Sightings) => {
    const found = await video.downloads();
    await Promise.all(
      going().map((record) => settle(record, () => take(record, found[record.type], sightings))),
    );
    return pending();
  };

  try {
    await poll(pending(), ask, tools);
  } catch (error) {
    for (const record of going()) fail(record, error, leftMs.get(record));
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
