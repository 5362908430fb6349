import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Failure } from '../../../src/core/failure.ts';
import { summary } from '../../../src/report/summary/summary.ts';
import { complete, facts, failed, ready, span } from './facts.ts';
import { foreignTexts } from './foreign-texts.ts';
import { nodesOf, parse, tablesIn, visibleText } from './tree.ts';

/** What GitHub accepts as the summary of one step, in bytes. */
const oneMiB = 1_048_576;

/** The blocks of a summary: what they are, and their visible text. */
function blocks(markdown: string): string[] {
  return (parse(markdown).children ?? []).map((block) => `${block.type}: ${visibleText(block)}`);
}

function timelineOf(...spans: ReturnType<typeof span>[]) {
  return { spans, totals: spans.map((slowest) => ({ phase: slowest.phase, count: 1, totalMs: 1, slowest })) };
}

describe('the job summary', () => {
  test('has the result and the plan of a step that succeeded, its downloads, its time and its requests', () => {
    const text = summary(
      facts({
        plan: 'create MP4 of 1 video, save to `a_b/`',
        result: '1 saved, 89 MB, in 46 s',
        records: [complete()],
        timeline: timelineOf(span('saving', 0, 3000)),
        traffic: { requests: 1204, retries: 1, waitedMs: 12_000 },
      }),
      String,
    );
    expect(blocks(text)).toEqual([
      'heading: ✅ Stream Downloads',
      'paragraph: 1 saved, 89 MB, in 46 s\ncreate MP4 of 1 video, save to a_b/',
      expect.stringContaining('table: '),
      'heading: Where the time went',
      expect.stringContaining('code: '),
      'paragraph: 1,204 requests, 1 retry; waited 12 s for Cloudflare to encode and generate',
    ]);
    expect(text.endsWith('\n')).toBe(true);
  });

  test('has failures first', () => {
    const text = summary(
      facts({ plan: 'create', notes: ['A note'], records: [ready(), failed({ videoId: 'v2' })] }),
      String,
    );
    expect(blocks(text).map((block) => block.slice(0, 24))).toEqual([
      'heading: ❌ Stream Downlo',
      'paragraph: create',
      'paragraph: ❌ The downloa',
      'list: v2, MP4: It vanish',
      'blockquote: What to do: ',
      'list: A note',
      'table: VideoTypeResultLi',
    ]);
  });

  test('has what is known if the inputs could not be used', () => {
    const text = summary(facts({ stepFailures: [new Failure('bad-input', '`timeout`: no')] }), String);
    expect(blocks(text)).toEqual([
      'heading: ❌ Stream Downloads',
      'paragraph: ❌ An input is wrong',
      'list: timeout: no.',
      'blockquote: What to do: Correct the inputs of this step; no request was sent.',
    ]);
  });

  test('has the plan of a dry run with its totals', () => {
    const records = [ready({ planned: ['save'], file: 'videos/a.mp4' })];
    const text = summary(
      facts({ isDryRun: true, plan: 'dry run of create', notes: ['To do: save 1', 'Files: 9 MB'], records }),
      String,
    );
    expect(blocks(text).slice(0, 3)).toEqual([
      'heading: ✅ Stream Downloads: dry run',
      'paragraph: dry run of create',
      'list: To do: save 1Files: 9 MB',
    ]);
    expect(tablesIn(text)[0]?.[1]).toEqual(['v1', 'MP4', 'save', 'Download', 'videos/a.mp4']);
  });

  test('has no more than 20 notes', () => {
    const notes = Array.from({ length: 30 }, (_, index) => `Note ${index}`);
    expect(nodesOf(parse(summary(facts({ notes }), String)), 'listItem')).toHaveLength(20);
  });

  test('names videos by their titles in what took time', () => {
    const timeline = timelineOf(span('saving', 0, 1), span('saving', 0, 1, 'v2'));
    const text = summary(facts({ records: [ready(), complete({ videoId: 'v2' })], timeline }), String);
    expect(text).toContain('section 1. v1\n');
    expect(text).toContain('section 2. Holiday\n');
  });

  test('has the videos in the order of the table in what took time', () => {
    const timeline = timelineOf(
      span('saving', 0, 1, 'v2'),
      span('encoding', 1, 2),
      span('saving', 2, 3, 'v2'),
    );
    const text = summary(facts({ records: [ready(), ready({ videoId: 'v2' })], timeline }), String);
    expect(text.match(/section .*/g)).toEqual(['section 1. v1', 'section 2. v2']);
    expect(text.indexOf('encoding')).toBeLessThan(text.indexOf('saving'));
  });

  test('is redacted everywhere', () => {
    const secret = 'hush';
    const failure = new Failure('create-refused', secret, { response: { messages: [{ message: secret }] } });
    const address = `https://example.com/${secret}`;
    const records = [
      complete({ title: secret, url: address, assetUrl: address, thumbnailUrl: address, file: secret }),
      complete({ title: secret, sha256: secret, expiresAt: secret, failure }),
      ready({ videoId: secret, status: 'inprogress', unknownStatus: secret }),
    ];
    const timeline = timelineOf(span('saving', 0, 1));
    const given = facts({
      plan: secret,
      result: secret,
      notes: [secret],
      stepFailures: [failure],
      records,
      timeline,
    });
    expect(summary(given, (text) => text.replaceAll(secret, '***'))).not.toContain(secret);
    const tooMany = { ...timeline, spans: [] };
    expect(summary({ ...given, timeline: tooMany }, (text) => text.replaceAll(secret, '***'))).not.toContain(
      secret,
    );
  });
});

describe('a job summary that would be too large', () => {
  // Parsing a megabyte takes seconds.
  const idsIn = (text: string) =>
    [...text.matchAll(/<code>([fv]\d+)<\/code> \| MP4/g)].map(([, id = '']) => id);

  test('has fewer rows, and says so; failed ones stay, each in its place', () => {
    const records = Array.from({ length: 5000 }, (_, index) =>
      index % 100 === 99 ? failed({ videoId: `f${index}` }) : complete({ videoId: `v${index}` }),
    );
    const text = summary(facts({ records }), String);
    expect(Buffer.byteLength(text)).toBeLessThan(oneMiB);
    expect(Buffer.byteLength(text)).toBeGreaterThan(0.9 * oneMiB);
    const ids = idsIn(text);
    expect(ids.filter((id) => id.startsWith('f'))).toHaveLength(50);
    const places = ids.map((id) => Number(id.slice(1)));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    const notice = text.slice(text.lastIndexOf('\n\n'));
    expect(visibleText(parse(notice))).toBe(
      `Only ${ids.length.toLocaleString('en')} of 5,000 downloads are shown, since a job summary holds no more. The file in the output results-file lists them all.`,
    );
  });

  test('renders no more rows than fit, of any number of records', () => {
    const many = Array.from({ length: 300_000 }, (_, index) => ready({ videoId: `v${index}` }));
    let redactions = 0;
    const redact = (text: string) => {
      redactions++;
      return text;
    };
    const text = summary(facts({ records: many }), redact);
    expect(redactions).toBeLessThan(30_000);
    expect(Buffer.byteLength(text)).toBeLessThan(oneMiB);
  });

  test('still has failures, advice and the chart if every text is as long as it can be', () => {
    const long = '|'.repeat(100_000);
    const failure = (kind: 'create-refused' | 'disk-full' | 'unexpected') =>
      Array.from(
        { length: 30 },
        () => new Failure(kind, long, { response: { messages: [{ message: long }], rayId: long } }),
      );
    const all = [...failure('create-refused'), ...failure('disk-full'), ...failure('unexpected')];
    const records = all.map((each, index) =>
      complete({
        videoId: `${index}${long}`,
        title: long,
        file: long,
        url: `https://example.com/${long}`,
        failure: each,
      }),
    );
    const timeline = timelineOf(...records.slice(0, 20).map(({ videoId }) => span('saving', 0, 1, videoId)));
    const given = facts({
      plan: long,
      result: long,
      notes: Array(30).fill(long),
      stepFailures: all,
      records,
      timeline,
    });
    const text = summary(given, String);
    expect(Buffer.byteLength(text)).toBeLessThan(oneMiB);
    expect(text).toContain('\n> **What to do:** ');
    expect(text).toContain('\n```mermaid\n');
    expect(text).toMatch(/\n\nOnly [1-9]\d* of \d+ failures are listed here/);
  });

  test('is never too large, whatever it contains', () => {
    fc.assert(
      fc.property(foreignTexts, fc.integer({ min: 1, max: 400 }), fc.nat(2000), (text, times, amount) => {
        const long = text.repeat(times);
        const records = Array.from({ length: amount }, (_, index) =>
          complete({ videoId: `${index}${long}`, title: long, file: long, ...(index % 3 ? {} : failed()) }),
        );
        const given = facts({ plan: long, result: long, notes: [long], records });
        expect(Buffer.byteLength(summary(given, String))).toBeLessThan(oneMiB);
      }),
      { numRuns: 15 },
    );
  });
});
