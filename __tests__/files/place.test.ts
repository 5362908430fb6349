import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  statfs,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path, { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { newRecord } from '../../src/core/record.ts';
import { failureMessage } from '../../src/report/annotations.ts';
import {
  always,
  bytesOf,
  digestOf,
  film,
  openSaveBench,
  type SaveBench,
  until,
} from '../harness/save-bench.ts';
import { mountSmallDisk, pretendSmallDisk } from '../harness/save-small-disk.ts';

/** The partial files in a folder. */
async function partials(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => /^\.[0-9a-f]{16}\.partial$/.test(name));
}

/** More than is kept in the memory before it is written. */
const large = { sizeBytes: 9 * 2 ** 20 };

describe('while a file comes', () => {
  test('its place is as it was, and what there is of it is hidden beside', async () => {
    await using bench = await openSaveBench({ media: large });
    await writeFile(join(bench.root, 'film.mp4'), 'the old film');
    bench.fault({ kind: 'stall', afterBytes: 8.5 * 2 ** 20 });
    const failing = bench.failure();
    await until(() => bench.progress.at(-1) === 8.5 * 2 ** 20);

    const [partial = '', ...more] = await partials(bench.root);
    expect(more).toEqual([]);
    expect(await readdir(bench.root)).toEqual([partial, 'film.mp4']);
    expect(await readFile(join(bench.root, 'film.mp4'), 'utf8')).toBe('the old film');
    // Most of it is on the disk already, not in the memory.
    await until(async () => (await stat(join(bench.root, partial))).size >= 8.5 * 2 ** 19);

    bench.cancel();
    await failing;
    expect(await bench.tree()).toEqual(['workspace/', 'workspace/film.mp4']);
    expect(await readFile(join(bench.root, 'film.mp4'), 'utf8')).toBe('the old film');
  });

  test('whoever looks at its place sees the old file or the whole new one, at every moment', async () => {
    await using bench = await openSaveBench({ media: large });
    const path = join(bench.root, 'film.mp4');
    const old = bytesOf({ sizeBytes: 100_000, seed: 9 });
    await writeFile(path, old);
    const whole = bytesOf(large);
    bench.fault({ kind: 'cut', bytes: 4_500_000 });
    bench.fault({ kind: 'drip', bytes: 100_000, everyMs: 2 });

    let isDone = false;
    const saving = bench.save().finally(() => {
      isDone = true;
    });
    const seen = new Set<string>();
    while (!isDone) {
      const bytes = await readFile(path);
      seen.add(
        bytes.equals(old) ? 'old' : bytes.equals(whole) ? 'new' : `neither: ${bytes.byteLength} bytes`,
      );
    }
    await saving;
    expect((await readFile(path)).equals(whole)).toBe(true);
    expect([...seen].filter((what) => what !== 'new')).toEqual(['old']);
  });

  test('the name of what is hidden is another one each time', async () => {
    await using bench = await openSaveBench({ saveTo: '{id}.mp4', severalVideos: true });
    bench.fault({ kind: 'stall', afterBytes: 1000 }, { times: always });
    const failing = [bench.video, bench.add(), bench.add()].map((video) => bench.failure(video));
    await until(() => bench.progress.length === 3);
    expect(new Set(await partials(bench.root)).size).toBe(3);
    bench.cancel();
    await Promise.all(failing);
  });
});

describe('a file in its place', () => {
  test('has the mode of any new file, whatever the one before it had', async () => {
    const before = process.umask(0o027);
    try {
      for (const old of [undefined, 0o600, 0o444]) {
        await using bench = await openSaveBench();
        const path = join(bench.root, 'film.mp4');
        if (old !== undefined) {
          await writeFile(path, 'the old film');
          await chmod(path, old);
        }
        await bench.arrives();
        expect((await stat(path)).mode & 0o7777).toBe(0o640);
      }
    } finally {
      process.umask(before);
    }
  });

  test('is named relative to the workspace, with folders that were made', async () => {
    await using bench = await openSaveBench({ saveTo: 'some/{type}/' });
    await mkdir(join(bench.root, 'some'));
    await bench.save({ ...bench.video, name: 'A title' });
    expect(await bench.tree()).toEqual([
      'workspace/',
      'workspace/some/',
      'workspace/some/default/',
      'workspace/some/default/A title.mp4',
    ]);
  });

  test('is the audio download where that was asked for', async () => {
    await using bench = await openSaveBench({ saveTo: 'a.m4a' });
    const saved = await bench.save({ ...bench.video, type: 'audio' });
    expect(saved.file).toBe('a.m4a');
    expect(bench.requests[0]?.path).toMatch(/\/audio\.m4a$/);
  });

  test.each([24, 1000, 2 ** 22 - 1, 2 ** 22, 2 ** 22 + 1, 2 ** 23])(
    'is whole, whatever its size: %d bytes',
    async (sizeBytes) => {
      await using bench = await openSaveBench({ media: { sizeBytes } });
      await bench.arrives();
    },
  );

  test.each([0.1, 0.5, 0.9])(
    'is whole where batches had been written before the cut: %d',
    async (fraction) => {
      for (const deliveryRanges of [true, false]) {
        await using bench = await openSaveBench({ media: large, readings: { deliveryRanges } });
        bench.fault({ kind: 'cut', fraction });
        bench.fault({ kind: 'cut', fraction: 0.95 });
        await bench.arrives();
      }
    },
  );
});

describe('folders that were made', () => {
  const deep = 'made/for/it/film.mp4';

  test('go again where the file does not come', async () => {
    await using bench = await openSaveBench({ saveTo: deep });
    bench.fault({ kind: 'status', status: 424 });
    await bench.failure();
    expect(await bench.tree()).toEqual(['workspace/']);
  });

  test('and only those', async () => {
    await using bench = await openSaveBench({ saveTo: deep });
    await mkdir(join(bench.root, 'made/for'), { recursive: true });
    bench.fault({ kind: 'status', status: 424 });
    await bench.failure();
    expect(await bench.tree()).toEqual(['workspace/', 'workspace/made/', 'workspace/made/for/']);
  });

  test('stay where somebody put something into them meanwhile', async () => {
    await using bench = await openSaveBench({ saveTo: deep });
    bench.fault({ kind: 'stall', afterBytes: 1000 });
    const failing = bench.failure();
    await until(() => bench.progress.length > 0);
    await writeFile(join(bench.root, 'made/for/notes'), 'mine');
    bench.cancel();
    await failing;
    expect(await bench.tree()).toEqual([
      'workspace/',
      'workspace/made/',
      'workspace/made/for/',
      'workspace/made/for/notes',
    ]);
  });

  test('go with the last of several files that do not come, whoever made them', async () => {
    await using bench = await openSaveBench({ saveTo: 'made/{id}.mp4', severalVideos: true });
    const other = bench.add({ media: { default: film } });
    bench.fault({ kind: 'stall', afterBytes: 1000 });
    bench.fault({ kind: 'status', status: 424 }, { video: bench.video.id });
    // The first one makes the folder, and fails while the second one is in it.
    const { promise: isBegun, resolve: begin } = Promise.withResolvers<void>();
    const url = async () => {
      await isBegun;
      return bench.urlOf(bench.video);
    };
    const first = bench.failure(bench.video, { url });
    await until(async () => (await bench.tree()).includes('workspace/made/'));
    const second = bench.failure(other);
    await until(() => bench.progress.length === 1);
    begin();
    expect((await first).kind).toBe('file-failed');
    bench.cancel();
    expect((await second).kind).toBe('cancelled');
    expect(await bench.tree()).toEqual(['workspace/']);
  });

  test('stay for those that come, though the first one does not', async () => {
    await using bench = await openSaveBench({ saveTo: 'made/{id}.mp4', severalVideos: true, concurrency: 1 });
    const other = bench.add({ media: { default: film } });
    bench.fault({ kind: 'status', status: 424 });
    const [failure, saved] = await Promise.all([bench.failure(), bench.save(other)]);
    expect([failure.kind, saved.file]).toEqual(['file-failed', `made/${other.id}.mp4`]);
    expect(await bench.tree()).toEqual(['workspace/', 'workspace/made/', `workspace/made/${other.id}.mp4`]);
  });

  test('go where the way was made in part alone', async () => {
    // A part that no disk takes, which the destination would not let through where disks have the usual limit.
    const destination = {
      root: '',
      folders: ['made', 'x'.repeat(256)],
      file: 'film.mp4',
      severalVideos: false,
      path,
    };
    await using bench = await openSaveBench({ destination });
    Object.assign(destination, { root: bench.root });
    const { kind, what } = await bench.failure();
    expect(kind).toBe('target-unwritable');
    expect(what).toContain('the name is too long for this disk (ENAMETOOLONG)');
    expect([bench.requests.length, await bench.tree()]).toEqual([0, ['workspace/']]);
  });
});

describe('a disk that fills up', () => {
  test.each([large.sizeBytes, 1.5 * 2 ** 20])(
    'ends it, without another attempt: %d bytes',
    async (sizeBytes) => {
      await using bench = await openSaveBench({ saveTo: 'disk/made/film.mp4', media: { sizeBytes } });
      const disk = join(bench.root, 'disk');
      await using _disk = (await mountSmallDisk(disk, 2 ** 20)) ?? (await pretendSmallDisk(disk, 2 ** 20));
      await writeFile(join(disk, 'other.mp4'), 'another film');
      const { bavail } = await statfs(disk);
      const { kind, what } = await bench.failure();
      expect(kind).toBe('disk-full');
      expect(what).toContain(
        `${join(disk, 'made/film.mp4')} could not be written: no space is left on the disk (ENOSPC)`,
      );
      expect(bench.requests).toHaveLength(1);
      expect(await bench.tree()).toEqual(['workspace/', 'workspace/disk/', 'workspace/disk/other.mp4']);
      expect((await statfs(disk)).bavail).toBeGreaterThanOrEqual(bavail - 100);
    },
  );

  test('with a part of a write ends it as well', async () => {
    await using bench = await openSaveBench({ media: large });
    await using _disk = await pretendSmallDisk(join(bench.root, 'disk'), 5.5 * 2 ** 20);
    expect(await bench.failure()).toMatchObject({ kind: 'disk-full' });
    expect([bench.requests.length, await bench.tree()]).toEqual([1, ['workspace/', 'workspace/disk/']]);
  });

  test('leaves the old file as it was', async () => {
    await using bench = await openSaveBench({ media: large });
    await writeFile(join(bench.root, 'film.mp4'), 'the old film');
    await using _disk = await pretendSmallDisk(join(bench.root, 'disk'), 2 ** 20);
    expect(await bench.failure()).toMatchObject({ kind: 'disk-full' });
    expect(await readFile(join(bench.root, 'film.mp4'), 'utf8')).toBe('the old film');
    expect(await bench.tree()).toEqual(['workspace/', 'workspace/disk/', 'workspace/film.mp4']);
  });
});

describe('a place that cannot be', () => {
  test.each<[string, string, (bench: SaveBench) => Promise<unknown>, string, string]>([
    [
      'where a folder is',
      'film.mp4',
      ({ root }) => mkdir(join(root, 'film.mp4')),
      'target-unwritable',
      'it is a folder; write film.mp4/ to save into it',
    ],
    [
      'below a file',
      'notes/film.mp4',
      ({ root }) => writeFile(join(root, 'notes'), 'mine'),
      'target-unwritable',
      'a file is where its folder would be',
    ],
    [
      'far below a file',
      'notes/a/b/film.mp4',
      ({ root }) => writeFile(join(root, 'notes'), 'mine'),
      'target-unwritable',
      'a file is where its folder would be',
    ],
    [
      'behind a link that leads out',
      'out/film.mp4',
      ({ root }) => symlink(dirname(root), join(root, 'out')),
      'target-outside',
      'would lie outside',
    ],
    [
      'far behind a link that leads out',
      'out/a/b/film.mp4',
      ({ root }) => symlink('..', join(root, 'out')),
      'target-outside',
      'would lie outside',
    ],
    [
      'behind a link to a link that leads out',
      'in/a/film.mp4',
      async ({ root }) => {
        await symlink('out', join(root, 'in'));
        await symlink('/tmp', join(root, 'out'));
      },
      'target-outside',
      'would lie outside',
    ],
    [
      'behind a link to a folder whose name begins as the workspace’s',
      'out/film.mp4',
      async ({ root }) => {
        await mkdir(`${root}-2`);
        await symlink(`${root}-2`, join(root, 'out'));
      },
      'target-outside',
      'would lie outside',
    ],
    [
      'behind a link that leads nowhere',
      'dangling/film.mp4',
      ({ root }) => symlink(join(root, 'nowhere'), join(root, 'dangling')),
      'target-outside',
      'would lie outside',
    ],
    [
      'far behind a link that leads nowhere',
      'dangling/a/film.mp4',
      ({ root }) => symlink('../nowhere', join(root, 'dangling')),
      'target-outside',
      'would lie outside',
    ],
    [
      'behind a link to itself',
      'loop/film.mp4',
      ({ root }) => symlink('loop', join(root, 'loop')),
      'target-outside',
      'would lie outside',
    ],
  ])(
    '%s is refused before anything is asked for, and nothing is made',
    async (_, saveTo, arrange, kind, says) => {
      await using bench = await openSaveBench({ saveTo });
      await arrange(bench);
      const before = await bench.tree();
      const failure = await bench.failure();
      expect(failure.kind).toBe(kind);
      expect(failure.what).toContain(says);
      expect(failure.what).toContain(join(bench.root, saveTo));
      expect([bench.requests.length, await bench.tree()]).toEqual([0, before]);
    },
  );

  test('is refused where a folder came into it meanwhile', async () => {
    await using bench = await openSaveBench({
      before: (request) => request === 1 && void mkdir(join(bench.root, 'film.mp4')),
    });
    expect(await bench.failure()).toMatchObject({ kind: 'target-unwritable' });
    expect(await bench.tree()).toEqual(['workspace/', 'workspace/film.mp4/']);
  });
});

describe('a link', () => {
  test('that stays in the workspace is followed', async () => {
    await using bench = await openSaveBench({ saveTo: 'latest/a/film.mp4' });
    await mkdir(join(bench.root, 'real'));
    await symlink('real', join(bench.root, 'latest'));
    await bench.save();
    expect((await readFile(join(bench.root, 'real/a/film.mp4'))).byteLength).toBe(film.sizeBytes);
  });

  test('that stays in the workspace stays, and the folders behind it go where the file does not come', async () => {
    await using bench = await openSaveBench({ saveTo: 'latest/a/film.mp4' });
    await mkdir(join(bench.root, 'real'));
    await symlink('real', join(bench.root, 'latest'));
    bench.fault({ kind: 'status', status: 424 });
    await bench.failure();
    expect(await bench.tree()).toEqual(['workspace/', 'workspace/latest', 'workspace/real/']);
  });

  test.each(['../kept.mp4', 'kept.mp4', '..', 'nowhere'])(
    'in the place of the file is replaced, and what it leads to is untouched: %s',
    async (leadsTo) => {
      await using bench = await openSaveBench();
      for (const path of ['kept.mp4', '../kept.mp4']) await writeFile(join(bench.root, path), 'kept');
      await symlink(leadsTo, join(bench.root, 'film.mp4'));
      await bench.arrives();
      expect((await lstat(join(bench.root, 'film.mp4'))).isFile()).toBe(true);
      for (const path of ['kept.mp4', '../kept.mp4']) {
        expect(await readFile(join(bench.root, path), 'utf8')).toBe('kept');
      }
    },
  );

  test('in the place of the file is as it was where that does not come', async () => {
    await using bench = await openSaveBench();
    await symlink('kept.mp4', join(bench.root, 'film.mp4'));
    bench.fault({ kind: 'status', status: 424 });
    await bench.failure();
    expect(await readlink(join(bench.root, 'film.mp4'))).toBe('kept.mp4');
  });

  test('may be the workspace itself', async () => {
    await using beside = await openSaveBench();
    const workspace = `${beside.root}-link`;
    await symlink(beside.root, workspace);
    await using bench = await openSaveBench({ workspace, saveTo: 'made/film.mp4' });
    expect((await bench.save()).file).toBe('made/film.mp4');
    const { sizeBytes } = digestOf(film);
    expect((await stat(join(beside.root, 'made/film.mp4'))).size).toBe(sizeBytes);
  });

  test('that comes while the file does leads nothing out of the workspace that was not begun there', async () => {
    await using bench = await openSaveBench({ saveTo: 'made/film.mp4' });
    bench.fault({ kind: 'stall', afterBytes: 1000 });
    const failing = bench.failure();
    await until(() => bench.progress.length > 0);
    await rm(join(bench.root, 'made'), { recursive: true });
    await symlink('..', join(bench.root, 'made'));
    bench.cancel();
    await failing;
    expect(await bench.tree()).toEqual(['workspace/', 'workspace/made']);
  });
});

describe('one place for two files', () => {
  test.each([
    ['the same title', 'Café', 'Café'],
    ['NFC and NFD', 'Caf\u00e9', 'Cafe\u0301'],
    ['upper and lower case', 'Film', 'FILM'],
    ['upper and lower case beyond ASCII', 'ÉTÉ', 'été'],
    ['what has two lower cases', 'ΣΑΣ', 'σας'],
    ['a sharp s', 'Straße', 'STRASSE'],
  ])('is the first one’s, and the second makes no request: %s', async (_, one, other) => {
    await using bench = await openSaveBench({ saveTo: '{name}.mp4', severalVideos: true });
    const first = { ...bench.video, name: one };
    const second = bench.add({ title: other });
    const [saved, failure] = await Promise.all([bench.save(first), bench.failure(second)]);
    expect(saved.file).toBe(`${one.normalize('NFC')}.mp4`);
    expect(failure.kind).toBe('target-taken');
    const told = failureMessage({ ...newRecord(second.id, 'default'), failure });
    expect(told).toContain(first.id);
    expect(told).toContain(second.id);
    expect(bench.requests).toHaveLength(1);
    expect(await bench.tree()).toEqual(['workspace/', `workspace/${saved.file}`]);
  });

  test('is taken also where the first one did not come', async () => {
    await using bench = await openSaveBench({ saveTo: '{name}.mp4', severalVideos: true });
    bench.fault({ kind: 'status', status: 424 });
    await bench.failure({ ...bench.video, name: 'Film' });
    expect(await bench.failure(bench.add({ title: 'Film' }))).toMatchObject({ kind: 'target-taken' });
  });

  test('is no matter for two folders or two types', async () => {
    await using bench = await openSaveBench({ saveTo: '{id}/{name}.{ext}', severalVideos: true });
    const other = bench.add({ title: 'Film', media: { default: film } });
    const saved = await Promise.all([
      bench.save({ ...bench.video, name: 'Film' }),
      bench.save({ ...bench.video, name: 'Film', type: 'audio' }),
      bench.save(other),
    ]);
    expect(new Set(saved.map(({ file }) => file)).size).toBe(3);
  });
});

describe('several files', () => {
  test.each([1, 2, 3, 8])('are in transfer at most so many at once: %d', async (concurrency) => {
    let inTransfer = 0;
    let most = 0;
    await using bench = await openSaveBench({ saveTo: '{id}.mp4', severalVideos: true, concurrency });
    const videos = [bench.video, ...Array.from({ length: 5 }, () => bench.add({ media: { default: film } }))];
    const expected = Math.min(concurrency, videos.length);
    const full = Promise.withResolvers<void>();
    await Promise.all(
      videos.map((video) => {
        const url = async () => {
          inTransfer += 1;
          most = Math.max(most, inTransfer);
          if (inTransfer === expected) full.resolve();
          await full.promise;
          return bench.urlOf(video);
        };
        return bench.save(video, { url }).finally(() => {
          inTransfer -= 1;
        });
      }),
    );
    expect(most).toBe(expected);
    expect(await bench.tree()).toHaveLength(1 + videos.length);
  });

  test('do not stop one another: those arrive that may', async () => {
    await using bench = await openSaveBench({ saveTo: '{id}.mp4', severalVideos: true, concurrency: 2 });
    const videos = [bench.video, ...Array.from({ length: 7 }, () => bench.add({ media: { default: film } }))];
    const failing = videos.filter((_, index) => index % 2 === 0);
    for (const { id } of failing) bench.fault({ kind: 'status', status: 424 }, { video: id });
    const results = await Promise.allSettled(videos.map((video) => bench.save(video)));
    expect(results.map(({ status }) => status)).toEqual(
      videos.map((video) => (failing.includes(video) ? 'rejected' : 'fulfilled')),
    );
    expect(await bench.tree()).toEqual(
      [
        'workspace/',
        ...videos.filter((video) => !failing.includes(video)).map(({ id }) => `workspace/${id}.mp4`),
      ].sort(),
    );
  });
});
