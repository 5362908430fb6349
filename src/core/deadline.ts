import type { Clock } from './clock.ts';
import { Failure } from './failure.ts';
import { formatDuration } from './text.ts';

/** The end of the step: `signal` is aborted with a `Failure` at the time limit, or when the run is cancelled. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
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
    () => over.abort(new Failure('time-over', `The time limit of ${formatDuration(timeoutMs)} was reached`)),
    () => {},
  );

  return {
    signal: over.signal,
    leftMs: () => Math.max(0, endMs - clock.now()),
    [Symbol.dispose]: () => disposed.abort(),
  };
}
