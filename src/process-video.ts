import { Failure } from './core/failure.ts';
import {
  type DownloadRecord,
  describeRecord,
  type RecordUpdate,
  type TypedRecord,
  type VideoRecords,
} from './core/record.ts';
import type { Timing } from './core/timing.ts';
import type { DeliveryContext } from './deliver/context.ts';
import { deliver } from './deliver/deliver.ts';
import { nameUrl } from './deliver/name.ts';
import { createUrlSigner, renewUrls } from './deliver/sign.ts';
import type { DeliveryPolicy } from './files/delivery-policy.ts';
import type { Saver } from './files/saver.ts';
import type { Plan } from './inputs/plan.ts';
import { operate } from './operations/operate.ts';
import type { Release } from './release/release.ts';
import type { Log } from './report/log.ts';
import type { StreamClient } from './stream/client.ts';
import { StreamVideo } from './stream/video.ts';

/** The part of the plan that concerns single videos. */
type VideoPlan = Omit<Plan, 'accountId' | 'apiUrl' | 'credentials' | 'selection'>;

/** What all videos of the step share. */
export interface StepContext extends Timing {
  readonly client: StreamClient;
  readonly policy: DeliveryPolicy;
  /** Undefined if nothing is to be saved. */
  readonly saver: Saver | undefined;
  /** Undefined if nothing is to be attached. */
  readonly release: Release | undefined;
  /** Whether saved files are kept after they were attached. */
  readonly keepsFiles: boolean;
  /** Takes each token of a signed URL, which is shortened in text for people from then on. */
  readonly shortenToken: (token: string) => void;
  readonly log: Log;
}

/**
 * Processes one video: applies what the operation learns to its records, and delivers each download once it is ready.
 *
 * @returns a function that signs those URLs again that would expire soon
 */
export async function processVideo(records: VideoRecords, plan: VideoPlan, step: StepContext) {
  const {
    client,
    clock,
    keepsFiles,
    leftMs,
    log: stepLog,
    policy,
    random,
    release,
    saver,
    shortenToken,
    signal,
  } = step;
  const { filename, operation, pollIntervalMs, signedUrl, signedUrlTtlMs, wait } = plan;
  const { videoId } = records;
  const video = new StreamVideo(videoId, client);
  const signer = createUrlSigner(video, { mode: signedUrl, ttlMs: signedUrlTtlMs, shortenToken });
  const warn = (message: string, title: string) => stepLog.warn(message, title);

  await stepLog.video(videoId, async (log) => {
    const delivery: DeliveryContext = {
      video,
      clock,
      signal,
      filename,
      signer,
      policy,
      saver,
      release,
      keepsFiles,
      log,
      warn,
      startTransfer: (type) => stepLog.startTransfer(videoId, type),
    };
    const deliveries: Promise<void>[] = [];
    const learn = (update: RecordUpdate) => {
      const before = records.get(update.type);
      const after = records.apply(update);
      // A deleted download may still be listed as ready.
      if (operation !== 'delete' && isReady(after) && !isReady(before)) {
        deliveries.push(applyAll(records, deliver(after, delivery)));
      } else if (
        !update.patch.failure &&
        (before.status !== after.status || describeRecord(before) !== describeRecord(after))
      ) {
        log(describeRecord(after));
      }
    };

    try {
      const context = { video, records, clock, random, signal, leftMs, pollIntervalMs, wait, log };
      for await (const update of operate(plan, context)) learn(update);
    } catch (error) {
      records.fail(Failure.from(error));
    }
    await Promise.all(deliveries);
    if (operation !== 'delete') await applyAll(records, namePendingUrls(records, delivery));
    return records.all;
  });
  return { renewUrls: () => applyAll(records, renewUrls(records, signer, warn)) };
}

/** Applies each update as soon as it is yielded. */
async function applyAll(records: VideoRecords, updates: AsyncIterable<RecordUpdate>): Promise<void> {
  for await (const update of updates) records.apply(update);
}

function isReady(record: DownloadRecord): record is TypedRecord {
  return record.status === 'ready' && record.type !== '';
}

/** Names the URLs of downloads that are not ready. They do not work yet, so none needs a name. */
async function* namePendingUrls(
  { all }: VideoRecords,
  delivery: DeliveryContext,
): AsyncGenerator<RecordUpdate> {
  for (const { status, type, url } of all) {
    if (type === '' || url === null || status === 'ready') continue;
    yield { type, patch: { url: await nameUrl(url, type, delivery).catch(() => url) } };
  }
}
