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

/** The steps in which a proposed limit grows: up to this many seconds, it is a multiple of so many seconds. */
const proposals: readonly (readonly [upToSeconds: number, stepSeconds: number])[] = [
  [600, 60],
  [3600, 300],
  [Number.POSITIVE_INFINITY, 1800],
];

/** The value of the input `timeout` with which work would probably end in time: `2m`, `1h30m`. */
export function proposeTimeout(timeoutMs: number, remainingMs: number): string {
  const seconds = (timeoutMs + remainingMs * margin) / 1000;
  const [, step = 0] = proposals.find(([upTo]) => seconds <= upTo) ?? [];
  const minutes = (Math.ceil(seconds / step) * step) / 60;
  const hours = Math.floor(minutes / 60);
  return [hours > 0 ? `${hours}h` : '', minutes % 60 > 0 ? `${minutes % 60}m` : ''].join('');
}

/**
 * How much of some work is left, with a time limit that is long enough if that ended the step: `, about 28 s left:
 * `timeout: 2m` would probably do`.
 *
 * @param remainingMs undefined if it cannot be estimated
 */
export function describeRemaining({ origin }: Failure, remainingMs: number | undefined): string {
  const left = aboutLeft(remainingMs);
  if (remainingMs === undefined || !(origin instanceof TimeOver)) return left;
  return `${left}: \`timeout: ${proposeTimeout(origin.timeoutMs, remainingMs)}\` would probably be long enough`;
}
