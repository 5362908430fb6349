import { Watch } from './idle-timeout.ts';

/**
 * Bounds one attempt in time.
 *
 * @param outer ends the attempt with its own reason
 * @param work is handed the signal that ends it; after `timeoutMs` its reason is a `TimeoutError`
 */
export async function attempt<Result>(
  timeoutMs: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  using watch = new Watch(timeoutMs, outer);
  return await work(watch.signal);
}
