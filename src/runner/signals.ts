/** How a runner cancels a step; the last one is Ctrl-Break on Windows. */
const signals = ['SIGINT', 'SIGTERM', 'SIGBREAK'] as const;

/** Aborted, with the name of the system's signal as the reason, as soon as the process receives one. */
export function cancellationSignal(): AbortSignal {
  const cancelled = new AbortController();
  for (const signal of signals) process.on(signal, () => cancelled.abort(signal));
  return cancelled.signal;
}
