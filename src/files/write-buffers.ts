/**
 * How large a buffer is, in bytes: large enough that writing it costs little more than copying it, and small enough that
 * the last one of a file, which nothing overlaps, is written in no time.
 */
export const bufferBytes = 1024 * 1024;

/** How many buffers there are besides the one that each file fills. */
const spareBuffers = 6;

/**
 * The memory in which files are received. Each file fills one buffer at a time, while its full ones are written; so the
 * memory is the same for files of any size. A buffer is created when it is needed for the first time.
 */
export class WriteBuffers {
  readonly #free: Uint8Array[] = [];
  readonly #waiting: ((buffer: Uint8Array) => void)[] = [];
  #leftToCreate: number;

  /** @param files how many files are received at once */
  constructor(files: number) {
    this.#leftToCreate = files + spareBuffers;
  }

  /** A buffer, unless all are in use. */
  take(): Uint8Array | undefined {
    const free = this.#free.pop();
    if (free || this.#leftToCreate === 0) return free;
    this.#leftToCreate--;
    return Buffer.allocUnsafeSlow(bufferBytes);
  }

  /** Resolves with the next buffer that is given back. Only for use after `take` returned none. */
  next(): Promise<Uint8Array> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  giveBack(buffer: Uint8Array): void {
    const resolve = this.#waiting.shift();
    if (resolve) resolve(buffer);
    else this.#free.push(buffer);
  }
}
