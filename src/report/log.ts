import type { Clock } from '../core/clock.ts';
import type { VideoRecords } from '../core/record.ts';
import { count, formatDuration } from '../core/text.ts';
import type { Runner } from '../runner/runner.ts';
import { failureMessage } from './annotations.ts';
import type { Terminal } from './terminal.ts';
import { Transfers } from './transfers.ts';

/** The longest silence while something goes on, in ms. */
const silenceMs = 30_000;

/** How often files in transfer are told of: in a log, and in a terminal that draws them anew, in ms. */
const transfersMs = 10_000;
const redrawnMs = 200;

/** GitHub shows 10 warnings of a step; what is over is for those who read the log. */
const warnedAtMost = 10;

/** How many videos a line about all that goes on names. */
const namedAtMost = 3;

export type LogRunner = Pick<Runner, 'info' | 'warning' | 'startGroup' | 'endGroup'>;

/**
 * What a person reads while the step runs: of one video a line per change; of several a group per video as soon
 * as it is done, since their lines would mix otherwise; how far files in transfer have come; and after 30 s of silence
 * a line that tells what goes on.
 */
export class Log {
  readonly #runner: LogRunner;
  readonly #clock: Clock;
  readonly #terminal: Terminal | undefined;
  readonly #transfers: Transfers;
  /** Aborted when no file is in transfer any more; undefined while there is none. */
  #transferring: AbortController | undefined;
  readonly #warned = new Set<string>();
  readonly #startMs: number;
  /** Each video that is not done, by id, with what was told of it last. */
  readonly #going = new Map<string, { text: string; atMs: number; tell: (text: string) => void }>();
  #lastMs: number;

  /** @param terminal where to draw bars; undefined where what is written stays */
  constructor(runner: LogRunner, clock: Clock, terminal?: Terminal) {
    this.#runner = runner;
    this.#clock = clock;
    this.#terminal = terminal;
    this.#transfers = new Transfers(() => clock.now());
    this.#startMs = clock.now();
    this.#lastMs = this.#startMs;
  }

  info(line: string): void {
    this.#lastMs = this.#clock.now();
    this.#terminal?.clear();
    this.#runner.info(line);
  }

  /** Warns at the run, as long as GitHub shows it. */
  warn(message: string, title: string): void {
    // What is said of each type of a video is said once.
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#lastMs = this.#clock.now();
    this.#terminal?.clear();
    if (this.#warned.size <= warnedAtMost) this.#runner.warning(message, title);
    else this.info(`${title}: ${message}`);
  }

  /** Shows a file in transfer until it is disposed of. */
  transfer(label: string) {
    const transfer = this.#transfers.begin(label);
    if (!this.#transferring) {
      this.#transferring = new AbortController();
      void this.#showTransfers(this.#transferring.signal);
    }
    return {
      progress: transfer.progress,
      [Symbol.dispose]: () => {
        if (this.#transfers.end(transfer)) return;
        this.#transferring?.abort();
        this.#transferring = undefined;
      },
    };
  }

  /** Tells of one of the step's videos what passes, such as a request that is repeated. */
  notice(videoId: string, text: string): void {
    const video = this.#going.get(videoId);
    if (video) video.tell(text);
    else this.info(text);
  }

  /** Lets `work` tell of one of the step's videos, and tells its end. */
  async video(
    video: VideoRecords,
    videosInAll: number,
    work: (tell: (text: string) => void) => Promise<void>,
  ): Promise<void> {
    const lines: string[] = [];
    const tell = (text: string) => {
      if (videosInAll === 1) this.info(text);
      else lines.push(`${this.#elapsed()}  ${text}`);
    };
    const state = { text: 'waiting for the first answer', atMs: this.#clock.now(), tell };
    this.#going.set(video.id, state);
    await work((text) => {
      Object.assign(state, { text, atMs: this.#clock.now() });
      tell(text);
    });
    this.#going.delete(video.id);
    if (videosInAll === 1) return;

    const failures = video.records.map(failureMessage).filter((message) => message !== undefined);
    const states = video.records.map(({ status, type }) => [type, status].filter(Boolean).join(' '));
    const place = `${videosInAll - this.#going.size}/${videosInAll}`;
    this.#lastMs = this.#clock.now();
    this.#terminal?.clear();
    this.#runner.startGroup(`${place} ${failures.length > 0 ? '✘' : '✔'} ${video.id}: ${states.join(', ')}`);
    for (const line of [...lines, ...new Set(failures)]) this.info(line);
    this.#runner.endGroup();
  }

  /** Breaks every silence of 30 s until it is disposed of. */
  breakSilence(): Disposable {
    const end = new AbortController();
    void this.#breakSilence(end.signal);
    return { [Symbol.dispose]: () => end.abort() };
  }

  async #breakSilence(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const quietMs = this.#clock.now() - this.#lastMs;
      if (quietMs >= silenceMs) this.info(this.#whatGoesOn());
      else await this.#clock.sleep(silenceMs - quietMs, signal).catch(() => {});
    }
  }

  async #showTransfers(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(this.#terminal ? redrawnMs : transfersMs, signal).catch(() => {});
      if (signal.aborted) break;
      if (this.#terminal) this.#terminal.draw(this.#transfers.bars());
      else this.info(this.#transfers.line());
    }
    this.#terminal?.clear();
  }

  #whatGoesOn(): string {
    const nowMs = this.#clock.now();
    const named = [...this.#going]
      .slice(0, namedAtMost)
      .map(([id, { atMs, text }]) => `${id}: ${text} (for ${formatDuration(nowMs - atMs)})`);
    const more = this.#going.size - named.length;
    const rest = more > 0 ? `; ${count(more, 'more video')}` : '';
    const what = named.length > 0 ? `: ${named.join('; ')}${rest}` : '';
    return `still at work after ${this.#elapsed()}${what}`;
  }

  #elapsed(): string {
    return formatDuration(this.#clock.now() - this.#startMs);
  }
}
