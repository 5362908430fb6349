import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import mermaid from 'mermaid';
import { markdown } from '../../../src/report/summary/markdown.ts';
import { timelineSection } from '../../../src/report/summary/timeline-section.ts';
import { type Span, Timeline } from '../../../src/report/timeline.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { span } from './facts.ts';
import { foreignTexts } from './foreign-texts.ts';
import { nodesOf, parse, tablesIn } from './tree.ts';

interface Task {
  readonly section: string;
  readonly task: string;
  readonly startTime: Date;
  readonly endTime: Date;
}

/** The text of the section for spans that are all there are. */
function section(spans: readonly Span[], titles: Readonly<Record<string, string>> = {}): string {
  const totals = spans.map((slowest) => ({ phase: slowest.phase, count: 1, totalMs: 1, slowest }));
  return timelineSection({ spans, totals }, (videoId) => titles[videoId] ?? '', markdown(String));
}

/** The chart as Mermaid reads it. */
async function chart(text: string) {
  const [code, ...others] = nodesOf(parse(text), 'code');
  expect(code?.lang).toBe('mermaid');
  expect(others).toEqual([]);
  expect(await mermaid.parse(code?.value ?? '')).toMatchObject({ diagramType: 'gantt' });
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(code?.value ?? '');
  const { getAxisFormat, getSections, getTasks, getTodayMarker } = db as unknown as {
    getAxisFormat(): string;
    getSections(): string[];
    getTodayMarker(): string;
    getTasks(): Task[];
  };
  expect(getTodayMarker()).toBe('off');
  return { axis: getAxisFormat(), sections: getSections(), tasks: getTasks() };
}

describe('where the time went', () => {
  test('is nothing if there were no phases', () => {
    expect(section([])).toBe('');
  });

  test('is a chart with a section for each video, and a bar for each phase', async () => {
    const spans = [
      span('encoding', 0, 20_000),
      span('generating', 20_000, 50_000),
      span('saving', 30_000, 40_000, 'v2', 'audio'),
      span('uploading', 50_000, 55_500),
    ];
    const { axis, sections, tasks } = await chart(section(spans, { v1: 'Holiday' }));
    expect(axis).toBe('%s s');
    expect(sections).toEqual(['1. Holiday', '2. v2']);
    expect(
      tasks.map(({ endTime, section, startTime, task }) => [section, task.trim(), +startTime, +endTime]),
    ).toEqual([
      ['1. Holiday', 'encoding 20 s', 0, 20_000],
      ['1. Holiday', 'generating MP4 30 s', 20_000, 50_000],
      ['1. Holiday', 'uploading MP4 5.5 s', 50_000, 55_500],
      ['2. v2', 'saving M4A 10 s', 30_000, 40_000],
    ]);
  });

  test('shows a bar even for a few ms, with its own duration', async () => {
    const { tasks } = await chart(
      section([span('generating', 0, 100_000), span('saving', 100_000, 100_003)]),
    );
    expect(tasks[1]?.task).toContain('saving MP4 3 ms');
    expect(Number(tasks[1]?.endTime) - Number(tasks[1]?.startTime)).toBe(500);
  });

  test('shows a bar if all is over within a millisecond', async () => {
    const { tasks } = await chart(section([span('saving', 0, 0.2)]));
    expect(Number(tasks[0]?.endTime)).toBeGreaterThan(Number(tasks[0]?.startTime));
  });

  test.each([
    [599_000, '%s s', 599_000],
    [600_000, '%s min', 10_000],
    [35_940_000, '%s min', 599_000],
    [36_000_000, '%s h', 10_000],
  ])('has an axis for %d ms in a unit of which there are few', async (endMs, axis, onAxisMs) => {
    const read = await chart(section([span('generating', 0, endMs)]));
    expect(read.axis).toBe(axis);
    expect(Number(read.tasks[0]?.endTime)).toBe(onAxisMs);
  });

  test('shortens a title to the space for it, which wide characters fill sooner', async () => {
    const { sections } = await chart(
      section([span('saving', 0, 1, 'v1'), span('saving', 0, 1, 'v2')], {
        v1: 'a'.repeat(99),
        v2: '動'.repeat(99),
      }),
    );
    expect(sections).toEqual([`1. ${'a'.repeat(23)}…`, `2. ${'動'.repeat(11)}…`]);
  });

  test('has a section for each video, whatever their titles are', async () => {
    await fc.assert(
      fc.asyncProperty(foreignTexts, foreignTexts, async (one, two) => {
        const spans = [span('encoding', 0, 5000), span('saving', 5000, 6000), span('saving', 0, 1, 'v2')];
        const text = section(spans, { v1: one, v2: two });
        const { sections, tasks } = await chart(text);
        expect(parse(text).children?.map(({ type }) => type)).toEqual(['heading', 'code']);
        expect(sections).toEqual([
          expect.stringMatching(/^1\. [\p{L}\p{M}\p{N} ]+…?$/u),
          expect.stringMatching(/^2\. [\p{L}\p{M}\p{N} ]+…?$/u),
        ]);
        expect(tasks.map(({ section, task }) => [section, task.trim()])).toEqual([
          [sections[0], 'encoding 5 s'],
          [sections[0], 'saving MP4 1 s'],
          [sections[1], 'saving MP4 1 ms'],
        ]);
      }),
    );
  });

  test('is a chart for 20 videos, and a table of totals with the slowest for more', async () => {
    const clock = new ManualClock();
    const timeline = new Timeline(clock);
    for (let index = 1; index <= 21; index++) {
      const saving = timeline.start('saving', `v${index}`, 'default');
      await clock.advance(index === 21 ? 65_000 : 1000);
      saving[Symbol.dispose]();
      const text = timelineSection(timeline, (id) => (id === 'v21' ? 'A | B' : ''), markdown(String));
      if (index <= 20) expect((await chart(text)).sections).toHaveLength(index);
      else {
        expect(nodesOf(parse(text), 'code')).toEqual([]);
        expect(tablesIn(text)).toEqual([
          [
            ['Phase', 'Count', 'Average', 'Slowest', 'Slowest video'],
            ['saving', '21', '4\u00a0s', '1\u00a0min\u00a05\u00a0s', 'A | B, MP4'],
          ],
        ]);
      }
    }
  });

  test('names the slowest video by its ID if it has no title, without a type where it has none', () => {
    const totals = [
      { phase: 'encoding' as const, count: 2, totalMs: 3000, slowest: span('encoding', 0, 2000) },
    ];
    expect(tablesIn(timelineSection({ spans: [], totals }, () => '', markdown(String)))[0]?.[1]).toEqual([
      'encoding',
      '2',
      '1.5\u00a0s',
      '2\u00a0s',
      'v1',
    ]);
  });

  test('is a table if Mermaid would refuse the chart', () => {
    const spans = Array.from({ length: 2000 }, (_, index) => span('saving', index, index + 1));
    expect(nodesOf(parse(section(spans)), 'code')).toHaveLength(0);
    expect(nodesOf(parse(section(spans.slice(0, 1000))), 'code')).toHaveLength(1);
  });
});
