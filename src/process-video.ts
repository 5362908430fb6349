import { Failure } from './core/failure.ts';
import type { DownloadRecord, RecordUpdate, TypedRecord, VideoRecords } from './core/record.ts';
import type { Timing } from './core/timing.ts';
import type { DeliveryContext } from './deliver/context.ts';
import { deliver } from './deliver/deliver.ts';
import { nameUrl } from './deliver/name.ts';
import { createUrlSigner, renewUrls } from './deliver/sign.ts';
import { excuseOf, withoutDownload } from './excuses.ts';
import type { DeliveryPolicy } from './files/delivery-policy.ts';
import type { Saver } from './files/saver.ts';
import type { Plan } from './inputs/plan.ts';
import { operate } from './operations/operate.ts';
import type { Release } from './release/release.ts';
import type { Foresee } from './report/foresight.ts';
import type { Log } from './report/log.ts';
import type { Timeline } from './report/timeline.ts';
import { nameOf } from './report/video-name.ts';
import { VideoProgress } from './report/video-progress.ts';
import type { CarriedRecord } from './select/carried-record.ts';
import type { SelectedVideo } from './select/select-videos.ts';
import type { StreamClient } from './stream/client.ts';
import { StreamVideo } from './stream/video.ts';
import type { VideoDetails } from './stream/video-details.ts';
import type { PollTurns } from './wait/turns.ts';

/** The part of the plan that concerns single videos. */
type VideoPlan = Omit<Plan, 'accountId' | 'apiUrl' | 'credentials'>;

/** What all videos of the step share. */
export interface StepContext extends Timing {
  readonly client: StreamClient;
  /** Undefined for a single video. */
  readonly turns: PollTurns | undefined;
  readonly policy: DeliveryPolicy;
  /** Undefined if nothing is to be saved. */
  readonly saver: Saver | undefined;
  /** Undefined if nothing is to be attached. */
  readonly release: Release | undefined;
  /** Whether saved files are kept after they were attached. */
  readonly keepsFiles: boolean;
  readonly redact: (text: string) => string;
  /** A record without facts that contain a secret. */
  readonly withoutSecrets: (record: DownloadRecord) => DownloadRecord;
  readonly timeline: Timeline;
  readonly foresee: Foresee;
  /** Takes each token of a signed URL, which is shortened in text for people from then on. */
  readonly shortenToken: (token: string) => void;
  readonly log: Log;
}

/** What is left to know and to do once a video was processed. */
export interface ProcessedVideo {
  /** Undefined if nothing was learned. */
  readonly details: VideoDetails | undefined;
  /** Signs those URLs again that would expire soon; undefined if none is signed. */
  readonly renewUrls: (() => Promise<void>) | undefined;
}

/**
 * Processes one video: applies what the operation learns to its records, and delivers each download once it is ready.
 * What earlier runs have done is carried over.
 */
export async function processVideo(
  records: VideoRecords,
  { carried, id, listed, whyNoDownload }: SelectedVideo,
  plan: VideoPlan,
  step: StepContext,
): Promise<ProcessedVideo> {
  const {
    client,
    clock,
    foresee,
    keepsFiles,
    leftMs,
    log: stepLog,
    policy,
    random,
    redact,
    release,
    saver,
    shortenToken,
    signal,
    timeline,
    turns,
    withoutSecrets,
  } = step;
  const { dryRun, filename, operation, pollIntervalMs, signedUrl, signedUrlTtlMs, types, wait } = plan;
  for (const record of carried) carryOver(records, record, saver);
  const typesToDo = types.filter((type) => !records.get(type).resumed);
  const removeSecrets = () => {
    for (const record of records.all) records.apply({ type: record.type, patch: withoutSecrets(record) });
  };
  if (typesToDo.length === 0) {
    removeSecrets();
    stepLog.skipVideo();
    return { details: listed, renewUrls: undefined };
  }

  const video = new StreamVideo(id, client, listed);
  const signer = createUrlSigner(video, { mode: signedUrl, ttlMs: signedUrlTtlMs, shortenToken });
  const warn = (message: string, title: string) => stepLog.warn(message, title);

  const carriedTitle = carried.find(({ title }) => title)?.title;
  const named = { id, title: () => redact(video.lastDetails?.meta.name || carriedTitle || '') || undefined };
  await stepLog.video(named, async (log) => {
    const showsMissing = dryRun || operation !== 'create';
    const waits = wait && !dryRun;
    using progress = new VideoProgress({ videoId: id, clock, timeline, log, waits, showsMissing });
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
      retries: stepLog.observe('the delivery host', id),
      startTransfer: (type) => stepLog.startTransfer(id, type),
      startUpload: (type) => timeline.start('uploading', id, type),
    };
    const deliveries: Promise<void>[] = [];
    const excuse = (update: RecordUpdate) => {
      const why = excuseOf(update.patch.failure, plan, whyNoDownload);
      if (why === undefined) return update;
      stepLog.excuse(id, update.type, why);
      return withoutDownload(update.type);
    };
    const learn = (found: RecordUpdate) => {
      const update = excuse(found);
      const before = records.get(update.type);
      const after = records.apply(update);
      progress.learn(before, after);
      // A deleted download may still be listed as ready.
      if (!dryRun && operation !== 'delete' && isReady(after) && !isReady(before)) {
        deliveries.push(applyAll(records, deliver(after, delivery), excuse));
      }
    };

    try {
      const waitsFor = waitsForVideo(plan);
      const timing = { clock, random, signal, leftMs };
      const startEncoding = () => timeline.start('encoding', id);
      const onEstimate: Foresee = (shortestMs, work) => foresee(shortestMs, `${nameOf(named)}: ${work}`);
      const observers = { log, startEncoding, onEstimate };
      const context = { ...timing, turns, video, records, pollIntervalMs, wait, waitsFor, ...observers };
      for await (const update of operate(plan, typesToDo, context)) learn(update);
    } catch (error) {
      const failure = Failure.from(error);
      for (const { resumed, type } of records.all) if (!resumed) learn({ type, patch: { failure } });
    }
    await Promise.all(deliveries);
    if (dryRun && saver) await applyAll(records, plannedFiles(records, video, saver));
    if (!dryRun && operation !== 'delete') await applyAll(records, namePendingUrls(records, delivery));
    describeVideo(records, video.lastDetails);
    removeSecrets();
    return records.all;
  });
  const isSigned = records.all.some(({ expiresAt }) => expiresAt !== undefined);
  return {
    details: video.lastDetails,
    renewUrls: isSigned ? () => applyAll(records, renewUrls(records, signer, warn)) : undefined,
  };
}

/** Adds to the records what people recognize the video by, as far as it was learned. */
function describeVideo(records: VideoRecords, details: VideoDetails | undefined): void {
  if (!details) return;
  const { duration, meta, thumbnailUrl } = details;
  const title = meta.name || undefined;
  const durationSeconds = duration ?? undefined;
  for (const { type, url } of records.all) {
    const picture = isPictureOf(url, thumbnailUrl) ? { thumbnailUrl } : {};
    records.apply({ type, patch: { ...(title && { title }), durationSeconds, ...picture } });
  }
}

/** Whether a picture is at the host of a file, and its address has no query, which could contain a token. */
function isPictureOf(fileUrl: string | null, pictureUrl: string | undefined): boolean {
  if (fileUrl === null || pictureUrl === undefined) return false;
  const { host, search } = new URL(pictureUrl);
  return host === new URL(fileUrl).host && search === '';
}

function carryOver(
  records: VideoRecords,
  { file, title, type, url, videoId: id, ...facts }: CarriedRecord,
  saver: Saver | undefined,
): void {
  if (file !== undefined) saver?.reserve(file, { id, type, name: title });
  const state = { status: 'ready', percentComplete: 100, resumed: true } as const;
  records.apply({ type, patch: { ...facts, ...state, file, title, url: url ?? null } });
}

/** A running broadcast and an upload may never end; a broadcast is waited for if its live input is selected. */
function waitsForVideo({ selection }: VideoPlan): (details: VideoDetails) => boolean {
  if (selection.videoIds) return () => true;
  const endless = selection.filters.liveInput ? ['pendingupload'] : ['pendingupload', 'live-inprogress'];
  return ({ status: { state } }) => !endless.includes(state);
}

/** Applies each update as soon as it is yielded. */
async function applyAll(
  records: VideoRecords,
  updates: AsyncIterable<RecordUpdate>,
  change = (update: RecordUpdate) => update,
): Promise<void> {
  for await (const update of updates) records.apply(change(update));
}

function isReady(record: DownloadRecord): record is TypedRecord {
  return record.status === 'ready' && record.type !== '';
}

/** Where the files would be saved. */
async function* plannedFiles(
  { all }: VideoRecords,
  video: StreamVideo,
  saver: Saver,
): AsyncGenerator<RecordUpdate> {
  for (const { planned, type } of all) {
    if (type === '' || !planned?.includes('save')) continue;
    const name = saver.needsTitle ? await video.title() : undefined;
    yield { type, patch: { file: saver.fileOf({ id: video.id, type, name }) } };
  }
}

/** Names the URLs of downloads that are not ready. They do not work yet, so none needs a name. */
async function* namePendingUrls(
  { all }: VideoRecords,
  delivery: DeliveryContext,
): AsyncGenerator<RecordUpdate> {
  for (const { resumed, status, type, url } of all) {
    if (type === '' || url === null || status === 'ready' || resumed) continue;
    yield { type, patch: { url: await nameUrl(url, type, delivery).catch(() => url) } };
  }
}
