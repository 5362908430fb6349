import * as v from 'valibot';
import { formatDuration, quote } from '../core/text.ts';

const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const;

/**
 * Reads `90s`, `10m`, `2h`, `1h30m`, `5d`; a bare number is seconds.
 *
 * @returns ms, or undefined where the text is not a duration
 */
export function parseDurationMs(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * unitMs.s;
  const parts = /^(?:(?<d>\d+)d)?(?:(?<h>\d+)h)?(?:(?<m>\d+)m)?(?:(?<s>\d+)s)?$/i.exec(text)?.groups;
  if (!parts || text === '') return undefined;
  return Object.entries(unitMs).reduce((sum, [unit, ms]) => sum + Number(parts[unit] ?? 0) * ms, 0);
}

/** A duration between two bounds in ms, both included. */
export function duration(minMs: number, maxMs: number) {
  const bounds = `between ${formatDuration(minMs)} and ${formatDuration(maxMs)}`;
  const forms = 'write it as 90s, 10m, 2h or 1h30m, or as a number of seconds';
  return v.pipe(
    v.string(),
    v.rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
      const ms = parseDurationMs(value);
      if (ms === undefined) {
        addIssue({ message: `${quote(value)} is not a duration: ${forms}, ${bounds}` });
        return NEVER;
      }
      if (ms < minMs || ms > maxMs) {
        addIssue({ message: `${quote(value)} is out of range: it must be ${bounds}` });
        return NEVER;
      }
      return ms;
    }),
  );
}
