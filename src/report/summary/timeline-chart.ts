import { labelOf } from '../../core/download-types.ts';
import { formatDuration, titleText, truncate } from '../../core/text.ts';
import { durationMs, type Phase, type Span } from '../timeline.ts';

/** A Gantt chart with more UTF-16 units is refused by Mermaid (`maxTextSize`). */
const maxLength = 50_000;

/** The shortest bar as a part of the whole chart, so that one of a few ms can be seen. */
const shortestBar = 1 / 200;

/** Space for titles left of the bars, in px, and how many characters fit there: half as many if they may be wide. */
const titleSpace = { px: 170, characters: 24, wideCharacters: 12 };

/** Marks that Mermaid draws in different colors. */
const marks: Readonly<Record<Phase, string>> = {
  encoding: 'done, ',
  generating: 'active, ',
  saving: '',
  uploading: '',
};

/** A unit of the axis: at least how long a chart must be for it, in ms, and how many ms it has. */
const units = [
  { fromMs: 36_000_000, unitMs: 3_600_000, name: 'h' },
  { fromMs: 600_000, unitMs: 60_000, name: 'min' },
  { fromMs: 0, unitMs: 1000, name: 's' },
] as const;

/**
 * A Mermaid Gantt chart of the spans, with a section for each video; undefined if Mermaid would refuse it.
 *
 * The axis counts seconds since 1970 (`%s`), the only format that does not depend on the reader's time zone. In a long
 * chart, such a second stands for a minute or an hour.
 *
 * @param titleOf the title of a video, without secrets; empty if it has none
 * @see https://mermaid.js.org/syntax/gantt.html
 */
export function timelineChart(
  spans: readonly Span[],
  titleOf: (videoId: string) => string,
): string | undefined {
  const lengthMs = Math.max(1, ...spans.map(({ endMs }) => endMs));
  const { name, unitMs } = units.find(({ fromMs }) => lengthMs >= fromMs) ?? units[2];
  /** In ms of the axis. */
  const onAxis = (ms: number) => Math.round((ms * 1000) / unitMs);
  const bar = (span: Span) => {
    const { phase, startMs, type } = span;
    const label = [phase, ...(type ? [labelOf(type)] : []), formatDuration(durationMs(span))];
    const length = onAxis(Math.max(durationMs(span), lengthMs * shortestBar));
    return `    ${label.join(' ')} :${marks[phase]}${onAxis(startMs)}, ${Math.max(1, length)}ms`;
  };
  const sections = [...Map.groupBy(spans, ({ videoId }) => videoId)].flatMap(([videoId, ofVideo], index) => [
    // The number makes it unique, and keeps it from being a property of JavaScript's objects.
    `  section ${index + 1}. ${sectionTitle(titleOf(videoId)) || sectionTitle(videoId)}`,
    ...ofVideo.map(bar),
  ]);
  const chart = [
    '---',
    'config:',
    '  gantt:',
    `    leftPadding: ${titleSpace.px}`,
    '---',
    'gantt',
    '  dateFormat x',
    `  axisFormat %s ${name}`,
    '  todayMarker off',
    ...sections,
  ].join('\n');
  return chart.length > maxLength ? undefined : `\`\`\`mermaid\n${chart}\n\`\`\``;
}

/** Letters, digits and single spaces: nothing that Mermaid, Markdown or HTML would interpret. */
function sectionTitle(text: string): string {
  const plain = titleText(text)
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();
  const mayBeWide = /[\u1100-\uffff]/.test(plain);
  return truncate(plain, mayBeWide ? titleSpace.wideCharacters : titleSpace.characters);
}
