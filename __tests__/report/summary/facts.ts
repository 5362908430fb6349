import { Failure } from '../../../src/core/failure.ts';
import type { DownloadRecord } from '../../../src/core/record.ts';
import { reportedFailures } from '../../../src/report/annotations.ts';
import type { SummaryFacts } from '../../../src/report/summary/summary.ts';
import type { Phase, Span } from '../../../src/report/timeline.ts';

const host = 'https://customer-abc.cloudflarestream.com';

interface KnownFacts extends Omit<SummaryFacts, 'plan' | 'reported'> {
  readonly plan: string;
  readonly isDryRun: boolean;
  /** Failures of the step as a whole. */
  readonly stepFailures: readonly Failure[];
}

/** The facts of a step of which only this is known. */
export function facts({
  isDryRun = false,
  plan,
  stepFailures = [],
  ...known
}: Partial<KnownFacts>): SummaryFacts {
  const records = known.records ?? [];
  return {
    plan: plan === undefined ? undefined : { line: plan, dryRun: isDryRun },
    result: undefined,
    notes: [],
    reported: reportedFailures(stepFailures, records),
    records,
    timeline: { spans: [], totals: [] },
    traffic: { requests: 0, retries: 0, waitedMs: 0 },
    ...known,
  };
}

/** The record of a ready MP4, with changes. */
export function ready(changes: Partial<DownloadRecord> = {}): DownloadRecord {
  const { videoId = 'v1' } = changes;
  const url = `${host}/${videoId}/downloads/default.mp4`;
  return { videoId, type: 'default', status: 'ready', percentComplete: 100, url, ...changes };
}

/** A record with everything that the table can show. */
export function complete(changes: Partial<DownloadRecord> = {}): DownloadRecord {
  const { videoId = 'v1' } = changes;
  return ready({
    title: 'Holiday',
    durationSeconds: 93,
    thumbnailUrl: `${host}/${videoId}/thumbnails/thumbnail.jpg`,
    file: 'videos/holiday.mp4',
    sizeBytes: 89_000_000,
    sha256: 'ab'.repeat(32),
    assetUrl: 'https://github.com/o/r/releases/download/v1/holiday.mp4',
    expiresAt: '2026-01-31T12:34:56.789Z',
    ...changes,
  });
}

/** A record that failed, with a failure of its own. */
export function failed(changes: Partial<DownloadRecord> = {}): DownloadRecord {
  const failure = new Failure('download-vanished', 'It vanished');
  return ready({ status: 'none', percentComplete: null, url: null, failure, ...changes });
}

export function span(
  phase: Phase,
  startMs: number,
  endMs: number,
  videoId = 'v1',
  type: Span['type'] = 'default',
): Span {
  return { videoId, type: phase === 'encoding' ? undefined : type, phase, startMs, endMs };
}
