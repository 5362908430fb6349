import type { Clock } from '../core/clock.ts';
import type { DownloadType } from '../core/download-types.ts';

/** What takes time in a step, in the order in which a download goes through it. */
export const phases = ['encoding', 'generating', 'saving', 'uploading'] as const;

/** `encoding` concerns the whole video, and includes the time before it begins; `uploading` is to a GitHub release. */
export type Phase = (typeof phases)[number];

/** One phase of one download. */
export interface Span {
  readonly videoId: string;
  /** Undefined if it concerns the whole video. */
  readonly type: DownloadType | undefined;
  readonly phase: Phase;
  /** Since the start of the step. */
  readonly startMs: number;
  readonly endMs: number;
}

/** All spans of one phase. */
export interface PhaseTotals {
  readonly phase: Phase;
  /** How many spans there were. */
  readonly count: number;
  readonly totalMs: number;
  readonly slowest: Span;
}

type OpenSpan = Omit<Span, 'endMs'>;

/** Of how many videos every span is kept. */
const maxVideos = 20;

/** Where the time of a step goes. A phase in progress counts up to now. */
export class Timeline {
  readonly #clock: Clock;
  readonly #startMs: number;
  /** By the ID of the video. */
  readonly #kept = new Map<string, Span[]>();
  readonly #totals = new Map<Phase, PhaseTotals>();
  readonly #open = new Set<OpenSpan>();
  /** When the current wait for Cloudflare began; undefined if there is none. */
  #waitingSinceMs: number | undefined;
  #waitedMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startMs = clock.now();
  }

  /** How long the step has been running, in ms. */
  get elapsedMs(): number {
    return this.#clock.now() - this.#startMs;
  }

  /** Starts a phase, which ends when it is disposed of. */
  start(phase: Phase, videoId: string, type?: DownloadType): Disposable {
    const open = { phase, videoId, type, startMs: this.elapsedMs };
    this.#open.add(open);
    if (isWait(phase)) this.#waitingSinceMs ??= open.startMs;
    return { [Symbol.dispose]: () => this.#end(open) };
  }

  /** How many downloads, or videos being encoded, are in a phase now. */
  inProgress(phase: Phase): number {
    return [...this.#open].filter((open) => open.phase === phase).length;
  }

  /** Ends what is still in progress, such as when the step was cancelled. */
  end(): void {
    for (const open of this.#open) this.#end(open);
  }

  /** How long something was encoded or generated at Cloudflare, in ms; what happens at the same time counts once. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /** Every span of the first 20 videos, in the order in which they started. */
  get spans(): readonly Span[] {
    return [...this.#kept.values()].flat().toSorted((a, b) => a.startMs - b.startMs);
  }

  /** All spans, in the order of the phases; a phase that did not occur is left out. */
  get totals(): readonly PhaseTotals[] {
    return phases.flatMap((phase) => this.#totals.get(phase) ?? []);
  }

  #end(open: OpenSpan): void {
    if (!this.#open.delete(open)) return;
    const span = { ...open, endMs: this.elapsedMs };
    const { phase, videoId } = span;
    if (this.#waitingSinceMs !== undefined && ![...this.#open].some((other) => isWait(other.phase))) {
      this.#waitedMs += span.endMs - this.#waitingSinceMs;
      this.#waitingSinceMs = undefined;
    }
    const kept = this.#kept.get(videoId);
    if (kept) kept.push(span);
    else if (this.#kept.size < maxVideos) this.#kept.set(videoId, [span]);
    const before = this.#totals.get(phase) ?? { count: 0, totalMs: 0, slowest: span };
    const isSlowest = durationMs(span) > durationMs(before.slowest);
    this.#totals.set(phase, {
      phase,
      count: before.count + 1,
      totalMs: before.totalMs + durationMs(span),
      slowest: isSlowest ? span : before.slowest,
    });
  }
}

/** Whether this action only waits for Cloudflare meanwhile. */
function isWait(phase: Phase): boolean {
  return phase === 'encoding' || phase === 'generating';
}

/** How long a span took, in ms. */
export function durationMs({ endMs, startMs }: Span): number {
  return endMs - startMs;
}
