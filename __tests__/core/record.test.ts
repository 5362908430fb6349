import { describe, expect, test } from '@jest/globals';
import { Failure } from '../../src/core/failure.ts';
import type { FailureKind } from '../../src/core/failures/table.ts';
import {
  type DownloadRecord,
  describeRecord,
  type RecordPatch,
  VideoRecords,
} from '../../src/core/record.ts';

const url = 'https://a.example/v1/downloads/default.mp4';
const unknown = { videoId: 'v1', status: 'unknown', percentComplete: null, url: null };
const inProgress = { status: 'inprogress', percentComplete: 42.9, url } as const;

/** The record of a download that was in some state when it failed. */
function failedIn(patch: RecordPatch, kind: FailureKind): DownloadRecord {
  const records = new VideoRecords('v1', ['default']);
  records.apply({ type: 'default', patch });
  return records.apply({ type: 'default', patch: { failure: new Failure(kind, 'It failed') } });
}

describe('the records of a video', () => {
  test('start as unknown, in the requested order', () => {
    expect(new VideoRecords('v1', ['audio', 'default']).all).toEqual([
      { ...unknown, type: 'audio' },
      { ...unknown, type: 'default' },
    ]);
  });

  test('keep what was learned before and their order', () => {
    const records = new VideoRecords('v1', ['audio', 'default']);
    records.apply({ type: 'default', patch: inProgress });
    const applied = records.apply({ type: 'default', patch: { status: 'ready', percentComplete: 100 } });
    expect(applied).toMatchObject({ status: 'ready', percentComplete: 100, url });
    expect(records.get('default')).toBe(applied);
    expect(records.all.map(({ type, status }) => `${type} ${status}`)).toEqual([
      'audio unknown',
      'default ready',
    ]);
  });

  test('have the order of the types, in whichever order they were learned', () => {
    const records = new VideoRecords('v1', []);
    records.apply({ type: 'audio', patch: { status: 'ready' } });
    records.apply({ type: 'default', patch: inProgress });
    expect(records.all.map(({ type }) => type)).toEqual(['default', 'audio']);
  });

  test('are one without a type as long as no type is known to exist', () => {
    const records = new VideoRecords('v1', []);
    expect(records.all).toEqual([{ ...unknown, type: '' }]);
    records.apply({ type: '', patch: { status: 'none' } });
    expect(records.all).toEqual([{ ...unknown, type: '', status: 'none' }]);
    records.apply({ type: 'default', patch: inProgress });
    records.apply({ type: 'audio', patch: { status: 'ready' } });
    expect(records.all.map(({ type }) => type)).toEqual(['default', 'audio']);
  });
});

describe('a failed record', () => {
  test('keeps its first failure, and still takes new facts', () => {
    const records = new VideoRecords('v1', ['default']);
    const first = new Failure('download-error', 'first');
    records.apply({ type: 'default', patch: { status: 'error', failure: first } });
    records.apply({ type: 'default', patch: { url, failure: new Failure('time-over', 'second') } });
    expect(records.get('default')).toMatchObject({ status: 'error', url });
    expect(records.get('default').failure).toBe(first);
  });

  test('includes every record that had not failed when the whole video fails', () => {
    const records = new VideoRecords('v1', ['default', 'audio']);
    const own = new Failure('create-refused', 'refused');
    const shared = new Failure('rate-limited', 'too many');
    records.apply({ type: 'default', patch: { failure: own } });
    records.fail(shared);
    expect(records.all.map(({ failure }) => failure)).toEqual([own, shared]);
    expect(records.get('audio').failure).toBe(shared);
  });

  test('forgets what was known of a video that does not exist', () => {
    const signed = { ...inProgress, unsignedUrl: url, expiresAt: '2026-01-15T13:00:00Z' };
    expect(failedIn(signed, 'video-not-found')).toEqual({
      ...unknown,
      type: 'default',
      failure: expect.objectContaining({ what: 'It failed' }),
    });
  });

  test.each<[RecordPatch, FailureKind, RegExp]>([
    [{}, 'time-over', /; nothing was known of the video yet$/],
    [{ status: 'none' }, 'cancelled', /; there was no download yet$/],
    [{ status: 'ready', url }, 'time-over', /; last state: MP4 ready$/],
    [
      { ...inProgress, remainingMs: 20_000 },
      'cancelled',
      /; last state: .* 42 %, about 20 s left\. Cloudflare may still/,
    ],
    [inProgress, 'time-over', /the time left cannot be estimated\. Cloudflare may still/],
    // In these states, any failure interrupts the work.
    [inProgress, 'server-error', /Cloudflare may still be generating the download$/],
  ])('has the last state in its message if the work was interrupted: %j, %s', (patch, kind, what) => {
    expect(failedIn(patch, kind).failure).toMatchObject({ kind, what: expect.stringMatching(what) });
  });

  test.each<RecordPatch>([{}, { status: 'none' }, { status: 'ready', url }, { status: 'error' }])(
    'keeps its message if nothing was interrupted: %j',
    (patch) => {
      expect(failedIn(patch, 'server-error').failure?.what).toBe('It failed');
    },
  );

  test('has the last state once, for each type its own', () => {
    const records = new VideoRecords('v1', ['default', 'audio']);
    const end = new Failure('time-over', 'The time limit was reached');
    records.apply({ type: 'default', patch: inProgress });
    records.fail(end.withProgress('2 of 5 MB were saved'));
    expect(records.get('default').failure?.what).toBe('The time limit was reached; 2 of 5 MB were saved');
    const others = new VideoRecords('v2', ['default', 'audio']);
    others.apply({ type: 'audio', patch: { status: 'none' } });
    others.fail(end);
    expect(others.all.map(({ failure }) => failure?.what)).toEqual([
      expect.stringContaining('nothing was known'),
      expect.stringContaining('there was no download'),
    ]);
  });
});

describe('the description of a state', () => {
  const record: DownloadRecord = { ...unknown, type: 'audio', status: 'none' };

  test.each<[Partial<DownloadRecord>, string]>([
    [{ type: '' }, 'no downloads'],
    [{}, 'no M4A'],
    [{ status: 'error', percentComplete: 3 }, 'M4A in status error'],
    [{ status: 'ready', url }, 'M4A ready'],
    [{ status: 'deleted' }, 'M4A deleted'],
    [{ status: 'inprogress' }, 'generating the M4A'],
    [{ status: 'inprogress', percentComplete: 99.9 }, 'generating the M4A, 99 %'],
    [
      { status: 'inprogress', percentComplete: 0, remainingMs: 4200 },
      'generating the M4A, 0 %, about 5 s left',
    ],
  ])('%j is "%s"', (patch, text) => {
    expect(describeRecord({ ...record, ...patch })).toBe(text);
  });
});
