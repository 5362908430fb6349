import type { DownloadRecord } from '../core/record.ts';
import { formatDuration } from '../core/text.ts';
import type { Plan } from '../inputs/plan.ts';
import { describeSelection } from '../select/select-videos.ts';

/** What the step is about to do, in one line. */
export function describePlan(plan: Plan): string {
  const { destination, onlyExisting, operation, release, selection, timeoutMs, types, wait } = plan;
  const what = onlyExisting ? 'all' : types.join(' and ');
  const steps = [
    `wait until ${operation === 'delete' ? 'gone' : 'ready'}`,
    ...(destination ? ['save'] : []),
    ...(release ? [`attach to ${release.reference.tag}`] : []),
  ];
  const waiting = wait ? `, ${steps.join(' and ')}` : '';
  return `${operation}: ${what} of ${describeSelection(selection)}${waiting}, at most ${formatDuration(timeoutMs)}`;
}

/** The result in one line: how many records ended in which state. */
export function describeResult(records: readonly DownloadRecord[]): string {
  const states = Map.groupBy(records, ({ assetUrl, failure, file, status }) =>
    failure ? 'failed' : assetUrl ? 'attached' : file ? 'saved' : status,
  );
  return [...states].map(([state, { length }]) => `${length} ${state}`).join(', ');
}
