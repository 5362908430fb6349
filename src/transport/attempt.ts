/**
 * Bounds one attempt in time. All ties between the signals are strong ones: those of `AbortSignal.any`, and those
 * that fetch makes, may be gone by the time they are needed.
 *
 * @param outer ends the attempt with its own reason
 * @param work is handed the signal that ends it; after `timeoutMs` its reason is a `TimeoutError`
 */
export async function attempt<Result>(
  timeoutMs: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const ended = new AbortController();
  const end = () => ended.abort(outer.reason);
  const late = () => ended.abort(new DOMException('The attempt took too long', 'TimeoutError'));
  if (outer.aborted) end();
  outer.addEventListener('abort', end, { once: true });
  const timer = setTimeout(late, timeoutMs);
  try {
    return await work(ended.signal);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener('abort', end);
  }
}
