import { type Deadline, proposeTimeout } from '../core/deadline.ts';
import { formatDuration } from '../core/text.ts';

/** Takes an estimate of how much time some work takes at least, as in "WORK takes at least another 28 s". */
export type Foresee = (shortestMs: number | undefined, work: string) => void;

/** By how much an estimate of the shortest time may be too long. */
const tolerance = 1.2;

/** Logs once that the step will reach its time limit, with a longer one, as soon as an estimate shows that. */
export function openForesight(
  { leftMs, timeoutMs }: Pick<Deadline, 'leftMs' | 'timeoutMs'>,
  log: (line: string) => void,
): Foresee {
  let isDone = false;
  return (shortestMs = 0, work) => {
    const limitMs = leftMs();
    if (isDone || limitMs === 0 || shortestMs <= limitMs * tolerance) return;
    isDone = true;
    const [left, limit] = [formatDuration(shortestMs), formatDuration(limitMs)];
    const proposal = proposeTimeout(timeoutMs, timeoutMs - limitMs, shortestMs);
    log(`${work} takes at least another ${left}, but the time limit is in ${limit}${proposal}`);
  };
}
