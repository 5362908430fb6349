import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { formatBytes, formatDuration, oneLine } from '../core/text.ts';
import { Watch } from '../http/idle-timeout.ts';
import { retryPauseMs } from '../http/retry.ts';
import { continues, rangeHeaders, sizeOfUnsatisfied, type Version, versionOf } from './byte-range.ts';
import { TransferError } from './errors.ts';
import { headBytes, isIsoMedia } from './iso-media.ts';
import type { PartialFile } from './partial-file.ts';
import { brokenOff, isRefusal, type RequestTools, refusal, request, saidOf } from './request.ts';

/** Where a file is to be had. */
export interface Source {
  /** Its address. */
  url(): Promise<string>;
  /**
   * Another address, where the host refused (401, 403) whoever asked at the last one.
   *
   * @throws {Failure} where there is none, with what to do about that
   */
  renew(refused: Failure): Promise<string>;
  /** Since when the file is said to be there, on the clock's scale. */
  readonly readySinceMs: number;
}

/** What files are transferred with. */
export interface TransferTools extends RequestTools {
  readonly clock: Clock;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** Ends the transfer with its reason. */
  readonly signal: AbortSignal;
  /** What is left of the step's time, in ms. */
  readonly leftMs: () => number;
  /** The longest time until the headers of an answer, and the longest silence after them, in ms. */
  readonly silenceMs: number;
}

/** Who is told of a transfer. */
export interface TransferObserver {
  /** How many bytes there are, of how many if that is known. */
  readonly progress: (haveBytes: number, totalBytes: number | undefined) => void;
  /** What passes, such as an attempt that is made again. */
  readonly tell: (text: string) => void;
}

/** How many attempts in a row may bring no new byte. */
const maxFruitless = 5;

/** For how long a file that was said to be ready may be missing: readiness may be reported a little early, in ms. */
const earlyMs = 60_000;

/** The longest pause while that lasts, in ms. */
const longestEarlyPauseMs = 10_000;

const mediaTypes = /^(?!text\/|application\/(?:.*\+)?(?:json|xml|javascript)\b)/i;

/** Brings one file here, however often the connection breaks. */
export class Transfer {
  readonly #file: PartialFile;
  readonly #source: Source;
  readonly #tools: TransferTools;
  readonly #observer: TransferObserver;
  #version: Version | undefined;
  /** The file's first bytes, until they were looked at. */
  #head = Buffer.alloc(0);
  /** Whether the host hands out the rest of a file as it should. */
  #ranges = true;
  #furthestBytes = 0;
  /** Whether what comes is joined on to what came before, so that each byte is new. */
  #joins = false;
  /** Whether a new byte came since an attempt last failed. */
  #gained = false;
  #fruitless = 0;
  /** How often what came was taken back since the furthest byte came. */
  #restarts = 0;
  #early = 0;
  /** Whether another address was asked for since a new byte came last. */
  #renewed = false;

  constructor(file: PartialFile, source: Source, tools: TransferTools, observer: TransferObserver) {
    this.#file = file;
    this.#source = source;
    this.#tools = tools;
    this.#observer = observer;
  }

  /** How far it came, in words. */
  get reached(): string {
    return reached(this.#furthestBytes, this.#version?.totalBytes);
  }

  /**
   * Resolves once all of the file has come.
   *
   * @throws {Failure} when it does not come
   * @throws the signal's reason
   */
  async whole(): Promise<void> {
    for (let url = await this.#source.url(); ; ) {
      try {
        return await this.#attempt(url);
      } catch (error) {
        this.#tools.signal.throwIfAborted();
        url = await this.#again(error instanceof Failure ? error : this.#cutOff(url, error), url);
      }
    }
  }

  async #attempt(url: string): Promise<void> {
    const { cut, signal, silenceMs } = this.#tools;
    using watch = new Watch(silenceMs, signal);
    const haveBytes = this.#file.sizeBytes;
    const range = this.#ranges ? rangeHeaders(haveBytes, this.#version) : {};
    const response = await request(url, range, watch.signal, this.#tools);
    try {
      watch.expect();
      if (this.#wasWhole(response, haveBytes)) return await this.#refuseShort(response);
      if (!(await this.#goesOn(response))) throw await refusal(response, watch.signal, cut);
      await this.#take(response, watch);
    } finally {
      await response.body?.cancel().catch(() => {});
    }
  }

  /**
   * Whether an answer says that there is no more to come than what is here (416).
   *
   * @throws {TransferError} where that contradicts what was said before
   */
  #wasWhole(response: Response, haveBytes: number): boolean {
    if (response.status !== 416 || haveBytes === 0) return false;
    if (sizeOfUnsatisfied(response.headers) !== haveBytes) {
      this.#ranges = false;
      const what = `the host has nothing from byte ${haveBytes} on, so it is another file by now`;
      throw new TransferError('file-incomplete', what, { passing: true });
    }
    if ((this.#version?.totalBytes ?? haveBytes) === haveBytes) return true;
    const what = `the host announced ${this.#announced} but has ${haveBytes}`;
    throw new TransferError('not-media', what, { said: saidOf(response) });
  }

  /** Whether an answer is the file or its next part; what came is taken back where the answer begins anew. */
  async #goesOn({ headers, status }: Response): Promise<boolean> {
    const haveBytes = this.#file.sizeBytes;
    if (status !== 200 && status !== 206) return false;
    const encoding = headers.get('content-encoding') || 'identity';
    if (encoding.toLowerCase() !== 'identity') {
      const name = oneLine(encoding, 40);
      throw new TransferError('not-media', `it came encoded as ${name}, which nobody asked for`);
    }
    if (!mediaTypes.test(headers.get('content-type') ?? '')) return false;

    if (status === 206 && continues(headers, haveBytes, this.#version)) {
      const { totalBytes, validator } = versionOf(headers);
      // A part may tell what the first answer did not, and may itself be shorter than was asked for.
      this.#version = {
        validator: this.#version?.validator ?? validator,
        totalBytes: this.#version?.totalBytes ?? totalBytes,
      };
      this.#joins = true;
      return true;
    }
    if (status === 206) {
      this.#ranges = false;
      const part = oneLine(this.#tools.cut(headers.get('content-range') ?? 'none'), 80);
      const what = `the host sent another part than the one from byte ${haveBytes} on (Content-Range: ${part})`;
      throw new TransferError('file-incomplete', what, { passing: true });
    }
    const version = versionOf(headers);
    // Who sends all of the same version again knows no ranges.
    if (haveBytes > 0 && version.validator === this.#version?.validator) this.#ranges = false;
    await this.#beginAnew();
    this.#version = version;
    this.#joins = false;
    return true;
  }

  async #beginAnew(): Promise<void> {
    if (this.#file.sizeBytes > 0) this.#restarts++;
    await this.#file.restart();
    this.#head = Buffer.alloc(0);
  }

  async #take(response: Response, watch: Watch): Promise<void> {
    const reader = response.body?.getReader();
    const cancel = () => void reader?.cancel(watch.signal.reason).catch(() => {});
    watch.signal.throwIfAborted();
    watch.signal.addEventListener('abort', cancel, { once: true });
    try {
      watch.expect();
      for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
        watch.rest();
        await this.#add(part.value);
        watch.expect();
      }
      watch.signal.throwIfAborted();
    } finally {
      watch.signal.removeEventListener('abort', cancel);
      reader?.releaseLock();
    }

    const { sizeBytes } = this.#file;
    if (this.#version?.totalBytes === undefined && !this.#endsForCertain(response)) {
      // Whether there is more, only another request can tell.
      const what = `the host does not say whether ${formatBytes(sizeBytes)} are all of it`;
      throw new TransferError('file-incomplete', what, { passing: true });
    }
    const totalBytes = this.#version?.totalBytes ?? sizeBytes;
    if (sizeBytes < totalBytes) {
      const what = `the host ended it after ${reached(sizeBytes, totalBytes)}`;
      throw new TransferError('file-incomplete', what, { passing: true });
    }
    if (sizeBytes > totalBytes) {
      const what = `the host announced ${this.#announced} but sent ${sizeBytes}`;
      throw new TransferError('not-media', what, { said: saidOf(response) });
    }
    await this.#refuseShort(response);
  }

  /** Whether the end of an answer of unannounced length is the end of the file, or else cannot be asked for. */
  #endsForCertain({ headers }: Response): boolean {
    const chunked = /\bchunked\b/i.test(headers.get('transfer-encoding') ?? '');
    const canAsk = this.#ranges && this.#version?.validator !== undefined;
    return !canAsk || (chunked && !this.#joins);
  }

  /** @throws {TransferError} where all that came is too short for a file */
  async #refuseShort(response: Response): Promise<void> {
    const { sizeBytes } = this.#file;
    if (sizeBytes >= headBytes) return;
    await this.#beginAnew();
    const what = sizeBytes === 0 ? 'it is empty' : `it has no more than ${sizeBytes} bytes`;
    throw new TransferError('not-media', what, { said: saidOf(response), passing: true });
  }

  async #add(bytes: Uint8Array): Promise<void> {
    if (this.#head.byteLength < headBytes) {
      this.#head = Buffer.concat([this.#head, bytes.subarray(0, headBytes)]);
      if (this.#head.byteLength >= headBytes && !isIsoMedia(this.#head)) {
        const shown = JSON.stringify(oneLine(this.#head.toString('latin1')));
        await this.#beginAnew();
        this.#version = undefined;
        const what = `it is no MP4 or M4A file, but begins with ${shown}`;
        throw new TransferError('not-media', what, { passing: true });
      }
    }
    await this.#file.add(bytes);
    const { sizeBytes } = this.#file;
    this.#observer.progress(sizeBytes, this.#version?.totalBytes);
    if (sizeBytes > this.#furthestBytes) {
      this.#furthestBytes = sizeBytes;
      this.#restarts = 0;
    } else if (!this.#joins || this.#restarts >= maxFruitless) return;
    this.#gained = true;
    this.#renewed = false;
  }

  /** Pauses before another attempt, where one is worth it, and tells where to make it. */
  async #again(failed: Failure, url: string): Promise<string> {
    if (isRefusal(failed) && !this.#renewed) {
      this.#renewed = true;
      return this.#source.renew(failed);
    }
    const pauseMs = this.#pauseMs(failed);
    const { clock, leftMs, signal } = this.#tools;
    const pause = formatDuration(pauseMs);
    if (pauseMs >= leftMs())
      throw final(failed, `the next attempt, in ${pause}, would be past the time limit`);
    this.#observer.tell(`${failed.what}; next attempt in ${pause}`);
    await clock.sleep(pauseMs, signal);
    return url;
  }

  #pauseMs(failed: Failure): number {
    const { clock, random } = this.#tools;
    const earlyLeftMs = this.#source.readySinceMs + earlyMs - clock.now();
    if (failed.kind === 'file-missing' && earlyLeftMs > 0) {
      return Math.min(retryPauseMs(++this.#early, random()), longestEarlyPauseMs, earlyLeftMs);
    }
    if (!(failed instanceof TransferError) || !failed.passing) throw failed;
    this.#fruitless = this.#gained ? 0 : this.#fruitless + 1;
    this.#gained = false;
    if (this.#fruitless >= maxFruitless) {
      throw final(failed, `the last of ${maxFruitless} attempts in a row without a new byte`);
    }
    return Math.max(failed.retryAfterMs ?? 0, retryPauseMs(this.#fruitless + 1, random()));
  }

  #cutOff(url: string, error: unknown): TransferError {
    const { host } = new URL(url);
    const late = `sent nothing for ${formatDuration(this.#tools.silenceMs)}`;
    const failed = brokenOff(host, error, late);
    if (this.#file.sizeBytes === 0) return failed;
    const { cause, kind, passing, what } = failed;
    return new TransferError(
      passing ? 'file-incomplete' : kind,
      `it was cut off after ${reached(this.#file.sizeBytes, this.#version?.totalBytes)}: ${what}`,
      { cause, passing },
    );
  }

  get #announced(): string {
    return `${this.#version?.totalBytes ?? 'no number of'} bytes`;
  }
}

/** `45 MB of 100 MB`. */
function reached(haveBytes: number, totalBytes: number | undefined): string {
  return `${formatBytes(haveBytes)}${totalBytes === undefined ? '' : ` of ${formatBytes(totalBytes)}`}`;
}

function final(failed: Failure, why: string): Failure {
  return new Failure(failed.kind, `${failed.what} (${why})`, { said: failed.said, cause: failed });
}
