/** How a runner cancels a step; the last is Windows' Ctrl-Break. */
const signals = ['SIGINT', 'SIGTERM', 'SIGBREAK'] as const;

/** Aborted, with the signal's name as the reason, as soon as the process is told to end. */
export function interruptSignal(): AbortSignal {
  const interrupted = new AbortController();
  for (const signal of signals) process.on(signal, () => interrupted.abort(signal));
  return interrupted.signal;
}
