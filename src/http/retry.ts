const firstPauseMs = 500;
const longestPauseMs = 30_000;

/**
 * The pause after a failed attempt: doubling from half a second, and random in its upper half, so that many
 * requests that failed together do not come back together.
 *
 * @param attempt the number of the attempt that failed, from 1
 * @param random from 0 to 1
 * @returns ms
 */
export function retryPauseMs(attempt: number, random: number): number {
  const ceiling = Math.min(longestPauseMs, firstPauseMs * 2 ** attempt);
  return ceiling * (0.5 + random / 2);
}

/**
 * Reads `Retry-After`, which is a number of seconds or a date.
 *
 * @param date the answer's own `Date`, against which a date is measured, so that the clocks need not agree
 * @returns ms, or undefined where the header is missing or makes no sense
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function parseRetryAfterMs(retryAfter: string | null, date: string | null): number | undefined {
  if (!retryAfter) return undefined;
  if (/^\s*\d+\s*$/.test(retryAfter)) return Math.min(Number(retryAfter) * 1000, Number.MAX_SAFE_INTEGER);
  // Date.parse alone takes almost anything with a number in it for a date.
  const target = / GMT\s*$/.test(retryAfter) ? Date.parse(retryAfter) : Number.NaN;
  if (Number.isNaN(target)) return undefined;
  const sent = date === null ? Number.NaN : Date.parse(date);
  return Math.max(0, target - (Number.isNaN(sent) ? Date.now() : sent));
}
