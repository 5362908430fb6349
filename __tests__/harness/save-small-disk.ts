import { execFile } from 'node:child_process';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The calls by which a file is written. */
type Writes = Pick<FileHandle, 'write' | 'writev'>;

/** Mounts a disk of its own in a new folder; undefined where this machine does not allow it, as for most users. */
export async function mountSmallDisk(
  folder: string,
  sizeBytes: number,
): Promise<AsyncDisposable | undefined> {
  await mkdir(folder);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', folder]);
  } catch {
    return undefined;
  }
  return {
    [Symbol.asyncDispose]: async () => {
      await run('umount', [folder]);
    },
  };
}

/** Lets all files of this process together take so many bytes, the last write a part of what it was given. */
export async function pretendSmallDisk(folder: string, sizeBytes: number): Promise<AsyncDisposable> {
  let leftBytes = sizeBytes;
  return replaceWrites(folder, ({ writev }) => ({
    async writev(this: FileHandle, buffers: readonly Uint8Array[], position: number) {
      const whole = Buffer.concat(buffers);
      if (leftBytes === 0) throw noSpace();
      const part = whole.subarray(0, leftBytes);
      leftBytes -= part.byteLength;
      return writev.call(this, [part], position);
    },
    async write() {
      throw noSpace();
    },
  }));
}

/** Makes every write of this process take so long, as on a disk that is busy. */
export async function pretendSlowDisk(folder: string, ms: number): Promise<AsyncDisposable> {
  return replaceWrites(folder, ({ write, writev }) => ({
    async writev(this: FileHandle, ...what: Parameters<FileHandle['writev']>) {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return writev.apply(this, what);
    },
    write,
  }));
}

function noSpace(): Error {
  return Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
}

/** Node has no other way to a file's calls than through a file. */
async function replaceWrites(
  folder: string,
  replacement: (real: Writes) => { readonly [Call in keyof Writes]: unknown },
): Promise<AsyncDisposable> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'any');
  const handle = await open(path, 'wx');
  const calls: Writes = Object.getPrototypeOf(handle);
  await handle.close();
  await unlink(path);
  const { write, writev } = calls;
  Object.assign(calls, replacement({ write, writev }));
  return {
    [Symbol.asyncDispose]: async () => {
      Object.assign(calls, { write, writev });
    },
  };
}
