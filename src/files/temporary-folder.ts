import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downloadTypes } from '../core/record.ts';
import { type Destination, readDestination } from './destination.ts';
import { diskFailure } from './errors.ts';

/** A folder for files that are of use only for a while: it goes with all that is in it. */
export class Scratch implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * @param temp the folder that it is made in; undefined for the system's own
   * @throws {Failure} `target-unwritable`, `disk-full`
   */
  static async make(temp: string | undefined): Promise<Scratch> {
    const parent = temp || tmpdir();
    try {
      return new Scratch(await mkdtemp(join(await realpath(parent), 'stream-downloads-')));
    } catch (error) {
      throw diskFailure(join(parent, 'stream-downloads-…'), error);
    }
  }

  /** Where files with the default names are saved to in it. */
  destination(severalVideos: boolean): Destination {
    const read = readDestination('./', {
      workspace: this.#folder,
      temp: undefined,
      types: downloadTypes,
      severalVideos,
      isFolder: () => true,
    });
    if ('destination' in read) return read.destination;
    throw new Error(read.problems.join('\n'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  }
}
