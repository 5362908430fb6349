import { Failure } from '../core/failure.ts';
import { type DownloadType, newRecord, type TypedRecord, type VideoRecords } from '../core/record.ts';
import { formatDuration } from '../core/text.ts';
import { Handover } from '../deliver/handover.ts';
import type { Download } from '../stream/answers.ts';
import { StreamError } from '../stream/errors.ts';
import { settle, update } from './outcome.ts';
import { Processing } from './processing.ts';
import type { Tools } from './tools.ts';
import { refuseError, untilReady } from './until-ready.ts';
import { isKind, VideoAtWork } from './video.ts';

/** Cloudflare makes no downloads of recordings over 4 hours. */
const longestSeconds = 4 * 3600;

/** The pauses before the POSTs that follow a refusal for which the video's details give no cause; 107 s in all. */
const refusalPausesMs = [1000, 4000, 12_000, 30_000, 60_000];

/** How long a download may be missing from the answers after it was created. */
const toleratedMs = 60_000;

/** Ensures that a video has downloads of the types, and waits for them if asked. */
export async function create(
  video: VideoRecords,
  types: readonly DownloadType[],
  tools: Tools,
): Promise<void> {
  const records = types.map((type) => newRecord(video.id, type));
  video.records = records;
  const work = new VideoAtWork(video.id, tools.client);
  const processing = new Processing(work, tools, () => {
    for (const record of records) if (record.status === 'failed') record.status = 'none';
  });
  const handover = new Handover(work, tools);
  const createOne = async (record: TypedRecord) => {
    update(record, await ensure(work, record.type, processing, tools));
    handover.note(record);
    await refuseError(work, record);
  };

  await Promise.all(records.map((record) => settle(record, () => createOne(record))));
  if (tools.wait) await untilReady(work, records, handover, tools, patience(createOne, tools));
  await handover.end(records);
}

/** Creates the download as soon as the video allows it. */
async function ensure(
  video: VideoAtWork,
  type: DownloadType,
  processing: Processing,
  tools: Tools,
): Promise<Download> {
  for (let refusals = 0; ; ) {
    const outcome = await tryToCreate(video, type);
    if (!(outcome instanceof Failure)) return outcome;

    const { video: details, waited } = await processing.untilReady(outcome).catch((error: unknown) => {
      throw error instanceof StreamError ? unexplained(type, outcome, error) : error;
    });
    if (waited || details.status.state !== 'ready') continue;
    if (details.duration > longestSeconds) {
      const length = formatDuration(details.duration * 1000);
      throw new Failure(
        'too-long',
        `The video is ${length} long, and Cloudflare refused the ${type} download`,
        {
          said: outcome.said,
          cause: outcome,
        },
      );
    }
    const pauseMs = refusalPausesMs[refusals++];
    if (pauseMs === undefined) {
      throw new Failure('create-refused', `Cloudflare refused the ${type} download ${refusals} times`, {
        said: outcome.said,
        cause: outcome,
      });
    }
    tools.tell(`${type}: refused though the video is ready, next attempt in ${formatDuration(pauseMs)}`);
    await tools.clock.sleep(pauseMs * (0.9 + tools.random() / 5), tools.signal);
  }
}

/** A refusal whose cause could not be looked up. */
function unexplained(type: DownloadType, { said }: StreamError, error: StreamError): Failure {
  const what = `Cloudflare refused the ${type} download, and its cause is unknown: ${error.what}`;
  return new Failure(error.kind, what, { said, cause: error });
}

/** A refused POST says nothing reliable about the cause, so it is handed back to be looked into. */
async function tryToCreate(video: VideoAtWork, type: DownloadType): Promise<Download | StreamError> {
  try {
    return await video.create(type);
  } catch (error) {
    if (isKind(error, 'request-refused') || isKind(error, 'video-not-found')) return error;
    throw error;
  }
}

/** Tolerates that a created download is missing for a while, then creates it once more, then gives up. */
function patience(create: (record: TypedRecord) => Promise<void>, { clock, tell }: Tools) {
  const createdAgainMs = new Map<TypedRecord, number>();
  return async (record: TypedRecord, missingMs: number): Promise<void> => {
    const againMs = createdAgainMs.get(record);
    const sinceMs = againMs === undefined ? missingMs : Math.min(missingMs, clock.now() - againMs);
    if (sinceMs < toleratedMs) return;
    if (againMs !== undefined) {
      update(record, undefined);
      throw new Failure(
        'download-vanished',
        `The ${record.type} download vanished, was created again and vanished again`,
      );
    }
    tell(`${record.type}: vanished, creating it once more`);
    createdAgainMs.set(record, clock.now());
    update(record, undefined);
    await create(record);
  };
}
