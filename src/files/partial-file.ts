import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, lstat, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../core/failure.ts';
import { diskFailure } from './errors.ts';
import type { Folders } from './folders.ts';

/** How much is written at once, in bytes: enough for few writes, little enough for the memory. */
const batchBytes = 2 * 1024 * 1024;

/** Of how many pieces at most. */
const batchPieces = 1024;

/** How much may be on its way to the disk, in bytes: the rest of it is waited for at the end, where nothing ends it. */
const unsyncedBytes = 64 * 1024 * 1024;

/**
 * A file that is not there yet: a hidden file beside its place, which becomes the file in one step once all of it
 * has come. What is in the file's place stays as it is until then.
 */
export class PartialFile implements AsyncDisposable {
  readonly #target: string;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #folders: Folders;
  #hash = createHash('sha256');
  #batch: Uint8Array[] = [];
  #batchedBytes = 0;
  #writtenBytes = 0;
  #syncedBytes = 0;
  #writing = Promise.resolve();
  #finished = false;

  private constructor(target: string, path: string, handle: FileHandle, folders: Folders) {
    this.#target = target;
    this.#path = path;
    this.#handle = handle;
    this.#folders = folders;
  }

  /**
   * Begins a file; folders that it lies in are made.
   *
   * @param target its absolute path
   * @throws {Failure} `target-outside`, `target-unwritable`, `disk-full`
   */
  static async begin(target: string, folders: Folders): Promise<PartialFile> {
    const path = join(dirname(target), `.${randomBytes(8).toString('hex')}.partial`);
    try {
      const handle = await folders.enter(target, async () => {
        await refuseFolder(target);
        return open(path, 'wx+');
      });
      return new PartialFile(target, path, handle, folders);
    } catch (error) {
      throw error instanceof Failure ? error : diskFailure(target, error);
    }
  }

  /** How many bytes came so far. */
  get sizeBytes(): number {
    return this.#writtenBytes + this.#batchedBytes;
  }

  /**
   * Adds bytes at the end. It resolves once there is room for more; the memory of `bytes` may be gone then.
   *
   * @throws {Failure} `disk-full`, `target-unwritable`
   */
  async add(bytes: Uint8Array): Promise<void> {
    this.#batch.push(bytes);
    this.#batchedBytes += bytes.byteLength;
    if (this.#batchedBytes >= batchBytes || this.#batch.length >= batchPieces) await this.#flush();
  }

  /** Takes back all that came. */
  async restart(): Promise<void> {
    if (this.sizeBytes === 0) return;
    await this.#writing.catch(() => {});
    this.#batch = [];
    this.#batchedBytes = 0;
    this.#writtenBytes = 0;
    this.#syncedBytes = 0;
    this.#hash = createHash('sha256');
    await this.#disk(() => this.#handle.truncate(0));
  }

  /** The bytes from `position` on, at most `length`. */
  async read(position: number, length: number): Promise<Uint8Array> {
    await this.#settle();
    const { buffer, bytesRead } = await this.#disk(() =>
      this.#handle.read(Buffer.alloc(length), 0, length, position),
    );
    return buffer.subarray(0, bytesRead);
  }

  /**
   * Puts the file into its place, once it is safely on the disk.
   *
   * @returns its SHA-256 in hex
   */
  async finish(): Promise<string> {
    await this.#settle();
    await this.#disk(async () => {
      await this.#handle.sync();
      await this.#handle.close();
      await rename(this.#path, this.#target);
      this.#finished = true;
      await syncFolder(dirname(this.#target));
    });
    return this.#hash.digest('hex');
  }

  /** Leaves nothing behind, unless the file was finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#finished) return;
    await this.#writing.catch(() => {});
    await this.#handle.close().catch(() => {});
    await unlink(this.#path).catch(() => {});
    await this.#folders.leave(this.#target);
  }

  /** Writes what was batched, and what is still being written before it. */
  async #settle(): Promise<void> {
    await this.#flush();
    await this.#disk(() => this.#writing);
  }

  /** One batch is written while the next one comes in and while it is hashed. */
  async #flush(): Promise<void> {
    await this.#disk(() => this.#writing);
    const batch = this.#batch;
    const position = this.#writtenBytes;
    this.#writtenBytes += this.#batchedBytes;
    this.#batch = [];
    this.#batchedBytes = 0;
    this.#writing = this.#write(batch, position);
    // Whoever waits for it next is told of its error.
    this.#writing.catch(() => {});
    for (const bytes of batch) this.#hash.update(bytes);
  }

  async #write(batch: readonly Uint8Array[], position: number): Promise<void> {
    await writeAll(this.#handle, batch, position);
    for (const bytes of batch) free(bytes);
    if (position - this.#syncedBytes < unsyncedBytes) return;
    await this.#handle.datasync();
    this.#syncedBytes = position;
  }

  async #disk<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw diskFailure(this.#target, error);
    }
  }
}

async function writeAll(handle: FileHandle, batch: readonly Uint8Array[], position: number): Promise<void> {
  if (batch.length === 0) return;
  let { bytesWritten } = await handle.writev(batch, position);
  const lengthBytes = batch.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (bytesWritten === lengthBytes) return;
  // A disk that fills up takes a part first.
  const whole = Buffer.concat(batch);
  while (bytesWritten < lengthBytes) {
    bytesWritten += (await handle.write(whole, bytesWritten, undefined, position + bytesWritten))
      .bytesWritten;
  }
}

/** Gives the memory back at once: left to the garbage collector, it would pile up to many times what is needed. */
function free({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** @throws {Failure} `target-unwritable` where there is a folder in the file's place */
async function refuseFolder(target: string): Promise<void> {
  const found = await lstat(target).catch(() => undefined);
  if (found?.isDirectory()) {
    const advice = `write ${basename(target)}/ to save into it`;
    throw new Failure('target-unwritable', `${target} could not be written: it is a folder; ${advice}`);
  }
}

/** A new name is safely on the disk only once its folder is; not every system can do that. */
async function syncFolder(folder: string): Promise<void> {
  try {
    await using handle = await open(folder);
    await handle.sync();
  } catch {
    // The file itself is complete and in its place.
  }
}
