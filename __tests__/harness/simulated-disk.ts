import { execFile } from 'node:child_process';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The methods that read or write a file. */
type Calls = Pick<FileHandle, 'read' | 'write'>;

/** Mounts a small disk in a new folder; undefined if this user may not. */
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

/** Limits what this process can write in total; the last write is a partial one. */
export async function simulateSmallDisk(folder: string, sizeBytes: number): Promise<AsyncDisposable> {
  let leftBytes = sizeBytes;
  return replaceCalls(folder, ({ write }) => ({
    async write(this: FileHandle, bytes: Uint8Array, start: number, _length: undefined, position: number) {
      if (leftBytes === 0) throw noSpace();
      const lengthBytes = Math.min(bytes.byteLength - start, leftBytes);
      leftBytes -= lengthBytes;
      return Reflect.apply(write, this, [bytes, start, lengthBytes, position]);
    },
  }));
}

/** Delays every write of this process, as a busy disk does. */
export async function simulateSlowDisk(folder: string, pause: () => Promise<void>): Promise<AsyncDisposable> {
  return replaceCalls(folder, ({ write }) => ({
    async write(this: FileHandle, ...what: unknown[]) {
      await pause();
      return Reflect.apply(write, this, what);
    },
  }));
}

/** Reports the number of each read of this process from a file handle, before it takes place. */
export async function watchReads(folder: string, onRead: (number: number) => void): Promise<AsyncDisposable> {
  let reads = 0;
  return replaceCalls(folder, ({ read }) => ({
    read(this: FileHandle, ...what: unknown[]) {
      onRead(++reads);
      return Reflect.apply(read, this, what);
    },
  }));
}

function noSpace(): Error {
  return Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
}

/** Node exposes the prototype of its file handles only through a file. */
async function replaceCalls(
  folder: string,
  replacement: (real: Calls) => { readonly [Call in keyof Calls]?: unknown },
): Promise<AsyncDisposable> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'any');
  const handle = await open(path, 'wx');
  const calls: Calls = Object.getPrototypeOf(handle);
  await handle.close();
  await unlink(path);
  const { read, write } = calls;
  Object.assign(calls, replacement({ read, write }));
  return {
    [Symbol.asyncDispose]: async () => {
      Object.assign(calls, { read, write });
    },
  };
}
