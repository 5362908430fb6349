import { appendFileSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
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
import type { Failure } from '../../src/core/failure.ts';
import { always } from '../harness/responses.ts';
import { bytesOf, digestOf, film, openSaveBench, type SaveBench } from '../harness/save-bench.ts';
import { mountSmallDisk, simulateSmallDisk, watchReads } from '../harness/simulated-disk.ts';
import { openTemporaryFolder } from '../harness/temporary-folder.ts';
import { waitUntil } from '../harness/wait-until.ts';

/** The partial files in a folder. */
async function partials(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => /^\.[0-9a-f]{16}\.partial$/.test(name));
}

/** More than is buffered before it is written. */
const large = { sizeBytes: 9 * 2 ** 20 };

describe('while a file is received', () => {
  test('its target is unchanged, and its bytes are in a hidden file in the same folder', async () => {
    await using bench = await openSaveBench({ media: large });
    await writeFile(join(bench.root, 'film.mp4'), 'the old film');
    bench.fault({ kind: 'stall', afterBytes: 8.5 * 2 ** 20 });
    const failing = bench.failure();
    await waitUntil(() => bench.progress.at(-1) === 8.5 * 2 ** 20);

    const [partial = '', ...more] = await partials(bench.root);
    expect(more).toEqual([]);
    expect(await readdir(bench.root)).toEqual([partial, 'film.mp4']);
    expect(await readFile(join(bench.root, 'film.mp4'), 'utf8')).toBe('the old film');
    // Most of it is already written.
    await waitUntil(async () => (await stat(join(bench.root, partial))).size >= 8.5 * 2 ** 19);

    bench.cancel();
    await failing;
    expect(await bench.tree()).toEqual(['workspace/', 'workspace/film.mp4']);
    expect(await readFile(join(bench.root, 'film.mp4'), 'utf8')).toBe('the old film');
  });

  test('its target is the old file or the complete new one at every moment', async () => {
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
    const states = new Set<string>();
    await waitUntil(async () => {
      const bytes = await readFile(path);
      states.add(
        bytes.equals(old) ? 'old' : bytes.equals(whole) ? 'new' : `neither: ${bytes.byteLength} bytes`,
      );
      return isDone;
    });
    await saving;
    expect((await readFile(path)).equals(whole)).toBe(true);
    expect([...states].filter((state) => state !== 'new')).toEqual(['old']);
  });

  test.each<[change: string, work: (path: string) => void]>([
    [
      'another file is put in its place',
      (path) => {
        writeFileSync(`${path}.new`, 'another file');
        renameSync(`${path}.new`, path);
      },
    ],
    [
      'a link to it is put in its place',
      (path) => {
        renameSync(path, `${path}.old`);
        symlinkSync(`${path}.old`, path);
      },
    ],
    ['bytes are added to it', (path) => appendFileSync(path, Buffer.alloc(2 * large.sizeBytes))],
  ])('its target is unchanged if %s', async (_, change) => {
    using root = openTemporaryFolder();
    await using bench = await openSaveBench({
      workspace: root.path,
      media: large,
      breaks: { 1: 1_000_000 },
      before: (request) => {
        if (request !== 2) return;
        const [partial = ''] = readdirSync(root.path).filter((name) => name.endsWith('.partial'));
        change(join(root.path, partial));
      },
    });
    await writeFile(join(bench.root, 'film.mp4'), 'the old film');
    expect(await bench.failure()).toMatchObject({
      kind: 'target-unwritable',
      what: `${join(bench.root, 'film.mp4')} could not be written: another program changed the file while it was being received`,
    });
    expect(await readFile(join(bench.root, 'film.mp4'), 'utf8')).toBe('the old film');
  });

  test('each hidden file has another name', async () => {
    await using bench = await openSaveBench({ saveTo: '{id}.mp4', severalVideos: true });
    bench.fault({ kind: 'stall', afterBytes: 1000 }, { times: always });
    const failing = [bench.video, bench.add(), bench.add()].map((video) => bench.failure(video));
    await waitUntil(() => bench.progress.length === 3);
    expect(new Set(await partials(bench.root)).size).toBe(3);
    bench.cancel();
    await Promise.all(failing);
  });
});

describe('a saved file', () => {
  test('has the mode of any new file, whatever the replaced one had', async () => {
    const before = process.umask(0o027);
    try {
      for (const old of [undefined, 0o600, 0o444]) {
        await using bench = await openSaveBench();
        const path = join(bench.root, 'film.mp4');
        if (old !== undefined) {
          await writeFile(path, 'the old film');
          await chmod(path, old);
        }
        await bench.expectSaved();
        expect((await stat(path)).mode & 0o7777).toBe(0o640);
      }
    } finally {
      process.umask(before);
    }
  });

  test('is in folders that were created for it', async () => {
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

  test('is the audio download for the type audio', async () => {
    await using bench = await openSaveBench({ saveTo: 'a.m4a' });
    const saved = await bench.save({ ...bench.video, type: 'audio' });
    expect(saved.file).toBe('a.m4a');
    expect(bench.requests[0]?.path).toMatch(/\/audio\.m4a$/);
  });

  test.each([24, 1000, 2 ** 22 - 1, 2 ** 22, 2 ** 22 + 1, 2 ** 23])(
    'is complete, whatever its size: %d bytes',
    async (sizeBytes) => {
      await using bench = await openSaveBench({ media: { sizeBytes } });
      await bench.expectSaved();
    },
  );

  test.each([0.5, 0.9])(
    'is complete even if batches were written before the connection broke: %d',
    async (fraction) => {
      for (const deliveryRanges of [true, false]) {
        await using bench = await openSaveBench({ media: large, readings: { deliveryRanges } });
        bench.fault({ kind: 'cut', fraction });
        bench.fault({ kind: 'cut', fraction: 0.95 });
        await bench.expectSaved();
      }
    },
  );
});

describe('a file of 20 million boxes', () => {
  const one = Buffer.from('\0\0\0\x08free', 'latin1');
  const media = Buffer.concat([Buffer.from('\0\0\0\x08ftyp', 'latin1'), Buffer.alloc(160_000_000, one)]);

  test('is saved', async () => {
    await using bench = await openSaveBench({ media });
    await bench.expectSaved();
  });

  test('is not saved if the step ends while they are checked', async () => {
    await using bench = await openSaveBench({ media });
    let reads = 0;
    await using _disk = await watchReads(join(bench.root, 'spare'), (number) => {
      reads = number;
      if (number === 100) bench.cancel();
    });
    expect(await bench.failure()).toMatchObject({ kind: 'cancelled' });
    expect(reads).toBe(100);
    expect(await bench.tree()).toEqual(['workspace/', 'workspace/spare/']);
  });
});

describe('created folders', () => {
  const deep = 'new/nested/folder/film.mp4';

  test('are removed if the file is not saved', async () => {
    await using bench = await openSaveBench({ saveTo: deep });
    bench.fault({ kind: 'status', status: 424 });
    await bench.failure();
    expect(await bench.tree()).toEqual(['workspace/']);
  });

  test('are removed, but not those that existed', async () => {
    await using bench = await openSaveBench({ saveTo: deep });
    await mkdir(join(bench.root, 'new/nested'), { recursive: true });
    bench.fault({ kind: 'status', status: 424 });
    await bench.failure();
    expect(await bench.tree()).toEqual(['workspace/', 'workspace/new/', 'workspace/new/nested/']);
  });

  test('are kept if they have other content', async () => {
    await using bench = await openSaveBench({ saveTo: deep });
    bench.fault({ kind: 'stall', afterBytes: 1000 });
    const failing = bench.failure();
    await waitUntil(() => bench.progress.length > 0);
    await writeFile(join(bench.root, 'new/nested/notes'), 'mine');
    bench.cancel();
    await failing;
    expect(await bench.tree()).toEqual([
      'workspace/',
      'workspace/new/',
      'workspace/new/nested/',
      'workspace/new/nested/notes',
    ]);
  });

  test('are removed with the last of several files that are not saved', async () => {
    await using bench = await openSaveBench({ saveTo: 'new/{id}.mp4', severalVideos: true });
    const other = bench.add({ media: { default: film } });
    bench.fault({ kind: 'stall', afterBytes: 1000 }, { video: other.id });
    bench.fault({ kind: 'status', status: 401 }, { video: bench.video.id });
    // The first one creates the folder, and fails while the second one is in it.
    const { promise: canFail, resolve: fail } = Promise.withResolvers<void>();
    const signAgain = async (refused: Failure) => {
      await canFail;
      throw refused;
    };
    const first = bench.failure(bench.video, { signAgain });
    await waitUntil(async () => (await bench.tree()).includes('workspace/new/'));
    const second = bench.failure(other);
    await waitUntil(() => bench.progress.length === 1);
    fail();
    expect((await first).kind).toBe('delivery-refused');
    bench.cancel();
    expect((await second).kind).toBe('cancelled');
    expect(await bench.tree()).toEqual(['workspace/']);
  });

  test('are kept for the files that are saved, even if the first one is not', async () => {
    await using bench = await openSaveBench({ saveTo: 'new/{id}.mp4', severalVideos: true, concurrency: 1 });
    const other = bench.add({ media: { default: film } });
    bench.fault({ kind: 'status', status: 424 });
    const [failure, saved] = await Promise.all([bench.failure(), bench.save(other)]);
    expect([failure.kind, saved.file]).toEqual(['file-failed', `new/${other.id}.mp4`]);
    expect(await bench.tree()).toEqual(['workspace/', 'workspace/new/', `workspace/new/${other.id}.mp4`]);
  });

  test('are removed if only some could be created', async () => {
    // A name that is too long for any disk, which `readDestination` would refuse.
    const destination = (root: string) => ({
      root,
      folders: ['new', 'x'.repeat(256)],
      file: 'film.mp4',
      severalVideos: false,
      path,
    });
    await using bench = await openSaveBench({ destination });
    const { kind, what } = await bench.failure();
    expect(kind).toBe('target-unwritable');
    expect(what).toContain('the name is too long for this file system (ENAMETOOLONG)');
    expect([bench.requests.length, await bench.tree()]).toEqual([0, ['workspace/']]);
  });
});

describe('a full disk', () => {
  test.each([large.sizeBytes, 1.5 * 2 ** 20])(
    'ends the transfer without a retry: %d bytes',
    async (sizeBytes) => {
      await using bench = await openSaveBench({ saveTo: 'disk/new/film.mp4', media: { sizeBytes } });
      const disk = join(bench.root, 'disk');
      await using _disk = (await mountSmallDisk(disk, 2 ** 20)) ?? (await simulateSmallDisk(disk, 2 ** 20));
      await writeFile(join(disk, 'other.mp4'), 'another film');
      const { bavail } = await statfs(disk);
      const { kind, what } = await bench.failure();
      expect(kind).toBe('disk-full');
      expect(what).toContain(
        `${join(disk, 'new/film.mp4')} could not be written: no space left on the disk (ENOSPC)`,
      );
      expect(bench.requests).toHaveLength(1);
      expect(await bench.tree()).toEqual(['workspace/', 'workspace/disk/', 'workspace/disk/other.mp4']);
      expect((await statfs(disk)).bavail).toBeGreaterThanOrEqual(bavail - 100);
    },
  );

  test('ends the transfer after a partial write as well', async () => {
    await using bench = await openSaveBench({ media: large });
    await using _disk = await simulateSmallDisk(join(bench.root, 'disk'), 5.5 * 2 ** 20);
    expect(await bench.failure()).toMatchObject({ kind: 'disk-full' });
    expect([bench.requests.length, await bench.tree()]).toEqual([1, ['workspace/', 'workspace/disk/']]);
  });

  test('leaves the old file unchanged', async () => {
    await using bench = await openSaveBench({ media: large });
    await writeFile(join(bench.root, 'film.mp4'), 'the old film');
    await using _disk = await simulateSmallDisk(join(bench.root, 'disk'), 2 ** 20);
    expect(await bench.failure()).toMatchObject({ kind: 'disk-full' });
    expect(await readFile(join(bench.root, 'film.mp4'), 'utf8')).toBe('the old film');
    expect(await bench.tree()).toEqual(['workspace/', 'workspace/disk/', 'workspace/film.mp4']);
  });
});

describe('an impossible target', () => {
  test.each<[string, string, (bench: SaveBench) => Promise<unknown>, string, string]>([
    [
      'an existing folder',
      'film.mp4',
      ({ root }) => mkdir(join(root, 'film.mp4')),
      'target-unwritable',
      'it is a folder; write film.mp4/ to save into it',
    ],
    [
      'a path below a file',
      'notes/film.mp4',
      ({ root }) => writeFile(join(root, 'notes'), 'mine'),
      'target-unwritable',
      'one of its folders exists as a file',
    ],
    [
      'a path far below a file',
      'notes/a/b/film.mp4',
      ({ root }) => writeFile(join(root, 'notes'), 'mine'),
      'target-unwritable',
      'one of its folders exists as a file',
    ],
    [
      'a path through a link that leads out',
      'out/film.mp4',
      ({ root }) => symlink(dirname(root), join(root, 'out')),
      'target-outside',
      'would be outside',
    ],
    [
      'a long path through a link that leads out',
      'out/a/b/film.mp4',
      ({ root }) => symlink('..', join(root, 'out')),
      'target-outside',
      'would be outside',
    ],
    [
      'a path through a link to a link that leads out',
      'in/a/film.mp4',
      async ({ root }) => {
        await symlink('out', join(root, 'in'));
        await symlink('/tmp', join(root, 'out'));
      },
      'target-outside',
      'would be outside',
    ],
    [
      'a path through a link to a folder whose name starts with the workspace’s',
      'out/film.mp4',
      async ({ root }) => {
        await mkdir(`${root}-2`);
        await symlink(`${root}-2`, join(root, 'out'));
      },
      'target-outside',
      'would be outside',
    ],
    [
      'a path through a broken link',
      'dangling/film.mp4',
      ({ root }) => symlink(join(root, 'nowhere'), join(root, 'dangling')),
      'target-outside',
      'would be outside',
    ],
    [
      'a long path through a broken link',
      'dangling/a/film.mp4',
      ({ root }) => symlink('../nowhere', join(root, 'dangling')),
      'target-outside',
      'would be outside',
    ],
    [
      'a path through a link to itself',
      'loop/film.mp4',
      ({ root }) => symlink('loop', join(root, 'loop')),
      'target-outside',
      'would be outside',
    ],
  ])('%s is refused before any request, and nothing is created', async (_, saveTo, arrange, kind, words) => {
    await using bench = await openSaveBench({ saveTo });
    await arrange(bench);
    const before = await bench.tree();
    const failure = await bench.failure();
    expect(failure.kind).toBe(kind);
    expect(failure.what).toContain(words);
    expect(failure.what).toContain(join(bench.root, saveTo));
    expect([bench.requests.length, await bench.tree()]).toEqual([0, before]);
  });

  test('is refused if a folder was created in its place meanwhile', async () => {
    await using bench = await openSaveBench({
      before: (request) => request === 1 && void mkdir(join(bench.root, 'film.mp4')),
    });
    expect(await bench.failure()).toMatchObject({ kind: 'target-unwritable' });
    expect(await bench.tree()).toEqual(['workspace/', 'workspace/film.mp4/']);
  });
});

describe('a symbolic link', () => {
  test('to a folder in the workspace is followed', async () => {
    await using bench = await openSaveBench({ saveTo: 'latest/a/film.mp4' });
    await mkdir(join(bench.root, 'real'));
    await symlink('real', join(bench.root, 'latest'));
    await bench.save();
    expect((await readFile(join(bench.root, 'real/a/film.mp4'))).byteLength).toBe(film.sizeBytes);
  });

  test('to a folder in the workspace stays, and the folders behind it are removed if the file is not saved', async () => {
    await using bench = await openSaveBench({ saveTo: 'latest/a/film.mp4' });
    await mkdir(join(bench.root, 'real'));
    await symlink('real', join(bench.root, 'latest'));
    bench.fault({ kind: 'status', status: 424 });
    await bench.failure();
    expect(await bench.tree()).toEqual(['workspace/', 'workspace/latest', 'workspace/real/']);
  });

  test.each(['../kept.mp4', 'kept.mp4', '..', 'nowhere'])(
    'in place of the file is replaced, and its target is unchanged: %s',
    async (leadsTo) => {
      await using bench = await openSaveBench();
      for (const path of ['kept.mp4', '../kept.mp4']) await writeFile(join(bench.root, path), 'kept');
      await symlink(leadsTo, join(bench.root, 'film.mp4'));
      await bench.expectSaved();
      expect((await lstat(join(bench.root, 'film.mp4'))).isFile()).toBe(true);
      for (const path of ['kept.mp4', '../kept.mp4']) {
        expect(await readFile(join(bench.root, path), 'utf8')).toBe('kept');
      }
    },
  );

  test('in place of the file is unchanged if the file is not saved', async () => {
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
    await using bench = await openSaveBench({ workspace, saveTo: 'new/film.mp4' });
    expect((await bench.save()).file).toBe('new/film.mp4');
    const { sizeBytes } = digestOf(film);
    expect((await stat(join(beside.root, 'new/film.mp4'))).size).toBe(sizeBytes);
  });

  test('that is created while the file is received leads nothing out of the workspace', async () => {
    await using bench = await openSaveBench({ saveTo: 'new/film.mp4' });
    bench.fault({ kind: 'stall', afterBytes: 1000 });
    const failing = bench.failure();
    await waitUntil(() => bench.progress.length > 0);
    await rm(join(bench.root, 'new'), { recursive: true });
    await symlink('..', join(bench.root, 'new'));
    bench.cancel();
    await failing;
    expect(await bench.tree()).toEqual(['workspace/', 'workspace/new']);
  });
});

describe('one target for two files', () => {
  test.each([
    ['the same title', 'Café', 'Café'],
    ['NFC and NFD', 'Caf\u00e9', 'Cafe\u0301'],
    ['upper and lower case', 'Film', 'FILM'],
    ['upper and lower case beyond ASCII', 'ÉTÉ', 'été'],
    ['a letter with two lower cases', 'ΣΑΣ', 'σας'],
    ['a sharp s', 'Straße', 'STRASSE'],
  ])('belongs to the first one, and the second sends no request: %s', async (_, one, other) => {
    await using bench = await openSaveBench({ saveTo: '{name}.mp4', severalVideos: true });
    const first = { ...bench.video, name: one };
    const second = bench.add({ title: other });
    const [saved, failure] = await Promise.all([bench.save(first), bench.failure(second)]);
    expect(saved.file).toBe(`${one.normalize('NFC')}.mp4`);
    expect(failure.kind).toBe('target-taken');
    expect(failure.what).toContain(`the MP4 download of video ${first.id}`);
    expect(bench.requests).toHaveLength(1);
    expect(await bench.tree()).toEqual(['workspace/', `workspace/${saved.file}`]);
  });

  test('belongs to the first one even if that is not saved', async () => {
    await using bench = await openSaveBench({ saveTo: '{name}.mp4', severalVideos: true });
    bench.fault({ kind: 'status', status: 424 });
    await bench.failure({ ...bench.video, name: 'Film' });
    expect(await bench.failure(bench.add({ title: 'Film' }))).toMatchObject({ kind: 'target-taken' });
  });

  test('is none in two folders or with two extensions', async () => {
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
  test.each([1, 2, 3, 8])('are transferred at most `concurrency` at once: %d', async (concurrency) => {
    let transfers = 0;
    let most = 0;
    const isFull = Promise.withResolvers<void>();
    await using bench = await openSaveBench({
      saveTo: '{id}.mp4',
      severalVideos: true,
      concurrency,
      intercept: async ({ pass }) => {
        transfers += 1;
        most = Math.max(most, transfers);
        if (transfers === expected) isFull.resolve();
        await isFull.promise;
        return pass();
      },
    });
    const videos = [bench.video, ...Array.from({ length: 5 }, () => bench.add({ media: { default: film } }))];
    const expected = Math.min(concurrency, videos.length);
    await Promise.all(
      videos.map((video) =>
        bench.save(video).finally(() => {
          transfers -= 1;
        }),
      ),
    );
    expect(most).toBe(expected);
    expect(await bench.tree()).toHaveLength(1 + videos.length);
  });

  test('are independent: only those with a fault fail', async () => {
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
