import { relative, resolve, sep } from 'node:path';
import pLimit from 'p-limit';
import { describeRemaining } from '../core/deadline.ts';
import { type DownloadType, labelOf } from '../core/download-types.ts';
import { Failure } from '../core/failure.ts';
import { count, formatNumber } from '../core/text.ts';
import type { RetryObserver } from '../http/retry.ts';
import { type Destination, folderContains } from './destination.ts';
import { Folders } from './folders.ts';
import { untruncatedSize } from './iso-media.ts';
import { PartialFile } from './partial-file.ts';
import type { NamedDownload } from './placeholders.ts';
import { latinNameOf, needsName, targetOf } from './target.ts';
import { type Source, Transfer, type TransferOptions } from './transfer.ts';
import { WriteBuffers } from './write-buffers.ts';

export interface SavedFile {
  /** Absolute. */
  readonly path: string;
  /** Relative to the workspace when inside it, with `/`. */
  readonly file: string;
  readonly sizeBytes: number;
  /** In hex. */
  readonly sha256: string;
}

/** A transfer that the log shows until it is disposed of. */
export interface ShownTransfer extends Disposable {
  progress(receivedBytes: number, totalBytes: number | undefined): void;
  /** How much longer it will take at its current speed; undefined if that is not known. */
  remainingMs(): number | undefined;
}

export interface SaveObserver {
  /** Follows the attempts to receive the file. */
  readonly retries: RetryObserver;
  /** Called when the transfer starts, which may have to wait for others. */
  readonly startTransfer: () => ShownTransfer;
}

export interface SaverOptions extends Omit<TransferOptions, 'observer' | 'onProgress'> {
  readonly destination: Destination;
  /** The absolute path of the workspace. */
  readonly workspace: string;
  /** How many files are transferred at once. */
  readonly concurrency: number;
}

/** Saves the step's files: each complete and verified, or not at all. */
export class Saver {
  readonly #options: SaverOptions;
  readonly #transferLimit;
  readonly #folders: Folders;
  readonly #buffers: WriteBuffers;
  /** The download that each path belongs to. Paths that are equal on some file system have the same key. */
  readonly #owners = new Map<string, NamedDownload>();

  constructor(options: SaverOptions) {
    this.#options = options;
    this.#folders = new Folders(options.destination.root);
    this.#transferLimit = pLimit(options.concurrency);
    this.#buffers = new WriteBuffers(options.concurrency);
  }

  /** Whether the video's title is part of the path of its file. */
  get needsTitle(): boolean {
    return needsName(this.#options.destination);
  }

  /** The name of a video's file in Latin letters, such as for a release asset. */
  latinName(video: NamedDownload): Promise<string> {
    return latinNameOf(this.#options.destination, video);
  }

  /** Where the file of a download is saved: relative to the workspace when inside it, with `/`. */
  fileOf(video: NamedDownload): string {
    return this.#shown(targetOf(this.#options.destination, video));
  }

  /**
   * Lets no other download have a file that an earlier run has saved.
   *
   * @param file relative to the workspace when inside it
   */
  reserve(file: string, video: NamedDownload): void {
    this.#take(resolve(this.#options.workspace, file), video);
  }

  /**
   * Saves a file as soon as the limit of concurrent transfers allows.
   *
   * @throws {Failure} why it was not saved; no partial file is left behind then
   */
  async save(video: NamedDownload, source: Source, observer: SaveObserver): Promise<SavedFile> {
    const { destination, signal } = this.#options;
    const path = targetOf(destination, video);
    const file = this.#shown(path);
    const owner = this.#take(path, video);
    if (owner !== video) {
      const what = `${file} is also the file of the ${labelOf(owner.type)} download of video ${owner.id}`;
      throw new Failure('target-taken', what);
    }
    return this.#transferLimit(async () => {
      if (signal.aborted) {
        const progress = `the ${labelOf(video.type)} download was still waiting for its transfer`;
        throw Failure.from(signal.reason).withProgress(progress);
      }
      await using partial = await PartialFile.create(path, this.#folders, this.#buffers);
      await this.#receive(partial, video.type, source, observer);
      return { path, file, sizeBytes: partial.sizeBytes, sha256: await partial.finish() };
    });
  }

  #shown(path: string): string {
    const { workspace } = this.#options;
    return folderContains(workspace, path) ? relative(workspace, path).replaceAll(sep, '/') : path;
  }

  /** @returns the download that the path belongs to: this one, unless another one has it already */
  #take(path: string, video: NamedDownload): NamedDownload {
    const key = path.normalize('NFC').toUpperCase().toLowerCase();
    const owner = this.#owners.get(key) ?? video;
    this.#owners.set(key, owner);
    return owner;
  }

  async #receive(file: PartialFile, type: DownloadType, source: Source, observer: SaveObserver) {
    using shown = observer.startTransfer();
    const transfer = new Transfer(file, source, {
      ...this.#options,
      observer: observer.retries,
      onProgress: (receivedBytes, totalBytes) => shown.progress(receivedBytes, totalBytes),
    });
    try {
      await transfer.receive();
      await this.#refuseTruncated(file);
    } catch (error) {
      const failure = Failure.from(error);
      throw failure.isEndOfStep
        ? failure.withProgress(
            `${transfer.progress} of the ${labelOf(type)} download were received${describeRemaining(failure, shown.remainingMs())}`,
          )
        : failure.describedAs(`Could not save the ${labelOf(type)} download: ${failure.what}`);
    }
  }

  async #refuseTruncated(file: PartialFile): Promise<void> {
    const { signal } = this.#options;
    const { sizeBytes } = file;
    const wholeBytes = await untruncatedSize(sizeBytes, (block, position) => {
      signal.throwIfAborted();
      return file.read(block, position);
    });
    signal.throwIfAborted();
    if (wholeBytes === undefined) return;
    const what = `the file's own structure says ${count(wholeBytes, 'byte')}, but the host sent ${formatNumber(sizeBytes)}`;
    throw new Failure('not-media', what);
  }
}
