import { Failure } from './core/failure.ts';
import { VideoRecords } from './core/record.ts';
import type { Plan } from './inputs/plan.ts';
import { processVideo, type StepContext } from './process-video.ts';
import type { PreviewTotals } from './report/preview-totals.ts';
import type { ListPage } from './select/list-library.ts';
import type { MatrixSizer, SizedMatrix } from './select/matrix.ts';
import { type LibraryAccess, type SelectedVideo, selectVideos } from './select/select-videos.ts';
import { listVideos, maxListed } from './stream/library.ts';

/** How many videos of a library are in progress at once; those whose IDs are given all are. */
const maxInProgress = 500;

/** What is known once all videos were processed. */
export interface ProcessedVideos {
  /** Whether there was no video to process. */
  readonly isEmpty: boolean;
  /** Why not all of them were found; undefined if they were. */
  readonly failure: Failure | undefined;
  /** Signs URLs again that would expire soon. */
  readonly renewals: readonly (() => Promise<void>)[];
  /** The shards for a matrix; undefined if the operation is not `list`, or not all videos were found. */
  readonly matrix: SizedMatrix | undefined;
  /** Undefined unless it is a dry run. */
  readonly totals: PreviewTotals | undefined;
}

/**
 * Processes the videos as they are selected. If their listing breaks off, what is known is finished.
 *
 * @param all takes the records of each video as soon as it is selected
 * @param step the failure of every video if the step could not be prepared
 */
export async function processVideos(
  plan: Plan,
  all: VideoRecords[],
  step: StepContext | Failure,
): Promise<ProcessedVideos> {
  const { dryRun, onlyExisting, operation, selection, types } = plan;
  const isLibrary = selection.videoIds === undefined;
  /** Whether the list alone has what is asked for. */
  const needsListOnly = isLibrary && dryRun && operation === 'list';
  const library = isLibrary ? await openLibrary(plan, step) : undefined;
  const totals = dryRun ? await openTotals(plan) : undefined;
  const renewals: (() => Promise<void>)[] = [];
  const slots = openSlots(isLibrary ? maxInProgress : Number.POSITIVE_INFINITY);

  async function process(video: SelectedVideo, records: VideoRecords): Promise<void> {
    if (step instanceof Failure) return records.fail(step);
    try {
      const { details, renewUrls } = await processVideo(records, video, plan, step);
      if (renewUrls) renewals.push(renewUrls);
      totals?.add(records.all, details);
    } catch (error) {
      records.fail(Failure.from(error));
    }
  }

  let sizer: MatrixSizer | undefined;
  let isEmpty = true;
  let failure: Failure | undefined;
  try {
    for await (const video of selectVideos(selection, library)) {
      isEmpty = false;
      const isDone = isCarriedOver(video, plan);
      const isPossible = video.whyNoDownload === undefined;
      if (needsListOnly) totals?.addListed(video.listed, isPossible, isDone);
      else {
        const records = new VideoRecords(video.id, onlyExisting ? [] : types);
        all.push(records);
        await slots.start(() => process(video, records));
      }
      if (operation !== 'list') continue;
      // It is loaded while the first request waits for its response.
      sizer ??= await openSizer();
      if (isPossible && !isDone) sizer.add(video.id, video.listed);
    }
    if (operation === 'list') sizer ??= await openSizer();
  } catch (error) {
    failure = Failure.from(error);
    if (failure.isEndOfStep) failure = failure.withProgress('not all videos of the account were listed');
  }
  await slots.idle();
  return { isEmpty, failure, renewals, matrix: failure ? undefined : sizer?.matrix(), totals };
}

/** Whether earlier runs have done all types, or, if every existing one is asked for, one of them. */
function isCarriedOver({ carried }: SelectedVideo, { onlyExisting, types }: Plan): boolean {
  if (onlyExisting) return carried.length > 0;
  return types.every((type) => carried.some((record) => record.type === type));
}

/** The videos of the account; they cannot be listed if the step could not be prepared. */
async function openLibrary({ selection, wait }: Plan, step: StepContext | Failure): Promise<LibraryAccess> {
  // Dynamic import: built as its own chunk, loaded only when needed.
  const { listLibrary, whyNoDownload } = await import('./select/library.ts');
  const rules = { wait, isLiveInputGiven: selection.filters.liveInput !== undefined };
  const list: ListPage = async (query) => {
    if (step instanceof Failure) throw step;
    return listVideos(step.client, query);
  };
  return {
    listLibrary,
    pages: { list, pageSize: maxListed },
    whyNoDownload: (video) => whyNoDownload(video, rules),
  };
}

async function openSizer(): Promise<MatrixSizer> {
  // Dynamic import: built as its own chunk, loaded only when needed.
  const { MatrixSizer } = await import('./select/matrix.ts');
  return new MatrixSizer();
}

async function openTotals(plan: Plan): Promise<PreviewTotals> {
  // Dynamic import: built as its own chunk, loaded only when needed.
  const { PreviewTotals } = await import('./report/preview-totals.ts');
  return new PreviewTotals(plan);
}

/** Limits how many tasks, which never reject, are in progress. */
function openSlots(limit: number) {
  let active = 0;
  let ended = Promise.withResolvers<void>();

  async function until(isEnough: () => boolean): Promise<void> {
    while (!isEnough()) {
      ended = Promise.withResolvers();
      await ended.promise;
    }
  }

  return {
    /** Starts a task once there is room for it, and does not wait for its end. */
    async start(task: () => Promise<void>): Promise<void> {
      await until(() => active < limit);
      active++;
      void task().finally(() => {
        active--;
        ended.resolve();
      });
    },
    /** Resolves once no task is in progress. */
    idle: () => until(() => active === 0),
  };
}
