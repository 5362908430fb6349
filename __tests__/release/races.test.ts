import { describe, expect, test } from '@jest/globals';
import { asset, openReleaseBench, tag } from '../harness/release-bench.ts';

describe('another job adds an asset of the name between the list and the upload', () => {
  test('which is kept, where it is the same', async () => {
    await using bench = await openReleaseBench();
    const file = await bench.file('a.mp4', 'the same');
    bench.github.beforeUpload(() => void bench.github.addAsset(tag, asset('a.mp4', 'the same')));
    const address = await bench.attach(file);
    expect(bench.asked()).toEqual(['assets.list 200', 'assets.upload a.mp4 422', 'assets.list 200']);
    const [its, ...more] = bench.github.assets(tag);
    expect([more, address]).toEqual([[], its?.browser_download_url]);
    expect(bench.told).toEqual([
      expect.stringMatching(/already_exists.*; another job, .* changed the release, so once more$/),
      'a.mp4 is attached to v1 already',
    ]);
  });

  test('which is replaced, where it is another', async () => {
    await using bench = await openReleaseBench();
    bench.github.beforeUpload(() => void bench.github.addAsset(tag, asset('a.mp4', 'other')));
    await bench.attach(await bench.file('a.mp4', 'ours'));
    expect(bench.has()).toEqual({ 'a.mp4': 'ours' });
  });

  test('which is replaced, where it is still on its way', async () => {
    await using bench = await openReleaseBench();
    bench.github.beforeUpload(
      () => void bench.github.addAsset(tag, asset('a.mp4', '', { state: 'starter' })),
    );
    await bench.attach(await bench.file('a.mp4', 'ours'));
    expect(bench.has()).toEqual({ 'a.mp4': 'ours' });
  });

  test('while ours is uploaded under another name', async () => {
    await using bench = await openReleaseBench({
      releases: [{ assets: [asset('a.mp4.0badcafe.part', '', { state: 'starter' })] }],
    });
    bench.github.beforeUpload(() => void bench.github.addAsset(tag, asset('a.mp4', 'other')));
    await bench.attach(await bench.file('a.mp4', 'ours'));
    expect(bench.has()).toEqual({ 'a.mp4': 'ours' });
    // It was whole, and was not uploaded again.
    expect(bench.asked().filter((line) => line.startsWith('assets.upload'))).toHaveLength(1);
  });

  test('the same one, while ours is uploaded under another name', async () => {
    await using bench = await openReleaseBench({
      releases: [{ assets: [asset('a.mp4.0badcafe.part', '', { state: 'starter' })] }],
    });
    bench.github.beforeUpload(() => void bench.github.addAsset(tag, asset('a.mp4', 'ours')));
    await bench.attach(await bench.file('a.mp4', 'ours'));
    expect(bench.has()).toEqual({ 'a.mp4': 'ours' });
  });

  test('again and again: it ends after some rounds, with what the matter is', async () => {
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
      what: expect.stringContaining('already_exists'),
    });
    expect(bench.asked()).toHaveLength(12);
  });
});

describe('another job takes an asset away', () => {
  const gone = { kind: 'status', status: 404, body: { message: 'Not Found' } } as const;

  test('before it is deleted here, which is as good', async () => {
    await using bench = await openReleaseBench({ releases: [{ assets: [asset('a.mp4', 'old')] }] });
    const [old] = bench.github.assets(tag);
    bench.github.beforeUpload(() =>
      fetch(old?.url ?? '', {
        method: 'DELETE',
        headers: { authorization: `token ${bench.github.token}` },
      }).then(() => {}),
    );
    await bench.attach(await bench.file('a.mp4', 'ours'));
    expect(bench.has()).toEqual({ 'a.mp4': 'ours' });
    expect(bench.asked().filter((line) => line.startsWith('assets.delete'))).toEqual([
      `assets.delete ${old?.id} 204`,
      `assets.delete ${old?.id} 404`,
    ]);
  });

  test('ours among them, before it is renamed', async () => {
    await using bench = await openReleaseBench({ releases: [{ assets: [asset('a.mp4', 'old')] }] });
    let taken: Promise<unknown> | undefined;
    const release = await bench.find(undefined, {
      fetch: async (input, init) => {
        if (init?.method === 'PATCH' && !taken) {
          taken = fetch(String(input), { method: 'DELETE', headers: init.headers ?? {} });
          await taken;
        }
        return fetch(input, init);
      },
    });
    await bench.attach(await bench.file('a.mp4', 'ours'), release);
    expect(bench.has()).toEqual({ 'a.mp4': 'ours' });
  });

  test('ours among them, while it comes', async () => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'assets.upload', fault: gone });
    await bench.attach(await bench.file('a.mp4', 'ours'));
    expect(bench.has()).toEqual({ 'a.mp4': 'ours' });
  });

  test('a leftover, before it is removed here', async () => {
    await using bench = await openReleaseBench({
      releases: [{ assets: [asset('a.mp4.0badcafe.part', 'other'), asset('a.mp4', 'ours')] }],
    });
    bench.github.faults.add({ route: 'assets.delete', fault: gone });
    await bench.attach(await bench.file('a.mp4', 'ours'));
    expect(bench.asked().at(-1)).toMatch(/^assets\.delete \d+ 404$/);
  });
});

describe('two jobs attach under one name at once', () => {
  const before = [[], [asset('a.mp4', 'old')], [asset('a.mp4', '', { state: 'starter' })]];
  const delays = [0, 5, 12, 30];
  const cases = before.flatMap((assets) =>
    delays.map((ms) => [assets[0]?.state ?? assets.length, ms, assets] as const),
  );

  test.each(cases)(
    'different files, where there is %j before, %d ms apart: one is left',
    async (_, ms, assets) => {
      await using bench = await openReleaseBench({ releases: [{ assets }] });
      // Large enough to be on its way for a while.
      const [one, two] = ['1', '2'].map((digit) => digit.repeat(400_000)) as [string, string];
      const file = await bench.file('a.mp4', one);
      await using other = await openReleaseBench({ apiUrl: bench.github.apiUrl });
      const [mine, its] = [await bench.find(), await other.find()];
      const attached = bench.attach(file, mine);
      await new Promise((resolve) => setTimeout(resolve, ms));
      const both = await Promise.all([attached, other.attach(await other.file('a.mp4', two), its)]);
      expect(new Set(both).size).toBe(1);
      expect(Object.keys(bench.has())).toEqual(['a.mp4']);
      expect([one, two]).toContain(bench.has()['a.mp4']);
    },
  );

  test.each(cases)(
    'the same file, where there is %j before, %d ms apart: it is there once',
    async (_, ms, assets) => {
      await using bench = await openReleaseBench({ releases: [{ assets }] });
      const file = await bench.file('a.mp4', '1'.repeat(400_000));
      const [mine, its] = [await bench.find(), await bench.find()];
      const attached = bench.attach(file, mine);
      await new Promise((resolve) => setTimeout(resolve, ms));
      await Promise.all([attached, bench.attach(file, its)]);
      expect(bench.has()).toEqual({ 'a.mp4': '1'.repeat(400_000) });
    },
  );
});
