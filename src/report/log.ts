import type { Clock } from '../core/clock.ts';
import { type DownloadType, labelOf } from '../core/download-types.ts';
import type { DownloadRecord } from '../core/record.ts';
import { formatDuration } from '../core/text.ts';
import type { Runner } from '../runner/runner.ts';
import type { Batch } from './batch.ts';
import type { Foresee } from './foresight.ts';
import { Outages } from './outages.ts';
import type { Timeline } from './timeline.ts';
import type { Transfers } from './transfers.ts';
import { type ActiveVideo, describeActive, type NamedVideo, nameOf } from './video-name.ts';

/** The longest time without a line, in ms. */
const longestSilenceMs = 30_000;

/** How often transfers are reported, in ms. */
const transfersMs = 10_000;

/** GitHub shows 10 warnings of a step; further ones are only logged. */
const maxWarnings = 10;

/** The part of the runner that the log writes to. */
export type LogRunner = Pick<Runner, 'endGroup' | 'info' | 'startGroup' | 'warning'>;

/**
 * The log of the step while it runs. One video gets a line per change; see {@link Batch} for several. There are also
 * lines about the transfers and about outages, and one about everything in progress after 30 s of silence.
 */
export class Log {
  readonly #runner: LogRunner;
  readonly #clock: Clock;
  readonly #timeline: Timeline;
  readonly #outages: Outages;
  #batch: Batch | undefined;
  #transfers: Transfers | undefined;
  #foresee: Foresee = () => {};
  readonly #warned = new Set<string>();
  /** By ID. */
  readonly #active = new Map<string, ActiveVideo>();
  #lastMs: number;
  /** When everything in progress was described last. */
  #describedMs: number;
  /** Why no request can be sent, and until when. */
  #pause = { service: '', untilMs: Number.NEGATIVE_INFINITY, why: '' };
  /** Aborted when the last transfer ends. */
  #transferring: AbortController | undefined;

  constructor(runner: LogRunner, clock: Clock, timeline: Timeline) {
    this.#runner = runner;
    this.#clock = clock;
    this.#timeline = timeline;
    this.#outages = new Outages(() => clock.now());
    this.#lastMs = clock.now();
    this.#describedMs = this.#lastMs;
  }

  /** How many requests were repeated. */
  get retryCount(): number {
    return this.#outages.retryCount;
  }

  /**
   * Prepares to show several videos.
   *
   * @param total how many; undefined while that is unknown
   */
  async openBatch(total: number | undefined): Promise<void> {
    // Dynamic import: built as its own chunk, loaded only when needed.
    const { Batch } = await import('./batch.ts');
    this.#batch = new Batch({ runner: this.#runner, clock: this.#clock, total, timeline: this.#timeline });
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

  /** Logs that no request to a service can be sent for this long, and why. */
  pause(service: string, ms: number, why: string): void {
    this.#pause = { service, untilMs: this.#clock.now() + ms, why };
    this.info(`pausing for ${formatDuration(ms)}: ${why}`);
  }

  /** Follows the requests to a service, about one video or about none. */
  observe(service: string, videoId = '') {
    const batch = this.#batch;
    return this.#outages.observe(service, {
      isBatch: batch !== undefined,
      report: (line) => {
        const video = this.#active.get(videoId);
        if (video && !batch) this.#write(video, line);
        else this.info(line);
      },
      summarize: (line) => {
        const video = this.#active.get(videoId);
        if (video) batch?.write(video, line);
      },
    });
  }

  /** Logs why a video has no download of a type, or none at all, which is no failure. */
  excuse(videoId: string, type: DownloadType | '', why: string): void {
    const video = this.#active.get(videoId);
    if (!video) return;
    video.excuses.set(type, why);
    if (!this.#batch) this.#write(video, `${type === '' ? 'no downloads' : `no ${labelOf(type)}`}: ${why}`);
  }

  /** Prepares to show transfers. */
  async openTransfers(foresee: Foresee): Promise<void> {
    // Dynamic import: built as its own chunk, loaded only when needed.
    const { Transfers } = await import('./transfers.ts');
    this.#transfers = new Transfers(() => this.#clock.now());
    this.#foresee = foresee;
  }

  /** Shows a transfer until it is disposed of, after `openTransfers`. */
  startTransfer(videoId: string, type: DownloadType) {
    const transfers = this.#transfers;
    if (!transfers) throw new Error('Transfers are not open');
    const video = this.#active.get(videoId) ?? { id: videoId, title: () => undefined };
    const label = labelOf(type);
    const transfer = transfers.start(this.#batch ? `${nameOf(video)} ${label}` : label);
    const span = this.#timeline.start('saving', videoId, type);
    if (!this.#transferring) {
      this.#transferring = new AbortController();
      void this.#reportTransfers(transfers, this.#transferring.signal);
    }
    return {
      progress: transfer.progress,
      remainingMs: () => transfer.remainingMs(this.#clock.now()),
      [Symbol.dispose]: () => {
        span[Symbol.dispose]();
        if (transfers.end(transfer)) return;
        this.#transferring?.abort();
        this.#transferring = undefined;
      },
    };
  }

  /** Shows a video as in progress while `work` runs, and then its result. */
  async video(
    named: NamedVideo,
    work: (log: (text: string) => void) => Promise<readonly DownloadRecord[]>,
  ): Promise<void> {
    const video: ActiveVideo = {
      ...named,
      text: 'waiting for a response',
      excuses: new Map(),
      sinceMs: this.#clock.now(),
    };
    this.#active.set(named.id, video);
    this.#batch?.start(video);
    const records = await work((text) => {
      video.text = text;
      video.sinceMs = this.#clock.now();
      this.#write(video, text);
    });
    this.#active.delete(named.id);
    this.#lastMs = this.#clock.now();
    this.#batch?.end(video, records);
  }

  /** Counts a video that earlier runs have finished. */
  skipVideo(): void {
    this.#batch?.skip();
  }

  /** Writes a line after every 30 s of silence until it is disposed of. */
  breakSilence(): Disposable {
    const end = new AbortController();
    void this.#breakSilence(end.signal);
    return { [Symbol.dispose]: () => end.abort() };
  }

  #write(video: ActiveVideo, text: string): void {
    if (this.#batch) this.#batch.write(video, text);
    else this.info(`${nameOf(video)} · ${text}`);
  }

  async #breakSilence(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // In a large batch there is hardly any silence, but no line about all of it either.
      const sinceMs = this.#batch?.isLarge ? this.#describedMs : this.#lastMs;
      const leftMs = sinceMs + longestSilenceMs - this.#clock.now();
      if (leftMs <= 0) {
        this.#describedMs = this.#clock.now();
        this.info(this.#describeProgress());
      } else await this.#clock.sleep(leftMs, signal).catch(() => {});
    }
  }

  async #reportTransfers(transfers: Transfers, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#clock.sleep(transfersMs, signal).catch(() => {});
      if (signal.aborted) return;
      this.info(transfers.describe());
      const slowest = transfers.slowest();
      this.#foresee(slowest?.remainingMs, `${slowest?.label}: saving`);
    }
  }

  #describeProgress(): string {
    const nowMs = this.#clock.now();
    const pausedMs = this.#pause.untilMs - nowMs;
    const isPaused = pausedMs > 0;
    const pause = isPaused ? [`${this.#pause.why} for another ${formatDuration(pausedMs)}`] : [];
    const states = this.#batch ? this.#batch.describe(isPaused) : isPaused ? [] : this.#describeVideo();
    // The pause says enough about its own service.
    const parts = [
      ...states,
      ...pause,
      ...this.#outages.describe(isPaused ? this.#pause.service : undefined),
    ];
    const start = `still working after ${formatDuration(this.#timeline.elapsedMs)}`;
    return parts.length > 0 ? `${start}: ${parts.join('; ')}` : start;
  }

  #describeVideo(): string[] {
    return [...this.#active.values()].map((video) => describeActive(video, this.#clock.now()));
  }
}
