import type { Clock } from './clock.ts';
import { Failure } from './failure.ts';
import { aboutLeft, formatDuration } from './text.ts';

/** The end of the step: `signal` is aborted with a `Failure` at the time limit, or when the run is cancelled. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  /** The limit for the whole step. */
  readonly timeoutMs: number;
  /** What is left of the step's time, in ms, never negative. */
  leftMs(): number;
}

/**
 * Starts the step's time.
 *
 * @param timeoutMs the limit for the whole step
 * @param cancelled aborted, with the name of the signal as its reason, when the run is cancelled
 */
export function startDeadline(timeoutMs: number, clock: Clock, cancelled: AbortSignal): Deadline {
  const endMs = clock.now() + timeoutMs;
  const disposed = new AbortController();
  const over = new AbortController();
  const cancel = () => over.abort(new Failure('cancelled', `The run was cancelled (${cancelled.reason})`));

  if (cancelled.aborted) cancel();
  cancelled.addEventListener('abort', cancel, { once: true, signal: disposed.signal });
  clock.sleep(timeoutMs, disposed.signal).then(
    () => over.abort(new TimeOver(timeoutMs)),
    () => {},
  );

  return {
    signal: over.signal,
    timeoutMs,
    leftMs: () => Math.max(0, endMs - clock.now()),
    [Symbol.dispose]: () => disposed.abort(),
  };
}

/** The failure of a step that its time limit ended. */
class TimeOver extends Failure {
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super('time-over', `The time limit of ${formatDuration(timeoutMs)} was reached`);
    this.timeoutMs = timeoutMs;
  }
}

/** How much longer than estimated work may take, which also leaves room for what follows it. */
const margin = 1.5;

/** How a proposed limit is rounded: up to this many seconds, to a multiple of so many seconds. */
const roundings: readonly (readonly [upToSeconds: number, stepSeconds: number])[] = [
  [600, 60],
  [3600, 300],
  [Number.POSITIVE_INFINITY, 1800],
];

/** The longest value of the input `timeout`. */
export const maxTimeoutMs = 5 * 86_400_000;

/**
 * Which `timeout` would be long enough: ``: `timeout: 2m` would probably be long enough``; empty if none is.
 *
 * @param elapsedMs how long the step has been running
 * @param remainingMs how much longer its work takes
 */
export function proposeTimeout(timeoutMs: number, elapsedMs: number, remainingMs: number): string {
  const longerMs = Math.min(roundLimitMs(elapsedMs + remainingMs * margin), maxTimeoutMs);
  if (longerMs <= timeoutMs || longerMs < elapsedMs + remainingMs) return '';
  const minutes = longerMs / 60_000;
  const hours = Math.floor(minutes / 60);
  const text = [hours > 0 ? `${hours}h` : '', minutes % 60 > 0 ? `${minutes % 60}m` : ''].join('');
  return `: \`timeout: ${text}\` would probably be long enough`;
}

/** The next round limit. */
function roundLimitMs(ms: number): number {
  const seconds = ms / 1000;
  const [, step = 0] = roundings.find(([upTo]) => seconds <= upTo) ?? [];
  return Math.ceil(seconds / step) * step * 1000;
}

/**
 * How much longer some work takes, and if the time limit ended the step, which limit would be long enough:
 * ``, about 28 s left: `timeout: 2m` would probably be long enough``.
 *
 * @param remainingMs undefined if it cannot be estimated
 */
export function describeRemaining({ origin }: Failure, remainingMs: number | undefined): string {
  const left = aboutLeft(remainingMs);
  if (remainingMs === undefined || !(origin instanceof TimeOver)) return left;
  const { timeoutMs } = origin;
  return `${left}${proposeTimeout(timeoutMs, timeoutMs, remainingMs)}`;
}
