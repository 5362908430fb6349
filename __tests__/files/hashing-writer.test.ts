import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { HashingWriter } from '../../src/files/hashing-writer.ts';
import { bufferBytes, WriteBuffers } from '../../src/files/write-buffers.ts';
import { sha256 } from '../harness/media.ts';
import { simulateSlowDisk, simulateSmallDisk } from '../harness/simulated-disk.ts';
import { openTemporaryFolder } from '../harness/temporary-folder.ts';

async function withFile(work: (handle: FileHandle, path: string, folder: string) => Promise<void>) {
  using folder = openTemporaryFolder();
  const path = join(folder.path, 'file');
  await using handle = await open(path, 'wx+');
  await work(handle, path, folder.path);
}

/** How many buffers are not in use. */
function freeBuffers(buffers: WriteBuffers): number {
  const taken: Uint8Array[] = [];
  for (let buffer = buffers.take(); buffer; buffer = buffers.take()) taken.push(buffer);
  for (const buffer of taken) buffers.giveBack(buffer);
  return taken.length;
}

/** Appends a content in pieces of this size. @returns how many of them had to wait */
async function appendAll(writer: HashingWriter, content: Uint8Array, pieceBytes: number): Promise<number> {
  let waits = 0;
  for (let at = 0; at < content.byteLength; at += pieceBytes) {
    const appending = writer.append(content.subarray(at, at + pieceBytes));
    if (appending) waits++;
    await appending;
  }
  return waits;
}

describe('a file is written and hashed', () => {
  test.each([1, 1000, bufferBytes - 1, bufferBytes, bufferBytes + 1, 20 * bufferBytes])(
    'with any number of bytes: %d',
    async (sizeBytes) => {
      await withFile(async (handle, path) => {
        const content = randomBytes(sizeBytes);
        const buffers = new WriteBuffers(1);
        const writer = new HashingWriter(handle, buffers);
        await appendAll(writer, content, 65_537);
        expect(writer.sizeBytes).toBe(sizeBytes);
        await writer.flush();
        expect([writer.digest(), sha256(await readFile(path))]).toEqual([sha256(content), sha256(content)]);
        expect(freeBuffers(buffers)).toBe(freeBuffers(new WriteBuffers(1)));
      });
    },
  );

  test('on a slow disk, which whoever appends waits for, also with one piece larger than all buffers', async () => {
    await withFile(async (handle, path, folder) => {
      await using _slow = await simulateSlowDisk(
        join(folder, 'spare'),
        () => new Promise((resolve) => setTimeout(resolve, 5)),
      );
      const content = randomBytes(20 * bufferBytes);
      const writer = new HashingWriter(handle, new WriteBuffers(1));
      expect(await appendAll(writer, content, bufferBytes / 2)).toBeGreaterThan(5);
      await writer.append(content);
      await writer.flush();
      const twice = Buffer.concat([content, content]);
      expect([writer.digest(), sha256(await readFile(path))]).toEqual([sha256(twice), sha256(twice)]);
    });
  });

  test('only until a reset, which waits for the write in progress alone', async () => {
    await withFile(async (handle, _path, folder) => {
      let writes = 0;
      await using _slow = await simulateSlowDisk(join(folder, 'spare'), () => {
        writes++;
        return new Promise((resolve) => setTimeout(resolve, 20));
      });
      const buffers = new WriteBuffers(1);
      const writer = new HashingWriter(handle, buffers);
      void writer.append(randomBytes(20 * bufferBytes))?.catch(() => {});
      await writer.reset();
      expect(writes).toBeLessThanOrEqual(2);
      expect(freeBuffers(buffers)).toBe(freeBuffers(new WriteBuffers(1)));
    });
  });

  test('from its beginning after a reset', async () => {
    await withFile(async (handle, path) => {
      const buffers = new WriteBuffers(1);
      const writer = new HashingWriter(handle, buffers);
      await appendAll(writer, randomBytes(2.5 * bufferBytes), 10_000);
      await writer.reset();
      expect([writer.sizeBytes, freeBuffers(buffers)]).toEqual([0, freeBuffers(new WriteBuffers(1))]);
      const content = randomBytes(3 * bufferBytes);
      await appendAll(writer, content, 10_000);
      await writer.flush();
      expect([writer.digest(), sha256(await readFile(path))]).toEqual([sha256(content), sha256(content)]);
    });
  });
});

test('a failed write ends what is appended later, and gives all buffers back', async () => {
  await withFile(async (handle, _path, folder) => {
    await using _small = await simulateSmallDisk(join(folder, 'spare'), 1.5 * bufferBytes);
    const buffers = new WriteBuffers(1);
    const writer = new HashingWriter(handle, buffers);
    await expect(appendAll(writer, randomBytes(40 * bufferBytes), 100_000)).rejects.toMatchObject({
      code: 'ENOSPC',
    });
    await expect(writer.flush()).rejects.toMatchObject({ code: 'ENOSPC' });
    await writer.reset();
    expect(freeBuffers(buffers)).toBe(freeBuffers(new WriteBuffers(1)));
  });
});

test('files that share their buffers never wait for one that receives nothing', async () => {
  await withFile(async (handle, _path, folder) => {
    const buffers = new WriteBuffers(2);
    const idle = new HashingWriter(handle, buffers);
    void idle.append(randomBytes(10));
    await using other = await open(join(folder, 'other'), 'wx+');
    const writer = new HashingWriter(other, buffers);
    const content = randomBytes(30 * bufferBytes);
    await writer.append(content);
    await writer.flush();
    expect(writer.digest()).toBe(sha256(content));
    await idle.reset();
  });
});
