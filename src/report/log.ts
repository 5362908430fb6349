import type { Clock } from '../clock.ts';
import type { VideoRecords } from '../record.ts';
import type { Runner } from '../runner.ts';
import { count, formatDuration } from '../text.ts';
import { failureMessage } from './failures.ts';

/** The longest silence while something goes on, in ms. */
const silenceMs = 30_000;

/** How many videos a line about all that goes on names. */
const namedAtMost = 3;

/**
 * What a person reads while the step runs: of one video a line per change; of several a group per video as soon
 * as it is done, since their lines would mix otherwise; and after 30 s of silence a line that tells what goes on.
 */
export class Log {
  readonly #runner: Pick<Runner, 'info' | 'startGroup' | 'endGroup'>;
  readonly #clock: Clock;
  readonly #startMs: number;
  /** Each video that is not done, by id, with what was told of it last. */
  readonly #going = new Map<string, { text: string; atMs: number; tell: (text: string) => void }>();
  #lastMs: number;

  constructor(runner: Pick<Runner, 'info' | 'startGroup' | 'endGroup'>, clock: Clock) {
    this.#runner = runner;
    this.#clock = clock;
    this.#startMs = clock.now();
    this.#lastMs = this.#startMs;
  }

  info(line: string): void {
    this.#lastMs = this.#clock.now();
    this.#runner.info(line);
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

  #whatGoesOn(): string {
    const nowMs = this.#clock.now();
    const named = [...this.#going]
      .slice(0, namedAtMost)
      .map(([id, { atMs, text }]) => `${id}: ${text} (for ${formatDuration(nowMs - atMs)})`);
    const more = this.#going.size - named.length;
    const rest = more > 0 ? `; ${count(more, 'more video')}` : '';
    return `still at work after ${this.#elapsed()}: ${named.join('; ')}${rest}`;
  }

  #elapsed(): string {
    return formatDuration(this.#clock.now() - this.#startMs);
  }
}
