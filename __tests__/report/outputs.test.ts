import { describe, expect, test } from '@jest/globals';
import { Failure } from '../../src/failure.ts';
import { type DownloadRecord, newRecord } from '../../src/record.ts';
import { outputs } from '../../src/report/outputs.ts';

const url = 'https://customer-m033z5x00ks6nunl.cloudflarestream.com/v1/downloads/default.mp4';
const ready: DownloadRecord = { videoId: 'v1', type: 'default', status: 'ready', percentComplete: 100, url };
const refused = new Failure('request-refused', 'Could not create the default download', {
  said: {
    messages: [{ message: 'hello' }, { code: 10005, message: 'bad request' }],
    httpStatus: 400,
    rayId: 'abc-FRA',
  },
});

describe('the single outputs', () => {
  test('are those of the first record, as texts', () => {
    const audio: DownloadRecord = {
      ...ready,
      type: 'audio',
      status: 'inprogress',
      percentComplete: 4,
      url: null,
    };
    expect(outputs([ready, audio])).toMatchObject({
      'download-url': url,
      status: 'ready',
      'percent-complete': '100',
      'video-id': 'v1',
      type: 'default',
    });
    expect(outputs([audio, ready])).toMatchObject({
      status: 'inprogress',
      'percent-complete': '4',
      type: 'audio',
    });
  });

  test('are those of the first record also when it failed and the second did not', () => {
    const failed = { ...newRecord('v0', 'audio'), failure: refused };
    expect(outputs([failed, ready])).toMatchObject({
      'download-url': '',
      status: 'failed',
      'percent-complete': '',
      'video-id': 'v0',
      type: 'audio',
    });
  });

  test('are empty where something is unknown, but not where it is nothing', () => {
    const record: DownloadRecord = { ...ready, status: 'inprogress', percentComplete: 0, url: null };
    expect(outputs([record])).toMatchObject({ 'percent-complete': '0', 'download-url': '' });
    expect(outputs([{ ...record, percentComplete: null }])).toMatchObject({ 'percent-complete': '' });
    expect(outputs([{ ...record, type: '', status: 'none' }])).toMatchObject({ type: '', status: 'none' });
  });

  test('are all there, and empty, where there are no records', () => {
    expect(outputs([])).toEqual({
      'download-url': '',
      status: '',
      'percent-complete': '',
      'video-id': '',
      type: '',
      downloads: [],
      count: '0',
      failed: '0',
    });
  });
});

describe('the counts', () => {
  test('are of all records, and of those that failed', () => {
    const failed = { ...ready, failure: refused };
    expect(outputs([ready, failed, ready, failed, failed])).toMatchObject({ count: '5', failed: '3' });
    // What Cloudflare calls an error is none of the step where nobody waited for it.
    expect(outputs([{ ...ready, status: 'error' }])).toMatchObject({ count: '1', failed: '0' });
  });
});

describe('the records', () => {
  test('are published in the order asked for, with null for what is unknown', () => {
    const unknown = newRecord('v2', '');
    expect(outputs([ready, unknown])['downloads']).toEqual([
      { videoId: 'v1', type: 'default', status: 'ready', percentComplete: 100, url },
      { videoId: 'v2', type: '', status: 'failed', percentComplete: null, url: null },
    ]);
  });

  test('have an error with the whole message, and with what Cloudflare said', () => {
    expect(outputs([{ ...ready, status: 'none', failure: refused }])['downloads']).toEqual([
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

  test('have an error with its message alone where Cloudflare said nothing', () => {
    const failure = new Failure('time-over', 'The time limit of 30 min was reached');
    expect(outputs([{ ...ready, failure }])['downloads']).toEqual([
      expect.objectContaining({ error: { message: `Video v1: ${failure.message}` } }),
    ]);
  });

  test('have no error where nothing failed', () => {
    const [record] = outputs([ready])['downloads'] ?? [];
    expect(record).not.toHaveProperty('error');
  });
});
