import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { failures } from '../../../src/core/failures/table.ts';
import type { DownloadRecord } from '../../../src/core/record.ts';
import { titleText, truncate } from '../../../src/core/text.ts';
import { downloadsTable } from '../../../src/report/summary/downloads-table.ts';
import { markdown } from '../../../src/report/summary/markdown.ts';
import { complete, failed, ready } from './facts.ts';
import { foreignTexts } from './foreign-texts.ts';
import { nodesIn, nodesOf, parse, tablesIn, tagsIn } from './tree.ts';

const plenty = 1_000_000;

/** What a table of these records shows: its headings, and the texts below each. */
function columns(records: readonly DownloadRecord[], redact = (text: string) => text) {
  const text = downloadsTable(records, markdown(redact), plenty);
  const [headings = [], ...rows] = tablesIn(text)[0] ?? [];
  return Object.fromEntries(headings.map((heading, index) => [heading, rows.map((row) => row[index])]));
}

function urlsIn(records: readonly DownloadRecord[]) {
  return nodesOf(parse(downloadsTable(records, markdown(String), plenty)), 'link').map(({ url }) => url);
}

describe('the table of downloads', () => {
  test('has everything that is known, in units for people', () => {
    expect(columns([complete()])).toEqual({
      Thumbnail: [''],
      Video: ['Holiday\nv1'],
      Type: ['MP4'],
      Result: ['✅\u00a0saved and attached'],
      Duration: ['1\u00a0min\u00a033\u00a0s'],
      Size: ['89\u00a0MB'],
      'SHA-256': ['ab'.repeat(32)],
      Link: ['Download'],
      File: ['videos/holiday.mp4'],
      'Release asset': ['holiday.mp4'],
      'Link expires': ['2026-01-31 12:34 UTC'],
    });
  });

  test('has no column in which nothing is known', () => {
    expect(Object.keys(columns([ready()]))).toEqual(['Video', 'Type', 'Result', 'Link']);
  });

  test('aligns numbers', () => {
    const tags = tagsIn(downloadsTable([complete()], markdown(String), plenty));
    expect(tags.filter((tag) => tag === '<th align="right">')).toHaveLength(2);
  });

  test('fits, with the line about what does not', () => {
    const records = Array.from({ length: 30 }, (_, index) => complete({ videoId: `v${index}` }));
    fc.assert(
      fc.property(fc.integer({ min: 2000, max: 40_000 }), (maxBytes) => {
        const text = downloadsTable(records, markdown(String), maxBytes);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes);
        const rows = text.split('| <img').length - 1;
        expect(text.includes(`Only ${rows} of 30 downloads are shown`)).toBe(rows < 30);
      }),
    );
  });

  test('keeps the order of the records, one row each', () => {
    const records = [ready(), ready({ type: 'audio' }), failed({ videoId: 'v2' }), ready({ videoId: 'v3' })];
    expect(columns(records)).toMatchObject({
      Video: ['v1', 'v1', 'v2', 'v3'],
      Type: ['MP4', 'M4A', 'MP4', 'MP4'],
    });
  });

  test('is nothing if there are no records', () => {
    expect(downloadsTable([], markdown(String), plenty)).toBe('');
  });

  test('shows the ID alone if there is no title, or none that can be seen', () => {
    expect(columns([ready(), ready({ title: '\u200b' })])).toMatchObject({ Video: ['v1', 'v1'] });
  });

  test('shows the thumbnail of the delivery host in a modest size, linked to nothing', () => {
    const text = downloadsTable([complete({ assetUrl: undefined, url: null })], markdown(String), plenty);
    expect(tagsIn(text).filter((tag) => tag.startsWith('<img'))).toEqual([
      '<img src="https://customer-abc.cloudflarestream.com/v1/thumbnails/thumbnail.jpg?width=240&amp;height=136" width="120" alt="">',
    ]);
    expect(tagsIn(text).filter((tag) => tag.startsWith('<a'))).toEqual([]);
  });

  test.each<[string, DownloadRecord]>([
    ['✅\u00a0ready', ready()],
    ['✅\u00a0deleted', ready({ status: 'deleted' })],
    ['✅\u00a0saved', ready({ file: 'a.mp4' })],
    ['✅\u00a0attached', ready({ assetUrl: 'https://github.com/a.mp4' })],
    ['✅\u00a0carried over', ready({ file: 'a.mp4', resumed: true })],
    ['⏳\u00a0generating, 42 %', ready({ status: 'inprogress', percentComplete: 42.9 })],
    ['⏳\u00a0generating', ready({ status: 'inprogress', percentComplete: null })],
    ['⏳\u00a0queued', ready({ status: 'inprogress', percentComplete: null, unknownStatus: 'queued' })],
    ['no download', ready({ status: 'none', type: '' })],
    ['⚠️\u00a0error', ready({ status: 'error' })],
    ['⚠️\u00a0failed', ready({ status: 'unknown' })],
    ['create, wait, save', ready({ status: 'none', planned: ['create', 'wait', 'save'] })],
    ['nothing to do', ready({ planned: [] })],
    [`❌ ${failures['download-vanished'].title}`, failed({ file: 'a.mp4' })],
  ])('has the result "%s"', (result, record) => {
    expect(columns([record])).toMatchObject({ Result: [result] });
  });

  test('links what everyone can open', () => {
    expect(urlsIn([ready()])).toEqual([ready().url]);
  });

  test('shows a signed URL with its token shortened, and does not link it', () => {
    const signed = ready({
      url: 'https://customer-abc.cloudflarestream.com/TOKEN/downloads/default.mp4',
      unsignedUrl: ready().url ?? '',
    });
    expect(columns([signed], (text) => text.replace('TOKEN', 'TO…'))).toMatchObject({
      Link: ['https://customer-abc.cloudflarestream.com/TO…/downloads/default.mp4'],
    });
    expect(urlsIn([signed])).toEqual([]);
  });

  test('shows a URL that does not work yet, unless it never will', () => {
    const pending = ready({ status: 'inprogress' });
    expect(columns([pending])).toMatchObject({ Link: [ready().url] });
    expect(urlsIn([pending])).toEqual([]);
    expect(columns([failed({ url: ready().url })])).not.toHaveProperty('Link');
  });

  test('names a release asset as a person would', () => {
    const assetUrl = 'https://github.com/o/r/releases/download/v1/%C3%9Cber%20uns.mp4';
    expect(columns([ready({ assetUrl })])).toMatchObject({ 'Release asset': ['Über uns.mp4'] });
    expect(columns([ready({ assetUrl: 'https://github.com/%ff' })])).toMatchObject({
      'Release asset': ['%ff'],
    });
    expect(columns([ready({ assetUrl: 'https://github.com/' })])).toMatchObject({
      'Release asset': ['https://github.com/'],
    });
  });

  test('has its cells where they belong, and nothing but its own links and tags, whatever texts contain', () => {
    fc.assert(
      fc.property(foreignTexts, foreignTexts, (title, other) => {
        const address = `https://example.com/${other}`;
        const record = complete({
          title,
          file: `a${other}`,
          url: address,
          assetUrl: address,
          thumbnailUrl: address,
          expiresAt: `a${other}`,
        });
        const unusual = ready({ title, status: 'inprogress', unknownStatus: other, url: null });
        const text = downloadsTable([record, unusual], markdown(String), plenty);
        const [rows = [], ...others] = tablesIn(text);
        expect(others).toEqual([]);
        expect(rows.map(({ length }) => length)).toEqual([11, 11, 11]);
        expect(rows[1]?.[1]).toBe([truncate(titleText(title), 120), 'v1'].filter(Boolean).join('\n'));
        expect(rows[1]?.[8]).toBe(titleText(`a${other}`));
        const types = new Set(nodesIn(parse(text)).map(({ type }) => type));
        expect(types).toEqual(new Set(['root', 'table', 'tableRow', 'tableCell', 'text', 'html', 'link']));
        expect(nodesOf(parse(text), 'link')).toHaveLength(2);
        expect(tagsIn(text).filter((tag) => !tablesTags.test(tag))).toEqual([]);
      }),
    );
  });
});

const tablesTags =
  /^<(?:\/?(?:table|thead|tbody|tr|span|code)|\/?t[hd]|t[hd] align="right"|wbr|br|a href="https:\/\/example\.com\/[^"<>]*"|\/a|img src="https:\/\/example\.com\/[^"<>]*" width="120" alt="")>$/;
