import type { DownloadType } from '../core/download-types.ts';
import type { PlannedStep, RecordUpdate } from '../core/record.ts';
import type { Plan } from '../inputs/plan.ts';
import type { Download } from '../stream/schemas.ts';
import type { VideoDetails } from '../stream/video-details.ts';
import type { OperationContext } from './context.ts';
import { nothingToSave } from './list.ts';
import { refuseFailed } from './processing.ts';
import { failIfError } from './until-ready.ts';
import { downloadUpdate, isolateFailure, merge } from './updates.ts';
import { allowsDownload, notReady, refuseTooLong } from './video-state.ts';

type PreviewPlan = Pick<Plan, 'destination' | 'onlyExisting' | 'operation' | 'release'>;

/** Finds out what the operation would do to the downloads of a video, with GET requests only. */
export async function* preview(
  plan: PreviewPlan,
  types: readonly DownloadType[],
  context: OperationContext,
): AsyncGenerator<RecordUpdate> {
  const details = await context.video.knownDetails();
  const found = await context.video.downloads();
  const shown = types.filter((type) => found[type] || !plan.onlyExisting);
  if (shown.length === 0) yield { type: '', patch: { status: 'none', planned: [] } };
  yield* merge(
    shown.map((type) => isolateFailure(type, previewOne(plan, type, found[type], details, context))),
  );
}

async function* previewOne(
  plan: PreviewPlan,
  type: DownloadType,
  existing: Download | undefined,
  details: VideoDetails,
  context: OperationContext,
): AsyncGenerator<RecordUpdate> {
  yield downloadUpdate(type, existing);
  yield { type, patch: { planned: [] } };
  if (plan.operation === 'delete') {
    if (existing) yield { type, patch: { planned: ['delete'] } };
    return;
  }
  if (context.wait || plan.operation === 'create') yield* failIfError(type, existing?.status, context);
  if (existing?.status === 'error') return;
  const delivery: PlannedStep[] = [
    ...(plan.destination ? (['save'] as const) : []),
    ...(plan.release ? (['attach'] as const) : []),
  ];
  if (!existing) {
    if (plan.operation === 'list') {
      if (delivery.length > 0) yield nothingToSave(type);
      return;
    }
    requireDownloadable(type, details, context);
  }
  const waiting: PlannedStep[] = context.wait && existing?.status !== 'ready' ? ['wait'] : [];
  const isReadyThen = context.wait || existing?.status === 'ready';
  const creating: PlannedStep[] = existing ? [] : ['create'];
  yield { type, patch: { planned: [...creating, ...waiting, ...(isReadyThen ? delivery : [])] } };
}

/** @throws {Failure} why Cloudflare would create no download */
function requireDownloadable(
  type: DownloadType,
  details: VideoDetails,
  { wait, waitsFor }: OperationContext,
): void {
  refuseFailed(details, undefined);
  const isReady = allowsDownload(type, details, false) || (details.readyToStream && !wait);
  if (!isReady && !(wait && waitsFor(details))) throw notReady(details, undefined);
  refuseTooLong(details, 'Cloudflare creates no download of it');
}
