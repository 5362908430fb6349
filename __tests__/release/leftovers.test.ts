import { describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import type { AssetOptions } from '../../local-github/releases/asset.ts';
import { asset, openReleaseBench, type ReleaseBench } from '../harness/release-bench.ts';

const starter = (name: string) => asset(name, '', { state: 'starter' });

/** The writes of a step, without IDs. */
function writesOf(bench: ReleaseBench): string[] {
  const routes = bench.requested().map((line) => line.replace(/^assets\.(\w+).*/, '$1'));
  return routes.filter((route) => route !== 'list');
}

/** What a killed run can leave, and the requests that the next one needs to finish or remove it. */
const cases: readonly (readonly [string, readonly AssetOptions[], readonly string[]])[] = [
  [
    'a complete part beside the old file',
    [asset('a.mp4', 'old'), asset('a.mp4.0badcafe.part', 'new')],
    ['update', 'update', 'delete'],
  ],
  [
    'a complete part, and the old file renamed',
    [asset('a.mp4.0badcafe.old', 'old'), asset('a.mp4.0badcafe.part', 'new')],
    ['update', 'delete'],
  ],
  [
    'the old file renamed, and no part',
    [asset('a.mp4.0badcafe.old', 'old')],
    ['update', 'upload', 'update', 'update', 'delete'],
  ],
  [
    'the old file renamed, and an incomplete part',
    [asset('a.mp4.0badcafe.old', 'old'), starter('a.mp4.0badcafe.part')],
    ['update', 'upload', 'update', 'update', 'delete', 'delete'],
  ],
  [
    'the old file renamed, and a part of another file',
    [asset('a.mp4.0badcafe.old', 'old'), asset('a.mp4.0badcafe.part', 'other')],
    ['update', 'upload', 'update', 'update', 'delete', 'delete'],
  ],
  [
    'the new file in place, and the old one renamed',
    [asset('a.mp4', 'new'), asset('a.mp4.0badcafe.old', 'old')],
    ['delete'],
  ],
  ['the file that is attached now, renamed', [asset('a.mp4.0badcafe.old', 'new')], ['update']],
  [
    'the file that is attached now, renamed, and a part of another one',
    [asset('a.mp4.0badcafe.old', 'new'), asset('a.mp4.0badcafe.part', 'other')],
    ['update', 'delete'],
  ],
  [
    'old files of several runs',
    [asset('a.mp4.00000001.old', '1'), asset('a.mp4.00000002.old', '2')],
    ['update', 'upload', 'update', 'update', 'delete', 'delete'],
  ],
  [
    'another file in place, and an old one',
    [asset('a.mp4', 'other'), asset('a.mp4.0badcafe.old', 'old')],
    ['upload', 'update', 'update', 'delete', 'delete'],
  ],
  ['an incomplete old file', [starter('a.mp4.0badcafe.old')], ['upload', 'update', 'delete']],
];

test.each(cases)('%s: the next run leaves the new file only', async (_, assets, writes) => {
  await using bench = await openReleaseBench({ releases: [{ assets }] });
  const url = await bench.attach(await bench.file('a.mp4', 'new'));
  expect(bench.assets()).toEqual({ 'a.mp4': 'new' });
  expect(url).toMatch(/\/a\.mp4$/);
  expect(writesOf(bench)).toEqual(writes);
});

test('the latest of several old files gets the name back', async () => {
  const contents: (string | undefined)[] = [];
  await using bench = await openReleaseBench({
    releases: [{ assets: [asset('a.mp4.00000002.old', '1'), asset('a.mp4.00000001.old', '2')] }],
  });
  // In whatever order they are listed.
  const fault = {
    kind: 'alter',
    alter: (json: unknown) => v.parse(v.array(v.unknown()), json).toReversed(),
  } as const;
  bench.github.faults.add({ route: 'assets.list', fault });
  bench.github.beforeUpload(() => void contents.push(bench.assets()['a.mp4']));
  await bench.attach(await bench.file('a.mp4', 'new'));
  expect(contents).toEqual(['2']);
});

test('an old file keeps its label when it gets the name back', async () => {
  await using bench = await openReleaseBench({
    releases: [{ assets: [asset('a.mp4.0badcafe.old', 'new', { label: 'A' })] }],
  });
  await bench.attach(await bench.file('a.mp4', 'new', { label: 'B' }));
  expect(bench.github.assets('v1')).toMatchObject([{ name: 'a.mp4', label: 'A' }]);
});

describe('assets of a user are never touched', () => {
  test('if their names are similar', async () => {
    const others = [
      'a.mp4.old',
      'a.mp4.0badcafe',
      'a.mp4.0badcafe.OLD',
      'a.mp4.0badcafe0.old',
      'a.mp4.mp4.0badcafe.old',
      'A.mp4.0badcafe.old',
      'b.mp4.0badcafe.old',
      'a.mp4.0badcafe.old.txt',
    ].map((name) => asset(name, name));
    await using bench = await openReleaseBench({
      releases: [{ assets: [asset('a.mp4', 'old'), ...others] }],
    });
    const before = bench.assets();
    await bench.attach(await bench.file('a.mp4', 'new'));
    expect(bench.assets()).toEqual({ ...before, 'a.mp4': 'new' });
  });

  test('if they are of a file whose long name has the same beginning', async () => {
    const title = 'a'.repeat(210);
    await using bench = await openReleaseBench();
    const release = await bench.find();
    // The first step ends without renaming the new file and the old one back.
    bench.github.addAsset('v1', asset(`${title}-1.mp4`, 'old'));
    bench.github.faults.add({
      route: 'assets.update',
      fault: { kind: 'status', status: 403, body: { message: 'No' } },
      after: 1,
      times: 2,
    });
    await bench.attach(await bench.file(`${title}-1.mp4`, 'new'), release).catch(() => {});
    const before = bench.assets();
    expect(Object.keys(before).filter((name) => /^a{200}\.[0-9a-f]{8}\.(old|part)$/.test(name))).toHaveLength(
      2,
    );
    await bench.attach(await bench.file(`${title}-2.mp4`, 'new'));
    expect(bench.assets()).toEqual({ ...before, [`${title}-2.mp4`]: 'new' });
    await bench.attach(await bench.file(`${title}-1.mp4`, 'new'));
    expect(bench.assets()).toEqual({ [`${title}-1.mp4`]: 'new', [`${title}-2.mp4`]: 'new' });
  });
});
