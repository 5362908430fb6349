import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Failure } from '../../src/core/failure.ts';
import { filenameProblems } from '../../src/deliver/filename.ts';
import { readDestination } from '../../src/files/destination.ts';
import { type Plan, readPlan } from '../../src/inputs/plan.ts';
import { readRelease } from '../../src/inputs/release-input.ts';
import { readResumeFrom } from '../../src/inputs/resume-from.ts';
import { recordingRunner } from '../harness/recording-runner.ts';
import { openTemporaryFolder } from '../harness/temporary-folder.ts';

const readers = { filenameProblems, readDestination, readRelease, readResumeFrom };

type Texts = Readonly<Record<string, string>>;

const video = 'ea95132c15732412d22c1476fa83f27a';
const other = '5d5bc37ffcf54c9b82e996823bffbb81';
const now = Date.UTC(2026, 0, 31, 9, 30);
const needed = { 'account-id': '0123456789abcdef0123456789abcdef', 'api-token': 'aTokenOfTheAccount' };
const all = { 'video-id': 'all' };
const one = { 'video-id': video };
const two = { 'video-id': `${video} ${other}` };

function read(inputs: Texts, env: Texts = {}): Plan {
  return readPlan(recordingRunner({ ...needed, ...inputs }, env).runner, now, readers);
}

/** Every problem with the inputs; empty if they are valid. */
function problems(inputs: Texts, env: Texts = {}): string[] {
  try {
    read(inputs, env);
    return [];
  } catch (error) {
    if (error instanceof Failure && error.kind === 'bad-input') return error.what.split('\n');
    throw error;
  }
}

const filters = {
  'created-after': '7d',
  'created-before': '2026-01-31',
  creator: 'ada',
  search: 'Keynote',
  'live-input': other,
};

describe('all videos', () => {
  test('are selected by `all`', () => {
    const { dryRun, idInNames, selection, severalVideos } = read({ 'video-id': 'All' });
    expect(selection.videoIds).toBeUndefined();
    expect({ dryRun, idInNames, severalVideos }).toEqual({
      dryRun: false,
      idInNames: true,
      severalVideos: true,
    });
  });

  test('are filtered, limited and divided', () => {
    const { selection, warnings } = read({ ...all, ...filters, limit: '100', shard: '2/8' });
    expect(selection).toEqual({
      videoIds: undefined,
      filters: {
        createdAfter: '2026-01-24T09:30:00.000Z',
        createdBefore: '2026-01-31T00:00:00Z',
        creator: 'ada',
        search: 'Keynote',
        liveInput: other,
      },
      limit: 100,
      shard: { index: 2, count: 8 },
      carried: new Map(),
    });
    expect(warnings).toEqual([]);
  });

  test('are one with the limit 1', () => {
    expect(read({ ...all, limit: '1' })).toMatchObject({ severalVideos: false, idInNames: false });
    expect(read({ ...all, limit: '2' })).toMatchObject({ severalVideos: true, idInNames: true });
  });

  test.each([
    [one, {}, 30],
    [two, { shard: '1/2' }, 30],
    [all, {}, 300],
    [all, { limit: '1' }, 300],
    [all, { timeout: '10m' }, 10],
  ])('have a longer time limit by default: %j %j', (selecting, more, minutes) => {
    expect(read({ ...selecting, ...more }).timeoutMs).toBe(minutes * 60_000);
  });

  test.each(Object.entries({ ...filters, limit: '5' }))('are needed for %s', (name, text) => {
    const [problem, ...more] = problems({ ...two, [name]: text });
    expect(problem).toMatch(`\`${name}\`: it selects from all videos of the account, but`);
    expect(problem).toMatch(/: remove it, or set `video-id: all`\.$/);
    expect(more).toEqual([]);
    expect(problems({ ...all, [name]: text })).toEqual([]);
  });

  test('are deleted only if the type is named', () => {
    const deleting = { ...all, operation: 'delete' };
    expect(problems(deleting)).toEqual([expect.stringMatching(/^`type`: .*whole account: set it to/)]);
    expect(problems({ ...deleting, type: ' ,' })).toHaveLength(1);
    expect(problems({ ...deleting, type: 'webm' })).toHaveLength(1);
    expect(problems({ ...deleting, type: 'audio' })).toEqual([]);
    expect(problems({ ...one, operation: 'delete' })).toEqual([]);
  });

  test('have a warning for an unusual live input', () => {
    expect(read({ ...all, 'live-input': 'stage' }).warnings).toEqual([
      expect.stringMatching(/^`live-input`: stage does not look like/),
    ]);
  });

  test.each(['\u200b', 'a\u200bd', '\u00ad', 'a\u00a0b', '\u{e0001}'])(
    'are never selected by a text with invisible characters: %j',
    (text) => {
      for (const name of ['creator', 'search']) {
        expect(problems({ ...all, [name]: text }).join()).toMatch(
          new RegExp(`^\`${name}\`: .*invisible characters.*: remove them`),
        );
      }
      expect(problems({ ...all, search: '👩‍🚀 in space' })).toEqual([]);
    },
  );

  test.each(['creator', 'search', 'live-input', 'created-before', 'limit', 'shard'])(
    'are never selected by white space alone: %s',
    (name) => {
      for (const text of [' ', '\ufeff', '\u00a0\n']) {
        expect(problems({ ...all, [name]: text }).join()).toContain(`\`${name}\`: it is white space alone`);
      }
    },
  );

  test.each([
    ['before', 'created-before'],
    ['older-than', 'created-before'],
    ['dry', 'dry-run'],
    ['title', 'search'],
    ['max', 'limit'],
  ])('are not selected by another name of an input: %s', (name, meant) => {
    expect(problems({ ...all, [name]: '1' }).join()).toContain(`did you mean \`${meant}\`?`);
  });
});

describe('the dates of videos', () => {
  test.each([
    ['7d', '8d', 'is not before'],
    ['2026-01-31', '2026-01-31', 'is not before'],
    ['2026-01-31T00:00:00.000000001Z', '2026-01-31', 'is not before'],
    ['2026-01-31T02:00:00+02:00', '2026-01-31T00:00:00.0Z', 'is not before'],
    ['2027-01-31', '', 'is in the future'],
    ['2026-02-01T09:30:00.001Z', '2028-01-01', 'is in the future'],
  ])('cannot be from %s and before %s: the first %s', (after, before, problem) => {
    const dates = { 'created-after': after, 'created-before': before };
    expect(problems({ ...all, ...dates })).toEqual([
      expect.stringMatching(`^\`created-after\`: .* ${problem}.*no video: set it to an earlier date, or`),
    ]);
    // Together with other problems.
    expect(problems({ ...all, ...dates, limit: '0' })).toHaveLength(2);
  });

  test.each([
    ['8d', '7d'],
    ['2026-01-31', '2026-01-31T00:00:00.000000001Z'],
    ['', '2028-01-01'],
    // It may be tomorrow already where the workflow was written, and a clock can be slow.
    ['2026-02-01', ''],
    ['0s', ''],
  ])('can be from %j and before %j', (after, before) => {
    expect(problems({ ...all, 'created-after': after, 'created-before': before })).toEqual([]);
  });
});

describe('the names of files', () => {
  const manyRuns: [string, Texts][] = [
    ['all videos', all],
    ['several of all videos', { ...all, limit: '2' }],
    ['a shard of all videos', { ...all, limit: '1', shard: '1/2' }],
    ['a shard of one video', { ...one, shard: '1/1' }],
    ['a shard of several videos', { ...two, shard: '1/2' }],
    ['a run that continues another', { ...one, 'resume-from': 'missing.json' }],
  ];

  test.each(manyRuns)('must contain the ID for %s', (_, inputs) => {
    for (const saveTo of ['talk.mp4', '{name}.mp4', '{name}/talk.mp4']) {
      expect(problems({ ...inputs, 'save-to': saveTo })).toEqual([
        expect.stringMatching(/^`save-to`: ".*" has no \{id\}, .*: add it, such as in/),
      ]);
    }
    for (const saveTo of ['{id}.mp4', '{id}/talk.mp4', '{name}-{id}', 'clips/', '{name}/']) {
      expect(problems({ ...inputs, 'save-to': saveTo })).toEqual([]);
    }
    const { destination, idInNames } = read({ ...inputs, 'save-to': 'clips/' });
    expect([destination?.severalVideos, idInNames]).toEqual([true, true]);
  });

  test.each<[string, Texts, boolean]>([
    ['one video', one, false],
    ['the newest video', { ...all, limit: '1' }, false],
    ['several videos', two, true],
  ])('may be those of titles for %s', (_, inputs, idInNames) => {
    expect(problems({ ...inputs, 'save-to': '{name}.mp4' })).toEqual([]);
    const plan = read({ ...inputs, 'save-to': 'clips/' });
    expect([plan.destination?.severalVideos, plan.idInNames]).toEqual([idInNames, idInNames]);
  });

  test('are not refused for a limit that is wrong itself', () => {
    expect(problems({ ...all, limit: 'one', 'save-to': 'talk.mp4' })).toEqual([
      expect.stringMatching(/^`limit`/),
    ]);
  });
});

describe('results files of earlier runs', () => {
  test('are looked for in the workspace; a missing one has a notice', () => {
    using folder = openTemporaryFolder();
    const env = { GITHUB_WORKSPACE: folder.path };
    mkdirSync(join(folder.path, 'results'));
    writeFileSync(join(folder.path, 'results', 'a.json'), '{"version":1,"downloads":[]}');
    expect(read({ ...all, 'resume-from': 'results/*.json' }, env).notices).toEqual([
      '`resume-from`: earlier runs have finished none of the downloads',
    ]);
    expect(read({ ...all, 'resume-from': 'later/*.json' }, env).notices).toEqual([
      '`resume-from`: no results file matches "later/*.json": nothing is carried over',
      '`resume-from`: earlier runs have finished none of the downloads',
    ]);
  });

  test('are not read by `delete`', () => {
    expect(problems({ ...one, operation: 'delete', 'resume-from': '../a.json' })).toEqual([
      expect.stringMatching(/^`resume-from`: nothing can be carried over with `operation: delete`: remove/),
    ]);
  });

  test('outside the workspace are reported together with other problems', () => {
    expect(problems({ ...one, 'resume-from': '../a.json', limit: '0', shard: '0/1' })).toHaveLength(4);
  });
});

test('any combination of valid inputs is a plan, and adds no problem of its own', () => {
  const valid = { ...filters, limit: '5', shard: '1/2', 'resume-from': 'missing.json', 'dry-run': 'true' };
  fc.assert(
    fc.property(fc.subarray(Object.entries(valid)), fc.boolean(), (some, isAll) => {
      const inputs = Object.fromEntries(some);
      const needsAll = some.filter(([name]) => name in filters || name === 'limit');
      expect(problems({ ...(isAll ? all : two), ...inputs })).toHaveLength(isAll ? 0 : needsAll.length);
    }),
  );
});
