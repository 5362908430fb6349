import { formatDuration } from '../../src/core/text.ts';
import type { RetryObserver } from '../../src/http/retry.ts';

/** Collects a line for each attempt that will be repeated. */
export function retryLines(lines: string[], prefix = ''): RetryObserver {
  return {
    retrying: (what, pauseMs) => lines.push(`${prefix}${what}; next attempt in ${formatDuration(pauseMs)}`),
    succeeded: () => {},
    ended: () => {},
  };
}
