import type { Failure } from './core/failure.ts';
import type { FailureKind } from './core/failures/table.ts';
import type { RecordUpdate } from './core/record.ts';
import type { Plan } from './inputs/plan.ts';

/** Failures that only mean "no download" for a video of a library. For a video whose ID was given, they fail. */
const excusedKinds: ReadonlySet<FailureKind> = new Set([
  'encode-failed',
  'not-ready',
  'not-uploaded',
  'still-live',
  'too-long',
  'video-not-found',
]);

/**
 * Why a video of a library has no download; undefined if it has, or if that is a failure.
 *
 * @param whyNoDownload why it can have none, as far as the list of the account shows
 */
export function excuseOf(
  failure: Failure | undefined,
  { onlyExisting, selection }: Pick<Plan, 'onlyExisting' | 'selection'>,
  whyNoDownload: string | undefined,
): string | undefined {
  if (!failure || selection.videoIds) return undefined;
  // `list` saves what exists, so a missing download is no failure; nor is it if the video could not have one.
  if (failure.kind === 'no-download') return whyNoDownload ?? (onlyExisting ? failure.what : undefined);
  return excusedKinds.has(failure.kind) ? failure.what : undefined;
}

/** The state of a download that a video cannot have. */
export function withoutDownload(type: RecordUpdate['type']): RecordUpdate {
  return { type, patch: { status: 'none', unknownStatus: undefined, percentComplete: null, url: null } };
}
