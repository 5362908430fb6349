import { open, readFile, rm } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { asset, failureOf, openReleaseBench, tag } from '../harness/release-bench.ts';
import { always } from '../harness/responses.ts';

/** The end of the temporary name of an asset. */
const partSuffix = /\.[0-9a-f]{8}\.part$/;

describe('a file that is not attached yet', () => {
  test('is uploaded from the disk, with its length, type and label', async () => {
    await using bench = await openReleaseBench();
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, at) => (at * 7919) >> 3);
    const file = await bench.file('a walk (1).m4a', bytes, {
      mediaType: 'audio/mp4',
      label: 'A walk: “1/2” & ünder 100 %',
    });
    const address = await bench.attach(file);

    expect(bench.requested()).toEqual(['assets.list 200', 'assets.upload a-walk-1.m4a 201']);
    const upload = bench.github.requests.at(-1);
    expect(upload).toMatchObject({
      host: 'uploads',
      bodyBytes: bytes.byteLength,
      sha256: file.sha256,
      query: { name: 'a-walk-1.m4a', label: 'A walk: “1/2” & ünder 100 %' },
      headers: { 'content-length': String(bytes.byteLength), 'content-type': 'audio/mp4' },
    });
    expect(upload?.headers['transfer-encoding']).toBeUndefined();
    const [only, ...more] = bench.github.assets(tag);
    expect(more).toEqual([]);
    expect(only).toMatchObject({
      name: 'a-walk-1.m4a',
      label: 'A walk: “1/2” & ünder 100 %',
      content_type: 'audio/mp4',
      state: 'uploaded',
      size: bytes.byteLength,
      digest: `sha256:${file.sha256}`,
      browser_download_url: address,
    });
    expect(Buffer.from(bench.github.bytesOf(only?.id ?? 0) ?? []).equals(bytes)).toBe(true);
    expect(Buffer.from(await (await fetch(address)).arrayBuffer()).equals(bytes)).toBe(true);
    // The file itself is kept.
    expect((await readFile(file.path)).equals(bytes)).toBe(true);
  });

  test.each([undefined, ''])('has no label if there is none: %j', async (label) => {
    await using bench = await openReleaseBench();
    await bench.attach(await bench.file('a.mp4', 'new', { label }));
    expect(bench.github.requests.at(-1)?.query).toEqual({ name: 'a.mp4' });
  });

  test('is named by the ID of its video if nothing of its name remains', async () => {
    await using bench = await openReleaseBench();
    await bench.attach(await bench.file('映画.mp4'));
    expect(Object.keys(bench.assets())).toEqual([`${'a'.repeat(32)}.mp4`]);
  });

  test('is uploaded beside assets with similar names', async () => {
    const others = [
      asset('A.mp4', '1'),
      asset('a.mp4.mp4', '2'),
      asset('a.m4a', '3'),
      asset('a.mp4.part', '4'),
      asset('b.mp4.12345678.part', '5'),
      asset('a.mp4.1234567.part', '6'),
      asset('a.mp4.mp4.12345678.part', '7'),
      asset('a.mp4.12345678.part.mp4', '8'),
    ];
    await using bench = await openReleaseBench({ releases: [{ assets: others }] });
    const before = bench.assets();
    await bench.attach(await bench.file('a.mp4', 'new'));
    expect(bench.assets()).toEqual({ ...before, 'a.mp4': 'new' });
    expect(bench.requested()).toEqual(['assets.list 200', 'assets.upload a.mp4 201']);
  });

  test('is found on any page of the assets', async () => {
    const others = Array.from({ length: 230 }, (_, number) => asset(`${number}.mp4`, 'x'));
    await using bench = await openReleaseBench({
      releases: [{ assets: [...others, asset('a.mp4', 'the same')] }],
    });
    await bench.attach(await bench.file('a.mp4', 'the same'));
    expect(bench.requested()).toEqual(['assets.list 200', 'assets.list 200', 'assets.list 200']);
  });

  test('is refused if the release is full, with GitHub’s message', async () => {
    const others = Array.from({ length: 1000 }, (_, number) => asset(`${number}.mp4`, 'x'));
    await using bench = await openReleaseBench({ releases: [{ assets: others }] });
    const failure = await failureOf(bench.attach(await bench.file('a.mp4')));
    expect(failure.kind).toBe('github-refused');
    expect(failure.message).toContain('file_count limited to 1000 assets per release');
    expect(bench.github.requests.filter(({ route }) => route === 'assets.upload')).toHaveLength(1);
  });
});

describe('the URL of the asset', () => {
  test.each(['v1', 'a/v1', 'v$&1', 'v1 é'])('has the tag %j, for a draft too', async (tagName) => {
    for (const draft of [true, false]) {
      await using bench = await openReleaseBench({ releases: [{ tag: tagName, draft }] });
      const release = await bench.find({ tag: tagName });
      const file = await bench.file('a.mp4');
      const address = await bench.attach(file, release);
      expect(address).toBe(
        `${bench.github.apiUrl}/local-owner/local-repo/releases/download/${encodeURIComponent(tagName)}/a.mp4`,
      );
      // A kept asset has the same URL.
      expect(await bench.attach(file, release)).toBe(address);
    }
  });

  test('with a tag that looks like a draft’s is not changed', async () => {
    await using bench = await openReleaseBench({ releases: [{ tag: 'untagged-x' }] });
    const address = await bench.attach(await bench.file('a.mp4'), await bench.find({ tag: 'untagged-x' }));
    expect(address).toMatch(/\/releases\/download\/untagged-x\/a\.mp4$/);
  });
});

describe('a file that is already attached', () => {
  test('is kept, with one request for the list', async () => {
    await using bench = await openReleaseBench({ releases: [{ assets: [asset('a.mp4', 'the same')] }] });
    const [before] = bench.github.assets(tag);
    const address = await bench.attach(await bench.file('a.mp4', 'the same', { label: 'A new label' }));
    expect(bench.requested()).toEqual(['assets.list 200']);
    expect(bench.github.assets(tag)).toEqual([before]);
    expect(address).toBe(before?.browser_download_url);
    expect(bench.logged).toEqual(['a.mp4 is already attached to v1']);
  });

  test('is kept if it was attached before, in this step or in another', async () => {
    await using bench = await openReleaseBench();
    const file = await bench.file('a.mp4');
    const release = await bench.find();
    const address = await bench.attach(file, release);
    expect(await bench.attach(file, release)).toBe(address);
    expect(await bench.attach(file)).toBe(address);
    expect(bench.requested().filter((line) => line.startsWith('assets.upload'))).toHaveLength(1);
  });
});

describe('another file of the same name', () => {
  test('is replaced once the new one is complete: both exist until the old one is deleted last', async () => {
    await using bench = await openReleaseBench({
      releases: [{ assets: [asset('a.mp4', 'old'), asset('b.mp4', 'beside')] }],
    });
    const [old] = bench.github.assets(tag);
    const file = await bench.file('a.mp4', 'new', { label: 'A' });
    const address = await bench.attach(file);
    const [beside, now] = bench.github.assets(tag);
    expect(bench.requested()).toEqual([
      'assets.list 200',
      'assets.upload a.mp4.X.part 201',
      `assets.update ${old?.id} 200`,
      `assets.update ${now?.id} 200`,
      `assets.delete ${old?.id} 204`,
    ]);
    const upload = bench.github.requests.find(({ route }) => route === 'assets.upload');
    expect(upload?.query['name']).toMatch(partSuffix);
    expect(upload?.headers).toMatchObject({ 'content-length': '3', 'content-type': 'video/mp4' });
    expect(bench.assets()).toEqual({ 'a.mp4': 'new', 'b.mp4': 'beside' });
    expect(beside?.name).toBe('b.mp4');
    expect(now).toMatchObject({ name: 'a.mp4', label: 'A', content_type: 'video/mp4' });
    expect(address).toBe(now?.browser_download_url);
    expect(address).toMatch(/\/v1\/a\.mp4$/);
  });

  test('is replaced if it has no digest to compare', async () => {
    await using bench = await openReleaseBench({
      releases: [{ assets: [asset('a.mp4', 'the same', { digest: null })] }],
    });
    const [old] = bench.github.assets(tag);
    await bench.attach(await bench.file('a.mp4', 'the same'));
    const [now, ...more] = bench.github.assets(tag);
    expect(more).toEqual([]);
    expect(now?.id).not.toBe(old?.id);
    expect(now?.digest).toMatch(/^sha256:/);
  });

  test('is replaced if it has the same digest but another size', async () => {
    await using bench = await openReleaseBench();
    const file = await bench.file('a.mp4', 'new');
    bench.github.addAsset(tag, asset('a.mp4', 'longer', { digest: `sha256:${file.sha256}` }));
    await bench.attach(file);
    expect(bench.assets()).toEqual({ 'a.mp4': 'new' });
  });

  test('is replaced if it is a starter, left by an interrupted upload', async () => {
    await using bench = await openReleaseBench({
      releases: [{ draft: true, assets: [asset('a.mp4', '', { state: 'starter' })] }],
    });
    const address = await bench.attach(await bench.file('a.mp4', 'new'));
    expect(bench.assets()).toEqual({ 'a.mp4': 'new' });
    expect(address).toMatch(/\/releases\/download\/v1\/a\.mp4$/);
  });

  test.each([
    ['breaks off', { kind: 'broken-upload', bytes: 1000 }],
    ['is answered with 500', { kind: 'status', status: 500, leavesStarter: true }],
    ['is refused', { kind: 'status', status: 422, body: { message: 'No' } }],
    [
      'is forbidden',
      { kind: 'status', status: 403, body: { message: 'Resource not accessible by integration' } },
    ],
  ] as const)('is kept if each upload %s', async (_, fault) => {
    await using bench = await openReleaseBench({ releases: [{ assets: [asset('a.mp4', 'old')] }] });
    const [old] = bench.github.assets(tag);
    bench.github.faults.add({ route: 'assets.upload', fault, times: always });
    await failureOf(bench.attach(await bench.file('a.mp4', 'x'.repeat(100_000))));
    expect(bench.github.assets(tag).find(({ name }) => name === 'a.mp4')).toEqual(old);
    expect(
      bench
        .requested()
        .filter((line) => /^assets\.(delete|update) /.test(line) && line.includes(` ${old?.id} `)),
    ).toEqual([]);
  });

  test('exists at every moment until the new one is complete', async () => {
    await using bench = await openReleaseBench({ releases: [{ assets: [asset('a.mp4', 'old')] }] });
    const contents: string[] = [];
    bench.github.beforeUpload(
      () => void contents.push(...Object.entries(bench.assets()).map((entry) => entry.join(': '))),
      9,
    );
    bench.github.faults.add({ route: 'assets.upload', fault: { kind: 'broken-upload', bytes: 1000 } });
    await bench.attach(await bench.file('a.mp4', 'x'.repeat(100_000)));
    expect(contents.filter((line) => line === 'a.mp4: old').length).toBeGreaterThanOrEqual(2);
    expect(bench.assets()).toEqual({ 'a.mp4': 'x'.repeat(100_000) });
  });
});

describe('an incomplete replacement of another run', () => {
  test('is completed without an upload if it is the same file', async () => {
    for (const assets of [[], [asset('a.mp4', 'old')]]) {
      await using bench = await openReleaseBench({
        releases: [{ draft: true, assets: [...assets, asset('a.mp4.0badcafe.part', 'new')] }],
      });
      const left = bench.github.assets(tag).at(-1);
      const address = await bench.attach(await bench.file('a.mp4', 'new', { label: 'A' }));
      expect(bench.requested().filter((line) => line.startsWith('assets.upload'))).toEqual([]);
      expect(bench.requested()).toContain(`assets.update ${left?.id} 200`);
      expect(bench.assets()).toEqual({ 'a.mp4': 'new' });
      expect(bench.github.assets(tag)[0]).toMatchObject({ id: left?.id, label: 'A' });
      expect(address).toMatch(/\/releases\/download\/v1\/a\.mp4$/);
    }
  });

  test.each([
    ['a starter', '', { state: 'starter' }],
    ['another file', 'other', {}],
    ['one without a digest', 'new', { digest: null }],
  ] as const)('is removed if it is %s', async (_, bytes, more) => {
    await using bench = await openReleaseBench({
      releases: [{ assets: [asset('a.mp4.0badcafe.part', bytes, more)] }],
    });
    await bench.attach(await bench.file('a.mp4', 'new'));
    expect(bench.assets()).toEqual({ 'a.mp4': 'new' });
  });

  test('is removed if the file is already attached', async () => {
    await using bench = await openReleaseBench({
      releases: [{ assets: [asset('a.mp4', 'new'), asset('a.mp4.0badcafe.part', '', { state: 'starter' })] }],
    });
    await bench.attach(await bench.file('a.mp4', 'new'));
    expect(bench.assets()).toEqual({ 'a.mp4': 'new' });
    expect(bench.requested().filter((line) => line.startsWith('assets.upload'))).toEqual([]);
  });

  test('is removed completely, including complete copies of the same file', async () => {
    await using bench = await openReleaseBench({
      releases: [
        { assets: [asset('a.mp4.00000001.part', 'new'), asset('a.mp4.00000002.part', 'new')] },
        { tag: 'v2', assets: [asset('a.mp4', 'new'), asset('a.mp4.00000003.part', 'new')] },
      ],
    });
    const file = await bench.file('a.mp4', 'new');
    await Promise.all([bench.attach(file), bench.attach(file, await bench.find({ tag: 'v2' }))]);
    const names = ['v1', 'v2'].map((name) => bench.github.assets(name).map(({ name }) => name));
    expect(names).toEqual([['a.mp4'], ['a.mp4']]);
  });

  test('is kept if it belongs to a longer file name with the same start', async () => {
    // `a.mp4.mp4` is the file of a video of the title "a.mp4", which another job may be uploading.
    const assets = [asset('a.mp4', 'old'), asset('a.mp4.mp4.0badcafe.part', '', { state: 'starter' })];
    await using bench = await openReleaseBench({ releases: [{ assets }] });
    await bench.attach(await bench.file('a.mp4', 'new'));
    expect(bench.assets()).toEqual({ 'a.mp4.mp4.0badcafe.part': 'starter', 'a.mp4': 'new' });
  });
});

describe('before any request', () => {
  test('a file of more than 2 GiB is refused', async () => {
    await using bench = await openReleaseBench();
    const release = await bench.find();
    const file = await bench.file('a.mp4', '');
    const handle = await open(file.path, 'r+');
    await handle.truncate(2 ** 31 + 1);
    await handle.close();
    const count = bench.github.requests.length;
    const failure = await failureOf(bench.attach({ ...file, sizeBytes: 2 ** 31 + 1 }, release));
    expect(failure.kind).toBe('asset-too-large');
    expect(failure.what).toMatch(/^a\.mp4 has .* at most$/);
    expect(bench.github.requests).toHaveLength(count);
  });

  test('the message has the sizes in bytes, so that they differ', async () => {
    await using bench = await openReleaseBench();
    const failure = await failureOf(bench.attach(await bench.file('a.mp4', '', { sizeBytes: 2 ** 31 + 1 })));
    const [actual, limit] = /has (.*), and a release accepts (.*) at most/.exec(failure.what)?.slice(1) ?? [];
    expect(limit).toBe('2,147,483,648');
    expect(actual).not.toBe(limit);
  });

  test('two files with the same asset name are refused, at the same time or one after the other', async () => {
    await using bench = await openReleaseBench();
    const release = await bench.find();
    const one = await bench.file('a b.mp4', '1', { videoId: '1'.repeat(32) });
    const two = await bench.file('a (b).mp4', '2', { videoId: '2'.repeat(32) });
    const first = bench.attach(one, release);
    const failure = await failureOf(bench.attach(two, release));
    await first;
    expect(failure.kind).toBe('target-taken');
    expect(failure.what).toContain(`of the file a b.mp4 of video ${one.videoId}`);
    expect(failure.message).toContain('`{id}`');
    expect((await failureOf(bench.attach(two, release))).kind).toBe('target-taken');
    expect(bench.assets()).toEqual({ 'a-b.mp4': '1' });
    expect(bench.requested()).toEqual(['assets.list 200', 'assets.upload a-b.mp4 201']);
  });
});

test('at most `concurrency` files are uploaded at once', async () => {
  await using bench = await openReleaseBench({ concurrency: 2 });
  const release = await bench.find();
  let most = 0;
  let current = 0;
  const two = Promise.withResolvers<void>();
  bench.github.beforeUpload(async () => {
    current += 1;
    most = Math.max(most, current);
    if (current === 2) two.resolve();
    await two.promise;
    current -= 1;
  }, 4);
  const files = await Promise.all(['a', 'b', 'c', 'd'].map((name) => bench.file(`${name}.mp4`)));
  await Promise.all(files.map((file) => bench.attach(file, release)));
  expect(most).toBe(2);
  expect(Object.keys(bench.assets()).sort()).toEqual(['a.mp4', 'b.mp4', 'c.mp4', 'd.mp4']);
});

test('a file that is missing on the disk is not reported as a failure of GitHub', async () => {
  await using bench = await openReleaseBench();
  const file = await bench.file('a.mp4');
  await rm(file.path);
  const error: unknown = await bench.attach(file).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  expect(bench.requested()).toEqual(['assets.list 200']);
});

test('each of 120 files takes one request, and the assets are listed once', async () => {
  await using bench = await openReleaseBench({ releases: [{ assets: [asset('other.mp4', 'x')] }] });
  const release = await bench.find();
  const files = await Promise.all(Array.from({ length: 120 }, (_, number) => bench.file(`${number}.mp4`)));
  await Promise.all(files.map((file) => bench.attach(file, release)));
  expect(Object.keys(bench.assets())).toHaveLength(121);
  expect(bench.requested().filter((line) => line === 'assets.list 200')).toHaveLength(1);
  expect(bench.github.requests).toHaveLength(1 + 1 + 120);
});

test('the list is kept current by replacements and deletions of this step', async () => {
  const before = [asset('a.mp4', 'old'), asset('a.mp4.0badcafe.part', 'other')];
  await using bench = await openReleaseBench({ releases: [{ assets: before }] });
  const release = await bench.find();
  const file = await bench.file('a.mp4', 'new');
  const url = await bench.attach(file, release);
  expect(await bench.attach(file, release)).toBe(url);
  expect(bench.requested().map((line) => line.split(' ')[0])).toEqual([
    'assets.list',
    'assets.upload',
    'assets.update',
    'assets.update',
    'assets.delete',
    'assets.delete',
  ]);
});
