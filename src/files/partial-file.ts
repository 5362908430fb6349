import { randomBytes } from 'node:crypto';
import { type FileHandle, lstat, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../core/failure.ts';
import { diskFailure } from './disk-error.ts';
import type { Folders } from './folders.ts';
import { HashingWriter } from './hashing-writer.ts';
import type { WriteBuffers } from './write-buffers.ts';

/**
 * A file that is being received: a hidden file in the same folder, which is renamed once it is complete. Until then,
 * what exists under the file's name stays as it is.
 */
export class PartialFile implements AsyncDisposable {
  readonly #target: string;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #folders: Folders;
  readonly #writer: HashingWriter;
  #isFinished = false;

  private constructor(
    target: string,
    path: string,
    handle: FileHandle,
    folders: Folders,
    buffers: WriteBuffers,
  ) {
    this.#target = target;
    this.#path = path;
    this.#handle = handle;
    this.#folders = folders;
    this.#writer = new HashingWriter(handle, buffers);
  }

  /**
   * Creates the partial file, with the folders that it needs.
   *
   * @param target the absolute path of the complete file
   * @throws {Failure} `target-outside`, `target-unwritable`, `disk-full`
   */
  static async create(target: string, folders: Folders, buffers: WriteBuffers): Promise<PartialFile> {
    const path = join(dirname(target), `.${randomBytes(8).toString('hex')}.partial`);
    try {
      const handle = await folders.enter(target, async () => {
        const found = await lstat(target).catch(() => undefined);
        if (!found?.isDirectory()) return open(path, 'wx+');
        const why = `it is a folder; write ${basename(target)}/ to save into it`;
        throw new Failure('target-unwritable', `${target} could not be written: ${why}`);
      });
      return new PartialFile(target, path, handle, folders, buffers);
    } catch (error) {
      throw error instanceof Failure ? error : diskFailure(target, error);
    }
  }

  get sizeBytes(): number {
    return this.#writer.sizeBytes;
  }

  /**
   * Appends bytes, which are copied.
   *
   * @returns a promise if there is no room for more until it resolves
   * @throws {Failure} `disk-full`, `target-unwritable`
   */
  append(bytes: Uint8Array): Promise<void> | undefined {
    const appending = this.#writer.append(bytes);
    return appending && this.#disk(() => appending);
  }

  async truncate(): Promise<void> {
    if (this.sizeBytes === 0) return;
    await this.#writer.reset();
    await this.#disk(() => this.#handle.truncate(0));
  }

  /**
   * Fills a block with the bytes from a position on.
   *
   * @returns how many bytes there were; fewer than the block holds only at the end of the file
   */
  async read(block: Uint8Array, position: number): Promise<number> {
    return this.#disk(async () => {
      await this.#writer.flush();
      return (await this.#handle.read(block, 0, block.byteLength, position)).bytesRead;
    });
  }

  /**
   * Syncs the file to the disk and renames it to its target.
   *
   * @returns its SHA-256 in hex
   */
  async finish(): Promise<string> {
    await this.#disk(async () => {
      await this.#writer.flush();
      await this.#handle.sync();
      await this.#requireSameFile();
      await this.#handle.close();
      await rename(this.#path, this.#target);
      this.#isFinished = true;
      // Not every system can sync the new name; the file itself is complete.
      await syncFolder(dirname(this.#target)).catch(() => {});
    });
    return this.#writer.digest();
  }

  /** Removes the partial file and its folders, unless it was finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isFinished) return;
    await this.#writer.reset();
    await this.#handle.close().catch(() => {});
    await unlink(this.#path).catch(() => {});
    await this.#folders.leave(this.#target);
  }

  /** Another program may have put another file in the place of the one that was hashed. */
  async #requireSameFile(): Promise<void> {
    const [written, found] = await Promise.all([
      this.#handle.stat({ bigint: true }),
      lstat(this.#path, { bigint: true }),
    ]);
    const isSame = written.dev === found.dev && written.ino === found.ino;
    if (isSame && written.size === BigInt(this.sizeBytes)) return;
    const why = 'another program changed the file while it was being received';
    throw new Failure('target-unwritable', `${this.#target} could not be written: ${why}`);
  }

  async #disk<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof Failure ? error : diskFailure(this.#target, error);
    }
  }
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder);
  await handle.sync();
}
