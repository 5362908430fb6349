import type { Clock } from '../core/clock.ts';
import type { Failure } from '../core/failure.ts';
import { failures } from '../core/failures/table.ts';
import type { DownloadRecord } from '../core/record.ts';
import { count, formatDuration, quote, withCommas } from '../core/text.ts';
import type { Runner } from '../runner/runner.ts';
import { failureMessage, sharedCause } from './annotations.ts';
import { publishedStatus } from './outputs.ts';
import type { Transfers } from './transfers.ts';

/** The longest time without a line, in ms. */
const longestSilenceMs = 30_000;

/** How often transfers are reported, in ms. */
const transfersMs = 10_000;

/** GitHub shows 10 warnings of a step; further ones are only logged. */
const maxWarnings = 10;

/** Of how many videos each gets a group: those of more would bury what matters. */
const maxGrouped = 10;

/** How many videos the line about everything in progress names. */
const maxNamed = 3;

/** The part of the runner that the log writes to. */
export type LogRunner = Pick<Runner, 'endGroup' | 'info' | 'startGroup' | 'warning'>;

/** A video in progress. */
interface ActiveVideo {
  readonly write: (text: string) => void;
  /** Its latest state, and since when. */
  text: string;
  sinceMs: number;
  /** Why it has no download, if that is no failure. */
  excuse?: string;
}

/**
 * The log of the step while it runs. One video gets a line per change; several get a group each when they are done,
 * since their lines would mix otherwise; of many, only those get one that failed, and there is a line with counts every
 * 30 s. There are also lines about the transfers, and one about everything in progress after 30 s of silence.
 */
export class Log {
  readonly #runner: LogRunner;
  readonly #clock: Clock;
  readonly #grouped: boolean;
  #transfers: Transfers | undefined;
  readonly #warned = new Set<string>();
  readonly #startMs: number;
  /** By ID. */
  readonly #active = new Map<string, ActiveVideo>();
  /** The failures in the log, each with the first video that it concerns. */
  readonly #shownFailures = new Map<Failure, string>();
  #videoCount = 0;
  #failedCount = 0;
  #lastMs: number;
  /** When the counts were logged last. */
  #countedMs: number;
  /** Why no request can be sent, and until when. */
  #pause = { untilMs: Number.NEGATIVE_INFINITY, why: '' };
  /** Aborted when the last transfer ends. */
  #transferring: AbortController | undefined;

  /** @param severalVideos whether there can be more than one video */
  constructor(runner: LogRunner, clock: Clock, severalVideos: boolean) {
    this.#runner = runner;
    this.#clock = clock;
    this.#grouped = severalVideos;
    this.#startMs = clock.now();
    this.#lastMs = this.#startMs;
    this.#countedMs = this.#startMs;
  }

  info(line: string): void {
    this.#lastMs = this.#clock.now();
    this.#runner.info(line);
  }

  /** Adds a warning to the run, unless it was added before. One that GitHub would not show is only logged. */
  warn(message: string, title: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#lastMs = this.#clock.now();
    if (this.#warned.size <= maxWarnings) this.#runner.warning(message, title);
    else this.info(`${title}: ${message}`);
  }

  /** Logs something about a video that does not change its state, such as a retry. */
  notice(videoId: string | undefined, text: string): void {
    const video = this.#active.get(videoId ?? '');
    if (video) video.write(text);
    else this.info(text);
  }

  /** Logs that no request can be sent for this long, and why. */
  pause(ms: number, why: string): void {
    this.#pause = { untilMs: this.#clock.now() + ms, why };
    this.info(`pausing for ${formatDuration(ms)}: ${why}`);
  }

  /** Logs why a video has no download, which is no failure. */
  excuse(videoId: string, text: string): void {
    const video = this.#active.get(videoId);
    if (video) video.excuse = text;
    this.notice(videoId, text);
  }

  /** Prepares to show transfers. */
  async openTransfers(): Promise<void> {
    // Dynamic import: built as its own chunk, loaded only when needed.
    const { Transfers } = await import('./transfers.ts');
    this.#transfers = new Transfers(() => this.#clock.now());
  }

  /** Shows a transfer until it is disposed of, after `openTransfers`. */
  startTransfer(videoId: string, type: string) {
    const transfers = this.#transfers;
    if (!transfers) throw new Error('Transfers are not open');
    const transfer = transfers.start(this.#grouped ? `${videoId} ${type}` : type);
    if (!this.#transferring) {
      this.#transferring = new AbortController();
      void this.#reportTransfers(transfers, this.#transferring.signal);
    }
    return {
      progress: transfer.progress,
      [Symbol.dispose]: () => {
        if (transfers.end(transfer)) return;
        this.#transferring?.abort();
        this.#transferring = undefined;
      },
    };
  }

  /** Shows a video as in progress while `work` runs, and then its result. */
  async video(
    videoId: string,
    work: (log: (text: string) => void) => Promise<readonly DownloadRecord[]>,
  ): Promise<void> {
    this.#videoCount++;
    const lines: string[] = [];
    const write = (text: string) => {
      if (this.#grouped) lines.push(`${this.#elapsed()}  ${text}`);
      else this.info(text);
    };
    const video: ActiveVideo = { write, text: 'waiting for the first response', sinceMs: this.#clock.now() };
    this.#active.set(videoId, video);
    const records = await work((text) => {
      video.text = text;
      video.sinceMs = this.#clock.now();
      write(text);
    });
    this.#active.delete(videoId);
    if (this.#grouped) this.#group(videoId, records, lines, video.excuse);
  }

  /** Writes a line after every 30 s of silence until it is disposed of. */
  breakSilence(): Disposable {
    const end = new AbortController();
    void this.#breakSilence(end.signal);
    return { [Symbol.dispose]: () => end.abort() };
  }

  #group(
    videoId: string,
    records: readonly DownloadRecord[],
    lines: readonly string[],
    excuse: string | undefined,
  ): void {
    const messages = new Set(records.flatMap((record) => this.#describeFailure(record)));
    const title = records.find((record) => record.title)?.title;
    const name = title ? `${videoId} ${quote(title)}` : videoId;
    if (messages.size > 0) this.#failedCount++;
    else if (this.#isLarge) {
      if (excuse !== undefined) this.info(`– ${name}: ${excuse}`);
      return;
    }
    const states = records.map((record) => `${record.type} ${publishedStatus(record)}`.trim());
    const done = `${this.#videoCount - this.#active.size}/${this.#videoCount}`;
    const isNothing = records.every(({ status }) => status === 'none');
    const mark = messages.size > 0 ? '✘' : isNothing ? '–' : '✔';
    this.#lastMs = this.#clock.now();
    this.#runner.startGroup(`${done} ${mark} ${name}: ${states.join(', ')}`);
    for (const line of [...lines, ...messages]) this.info(line);
    this.#runner.endGroup();
  }

  /** A failure that several videos share is described once. */
  #describeFailure(record: DownloadRecord): string[] {
    const { failure } = record;
    const message = failureMessage(record);
    if (!failure || message === undefined) return [];
    const shared = sharedCause(failure);
    const videoId = this.#shownFailures.get(shared) ?? record.videoId;
    this.#shownFailures.set(shared, videoId);
    return [videoId === record.videoId ? message : `${failures[failure.kind].title}, as for ${videoId}`];
  }

  async #breakSilence(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const silentMs = this.#clock.now() - (this.#isLarge ? this.#countedMs : this.#lastMs);
      if (silentMs >= longestSilenceMs) {
        this.#countedMs = this.#clock.now();
        this.info(this.#isLarge ? this.#describeCounts() : this.#describeActive());
      } else await this.#clock.sleep(longestSilenceMs - silentMs, signal).catch(() => {});
    }
  }

  async #reportTransfers(transfers: Transfers, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#clock.sleep(transfersMs, signal).catch(() => {});
      if (signal.aborted) return;
      this.info(transfers.describe());
    }
  }

  get #isLarge(): boolean {
    return this.#videoCount > maxGrouped;
  }

  #describeCounts(): string {
    const done = withCommas(this.#videoCount - this.#active.size);
    const counts = `${done} done, ${withCommas(this.#failedCount)} failed, ${withCommas(this.#active.size)} in progress`;
    const pausedMs = this.#pause.untilMs - this.#clock.now();
    const pause = pausedMs > 0 ? `; ${this.#pause.why} for another ${formatDuration(pausedMs)}` : '';
    return `still working after ${this.#elapsed()}: ${counts}${pause}`;
  }

  #describeActive(): string {
    const nowMs = this.#clock.now();
    const pausedMs = this.#pause.untilMs - nowMs;
    if (pausedMs > 0) {
      return `still working after ${this.#elapsed()}: ${this.#pause.why} for another ${formatDuration(pausedMs)}`;
    }
    const named = [...this.#active]
      .slice(0, maxNamed)
      .map(([id, { sinceMs, text }]) => `${id}: ${text} (for ${formatDuration(nowMs - sinceMs)})`);
    const more = this.#active.size - named.length;
    const rest = more > 0 ? [count(more, 'more video')] : [];
    return [`still working after ${this.#elapsed()}`, [...named, ...rest].join('; ')]
      .filter(Boolean)
      .join(': ');
  }

  #elapsed(): string {
    return formatDuration(this.#clock.now() - this.#startMs);
  }
}
