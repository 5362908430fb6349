import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Failure } from '../../../src/core/failure.ts';
import { failures } from '../../../src/core/failures/table.ts';
import type { DownloadRecord } from '../../../src/core/record.ts';
import { reportedFailures } from '../../../src/report/annotations.ts';
import { failureList } from '../../../src/report/summary/failure-list.ts';
import { markdown } from '../../../src/report/summary/markdown.ts';
import { failed } from './facts.ts';
import { foreignTexts } from './foreign-texts.ts';
import { nodesIn, nodesOf, parse, tagsIn, visibleText } from './tree.ts';

const plenty = 1_000_000;

function list(stepFailures: readonly Failure[], records: readonly DownloadRecord[], maxBytes = plenty) {
  return failureList(reportedFailures(stepFailures, records), markdown(String), maxBytes);
}

/** The blocks of the list: its paragraphs, the items of its lists, and the advice. */
function blocks(text: string): string[] {
  return (parse(text).children ?? []).flatMap((block) =>
    block.type === 'list'
      ? (block.children ?? []).map((item) => `• ${visibleText(item)}`)
      : [`${block.type}: ${visibleText(block)}`],
  );
}

const advice = (kind: keyof typeof failures) =>
  `blockquote: What to do: ${failures[kind].advice.replaceAll('`', '')}`;

describe('the list of failures', () => {
  test('has what failed, for which video, what the service answered, and what to do', () => {
    const failure = new Failure('request-refused', 'The download could not be created', {
      response: { messages: [{ code: 10005, message: 'Bad <request>' }], httpStatus: 400, rayId: 'ray-1' },
    });
    expect(blocks(list([], [failed({ title: 'Holiday', failure })]))).toEqual([
      `paragraph: ❌ ${failures['request-refused'].title}`,
      '• Holiday (v1), MP4: The download could not be created. The response was: “Bad <request>” (code 10005, HTTP 400, Ray ID ray-1).',
      advice('request-refused'),
    ]);
  });

  test('names no type where the whole video failed, and no title where none is known', () => {
    const failure = new Failure('video-not-found', 'No such video');
    expect(blocks(list([], [failed({ failure })]))[1]).toBe('• v1: No such video.');
  });

  test('has each problem with the inputs in a line', () => {
    const failure = new Failure('bad-input', '`timeout`: no\n`wait`: no');
    expect(blocks(list([failure], []))).toEqual([
      `paragraph: ❌ ${failures['bad-input'].title}`,
      '• timeout: no.',
      '• wait: no.',
      advice('bad-input'),
    ]);
  });

  test('has no more than 20 problems, and counts the others', () => {
    const failure = new Failure(
      'bad-input',
      Array.from({ length: 25 }, (_, index) => `p${index}`).join('\n'),
    );
    const items = blocks(list([failure], [])).slice(1, -1);
    expect(items).toHaveLength(20);
    expect(items.at(-1)).toBe('• p19. And 5 more.');
  });

  test('has the advice once for all failures of a kind', () => {
    const failure = (id: string) =>
      failed({ videoId: id, failure: new Failure('not-ready', `${id} is not ready`) });
    const text = list([new Failure('disk-full', 'Full')], [failure('v1'), failure('v2')]);
    expect(blocks(text)).toEqual([
      `paragraph: ❌ ${failures['disk-full'].title}`,
      '• Full.',
      advice('disk-full'),
      `paragraph: ❌ ${failures['not-ready'].title}`,
      '• v1: v1 is not ready.',
      '• v2: v2 is not ready.',
      advice('not-ready'),
    ]);
  });

  test('has a failure that several videos share once, with the first of them', () => {
    const failure = new Failure('release-not-found', 'There is no release');
    const records = ['v1', 'v2', 'v3', 'v4', 'v5'].map((videoId) => failed({ videoId, failure }));
    const [, item] = blocks(list([], [...records, failed({ videoId: 'v5', type: 'audio', failure })]));
    expect(item).toBe('• There is no release. This concerns 5 videos: v1, v2, v3, 2 more videos.');
    expect(blocks(list([], records.slice(0, 2)))[1]).toBe(
      '• There is no release. This concerns 2 videos: v1, v2.',
    );
  });

  test('has no more than 20 of a kind, and says how many there are in all', () => {
    const records = Array.from({ length: 1025 }, (_, index) => failed({ videoId: `v${index}` }));
    const refused = failed({ videoId: 'other', failure: new Failure('create-refused', 'No') });
    const found = blocks(
      list(
        [],
        [
          ...records.map((record, index) => ({
            ...record,
            failure: new Failure('download-vanished', `Vanished ${index}`),
          })),
          refused,
        ],
      ),
    );
    expect(found.filter((block) => block.startsWith('• v'))).toHaveLength(20);
    expect(found).toContain('• and 1,005 more');
    expect(found).toContain('• other, MP4: No.');
    expect(found.at(-1)).toBe(
      'paragraph: Only 21 of 1,026 failures are listed here. The file in the output results-file lists them all.',
    );
  });

  test('has as many as fit, and says how many there are in all', () => {
    const records = Array.from({ length: 15 }, (_, index) =>
      failed({
        videoId: `v${index}`,
        failure: new Failure('download-vanished', `${index} ${'|'.repeat(900)}`),
      }),
    );
    // With a limit that some fit exactly, the line about the others has to fit too.
    const exactly = Buffer.byteLength(list([], records.slice(0, 5)));
    expect(Buffer.byteLength(list([], records, exactly + 10))).toBeLessThanOrEqual(exactly + 10);
    fc.assert(
      fc.property(fc.integer({ min: 500, max: 400_000 }), (maxBytes) => {
        const text = list([], records, maxBytes);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes);
        const shown = text.split('- <code>v').length - 1;
        expect(text.includes(`Only ${shown} of 15 failures are listed`)).toBe(shown < 15);
        expect(text.includes('What to do')).toBe(shown > 0);
      }),
      { numRuns: 30 },
    );
  });

  test('shows whatever failures and services contain, and nothing else', () => {
    fc.assert(
      fc.property(foreignTexts, foreignTexts, foreignTexts, (title, what, message) => {
        const response = { messages: [{ message }], rayId: title };
        const failure = new Failure('create-refused', `a${what.replace(/[\n\r]/g, '')}`, { response });
        const text = list([], [failed({ title, failure })]);
        const types = new Set(nodesIn(parse(text)).map(({ type }) => type));
        const expected = ['root', 'paragraph', 'text', 'html', 'strong', 'list', 'listItem', 'blockquote'];
        expect([...types].filter((type) => !expected.includes(type))).toEqual([]);
        expect(parse(text).children?.map(({ type }) => type)).toEqual(['paragraph', 'list', 'blockquote']);
        expect(nodesOf(parse(text), 'listItem')).toHaveLength(1);
        const tags = /^<\/?(?:p|span|code|wbr|strong|ul|li|blockquote)>$/;
        expect(tagsIn(text).filter((tag) => !tags.test(tag))).toEqual([]);
      }),
    );
  });
});
