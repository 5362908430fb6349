import type { DownloadRecord } from '../../core/record.ts';
import { count, formatDuration, titleText } from '../../core/text.ts';
import type { ReportedFailure } from '../annotations.ts';
import type { Span, Timeline } from '../timeline.ts';
import { downloadsTable } from './downloads-table.ts';
import { failureList } from './failure-list.ts';
import { type Markdown, markdown } from './markdown.ts';
import { timelineSection } from './timeline-section.ts';

/** What the job summary reports. */
export interface SummaryFacts {
  /** What the step was to do; undefined if its inputs could not be used. */
  readonly plan: { readonly line: string; readonly dryRun: boolean } | undefined;
  /** What came out of it, in one line; undefined if it did not get that far. */
  readonly result: string | undefined;
  /** What else to know, such as the totals of a dry run, one line each. */
  readonly notes: readonly string[];
  readonly reported: readonly ReportedFailure[];
  /** Without secrets. */
  readonly records: readonly DownloadRecord[];
  readonly timeline: Pick<Timeline, 'spans' | 'totals'>;
  readonly traffic: Traffic;
}

/** All requests of the step. */
export interface Traffic {
  readonly requests: number;
  /** How many of them were retries. */
  readonly retries: number;
  /** How long Cloudflare was encoding a video or generating a download. */
  readonly waitedMs: number;
}

/**
 * A runner drops the summary of a step that has more than 1 MiB (1,048,576 bytes).
 *
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
 */
const maxBytes = 1_000_000;

/** The most notes that are shown, and their longest text in UTF-16 units. */
const maxNotes = { count: 20, length: 500 };

/**
 * The job summary of the step in GitHub-flavored Markdown, always less than 1 MiB: if that is not enough, rows of the
 * table are left out, those of failed downloads last; then failures. All else is short, the chart by Mermaid's limit.
 *
 * @param redact removes secrets from text for people, and shortens the tokens of signed URLs
 */
export function summary(facts: SummaryFacts, redact: (text: string) => string): string {
  const md = markdown(redact);
  const { notes, records, reported, timeline, traffic } = facts;
  const head = describeStep(facts, reported.length > 0, md);
  const remarks = notes
    .slice(0, maxNotes.count)
    .map((note) => `- ${md.prose(note, maxNotes.length)}`)
    .join('\n');
  const time = timelineSection(inOrderOf(records, timeline), titlesOf(records, redact), md);
  const requests = describeTraffic(traffic);

  const room = (...used: string[]) => maxBytes - Buffer.byteLength(used.join('\n\n'));
  const failed = failureList(reported, md, room(head, remarks, time, requests));
  const downloads = downloadsTable(records, md, room(head, remarks, time, requests, failed));
  return `${[head, failed, remarks, downloads, time, requests].filter(Boolean).join('\n\n')}\n`;
}

function describeStep({ plan, result }: SummaryFacts, hasFailed: boolean, md: Markdown): string {
  const lines = [...(result ? [`**${md.prose(result)}**`] : []), ...(plan ? [md.prose(plan.line)] : [])];
  const heading = `## ${hasFailed ? '❌' : '✅'} Stream Downloads${plan?.dryRun ? ': dry run' : ''}`;
  return [heading, lines.join('<br>')].filter(Boolean).join('\n\n');
}

/** Empty if nothing was requested. */
function describeTraffic({ requests, retries, waitedMs }: Traffic): string {
  if (requests === 0) return '';
  const counts = [count(requests, 'request'), count(retries, 'retry', 'retries')].join(', ');
  if (waitedMs < 1) return counts;
  return `${counts}; waited ${formatDuration(waitedMs)} for Cloudflare to encode and generate`;
}

/** The spans in the order of the videos in the table. */
function inOrderOf(records: readonly DownloadRecord[], { spans, totals }: SummaryFacts['timeline']) {
  const position = new Map(records.map(({ videoId }, index) => [videoId, index]));
  const of = ({ videoId }: Span) => position.get(videoId) ?? 0;
  return { totals, spans: spans.toSorted((a, b) => of(a) - of(b)) };
}

/** Finds the titles of the few videos that are named outside the table. */
function titlesOf(records: readonly DownloadRecord[], redact: (text: string) => string) {
  return (videoId: string) => {
    const title = records.find((record) => record.videoId === videoId)?.title;
    return redact(titleText(title ?? ''));
  };
}
