import { describe, expect, test } from '@jest/globals';
import { Failure } from '../../src/core/failure.ts';
import type { DownloadRecord } from '../../src/core/record.ts';
import type { Plan } from '../../src/inputs/plan.ts';
import {
  describePending,
  describePlan,
  describeResult,
  type ResultContext,
} from '../../src/report/plan-and-result.ts';

describe('the line about the plan', () => {
  const selection = {
    videoIds: ['v1'],
    filters: {
      createdAfter: undefined,
      createdBefore: undefined,
      creator: undefined,
      search: undefined,
      liveInput: undefined,
    },
    limit: undefined,
    shard: undefined,
    carried: new Map(),
  };
  const plan = {
    operation: 'create',
    selection,
    types: ['default'],
    onlyExisting: false,
    wait: false,
    timeoutMs: 1_800_000,
    destination: undefined,
    release: undefined,
  } as Partial<Plan> as Plan;

  const release = { reference: { tag: 'v1' }, token: 't', repository: 'o/r', apiUrl: 'u' };

  test.each<[Partial<Plan>, string]>([
    [{}, 'create MP4 of video v1; timeout: 30 min'],
    [{ dryRun: true }, 'dry run: create MP4 of video v1; timeout: 30 min'],
    [{ wait: true }, 'create MP4 of video v1, wait until ready; timeout: 30 min'],
    [
      { wait: true, saveTo: 'videos/' },
      'create MP4 of video v1, wait until ready, save to videos/; timeout: 30 min',
    ],
    [
      { wait: true, release },
      'create MP4 of video v1, wait until ready, attach to the release v1; timeout: 30 min',
    ],
    [{ operation: 'delete', wait: true }, 'delete MP4 of video v1, wait until gone; timeout: 30 min'],
    [
      { operation: 'list', onlyExisting: true, selection: { ...selection, videoIds: ['v1', 'v2'] } },
      'list all downloads of 2 videos; timeout: 30 min',
    ],
    [
      { types: ['default', 'audio'], timeoutMs: 90_000 },
      'create MP4 and M4A of video v1; timeout: 1 min 30 s',
    ],
  ])('for %j is "%s"', async (changes, line) => {
    expect(await describePlan({ ...plan, ...changes })).toBe(line);
  });
});

describe('the line about the result', () => {
  const ready: DownloadRecord = {
    videoId: 'v1',
    type: 'default',
    status: 'ready',
    percentComplete: 100,
    url: 'u',
  };
  const failure = new Failure('file-missing', 'x');
  const saved: DownloadRecord = { ...ready, file: 'a.mp4' };
  const attached: DownloadRecord = { ...ready, assetUrl: 'https://github.com/a.mp4' };

  const result = (records: readonly DownloadRecord[], context: Partial<ResultContext> = {}) =>
    describeResult(records, { saveTo: undefined, releaseUrl: undefined, elapsedMs: 70_000, ...context });

  test('counts the records by state, and failed ones as failed', () => {
    const records: DownloadRecord[] = [
      ready,
      { ...ready, status: 'none' },
      ready,
      { ...ready, failure },
      { ...ready, status: 'deleted' },
    ];
    expect(result(records)).toBe('2 ready, 1 without a download, 1 failed, 1 deleted, in 1 min 10 s');
  });

  test('distinguishes what was attached, saved, or is only ready, with the places and the size', () => {
    const records = [
      { ...saved, sizeBytes: 400_000_000 },
      { ...attached, file: 'a.mp4', sizeBytes: 38_000_000 },
      ready,
      attached,
      { ...attached, sizeBytes: 1, failure },
    ];
    const context = { saveTo: 'videos/', releaseUrl: 'https://github.com/o/r/releases/tag/v1' };
    expect(result(records, context)).toBe(
      '1 saved to videos/, 400 MB, 2 attached to https://github.com/o/r/releases/tag/v1, 38 MB, 1 ready, 1 failed, in 1 min 10 s',
    );
  });

  test.each([
    ['videos/', ' to videos/'],
    ['a.mp4', ' to a.mp4'],
    ['videos/{type}/{id}.{ext}', ' to videos/'],
    ['{id}.mp4', ''],
  ])('has the part of the path %s that all files share', (saveTo, place) => {
    expect(result([{ ...saved, sizeBytes: 1000 }], { saveTo })).toBe(`1 saved${place}, 1 kB, in 1 min 10 s`);
  });

  test('distinguishes what is to be done from what an earlier run did', () => {
    const planned = { ...saved, planned: ['save'] } as const;
    const resumed = { ...saved, sizeBytes: 1, resumed: true };
    const records = [planned, { ...ready, planned: [] }, resumed];
    expect(result(records)).toBe('1 to do, 1 with nothing to do, 1 carried over, in 1 min 10 s');
  });
});

describe('the line about URLs that do not work yet', () => {
  const record: DownloadRecord = {
    videoId: 'v1',
    type: 'default',
    status: 'inprogress',
    percentComplete: 4,
    url: 'u',
  };
  const failure = new Failure('server-error', 'x');
  const plan = { operation: 'create', wait: false } as Plan;

  test('counts the downloads in progress that did not fail', () => {
    const records = [record, { ...record, status: 'ready' as const }, { ...record, failure }];
    expect(describePending(plan, [record])).toMatch(/^The URL does not work yet/);
    expect(describePending(plan, records)).toMatch(/^1 of 3 URLs does not work yet/);
    expect(describePending(plan, [...records, record])).toMatch(/^2 of 4 URLs do not work yet/);
  });

  test.each<[string, Partial<Plan>, readonly DownloadRecord[]]>([
    ['the step waited for them', { wait: true }, [record]],
    ['the downloads were only listed', { operation: 'list' }, [record]],
    ['none is in progress', {}, [{ ...record, failure }]],
  ])('is left out if %s', (_, changes, records) => {
    expect(describePending({ ...plan, ...changes }, records)).toBeUndefined();
  });
});
