import { labelOf } from '../../core/download-types.ts';
import { failures } from '../../core/failures/table.ts';
import type { DownloadRecord } from '../../core/record.ts';
import { count, formatNumber, sentence } from '../../core/text.ts';
import type { ReportedFailure } from '../annotations.ts';
import type { Markdown } from './markdown.ts';

/** How many failures of one kind are listed. */
const maxListed = 20;

/** How many of the videos that share a failure are named. */
const maxNamed = 3;

/** Space for the line that counts what is not listed, in bytes of UTF-8. */
const reservedBytes = 500;

/** The longest title, description and response that are shown whole, in UTF-16 units. */
const maxLengths = { title: 80, what: 1000, answer: 2500 };

/**
 * The failures by kind, each with what failed, what the service answered, and the advice for all of the kind, as far as
 * they fit.
 *
 * @param maxBytes of UTF-8
 */
export function failureList(reported: readonly ReportedFailure[], md: Markdown, maxBytes: number): string {
  let left = maxBytes - reservedBytes;
  let listedCount = 0;
  const blocks: string[] = [];
  for (const [kind, ofKind] of Map.groupBy(reported, ({ failure }) => failure.kind)) {
    const { advice, title } = failures[kind];
    const heading = `**❌ ${md.text(title)}**`;
    const end = `> **What to do:** ${md.prose(advice, maxLengths.what)}`;
    left -= Buffer.byteLength(heading + end);
    const items = ofKind
      .values()
      .take(maxListed)
      .map((failure) => describe(failure, md));
    const listed = [...items].filter((item) => {
      left -= Buffer.byteLength(item);
      return left >= 0;
    });
    if (listed.length === 0) break;
    listedCount += listed.length;
    const omitted = ofKind.length - listed.length;
    const rest = omitted > 0 ? [`- and ${formatNumber(omitted)} more`] : [];
    blocks.push(heading, [...listed, ...rest].join('\n'), end);
  }
  if (listedCount < reported.length) {
    const counts = `${formatNumber(listedCount)} of ${count(reported.length, 'failure')}`;
    blocks.push(
      `Only ${counts} are listed here. The file in the output <code>results-file</code> lists them all.`,
    );
  }
  return blocks.join('\n\n');
}

/** A list item, or several if several things are wrong with the step. */
function describe({ failure, records }: ReportedFailure, md: Markdown): string {
  const [first] = records;
  const subject = first && records.length === 1 ? `${describeDownload(first, md)}: ` : '';
  const problems = failure.what.split('\n');
  const described = problems.slice(0, maxListed).map((line) => md.prose(sentence(line), maxLengths.what));
  const omitted = problems.length - described.length;
  const details = [
    ...(omitted > 0 ? [`And ${formatNumber(omitted)} more.`] : []),
    md.text(failure.answer, maxLengths.answer),
    describeConcerned(records, md),
  ];
  return `- ${subject}${[described.join('\n- '), ...details].filter(Boolean).join(' ')}`;
}

function describeConcerned(records: readonly DownloadRecord[], md: Markdown): string {
  if (records.length <= 1) return '';
  const named = records.slice(0, maxNamed).map((record) => describeVideo(record, md));
  const omitted = records.length - named.length;
  const rest = omitted > 0 ? [count(omitted, 'more video')] : [];
  return `This concerns ${count(records.length, 'video')}: ${[...named, ...rest].join(', ')}.`;
}

function describeDownload(record: DownloadRecord, md: Markdown): string {
  const { failure, type } = record;
  const isOfType = type !== '' && failure && failures[failure.kind].scope === 'type';
  return `${describeVideo(record, md)}${isOfType ? `, ${labelOf(type)}` : ''}`;
}

function describeVideo({ title = '', videoId }: DownloadRecord, md: Markdown): string {
  const name = md.text(title, maxLengths.title);
  return name ? `**${name}** (${md.code(videoId)})` : md.code(videoId);
}
