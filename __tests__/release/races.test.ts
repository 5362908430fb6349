import { describe, expect, test } from '@jest/globals';
import { fastClock } from '../harness/fast-clock.ts';
import { asset, openReleaseBench, tag } from '../harness/release-bench.ts';

describe('another job adds an asset of the same name between the list and the upload', () => {
  test('which is kept if it is the same file', async () => {
    await using bench = await openReleaseBench();
    const file = await bench.file('a.mp4', 'the same');
    bench.github.beforeUpload(() => void bench.github.addAsset(tag, asset('a.mp4', 'the same')));
    const address = await bench.attach(file);
    expect(bench.requested()).toEqual(['assets.list 200', 'assets.upload a.mp4 422', 'assets.list 200']);
    const [theirs, ...more] = bench.github.assets(tag);
    expect([more, address]).toEqual([[], theirs?.browser_download_url]);
    expect(bench.logged).toEqual([
      expect.stringMatching(/; another job, .* changed the release; next attempt in 1 s$/),
      'a.mp4 is already attached to v1',
    ]);
  });

  test('which is replaced if it is another file', async () => {
    await using bench = await openReleaseBench();
    bench.github.beforeUpload(() => void bench.github.addAsset(tag, asset('a.mp4', 'other')));
    await bench.attach(await bench.file('a.mp4', 'ours'));
    expect(bench.assets()).toEqual({ 'a.mp4': 'ours' });
  });

  test('which is replaced if its upload is incomplete', async () => {
    await using bench = await openReleaseBench();
    bench.github.beforeUpload(
      () => void bench.github.addAsset(tag, asset('a.mp4', '', { state: 'starter' })),
    );
    await bench.attach(await bench.file('a.mp4', 'ours'));
    expect(bench.assets()).toEqual({ 'a.mp4': 'ours' });
  });

  test('while ours is uploaded under another name', async () => {
    await using bench = await openReleaseBench({
      releases: [{ assets: [asset('a.mp4.0badcafe.part', '', { state: 'starter' })] }],
    });
    bench.github.beforeUpload(() => void bench.github.addAsset(tag, asset('a.mp4', 'other')));
    await bench.attach(await bench.file('a.mp4', 'ours'));
    expect(bench.assets()).toEqual({ 'a.mp4': 'ours' });
    // It was complete, and was not uploaded again.
    expect(bench.requested().filter((line) => line.startsWith('assets.upload'))).toHaveLength(1);
  });

  test('the same one, while ours is uploaded under another name', async () => {
    await using bench = await openReleaseBench({
      releases: [{ assets: [asset('a.mp4.0badcafe.part', '', { state: 'starter' })] }],
    });
    bench.github.beforeUpload(() => void bench.github.addAsset(tag, asset('a.mp4', 'ours')));
    await bench.attach(await bench.file('a.mp4', 'ours'));
    expect(bench.assets()).toEqual({ 'a.mp4': 'ours' });
  });

  test('repeatedly: the upload stops after 6 rounds and names the conflict', async () => {
    await using bench = await openReleaseBench();
    const file = await bench.file('a.mp4', 'ours');
    bench.github.faults.add({
      route: 'assets.upload',
      times: Number.POSITIVE_INFINITY,
      fault: {
        kind: 'status',
        status: 422,
        body: {
          message: 'Validation Failed',
          errors: [{ resource: 'ReleaseAsset', code: 'already_exists' }],
        },
      },
    });
    await expect(bench.attach(file)).rejects.toMatchObject({
      kind: 'github-refused',
      message: expect.stringContaining('already_exists'),
    });
    expect(bench.requested()).toHaveLength(12);
  });
});

describe('another job deletes an asset', () => {
  const gone = { kind: 'status', status: 404, body: { message: 'Not Found' } } as const;

  test('before it is deleted here, which is no failure', async () => {
    await using bench = await openReleaseBench({ releases: [{ assets: [asset('a.mp4', 'old')] }] });
    const [old] = bench.github.assets(tag);
    bench.github.beforeUpload(() =>
      fetch(old?.url ?? '', {
        method: 'DELETE',
        headers: { authorization: `token ${bench.github.token}` },
      }).then(() => {}),
    );
    await bench.attach(await bench.file('a.mp4', 'ours'));
    expect(bench.assets()).toEqual({ 'a.mp4': 'ours' });
    expect(bench.requested().filter((line) => line.startsWith('assets.delete'))).toEqual([
      `assets.delete ${old?.id} 204`,
      `assets.delete ${old?.id} 404`,
    ]);
  });

  test('ours, before it is renamed', async () => {
    let isDeleted = false;
    await using bench = await openReleaseBench({
      releases: [{ assets: [asset('a.mp4', 'old')] }],
      clock: fastClock(),
      beforeRequest: async ({ headers, method, url }) => {
        if (method !== 'PATCH' || isDeleted) return;
        isDeleted = true;
        await fetch(url, { method: 'DELETE', headers });
      },
    });
    await bench.attach(await bench.file('a.mp4', 'ours'));
    expect(bench.assets()).toEqual({ 'a.mp4': 'ours' });
  });

  test('ours, during its upload', async () => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'assets.upload', fault: gone });
    await bench.attach(await bench.file('a.mp4', 'ours'));
    expect(bench.assets()).toEqual({ 'a.mp4': 'ours' });
  });

  test('a leftover, before it is removed here', async () => {
    await using bench = await openReleaseBench({
      releases: [{ assets: [asset('a.mp4.0badcafe.part', 'other'), asset('a.mp4', 'ours')] }],
    });
    bench.github.faults.add({ route: 'assets.delete', fault: gone });
    await bench.attach(await bench.file('a.mp4', 'ours'));
    expect(bench.requested().at(-1)).toMatch(/^assets\.delete \d+ 404$/);
  });
});

describe('two jobs attach under one name at once', () => {
  const before = [[], [asset('a.mp4', 'old')], [asset('a.mp4', '', { state: 'starter' })]];
  const delays = [0, 12];
  const cases = before.flatMap((assets) =>
    delays.map((ms) => [assets[0]?.state ?? assets.length, ms, assets] as const),
  );

  test.each(cases)('different files, with %j before, %d ms apart: one remains', async (_, ms, assets) => {
    await using bench = await openReleaseBench({ releases: [{ assets }], clock: fastClock() });
    // Large enough for the upload to take a while.
    const [one, two] = ['1', '2'].map((digit) => digit.repeat(400_000)) as [string, string];
    const file = await bench.file('a.mp4', one);
    await using other = await openReleaseBench({ apiUrl: bench.github.apiUrl, clock: bench.clock });
    const [ours, theirs] = [await bench.find(), await other.find()];
    const attached = bench.attach(file, ours);
    await new Promise((resolve) => setTimeout(resolve, ms));
    const both = await Promise.all([attached, other.attach(await other.file('a.mp4', two), theirs)]);
    expect(new Set(both).size).toBe(1);
    expect(Object.keys(bench.assets())).toEqual(['a.mp4']);
    expect([one, two]).toContain(bench.assets()['a.mp4']);
  });

  test.each(cases)('the same file, with %j before, %d ms apart: it exists once', async (_, ms, assets) => {
    await using bench = await openReleaseBench({ releases: [{ assets }], clock: fastClock() });
    const file = await bench.file('a.mp4', '1'.repeat(400_000));
    const [ours, theirs] = [await bench.find(), await bench.find()];
    const attached = bench.attach(file, ours);
    await new Promise((resolve) => setTimeout(resolve, ms));
    await Promise.all([attached, bench.attach(file, theirs)]);
    expect(bench.assets()).toEqual({ 'a.mp4': '1'.repeat(400_000) });
  });
});
