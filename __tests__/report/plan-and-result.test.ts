import { posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Failure } from '../../src/core/failure.ts';
import type { DownloadRecord } from '../../src/core/record.ts';
import type { Plan } from '../../src/inputs/plan.ts';
import { describePending, describePlan, describeResult } from '../../src/report/plan-and-result.ts';

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

  test.each<[Partial<Plan>, string]>([
    [{}, 'create: default of 1 video, at most 30 min'],
    [{ dryRun: true }, 'dry run of create: default of 1 video, at most 30 min'],
    [{ wait: true }, 'create: default of 1 video, wait until ready, at most 30 min'],
    [
      {
        wait: true,
        destination: { root: '/w', folders: [], file: undefined, severalVideos: false, path: posix },
      },
      'create: default of 1 video, wait until ready, save, at most 30 min',
    ],
    [
      { wait: true, release: { reference: { tag: 'v1' }, token: 't', repository: 'o/r', apiUrl: 'u' } },
      'create: default of 1 video, wait until ready, attach to v1, at most 30 min',
    ],
    [{ operation: 'delete', wait: true }, 'delete: default of 1 video, wait until gone, at most 30 min'],
    [
      { operation: 'list', onlyExisting: true, selection: { ...selection, videoIds: ['v1', 'v2'] } },
      'list: all downloads of 2 videos, at most 30 min',
    ],
    [
      { types: ['default', 'audio'], timeoutMs: 90_000 },
      'create: default and audio of 1 video, at most 1 min 30 s',
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

  test('counts the records by state, and failed ones as failed', () => {
    const records: DownloadRecord[] = [
      ready,
      { ...ready, status: 'none' },
      ready,
      { ...ready, failure },
      { ...ready, status: 'deleted' },
    ];
    expect(describeResult(records)).toBe('2 ready, 1 none, 1 failed, 1 deleted');
  });

  test('distinguishes what was attached, saved, or is only ready', () => {
    const records = [saved, { ...attached, file: 'a.mp4' }, ready, attached, { ...attached, failure }];
    expect(describeResult(records)).toBe('1 saved, 2 attached, 1 ready, 1 failed');
  });

  test('distinguishes what is to be done from what an earlier run did', () => {
    const planned = { ...saved, planned: ['save'] } as const;
    const records = [planned, { ...ready, planned: [] }, { ...saved, resumed: true }];
    expect(describeResult(records)).toBe('1 to do, 1 with nothing to do, 1 carried over');
  });

  test('is empty if there are no records', () => {
    expect(describeResult([])).toBe('');
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
    expect(describePending(plan, records)).toMatch(/^The URL does not work yet/);
    expect(describePending(plan, [...records, record])).toMatch(/^2 of the URLs do not work yet/);
  });

  test.each<[string, Partial<Plan>, readonly DownloadRecord[]]>([
    ['the step waited for them', { wait: true }, [record]],
    ['the downloads were only listed', { operation: 'list' }, [record]],
    ['none is in progress', {}, [{ ...record, failure }]],
  ])('is left out if %s', (_, changes, records) => {
    expect(describePending({ ...plan, ...changes }, records)).toBeUndefined();
  });
});
