import { describe, expect, test } from '@jest/globals';
import { Failure } from '../../src/core/failure.ts';
import type { DownloadRecord } from '../../src/core/record.ts';
import { outputs, type PublishedRecord, publish } from '../../src/report/outputs.ts';
import { emptyOutputs } from '../harness/check-step.ts';

const url = 'https://customer-m033z5x00ks6nunl.cloudflarestream.com/v1/downloads/default.mp4';
const ready: DownloadRecord = { videoId: 'v1', type: 'default', status: 'ready', percentComplete: 100, url };
const unknown: DownloadRecord = {
  videoId: 'v0',
  type: 'audio',
  status: 'unknown',
  percentComplete: null,
  url: null,
};
const refused = new Failure('request-refused', 'Could not create the MP4 download', {
  response: {
    messages: [{ message: 'hello' }, { code: 10005, message: 'bad request' }],
    httpStatus: 400,
    rayId: 'abc-FRA',
  },
});

const file = '/temp/results.json';

/** The outputs of records. */
function outputsOf(...records: readonly DownloadRecord[]) {
  return outputs(published(...records), file, false);
}

function published(...records: readonly DownloadRecord[]): PublishedRecord[] {
  return records.map((record) => publish(record, (text) => text));
}

describe('the single outputs', () => {
  test('are those of the first record, as text', () => {
    const audio: DownloadRecord = {
      ...ready,
      type: 'audio',
      status: 'inprogress',
      percentComplete: 4,
      url: null,
    };
    expect(outputsOf(ready, audio)).toMatchObject({
      'download-url': url,
      status: 'ready',
      'percent-complete': '100',
      'video-id': 'v1',
      type: 'default',
    });
    expect(outputsOf(audio, ready)).toMatchObject({
      status: 'inprogress',
      'percent-complete': '4',
      type: 'audio',
    });
  });

  test('are those of the first record also when it failed and the second did not', () => {
    const failed = { ...unknown, failure: refused };
    expect(outputsOf(failed, ready)).toMatchObject({
      'download-url': '',
      status: 'failed',
      'percent-complete': '',
      'video-id': 'v0',
      type: 'audio',
    });
  });

  test('describe the saved file', () => {
    expect(outputsOf({ ...ready, file: 'a/b.mp4', sizeBytes: 0, sha256: 'c0ffee' }, ready)).toMatchObject({
      file: 'a/b.mp4',
      size: '0',
      sha256: 'c0ffee',
    });
    expect(outputsOf(ready, { ...ready, file: 'a/b.mp4' })).toMatchObject({ file: '', size: '', sha256: '' });
  });

  test('have the asset of the first record, and its size and hash without a file', () => {
    const assetUrl = 'https://github.com/o/r/releases/download/v1/a.mp4';
    const attached = { ...ready, sizeBytes: 3, sha256: 'f'.repeat(64), assetUrl };
    expect(outputsOf(attached, ready)).toMatchObject({
      file: '',
      size: '3',
      sha256: 'f'.repeat(64),
      'asset-url': assetUrl,
    });
    expect(outputsOf(ready, attached)).toMatchObject({ size: '', 'asset-url': '' });
    expect(published(attached)).toEqual([expect.objectContaining({ assetUrl, size: 3 })]);
  });

  test('are empty if a value is unknown, but not if it is zero', () => {
    const record: DownloadRecord = { ...ready, status: 'inprogress', percentComplete: 0, url: null };
    expect(outputsOf(record)).toMatchObject({ 'percent-complete': '0', 'download-url': '' });
    expect(outputsOf({ ...record, percentComplete: null })).toMatchObject({ 'percent-complete': '' });
    expect(outputsOf({ ...record, type: '', status: 'none' })).toMatchObject({ type: '', status: 'none' });
  });

  test('have the status `failed` if the step failed before any record existed', () => {
    expect(outputs([], file, true)).toEqual({
      ...emptyOutputs,
      status: 'failed',
      downloads: [],
      'results-file': file,
    });
    expect(outputs(published(ready), file, true)).toMatchObject({ status: 'ready', 'video-id': 'v1' });
  });

  test('are all set, and empty if there are no records', () => {
    expect(outputsOf()).toEqual({
      ...emptyOutputs,
      downloads: [],
      'results-file': file,
    });
  });
});

describe('the counts', () => {
  test('are of all records, and of those that failed', () => {
    const failed = { ...ready, failure: refused };
    expect(outputsOf(ready, failed, ready, failed, failed)).toMatchObject({ count: '5', failed: '3' });
    // The status `error` fails the step only if it waited for the download.
    expect(outputsOf({ ...ready, status: 'error' })).toMatchObject({ count: '1', failed: '0' });
  });
});

describe('the records', () => {
  test('are published in order, with null for unknown values and `failed` for an unknown status', () => {
    const found = { ...unknown, videoId: 'v2', type: '' } as const;
    expect(outputsOf(ready, found)['downloads']).toEqual([
      { videoId: 'v1', type: 'default', status: 'ready', percentComplete: 100, url },
      { videoId: 'v2', type: '', status: 'failed', percentComplete: null, url: null },
    ]);
  });

  test('have an error with the whole message and the facts of the response', () => {
    expect(outputsOf({ ...ready, status: 'none', failure: refused })['downloads']).toEqual([
      {
        videoId: 'v1',
        type: 'default',
        status: 'none',
        percentComplete: 100,
        url,
        error: {
          message: `Video v1: ${refused.message}`,
          code: 10005,
          httpStatus: 400,
          rayId: 'abc-FRA',
        },
      },
    ]);
  });

  test('have an error with only its message if there was no response', () => {
    const failure = new Failure('time-over', 'The time limit of 30 min was reached');
    expect(outputsOf({ ...ready, failure })['downloads']).toEqual([
      expect.objectContaining({ error: { message: `Video v1: ${failure.message}` } }),
    ]);
  });

  test('have no error if nothing failed', () => {
    const [record] = outputsOf(ready)['downloads'] ?? [];
    expect(record?.error).toBeUndefined();
  });

  test('have the fields of signed URLs and saved files only if they are known', () => {
    const record = {
      ...ready,
      expiresAt: '2026-01-15T13:00:00.000Z',
      file: 'a.mp4',
      sizeBytes: 7,
      sha256: 'c0',
    };
    expect(published(record, ready)).toEqual([
      {
        videoId: 'v1',
        type: 'default',
        status: 'ready',
        percentComplete: 100,
        url,
        expiresAt: '2026-01-15T13:00:00.000Z',
        file: 'a.mp4',
        size: 7,
        sha256: 'c0',
      },
      { videoId: 'v1', type: 'default', status: 'ready', percentComplete: 100, url },
    ]);
  });

  test('have a redacted message and a complete URL', () => {
    const failure = new Failure('file-missing', `${url} is not there`);
    const [record] = [publish({ ...ready, failure }, (text) => text.replaceAll(url, 'URL'))];
    expect(record).toMatchObject({
      url,
      error: { message: expect.stringMatching(/^Video v1: URL is not there\./) },
    });
  });

  // A script that receives a longer output in a variable cannot be started.
  test.each([
    ['of ASCII', ready],
    ['whose characters have several bytes', { ...ready, file: 'Übergröße/日本語 🎬.mp4' }],
    ['with the URLs of private videos', { ...ready, url: url.replace('/v1/', `/${'t'.repeat(560)}/`) }],
  ])('are as many in the output as fit into 120,000 bytes: records %s', (_, record) => {
    const many = Array.from({ length: 2000 }, (_, index) => ({ ...record, videoId: `v${index}` }));
    const all = published(...many);
    const { count, downloads } = outputsOf(...many);
    const bytes = (records: readonly PublishedRecord[]) => Buffer.byteLength(JSON.stringify(records));
    expect(count).toBe('2000');
    expect(downloads.length).toBeGreaterThan(100);
    expect(downloads).toEqual(all.slice(0, downloads.length));
    expect(bytes(downloads)).toBeLessThanOrEqual(120_000);
    expect(bytes(all.slice(0, downloads.length + 1))).toBeGreaterThan(120_000);
  });

  test.each([
    [120_000, 1],
    [120_001, 0],
  ])('with one of them have the limit exactly: %d bytes', (bytes, fitting) => {
    const withFile = (length: number) => ({ ...ready, file: 'x'.repeat(length) });
    const rest = JSON.stringify(published(withFile(0))).length;
    expect(outputsOf(withFile(bytes - rest)).downloads).toHaveLength(fitting);
  });

  test('are not in the output if even the first does not fit, but counted', () => {
    const failed = { ...ready, failure: new Failure('unexpected', 'x'.repeat(120_000)) };
    expect(outputsOf(failed, ready)).toMatchObject({
      downloads: [],
      count: '2',
      failed: '1',
      status: 'ready',
    });
  });
});
