import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, lstat, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../core/failure.ts';
import { diskFailure } from './disk-error.ts';
import type { Folders } from './folders.ts';

/** How many bytes are written at once: a balance between few writes and little memory. */
const batchBytes = 2 * 1024 * 1024;

/** How many pieces are written at most at once: as many as one `writev` accepts. */
const batchPieces = 1024;

/** After how many bytes to sync, which keeps the final sync short: a cancelled run has to wait for it. */
const unsyncedBytes = 64 * 1024 * 1024;

/**
 * A file that is being received: a hidden file in the same folder, which is renamed once it is complete. Until then,
 * what exists under the file's name stays as it is.
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
  #isFinished = false;

  private constructor(target: string, path: string, handle: FileHandle, folders: Folders) {
    this.#target = target;
    this.#path = path;
    this.#handle = handle;
    this.#folders = folders;
  }

  /**
   * Creates the partial file, with the folders that it needs.
   *
   * @param target the absolute path of the complete file
   * @throws {Failure} `target-outside`, `target-unwritable`, `disk-full`
   */
  static async create(target: string, folders: Folders): Promise<PartialFile> {
    const path = join(dirname(target), `.${randomBytes(8).toString('hex')}.partial`);
    try {
      const handle = await folders.enter(target, async () => {
        const found = await lstat(target).catch(() => undefined);
        if (!found?.isDirectory()) return open(path, 'wx+');
        const why = `it is a folder; write ${basename(target)}/ to save into it`;
        throw new Failure('target-unwritable', `${target} could not be written: ${why}`);
      });
      return new PartialFile(target, path, handle, folders);
    } catch (error) {
      throw error instanceof Failure ? error : diskFailure(target, error);
    }
  }

  get sizeBytes(): number {
    return this.#writtenBytes + this.#batchedBytes;
  }

  /**
   * Appends bytes. Resolves once there is room for more.
   *
   * @param bytes not to be used afterwards: their memory is freed
   * @throws {Failure} `disk-full`, `target-unwritable`
   */
  async append(bytes: Uint8Array): Promise<void> {
    this.#batch.push(bytes);
    this.#batchedBytes += bytes.byteLength;
    if (this.#batchedBytes >= batchBytes || this.#batch.length >= batchPieces) await this.#flush();
  }

  async truncate(): Promise<void> {
    if (this.sizeBytes === 0) return;
    await this.#writing.catch(() => {});
    this.#batch = [];
    this.#batchedBytes = 0;
    this.#writtenBytes = 0;
    this.#syncedBytes = 0;
    this.#hash = createHash('sha256');
    await this.#disk(() => this.#handle.truncate(0));
  }

  /**
   * Fills a block with the bytes from a position on.
   *
   * @returns how many bytes there were; fewer than the block holds only at the end of the file
   */
  async read(block: Uint8Array, position: number): Promise<number> {
    await this.#settle();
    return this.#disk(async () => (await this.#handle.read(block, 0, block.byteLength, position)).bytesRead);
  }

  /**
   * Syncs the file to the disk and renames it to its target.
   *
   * @returns its SHA-256 in hex
   */
  async finish(): Promise<string> {
    await this.#settle();
    await this.#disk(async () => {
      await this.#handle.sync();
      await this.#requireSameFile();
      await this.#handle.close();
      await rename(this.#path, this.#target);
      this.#isFinished = true;
      // Not every system can sync the new name; the file itself is complete.
      await syncFolder(dirname(this.#target)).catch(() => {});
    });
    return this.#hash.digest('hex');
  }

  /** Removes the partial file and its folders, unless it was finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isFinished) return;
    await this.#writing.catch(() => {});
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
    if (isSame && written.size === BigInt(this.#writtenBytes)) return;
    const why = 'another program changed the file while it was being received';
    throw new Failure('target-unwritable', `${this.#target} could not be written: ${why}`);
  }

  async #settle(): Promise<void> {
    await this.#flush();
    await this.#disk(() => this.#writing);
  }

  /** Starts to write the batch; it is written while it is hashed and while the next one is received. */
  async #flush(): Promise<void> {
    await this.#disk(() => this.#writing);
    const batch = this.#batch;
    const position = this.#writtenBytes;
    this.#writtenBytes += this.#batchedBytes;
    this.#batch = [];
    this.#batchedBytes = 0;
    this.#writing = this.#write(batch, position);
    // Whoever awaits it next gets its error.
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
      throw error instanceof Failure ? error : diskFailure(this.#target, error);
    }
  }
}

async function writeAll(handle: FileHandle, batch: readonly Uint8Array[], position: number): Promise<void> {
  if (batch.length === 0) return;
  let { bytesWritten } = await handle.writev(batch, position);
  const lengthBytes = batch.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (bytesWritten === lengthBytes) return;
  // A disk that fills up writes only a part at first.
  const whole = Buffer.concat(batch);
  while (bytesWritten < lengthBytes) {
    bytesWritten += (await handle.write(whole, bytesWritten, undefined, position + bytesWritten))
      .bytesWritten;
  }
}

/** Frees the memory at once: until the garbage collector runs, it would grow to many times what is needed. */
function free({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder);
  await handle.sync();
}
