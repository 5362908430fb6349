import { labelOf } from '../../core/download-types.ts';
import { formatDuration, formatNumber } from '../../core/text.ts';
import { durationMs, type PhaseTotals, type Timeline } from '../timeline.ts';
import type { Markdown } from './markdown.ts';
import { type Column, table, unbroken } from './table.ts';
import { timelineChart } from './timeline-chart.ts';

/** Where the time of the step went: a chart of every span, or totals if there are too many. Empty if there was none. */
export function timelineSection(
  { spans, totals }: Pick<Timeline, 'spans' | 'totals'>,
  titleOf: (videoId: string) => string,
  md: Markdown,
): string {
  if (totals.length === 0) return '';
  const isComplete = spans.length === totals.reduce((sum, { count }) => sum + count, 0);
  const chart = isComplete ? timelineChart(spans, titleOf) : undefined;
  return `### Where the time went\n\n${chart ?? totalsTable(totals, titleOf, md)}`;
}

function totalsTable(
  totals: readonly PhaseTotals[],
  titleOf: (videoId: string) => string,
  md: Markdown,
): string {
  const columns: Column<PhaseTotals>[] = [
    { heading: 'Phase', cell: ({ phase }) => phase },
    { heading: 'Count', isNumeric: true, cell: ({ count }) => formatNumber(count) },
    {
      heading: 'Average',
      isNumeric: true,
      cell: ({ count, totalMs }) => unbroken(formatDuration(totalMs / count)),
    },
    {
      heading: 'Slowest',
      isNumeric: true,
      cell: ({ slowest }) => unbroken(formatDuration(durationMs(slowest))),
    },
    {
      heading: 'Slowest video',
      cell: ({ slowest: { type, videoId } }) => {
        const label = type ? `, ${labelOf(type)}` : '';
        return `${md.text(titleOf(videoId), 80) || md.code(videoId)}${label}`;
      },
    },
  ];
  return table(
    columns,
    totals.map((row) => columns.map(({ cell }) => cell(row))),
  );
}
