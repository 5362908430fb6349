import type { Clock } from '../core/clock.ts';
import type { DownloadRecord } from '../core/record.ts';
import { count, formatDuration, formatNumber } from '../core/text.ts';
import type { Runner } from '../runner/runner.ts';
import { describeOutcomes } from './outcome.ts';
import { phases, type Timeline } from './timeline.ts';
import { type ActiveVideo, describeActive, titleOf } from './video-name.ts';

/** Of how many videos each gets a group: those of more would bury what matters. */
const maxGrouped = 10;

/** How many videos the line about everything in progress names. */
const maxNamed = 3;

/** What happens to a video in a phase, in a line with counts. */
const participles = {
  encoding: 'being encoded',
  generating: 'being generated',
  saving: 'being saved',
  uploading: 'being uploaded',
} as const;

/** The part of the runner that groups are written to. */
export type GroupRunner = Pick<Runner, 'endGroup' | 'info' | 'startGroup'>;

export interface BatchOptions {
  readonly runner: GroupRunner;
  readonly clock: Clock;
  /** How many videos there will be; undefined while that is unknown. */
  readonly total: number | undefined;
  readonly timeline: Timeline;
}

/**
 * The log of several videos, whose lines would mix: each has a group once it is done. Of more than 10, only those have
 * one that failed.
 */
export class Batch {
  readonly #options: BatchOptions;
  /** The lines of each video in progress. */
  readonly #lines = new Map<ActiveVideo, string[]>();
  #started = 0;
  #done = 0;
  #failed = 0;

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  /** Whether there are so many videos that counts say more than their states. */
  get isLarge(): boolean {
    return Math.max(this.#started, this.#options.total ?? 0) > maxGrouped;
  }

  start(video: ActiveVideo): void {
    this.#started++;
    this.#lines.set(video, []);
  }

  /** Counts a video that earlier runs have finished. */
  skip(): void {
    this.#started++;
    this.#done++;
  }

  /** Keeps a line for the group of a video. */
  write(video: ActiveVideo, text: string): void {
    this.#lines.get(video)?.push(`+${formatDuration(this.#options.timeline.elapsedMs)}  ${text}`);
  }

  /** Writes the group of a video, with its result. */
  end(video: ActiveVideo, records: readonly DownloadRecord[]): void {
    const { runner } = this.#options;
    const lines = this.#lines.get(video) ?? [];
    this.#lines.delete(video);
    this.#done++;
    const failures = records.flatMap(({ failure }) => failure ?? []);
    const outcome = describeOutcomes(records, video.excuses);
    if (failures.length > 0) this.#failed++;
    if (this.isLarge) {
      if (failures.length === 0 && video.excuses.size > 0) runner.info(`– ${titleOf(video)}: ${outcome}`);
      // What ended the step ended all that was in progress.
      if (failures.every(({ isEndOfStep }) => isEndOfStep)) return;
    }
    const isNothing = records.every(({ planned = [], status }) => status === 'none' && planned.length === 0);
    const isUnready = records.some(({ status }) => status === 'error');
    const mark = failures.length > 0 ? '✘' : isUnready ? '⚠' : isNothing ? '–' : '✔';
    const result = `${mark} ${titleOf(video)}: ${outcome} (${this.#describeDone()})`;
    if (lines.length > 0) runner.startGroup(result);
    else runner.info(result);
    for (const line of lines) runner.info(line);
    if (lines.length > 0) runner.endGroup();
  }

  /**
   * How many videos are done, and what is in progress.
   *
   * @param isPaused whether no request can be sent, so that nothing changes
   */
  describe(isPaused: boolean): string[] {
    const active = this.isLarge ? this.#describeCounts() : isPaused ? [] : this.#describeStates();
    return [this.#describeDone(), ...active];
  }

  #describeDone(): string {
    const { total } = this.#options;
    const of = total === undefined ? '' : ` of ${formatNumber(total)}`;
    const failed = this.isLarge && this.#failed > 0 ? `, ${formatNumber(this.#failed)} failed` : '';
    return `${formatNumber(this.#done)}${of} done${failed}`;
  }

  #describeCounts(): string[] {
    const { timeline } = this.#options;
    const inPhases = phases.flatMap((phase) => {
      const amount = timeline.inProgress(phase);
      return amount > 0 ? [`${formatNumber(amount)} ${participles[phase]}`] : [];
    });
    return [`${formatNumber(this.#lines.size)} in progress`, inPhases.join(', ')].filter(Boolean);
  }

  #describeStates(): string[] {
    const active = [...this.#lines.keys()];
    const nowMs = this.#options.clock.now();
    const named = active.slice(0, maxNamed).map((video) => describeActive(video, nowMs));
    const more = active.length - named.length;
    return [...named, ...(more > 0 ? [count(more, 'more video')] : [])];
  }
}
