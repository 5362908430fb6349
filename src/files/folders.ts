import { lstat, mkdir, realpath, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import pLimit from 'p-limit';
import { Failure } from '../core/failure.ts';
import type { Destination } from './destination.ts';
import { hasCode } from './errors.ts';
import { liesIn } from './lies-in.ts';

/**
 * The folders that files are saved into. They are looked at, made and removed one after the other, so that no file
 * loses its folder to another that failed.
 */
export class Folders {
  readonly #destination: Pick<Destination, 'root'>;
  readonly #made = new Set<string>();
  readonly #inTurn = pLimit(1);

  /** @param destination whose `root` all of them must lie in, also once symbolic links are followed */
  constructor(destination: Pick<Destination, 'root'>) {
    this.#destination = destination;
  }

  /**
   * Makes the folder of a file where there is none.
   *
   * @param begin makes something in it, which keeps it from being removed
   * @throws {Failure} `target-outside`
   * @throws the system's error
   */
  enter<Result>(file: string, begin: () => Promise<Result>): Promise<Result> {
    const folder = dirname(file);
    return this.#inTurn(async () => {
      await this.#refuseOutside(file);
      try {
        await this.#make(folder);
        return await begin();
      } catch (error) {
        await this.#removeMade(folder);
        throw error;
      }
    });
  }

  /** Removes the folder of a file, and those that it lies in, as far as they were made here and are empty. */
  leave(file: string): Promise<void> {
    return this.#inTurn(() => this.#removeMade(dirname(file)));
  }

  /** Makes a folder and those that it lies in, one by one, so that it is known which were made where one fails. */
  async #make(folder: string): Promise<void> {
    try {
      await mkdir(folder);
      this.#made.add(folder);
    } catch (error) {
      if (hasCode(error, 'EEXIST') && (await stat(folder)).isDirectory()) return;
      if (!hasCode(error, 'ENOENT') || dirname(folder) === folder) throw error;
      await this.#make(dirname(folder));
      await this.#make(folder);
    }
  }

  async #removeMade(folder: string): Promise<void> {
    for (let path = folder; path !== dirname(path); path = dirname(path)) {
      if (!this.#made.has(path)) continue;
      try {
        await rmdir(path);
      } catch {
        return;
      }
      this.#made.delete(path);
    }
  }

  async #refuseOutside(file: string): Promise<void> {
    const { root } = this.#destination;
    const [real, realRoot] = await Promise.all([realFolder(dirname(file)), realpath(root)]);
    if (real !== undefined && liesIn(realRoot, real)) return;
    throw new Failure('target-outside', `${file} would lie outside ${root}`);
  }
}

/** Where the part of a folder's path that is there really leads; undefined for a link that leads nowhere. */
async function realFolder(folder: string): Promise<string | undefined> {
  for (let path = folder; ; path = dirname(path)) {
    try {
      await lstat(path);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
      continue;
    }
    return realpath(path).catch(() => undefined);
  }
}
