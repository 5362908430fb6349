import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { carriedOver, readResults, type Wanted } from '../../src/select/resume.ts';
import { anyText } from '../harness/arbitraries.ts';

const url = 'https://customer-m033z5x00ks6nunl.cloudflarestream.com/ea95132c/downloads/default.mp4';
const sha256 = 'ab'.repeat(32);
const assetUrl = 'https://github.com/octo-org/Site/releases/download/v1%2B2/talk.mp4';
const release = { repository: 'octo-org/site', tag: 'v1+2' };

const anyDownload: Wanted = { types: [], savesFiles: false, release: undefined };

const ready = { videoId: 'a', type: 'default', status: 'ready', percentComplete: 100, url };

type Fields = Readonly<Record<string, unknown>>;

function file(...downloads: readonly unknown[]): string {
  return JSON.stringify({ version: 1, downloads });
}

function problemOf(value: unknown): string | undefined {
  return readResults(typeof value === 'string' ? value : JSON.stringify(value)).problem;
}

/** What is carried over from results files, by video. */
function carry(files: readonly string[], wanted: Partial<Wanted> = {}) {
  const records = files.flatMap((text) => readResults(text).records ?? []);
  return Object.fromEntries(carriedOver(records, { ...anyDownload, ...wanted }));
}

function isCarried(fields: Fields, wanted?: Partial<Wanted>): boolean {
  return 'a' in carry([file({ ...ready, ...fields })], wanted);
}

describe('records of earlier runs', () => {
  test('are carried over with what they say of the download', () => {
    const saved = { name: 'A talk', file: 'media/a.mp4', size: 7, sha256: sha256.toUpperCase(), assetUrl };
    expect(carry([file({ ...ready, ...saved })])).toEqual({
      a: [
        {
          videoId: 'a',
          type: 'default',
          url,
          title: 'A talk',
          file: 'media/a.mp4',
          sizeBytes: 7,
          sha256,
          assetUrl,
        },
      ],
    });
  });

  test('may be older ones without newer fields, or newer ones with unknown fields', () => {
    expect(isCarried({})).toBe(true);
    expect(isCarried({ colour: 'blue', resumed: true })).toBe(true);
    expect(problemOf({ version: 1, downloads: [], runs: 2 })).toBeUndefined();
  });

  test('are found by video and type', () => {
    const text = file(ready, { ...ready, type: 'audio' }, { ...ready, videoId: 'b' });
    const carried = carry([text]);
    expect(Object.keys(carried)).toEqual(['a', 'b']);
    expect(carried['a']?.map(({ type }) => type)).toEqual(['default', 'audio']);
    expect(carry([text], { types: ['audio'] })['a']?.map(({ type }) => type)).toEqual(['audio']);
    expect(carry([text], { types: ['audio'] })).not.toHaveProperty('b');
  });

  test('are done anew unless they are ready', () => {
    for (const status of ['inprogress', 'none', 'error', 'deleted', 'failed', 'READY', '']) {
      expect(isCarried({ status })).toBe(false);
    }
  });

  test('are done anew after an error or a dry run', () => {
    expect(isCarried({ error: { message: 'x' } })).toBe(false);
    expect(isCarried({ planned: [] })).toBe(false);
    expect(isCarried({ error: null, planned: null })).toBe(true);
  });

  test('are done anew without a saved file, if files are saved', () => {
    expect(isCarried({}, { savesFiles: true })).toBe(false);
    expect(isCarried({ sha256 }, { savesFiles: true })).toBe(true);
  });

  test.each<[assetUrl: string | null, isCarried: boolean]>([
    [assetUrl, true],
    ['https://ghe.example/octo-org/site/releases/download/v1+2/talk.mp4', true],
    ['https://github.com/octo-org/site/releases/download/v1/talk.mp4', false],
    ['https://github.com/octo-org/site/releases/download/V1%2B2/talk.mp4', false],
    ['https://github.com/octo-org/other/releases/download/v1%2B2/talk.mp4', false],
    ['https://github.com/octo-org/site/releases/download/v1%2B2/', false],
    ['https://github.com/octo-org/site/releases/download/%ff/talk.mp4', false],
    ['https://example.com/?x=/octo-org/site/releases/download/v1%2B2/talk.mp4', false],
    ['https://user:password@github.com/octo-org/site/releases/download/v1%2B2/talk.mp4', false],
    ['no address', false],
    [null, false],
  ])('with the asset %s belong to the release or not', (text, expected) => {
    expect(isCarried({ assetUrl: text }, { release })).toBe(expected);
  });

  test('lose a signed URL, and one that cannot be used', () => {
    const urlOf = (fields: Fields) => carry([file({ ...ready, ...fields })])['a']?.[0]?.url;
    expect(urlOf({})).toBe(url);
    expect(urlOf({ expiresAt: '2026-01-31T12:00:00Z' })).toBeUndefined();
    expect(urlOf({ url: null })).toBeUndefined();
    expect(urlOf({ url: 'javascript:alert(1)' })).toBeUndefined();
  });

  test.each([
    ['a failure', { error: { message: 'x' } }],
    ['a dry run', { planned: ['save'] }],
    ['a record without a file', {}],
    ['a deletion', { status: 'deleted', url: null }],
    ['a video without any download', { type: '', status: 'none', url: null }],
  ])('count in any order, since that of files is often by chance: %s', (_, fields) => {
    const wanted = { savesFiles: true };
    const saved = file({ ...ready, sha256, file: 'a.mp4' });
    const other = file({ ...ready, ...fields });
    for (const files of [
      [saved, other],
      [other, saved],
    ])
      expect(carry(files, wanted)['a']).toEqual([expect.objectContaining({ sha256, file: 'a.mp4' })]);
    expect(carry([other], wanted)).toEqual({});
  });

  test('count once, the last one', () => {
    const [first, second] = ['a.mp4', 'b.mp4'].map((name) => file({ ...ready, sha256, file: name }));
    expect(carry([first ?? '', second ?? ''])['a']).toEqual([expect.objectContaining({ file: 'b.mp4' })]);
  });

  test('of a file that was only attached are not those of a saved one', () => {
    const attached = file({ ...ready, sha256, assetUrl });
    expect(carry([attached], { savesFiles: true })).toEqual({});
    expect(carry([attached], { release })).toHaveProperty('a');
  });

  test('have a title on one line without control characters', () => {
    expect(carry([file({ ...ready, name: ' A\r\n::error::\u0007talk ' })])['a']?.[0]?.title).toBe(
      'A ::error::talk',
    );
    for (const name of ['', 'a'.repeat(5000), 7, null]) {
      expect(carry([file({ ...ready, name })])['a']?.[0]).toMatchObject({ title: undefined });
    }
  });
});

describe('a malformed results file', () => {
  test.each<[text: string, problem: string]>([
    ['', 'it is not JSON: it ends too early'],
    ['{"version": 1, "downloads": [', 'it is not JSON: it ends too early'],
    ['{"version": 1,\n"downloads": [] 7}', 'it is not JSON, at line 2, column 17'],
    ['secret', 'it is not JSON'],
  ])('is not JSON: %j', (text, problem) => {
    expect(problemOf(text)).toBe(problem);
  });

  test.each<[value: unknown, part: string]>([
    [null, 'it is not a results file'],
    [[ready], '`version`'],
    [7, 'it is not a results file'],
    [{ downloads: [] }, '`version`'],
    [{ version: 2, downloads: [] }, '`version`'],
    [{ version: '1', downloads: [] }, '`version`'],
    [{ version: 1 }, '`downloads`'],
    [{ version: 1, downloads: {} }, '`downloads`'],
    [{ version: 1, downloads: [ready, null] }, '`downloads[1]`'],
  ])('is %j', (value, part) => {
    expect(problemOf(value)).toContain(part);
  });

  test.each<[field: string, value: unknown]>([
    ['videoId', undefined],
    ['videoId', '../a'],
    ['videoId', 'a'.repeat(65)],
    ['type', undefined],
    ['type', 'subtitles'],
    ['status', 7],
    ['url', 7],
    ['size', -1],
    ['size', 1.5],
    ['sha256', 'abc'],
    ['file', ''],
    ['file', 'a\u0000b'],
    ['file', 'a'.repeat(5000)],
    ['assetUrl', 7],
  ])('names the field %s if it is %j', (field, value) => {
    const text = file(ready, ready, { ...ready, [field]: value });
    expect(problemOf(text)).toBe(`its field \`downloads[2].${field}\` is missing or malformed`);
  });

  test('never throws, and never shows what is in it', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyText(),
          fc.json(),
          fc.json().map((json) => `{"version":1,"downloads":[${json}]}`),
        ),
        (text) => {
          const { problem, records } = readResults(text);
          expect((problem === undefined) === (records !== undefined)).toBe(true);
        },
      ),
    );
    expect(problemOf('{"version": 1, "downloads": [{"videoId": "hunter2 hunter2"}]}')).not.toContain(
      'hunter2',
    );
    expect(problemOf('hunter2')).not.toContain('hunter2');
  });
});
