import { relative, sep } from 'node:path';
import pLimit, { type LimitFunction } from 'p-limit';
import { Failure } from '../core/failure.ts';
import { type Destination, needsName, targetOf } from './destination.ts';
import { Folders } from './folders.ts';
import { missingSize } from './iso-media.ts';
import { liesIn } from './lies-in.ts';
import { PartialFile } from './partial-file.ts';
import type { NamedVideo } from './placeholders.ts';
import { type Source, Transfer, type TransferObserver, type TransferTools } from './transfer.ts';

/** What is known of a file once it is in its place. */
export interface SavedFile {
  /** Absolute. */
  readonly path: string;
  /** Relative to the workspace where it is in it, with `/`. */
  readonly file: string;
  readonly sizeBytes: number;
  /** In hex. */
  readonly sha256: string;
}

/** A file in transfer that is shown, until it is disposed of. */
export interface ShownTransfer extends Disposable, Pick<TransferObserver, 'progress'> {}

/** Who is told of a file. */
export interface SaveObserver extends Pick<TransferObserver, 'tell'> {
  /** Shows its transfer, once that has a place. */
  readonly show: () => ShownTransfer;
}

export interface SaverOptions extends TransferTools {
  readonly destination: Destination;
  /** The absolute path of the workspace. */
  readonly workspace: string;
  /** Files in transfer at once. */
  readonly concurrency: number;
}

/** Saves the step's files: each right, or not at all. */
export class Saver {
  readonly #options: SaverOptions;
  readonly #inTransfer: LimitFunction;
  readonly #folders: Folders;
  /** Whose each target is, by its path as any disk would compare it. */
  readonly #takenBy = new Map<string, NamedVideo>();

  constructor(options: SaverOptions) {
    this.#options = options;
    this.#folders = new Folders(options.destination);
    this.#inTransfer = pLimit(options.concurrency);
  }

  /** Whether the title of a video is a part of its file's name. */
  get needsName(): boolean {
    return needsName(this.#options.destination);
  }

  /**
   * Saves a file as soon as there is a place for its transfer.
   *
   * @throws {Failure} why it is not saved; nothing of it is left behind then
   */
  async save(video: NamedVideo, source: Source, { show, tell }: SaveObserver): Promise<SavedFile> {
    const { destination } = this.#options;
    const target = targetOf(destination, video);
    this.#take(target, video);
    return this.#inTransfer(async () => {
      const { signal } = this.#options;
      if (signal.aborted)
        throw withState(signal.reason, `the ${video.type} download still waited for its turn`);
      await using file = await PartialFile.begin(target, this.#folders);
      using shown = show();
      await this.#fetch(file, video, source, { progress: shown.progress, tell });
      const { sizeBytes } = file;
      const saysBytes = await missingSize(sizeBytes, (position, length) => {
        signal.throwIfAborted();
        return file.read(position, length);
      });
      if (saysBytes !== undefined) {
        const what = `by its own account it has ${saysBytes} bytes, but the host announced and sent ${sizeBytes}`;
        throw new Failure('not-media', couldNot(video, what));
      }
      signal.throwIfAborted();
      return { sizeBytes, sha256: await file.finish(), file: this.#shown(target), path: target };
    });
  }

  async #fetch(
    file: PartialFile,
    video: NamedVideo,
    source: Source,
    observer: TransferObserver,
  ): Promise<void> {
    const { signal } = this.#options;
    const transfer = new Transfer(file, source, this.#options, observer);
    try {
      await transfer.whole();
    } catch (error) {
      if (error === signal.reason) {
        throw withState(error, `${transfer.reached} of the ${video.type} download had come`);
      }
      const failure = Failure.from(error);
      const { kind, said, what } = failure;
      throw new Failure(kind, couldNot(video, what), { said, cause: failure });
    }
  }

  /** @throws {Failure} `target-taken` */
  #take(target: string, video: NamedVideo): void {
    const path = target.normalize('NFC').toUpperCase().toLowerCase();
    const other = this.#takenBy.get(path);
    if (other) {
      const whose = `the ${other.type} download of video ${other.id}`;
      throw new Failure('target-taken', `${this.#shown(target)} is also where ${whose} goes`);
    }
    this.#takenBy.set(path, video);
  }

  #shown(target: string): string {
    const { workspace } = this.#options;
    return liesIn(workspace, target) ? relative(workspace, target).replaceAll(sep, '/') : target;
  }
}

/** The end of the step, told with how far it let a file come. */
function withState(end: unknown, state: string): Failure {
  const failure = Failure.from(end);
  return new Failure(failure.kind, `${failure.what}; ${state}`, { cause: failure });
}

function couldNot({ type }: NamedVideo, what: string): string {
  return `Could not save the ${type} download: ${what}`;
}
