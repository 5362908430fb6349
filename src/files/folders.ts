import { lstat, mkdir, mkdtemp, realpath, rm, rmdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import nodePath, { dirname, join } from 'node:path';
import pLimit from 'p-limit';
import { Failure } from '../core/failure.ts';
import { type Destination, folderContains } from './destination.ts';
import { diskFailure, errorCode } from './disk-error.ts';

/**
 * The folders that files are saved into. They are checked, created and removed one after the other, so that a file
 * that fails never removes the folder of another.
 */
export class Folders {
  readonly #root: string;
  readonly #created = new Set<string>();
  readonly #oneAtATime = pLimit(1);

  /** @param root the absolute path of the folder that all of them must be in once symbolic links are resolved */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Creates the folder of a file where it does not exist.
   *
   * @param begin creates a file in it, which keeps the folder from being removed
   * @throws {Failure} `target-outside`
   * @throws the system's error
   */
  enter<Result>(file: string, begin: () => Promise<Result>): Promise<Result> {
    const folder = dirname(file);
    return this.#oneAtATime(async () => {
      if (!(await resolvesInside(folder, this.#root))) {
        throw new Failure('target-outside', `${file} would be outside ${this.#root}`);
      }
      try {
        await this.#create(folder);
        return await begin();
      } catch (error) {
        await this.#removeEmpty(folder);
        throw error;
      }
    });
  }

  /** Removes the folder of a file and its parents, as far as they were created here and are empty. */
  leave(file: string): Promise<void> {
    return this.#oneAtATime(() => this.#removeEmpty(dirname(file)));
  }

  /** Unlike a recursive `mkdir`, records which folders were created even if creating one of them fails. */
  async #create(folder: string): Promise<void> {
    try {
      await mkdir(folder);
      this.#created.add(folder);
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
      if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
      await this.#create(dirname(folder));
      await this.#create(folder);
    }
  }

  async #removeEmpty(folder: string): Promise<void> {
    for (let path = folder; path !== dirname(path); path = dirname(path)) {
      if (!this.#created.has(path)) continue;
      try {
        await rmdir(path);
      } catch {
        return;
      }
      this.#created.delete(path);
    }
  }
}

/** Whether the existing part of a folder's path leads into the root, symbolic links resolved. */
async function resolvesInside(folder: string, root: string): Promise<boolean> {
  try {
    await lstat(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return resolvesInside(dirname(folder), root);
    throw error;
  }
  // A link whose target does not exist may lead anywhere.
  const resolved = await realpath(folder).catch(() => undefined);
  return resolved !== undefined && folderContains(await realpath(root), resolved);
}

/**
 * A folder for files under their default names. It is removed, with everything in it, when it is disposed of.
 *
 * @param parent the folder to create it in; defaults to the system's folder for temporary files
 * @throws {Failure} `target-unwritable`, `disk-full`
 */
export async function createTemporaryFolder(
  parent: string | undefined,
  severalVideos: boolean,
): Promise<AsyncDisposable & { readonly destination: Destination }> {
  const base = parent || tmpdir();
  const prefix = 'stream-downloads-';
  const root = await realpath(base)
    .then((folder) => mkdtemp(join(folder, prefix)))
    .catch((error: unknown) => {
      throw diskFailure(join(base, `${prefix}…`), error);
    });
  return {
    destination: { root, folders: [], file: undefined, severalVideos, path: nodePath },
    async [Symbol.asyncDispose]() {
      await rm(root, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
    },
  };
}
