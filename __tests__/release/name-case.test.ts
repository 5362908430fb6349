import { describe, expect, test } from '@jest/globals';
import { asset, failureOf, openReleaseBench, type ReleaseBench, tag } from '../harness/release-bench.ts';

const caseInsensitive = { server: { caseInsensitiveNames: true } };

async function expectRefusal(bench: ReleaseBench): Promise<void> {
  const failure = await failureOf(bench.attach(await bench.file('a.mp4', 'new')));
  expect(failure.kind).toBe('github-refused');
  expect(failure.what).toContain('the release has A.MP4');
  expect(failure.what).toContain('rename that asset');
  expect(bench.assets()).toEqual({ 'A.MP4': 'theirs' });
  expect(bench.logged.filter((line) => line.includes('next attempt'))).toEqual([]);
}

describe('an asset whose name differs only by case, where GitHub refuses that', () => {
  test('is named at once, and kept', async () => {
    await using bench = await openReleaseBench({
      ...caseInsensitive,
      releases: [{ assets: [asset('A.MP4', 'theirs')] }],
    });
    await expectRefusal(bench);
    expect(bench.requested()).toEqual(['assets.list 200', 'assets.upload a.mp4 422', 'assets.list 200']);
  });

  test.each([
    ['a part of another file is', [asset('a.mp4.0badcafe.part', 'other')]],
    ['a part of the same file is', [asset('a.mp4.0badcafe.part', 'new')]],
    ['an old file is', [asset('a.mp4.0badcafe.old', 'old')]],
    ['both files are', [asset('a.mp4.0badcafe.old', 'old'), asset('a.mp4.0badcafe.part', 'new')]],
  ])(
    'is named where %s left by an earlier run; nothing is lost, and the next run finishes',
    async (_, left) => {
      await using bench = await openReleaseBench({
        ...caseInsensitive,
        releases: [{ assets: [asset('A.MP4', 'theirs'), ...left] }],
      });
      const before = Object.values(bench.assets());
      const failure = await failureOf(bench.attach(await bench.file('a.mp4', 'new')));
      expect(failure.what).toContain('the release has A.MP4');
      expect(Object.values(bench.assets())).toEqual(expect.arrayContaining(before));
      const [other] = bench.github.assets(tag);
      await fetch(other?.url ?? '', {
        method: 'DELETE',
        headers: { authorization: `token ${bench.github.token}` },
      });
      await bench.attach(await bench.file('a.mp4', 'new'));
      expect(bench.assets()).toEqual({ 'a.mp4': 'new' });
    },
  );

  test('is named if another job adds it meanwhile', async () => {
    await using bench = await openReleaseBench(caseInsensitive);
    bench.github.beforeUpload(() => void bench.github.addAsset(tag, asset('A.MP4', 'theirs')));
    const failure = await failureOf(bench.attach(await bench.file('a.mp4', 'new')));
    expect(failure.what).toContain('the release has A.MP4');
    expect(bench.assets()).toEqual({ 'A.MP4': 'theirs' });
  });

  test('is no obstacle if the name itself is there too', async () => {
    await using bench = await openReleaseBench({
      releases: [{ assets: [asset('A.MP4', 'theirs')] }],
    });
    bench.github.beforeUpload(() => void bench.github.addAsset(tag, asset('a.mp4', 'other')));
    await bench.attach(await bench.file('a.mp4', 'new'));
    expect(bench.assets()).toEqual({ 'A.MP4': 'theirs', 'a.mp4': 'new' });
  });
});

test('names that differ only by case are both attached where GitHub accepts that', async () => {
  await using bench = await openReleaseBench({ releases: [{ assets: [asset('A.MP4', 'theirs')] }] });
  // The response is lost: GitHub then refuses the temporary name, not the name itself.
  bench.github.addAsset(tag, asset('a.mp4.0badcafe.part', 'other'));
  bench.github.faults.add({ route: 'assets.upload', fault: { kind: 'answer-lost' } });
  await bench.attach(await bench.file('a.mp4', 'new'));
  expect(bench.assets()).toEqual({ 'A.MP4': 'theirs', 'a.mp4': 'new' });
});
