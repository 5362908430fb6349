import { posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Failure } from '../../src/core/failure.ts';
import { type DownloadRecord, newRecord, type RecordStatus } from '../../src/core/record.ts';
import { outcome, purpose } from '../../src/report/story.ts';

describe('what the step is about to do', () => {
  const inputs = {
    operation: 'create',
    videoIds: ['v1'],
    types: undefined,
    wait: false,
    timeoutMs: 1_800_000,
    destination: undefined,
    release: undefined,
  } as const;

  test.each([
    [{}, 'create: default of 1 video, at most 30 min'],
    [{ wait: true }, 'create: default of 1 video, wait until ready, at most 30 min'],
    [
      {
        wait: true,
        destination: { root: '/w', folders: [], file: undefined, severalVideos: false, path: posix },
      },
      'create: default of 1 video, wait until ready and save, at most 30 min',
    ],
    [
      { wait: true, release: { reference: { tag: 'v1' }, token: 't', repository: 'o/r', apiUrl: 'u' } },
      'create: default of 1 video, wait until ready and attach to v1, at most 30 min',
    ],
    [{ operation: 'delete', wait: true }, 'delete: default of 1 video, wait until gone, at most 30 min'],
    [{ operation: 'list', videoIds: ['v1', 'v2'] }, 'list: all of 2 videos, at most 30 min'],
    [{ operation: 'list', types: ['audio'] }, 'list: audio of 1 video, at most 30 min'],
    [
      { types: ['default', 'audio'], timeoutMs: 90_000 },
      'create: default and audio of 1 video, at most 1 min 30 s',
    ],
  ] as const)('with %j is told as "%s"', (more, line) => {
    expect(purpose({ ...inputs, ...more })).toBe(line);
  });
});

describe('what came of it', () => {
  function video(id: string, ...records: readonly (RecordStatus | Failure)[]) {
    return {
      id,
      records: records.map((one): DownloadRecord => {
        const record = newRecord<'default'>(id, 'default');
        return one instanceof Failure ? { ...record, failure: one } : { ...record, status: one };
      }),
    };
  }

  test('is how many records ended in which state, or failed', () => {
    const failure = new Failure('time-over', 'x');
    const videos = [video('v1', 'ready', 'none'), video('v2', 'ready'), video('v3', failure, 'deleted')];
    expect(outcome(videos)).toBe('2 ready, 1 none, 1 failed, 1 deleted');
  });

  test('counts what was saved apart from what is merely ready', () => {
    const saved = { ...newRecord('v1', 'default'), status: 'ready', file: 'a.mp4' } as const;
    const failed = { ...saved, failure: new Failure('file-missing', 'x') };
    const videos = [{ id: 'v1', records: [saved, saved, { ...saved, file: undefined }, failed] }];
    expect(outcome(videos as never)).toBe('2 saved, 1 ready, 1 failed');
  });

  test('counts what was attached apart from what is saved alone', () => {
    const saved = { ...newRecord('v1', 'default'), status: 'ready', file: 'a.mp4' } as const;
    const attached = { ...saved, assetUrl: 'https://github.com/a.mp4' };
    const failure = new Failure('github-permission', 'x');
    const records = [saved, attached, { ...attached, file: undefined }, { ...saved, failure }];
    expect(outcome([{ id: 'v1', records }] as never)).toBe('1 saved, 2 attached, 1 failed');
  });
});
