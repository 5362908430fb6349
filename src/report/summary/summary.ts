import type { Failure } from '../../core/failure.ts';
import type { DownloadRecord } from '../../core/record.ts';
import { count, formatDuration, titleText } from '../../core/text.ts';
import { reportedFailures } from '../annotations.ts';
import type { Timeline } from '../timeline.ts';
import { downloadsTable } from './downloads-table.ts';
import { failureList } from './failure-list.ts';
import { type Markdown, markdown } from './markdown.ts';
import { timelineSection } from './timeline-section.ts';

/** What the job summary reports. */
export interface SummaryFacts {
  /** What the step was to do, in one line; undefined if its inputs could not be used. */
  readonly plan: string | undefined;
  /** What came out of it, in one line; undefined if it did not get that far. */
  readonly result: string | undefined;
  /** What else to know, such as the totals of a dry run, one line each. */
  readonly notes: readonly string[];
  readonly isDryRun: boolean;
  /** Failures of the step as a whole. */
  readonly stepFailures: readonly Failure[];
  /** Without secrets. */
  readonly records: readonly DownloadRecord[];
  /** Undefined if no video was processed. */
  readonly timeline: Pick<Timeline, 'spans' | 'totals'> | undefined;
  /** Undefined if no request was sent. */
  readonly traffic: Traffic | undefined;
}

/** All requests of the step. */
export interface Traffic {
  readonly requests: number;
  /** How many of them were retries. */
  readonly retries: number;
  /** The time in which no request could be sent because of a rate limit or between retries. */
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
  const { notes, records, stepFailures, timeline, traffic } = facts;
  const reported = reportedFailures(stepFailures, records);
  const head = describeStep(facts, reported.length > 0, md);
  const remarks = notes
    .slice(0, maxNotes.count)
    .map((note) => `- ${md.prose(note, maxNotes.length)}`)
    .join('\n');
  const time = timeline ? timelineSection(timeline, titlesOf(records, redact), md) : '';
  const requests = traffic ? describeTraffic(traffic) : '';

  const room = (...used: string[]) => maxBytes - Buffer.byteLength(used.join('\n\n'));
  const failed = failureList(reported, md, room(head, remarks, time, requests));
  const downloads = downloadsTable(records, md, room(head, remarks, time, requests, failed));
  return `${[head, failed, remarks, downloads, time, requests].filter(Boolean).join('\n\n')}\n`;
}

function describeStep({ isDryRun, plan, result }: SummaryFacts, hasFailed: boolean, md: Markdown): string {
  const lines = [...(result ? [`**${md.prose(result)}**`] : []), ...(plan ? [md.prose(plan)] : [])];
  return [`## ${hasFailed ? '❌' : '✅'} Stream Downloads${isDryRun ? ': dry run' : ''}`, lines.join('<br>')]
    .filter(Boolean)
    .join('\n\n');
}

function describeTraffic({ requests, retries, waitedMs }: Traffic): string {
  const counts = [count(requests, 'request'), count(retries, 'retry', 'retries')];
  return `${counts.join(', ')}, ${formatDuration(waitedMs)} waited`;
}

/** Finds the titles of the few videos that are named outside the table. */
function titlesOf(records: readonly DownloadRecord[], redact: (text: string) => string) {
  return (videoId: string) => {
    const title = records.find((record) => record.videoId === videoId)?.title;
    return redact(titleText(title ?? ''));
  };
}
