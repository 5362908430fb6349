import type { Deadline } from '../core/deadline.ts';
import { proposeTimeout } from '../core/deadline.ts';
import { about, formatDuration } from '../core/text.ts';

/** Takes an estimate of how much of some work is left, as in "about 28 s of WORK left". */
export type Foresee = (remainingMs: number | undefined, work: string) => void;

/** Proposes a longer time limit, once, as soon as an estimate shows that the step will probably reach its own. */
export function openForesight(
  { leftMs, timeoutMs }: Pick<Deadline, 'leftMs' | 'timeoutMs'>,
  log: (line: string) => void,
): Foresee {
  let isDone = false;
  return (remainingMs = 0, work) => {
    const limitMs = leftMs();
    if (isDone || limitMs === 0 || remainingMs <= limitMs) return;
    isDone = true;
    const proposal = `\`timeout: ${proposeTimeout(timeoutMs, remainingMs)}\` would probably be long enough`;
    log(
      `${about(remainingMs)} of ${work} left, but the time limit is in ${formatDuration(limitMs)}: ${proposal}`,
    );
  };
}
