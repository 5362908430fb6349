import { describe, expect, test } from '@jest/globals';
import type { Fault } from '../../local-github/faults.ts';
import { asset, failureOf, openReleaseBench, type ReleaseBench, tag } from '../harness/release-bench.ts';
import { always } from '../harness/responses.ts';

const replacing = { releases: [{ assets: [asset('a.mp4', 'old')] }] };
const refusal: Fault = { kind: 'status', status: 403, body: { message: 'No' } };

/** Plans a fault for the request that gives the new file its name, and perhaps for those that follow. */
function failRename({ github }: ReleaseBench, fault: Fault, times = 1): void {
  github.faults.add({ route: 'assets.update', fault, after: 1, times });
}

/** Expects that a message says under which name each file exists. */
function expectTruth({ assets }: ReleaseBench, what: string): void {
  const names = Object.fromEntries(Object.entries(assets()).map(([name, content]) => [content, name]));
  expect(what).toContain(names['old'] === 'a.mp4' ? 'a.mp4 is still the earlier file' : 'no a.mp4 now');
  if (names['old'] !== 'a.mp4') expect(what).toContain(`the earlier file is ${names['old']}`);
  expect(what).toContain(`the new file is ${names['new']}`);
}

/** Runs another step, and expects it to attach the file and to leave nothing else. */
async function expectNextRun(bench: ReleaseBench): Promise<void> {
  await bench.attach(await bench.file('a.mp4', 'new'));
  expect(bench.assets()).toEqual({ 'a.mp4': 'new' });
}

test('both files exist until the last request, and the name is free only before one of them', async () => {
  const states: string[][] = [];
  await using bench = await openReleaseBench({
    ...replacing,
    beforeRequest: ({ method }) => {
      if (method === 'GET' || method === 'POST') return;
      const names = Object.entries(bench.assets()).map(([name, content]) => `${content}: ${name}`);
      states.push(names.map((name) => name.replace(/\w{8}\.(part|old)$/, 'X.$1')).toSorted());
    },
  });
  await bench.attach(await bench.file('a.mp4', 'new'));
  expect(states).toEqual([
    ['new: a.mp4.X.part', 'old: a.mp4'],
    ['new: a.mp4.X.part', 'old: a.mp4.X.old'],
    ['new: a.mp4', 'old: a.mp4.X.old'],
  ]);
});

test('the remains of an upload are not kept: they are deleted before the new file is renamed', async () => {
  await using bench = await openReleaseBench({
    releases: [{ assets: [asset('a.mp4', '', { state: 'starter' })] }],
  });
  await bench.attach(await bench.file('a.mp4', 'new'));
  expect(bench.requested().map((line) => line.split(' ')[0])).toEqual([
    'assets.list',
    'assets.upload',
    'assets.delete',
    'assets.update',
  ]);
});

describe('if the new file does not get the name', () => {
  test.each<[string, Fault, number, string]>([
    ['is refused', refusal, 1, 'github-permission'],
    ['fails', { kind: 'status', status: 500 }, 5, 'github-error'],
    ['gets no response', { kind: 'reset' }, 5, 'github-unreachable'],
    [
      'gets an odd response',
      { kind: 'status', status: 200, body: 'null', contentType: 'application/json' },
      1,
      'github-error',
    ],
  ])('since the request %s, the old one gets it back', async (_, fault, times, kind) => {
    await using bench = await openReleaseBench(replacing);
    failRename(bench, fault, times);
    const failure = await failureOf(bench.attach(await bench.file('a.mp4', 'new')));
    expect(failure.kind).toBe(kind);
    expectTruth(bench, failure.what);
    expect(bench.assets()).toMatchObject({ 'a.mp4': 'old' });
    await expectNextRun(bench);
  });

  test('nor the old one, the message names both, and the next run continues', async () => {
    await using bench = await openReleaseBench(replacing);
    failRename(bench, refusal, 2);
    const failure = await failureOf(bench.attach(await bench.file('a.mp4', 'new')));
    expect(Object.keys(bench.assets())).not.toContain('a.mp4');
    expectTruth(bench, failure.what);
    await expectNextRun(bench);
  });

  test('and the release cannot be listed, the message has all names', async () => {
    await using bench = await openReleaseBench(replacing);
    failRename(bench, refusal, 2);
    bench.github.faults.add({ route: 'assets.list', fault: refusal, after: 1 });
    const failure = await failureOf(bench.attach(await bench.file('a.mp4', 'new')));
    expect(failure.what).toContain('unknown: look for a.mp4, ');
    for (const name of Object.keys(bench.assets())) expect(failure.what).toContain(name);
  });

  test('although it has it, the list shows that', async () => {
    await using bench = await openReleaseBench(replacing);
    failRename(bench, { kind: 'answer-lost' }, 5);
    expect(await bench.attach(await bench.file('a.mp4', 'new'))).toMatch(/\/a\.mp4$/);
    expect(bench.assets()).toEqual({ 'a.mp4': 'new' });
  });

  test('since somebody else took it, the next attempt replaces that one', async () => {
    let isTaken = false;
    await using bench = await openReleaseBench({
      ...replacing,
      beforeRequest: ({ method }) => {
        if (method !== 'PATCH' || isTaken || 'a.mp4' in bench.assets()) return;
        isTaken = true;
        bench.github.addAsset(tag, asset('a.mp4', 'theirs'));
      },
    });
    await bench.attach(await bench.file('a.mp4', 'new'));
    expect([isTaken, bench.assets()]).toEqual([true, { 'a.mp4': 'new' }]);
    expect(bench.requested().filter((line) => line.startsWith('assets.upload'))).toHaveLength(1);
  });
});

test.each<[string, Fault, number]>([
  ['is refused', refusal, 1],
  ['fails', { kind: 'status', status: 500 }, 5],
])('if renaming the old file %s, nothing has changed', async (_, fault, times) => {
  await using bench = await openReleaseBench(replacing);
  bench.github.faults.add({ route: 'assets.update', fault, times });
  const failure = await failureOf(bench.attach(await bench.file('a.mp4', 'new')));
  expect(bench.assets()).toMatchObject({ 'a.mp4': 'old' });
  expectTruth(bench, failure.what);
  await expectNextRun(bench);
});

test.each<[string, Fault]>([
  ['is refused', refusal],
  ['fails', { kind: 'status', status: 500 }],
])('if deleting the old file %s, the new one is attached, and the old one is named', async (_, fault) => {
  await using bench = await openReleaseBench(replacing);
  bench.github.faults.add({ route: 'assets.delete', fault, times: always });
  expect(await bench.attach(await bench.file('a.mp4', 'new'))).toMatch(/\/a\.mp4$/);
  const [left = ''] = Object.keys(bench.assets()).filter((name) => name.endsWith('.old'));
  expect(bench.assets()).toEqual({ 'a.mp4': 'new', [left]: 'old' });
  expect(bench.logged.at(-1)).toContain(`The asset ${left} is left in the release: Could not delete`);
});
