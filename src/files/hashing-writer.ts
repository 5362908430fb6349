import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { bufferBytes, type WriteBuffers } from './write-buffers.ts';

/** After how many bytes to sync, which keeps the final sync short: a cancelled run has to wait for it. */
const unsyncedBytes = 64 * 1024 * 1024;

/**
 * Appends to a file, and hashes what it appends. A full buffer is written while it is hashed and while the next one
 * fills.
 */
export class HashingWriter {
  readonly #handle: FileHandle;
  readonly #buffers: WriteBuffers;
  #hash = createHash('sha256');
  #sizeBytes = 0;
  #buffer: Uint8Array | undefined;
  #bufferedBytes = 0;
  /** Where in the file the buffer starts. */
  #position = 0;
  #syncedBytes = 0;
  #appending: Promise<void> | undefined;
  #writing = Promise.resolve();
  #hasFailed = false;
  /** Whether what was appended is of no use any more, so that the rest of it need not be written. */
  #isDiscarded = false;

  constructor(handle: FileHandle, buffers: WriteBuffers) {
    this.#handle = handle;
    this.#buffers = buffers;
  }

  /** How much was appended. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /**
   * Appends bytes, which are copied.
   *
   * @returns a promise if all buffers are in use or a write has failed: append nothing before it resolves
   */
  append(bytes: Uint8Array): Promise<void> | undefined {
    this.#sizeBytes += bytes.byteLength;
    const copiedBytes = this.#copy(bytes);
    if (copiedBytes === bytes.byteLength && !this.#hasFailed) return undefined;
    this.#appending = this.#appendRest(bytes.subarray(copiedBytes));
    return this.#appending;
  }

  /** Resolves once everything is written. */
  async flush(): Promise<void> {
    await this.#appending;
    this.#startWriting();
    await this.#writing;
  }

  /** Forgets everything, once nothing is being written any more. The file is left as it is. */
  async reset(): Promise<void> {
    this.#isDiscarded = true;
    await Promise.allSettled([this.#appending, this.#writing]);
    this.#isDiscarded = false;
    if (this.#buffer) this.#buffers.giveBack(this.#buffer);
    this.#buffer = undefined;
    this.#appending = undefined;
    this.#writing = Promise.resolve();
    this.#hasFailed = false;
    this.#sizeBytes = 0;
    this.#bufferedBytes = 0;
    this.#position = 0;
    this.#syncedBytes = 0;
    this.#hash = createHash('sha256');
  }

  /** The SHA-256 of everything that was flushed, in hex. Nothing can be appended afterwards. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  async #appendRest(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.byteLength > 0; rest = rest.subarray(this.#copy(rest))) {
      this.#buffer ??= await this.#buffers.next();
      if (this.#hasFailed || this.#isDiscarded) break;
    }
    if (this.#hasFailed) await this.#writing;
  }

  /** Copies bytes into buffers. @returns how many, since there may be no buffer for the rest */
  #copy(bytes: Uint8Array): number {
    let copiedBytes = 0;
    while (copiedBytes < bytes.byteLength) {
      this.#buffer ??= this.#buffers.take();
      if (!this.#buffer) break;
      const part = bytes.subarray(copiedBytes, copiedBytes + bufferBytes - this.#bufferedBytes);
      this.#buffer.set(part, this.#bufferedBytes);
      this.#bufferedBytes += part.byteLength;
      copiedBytes += part.byteLength;
      if (this.#bufferedBytes === bufferBytes) this.#startWriting();
    }
    return copiedBytes;
  }

  /** Starts to write what the buffer contains, after what is being written. */
  #startWriting(): void {
    const buffer = this.#buffer;
    if (!buffer) return;
    const filled = buffer.subarray(0, this.#bufferedBytes);
    const position = this.#position;
    this.#buffer = undefined;
    this.#bufferedBytes = 0;
    this.#position += filled.byteLength;
    this.#writing = this.#writing
      .then(() => this.#write(filled, position))
      .finally(() => this.#buffers.giveBack(buffer));
    // Whoever awaits it next gets its error.
    this.#writing.catch(() => {
      this.#hasFailed = true;
    });
    this.#hash.update(filled);
  }

  async #write(bytes: Uint8Array, position: number): Promise<void> {
    // A disk that fills up writes only a part at first.
    for (let written = 0; written < bytes.byteLength && !this.#isDiscarded; ) {
      const { bytesWritten } = await this.#handle.write(bytes, written, undefined, position + written);
      written += bytesWritten;
    }
    if (this.#isDiscarded || position - this.#syncedBytes < unsyncedBytes) return;
    await this.#handle.datasync();
    this.#syncedBytes = position;
  }
}
