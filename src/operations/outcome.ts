import { Failure } from '../core/failure.ts';
import type { DownloadRecord } from '../core/record.ts';
import { aboutLeft } from '../core/text.ts';
import type { Download } from '../stream/answers.ts';
import { StreamError } from '../stream/errors.ts';

/**
 * Writes into a record what Cloudflare says of its download.
 *
 * @param download undefined where there is none
 */
export function update(record: DownloadRecord, download: Download | undefined): void {
  record.status = download?.status ?? 'none';
  // A ready download has been seen to say 0.
  record.percentComplete = download?.status === 'ready' ? 100 : (download?.percentComplete ?? null);
  record.url = download?.url ?? null;
}

/** The state of a record in words: `default: inprogress, 42 %, about 20 s left`. */
export function describe(record: DownloadRecord, leftMs?: number): string {
  const { percentComplete, status, type } = record;
  const going = status === 'inprogress';
  const words = [
    type ? `${type}: ${status}` : 'no downloads',
    ...(going && percentComplete !== null ? [`${Math.floor(percentComplete)} %`] : []),
    ...(status === 'ready' && record.url ? [record.url] : []),
  ].join(', ');
  return going ? `${words}${aboutLeft(leftMs)}` : words;
}

/** Does the work for one record; what it throws becomes the record's failure. */
export async function settle(record: DownloadRecord, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    fail(record, error);
  }
}

/**
 * Ends a record with a failure; one that cut the work short tells how far it had come.
 *
 * @param leftMs how long the download would have taken, as far as that can be told
 */
export function fail(record: DownloadRecord, error: unknown, leftMs?: number): void {
  // A request that failed before anything was seen has nothing to tell but itself.
  const unseen = record.status === 'failed' || record.status === 'none';
  record.failure =
    unseen && error instanceof StreamError ? error : withState(error, lastState(record, leftMs));
  if (record.failure.kind === 'video-not-found') {
    Object.assign(record, {
      status: 'failed',
      percentComplete: null,
      url: null,
    } satisfies Partial<DownloadRecord>);
    delete record.expiresAt;
  }
}

/** The failure, told with the state that it found if it cut the work short and no state was told yet. */
export function withState(error: unknown, state: string): Failure {
  const failure = Failure.from(error);
  const { kind, said, what } = failure;
  const cutShort = kind === 'time-over' || kind === 'cancelled' || failure instanceof StreamError;
  const told = failure.cause instanceof Failure && failure.cause.kind === kind;
  return cutShort && !told ? new Failure(kind, `${what}; ${state}`, { said, cause: failure }) : failure;
}

function lastState(record: DownloadRecord, leftMs: number | undefined): string {
  switch (record.status) {
    case 'failed':
      return 'nothing was known of the video yet';
    case 'none':
      return 'there was no download yet';
    case 'deleted':
      return 'the deletion had been accepted';
    case 'inprogress':
      return `last seen: ${describe(record, leftMs)}${leftMs === undefined ? '; how much longer it takes cannot be told' : ''}. The download goes on being generated at Cloudflare`;
    default:
      return `last seen: ${describe(record)}`;
  }
}
