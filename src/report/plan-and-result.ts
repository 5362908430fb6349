import type { DownloadRecord } from '../core/record.ts';
import { formatDuration } from '../core/text.ts';
import type { Plan } from '../inputs/plan.ts';
import { describeSelection } from '../select/describe-selection.ts';

/** What the step is about to do, in one line. */
export async function describePlan(plan: Plan): Promise<string> {
  const { destination, dryRun, onlyExisting, operation, release, selection, timeoutMs, types, wait } = plan;
  const what = onlyExisting ? 'all downloads' : types.join(' and ');
  const start = dryRun ? `dry run of ${operation}` : operation;
  const steps = [
    `wait until ${operation === 'delete' ? 'gone' : 'ready'}`,
    ...(destination ? ['save'] : []),
    ...(release ? [`attach to ${release.reference.tag}`] : []),
  ];
  const waiting = wait ? `, ${steps.join(', ')}` : '';
  return `${start}: ${what} of ${await describeSelection(selection)}${waiting}, at most ${formatDuration(timeoutMs)}`;
}

/** The result in one line: how many records ended in which state; empty if there are none. */
export function describeResult(records: readonly DownloadRecord[]): string {
  const states = Map.groupBy(records, ({ assetUrl, failure, file, planned, resumed, status }) => {
    if (failure) return 'failed';
    if (planned) return planned.length > 0 ? 'to do' : 'with nothing to do';
    if (resumed) return 'carried over';
    return assetUrl ? 'attached' : file ? 'saved' : status;
  });
  return [...states].map(([state, { length }]) => `${length} ${state}`).join(', ');
}

/** What to know about URLs that do not work yet, if the step did not wait for them. */
export function describePending(
  { operation, wait }: Plan,
  records: readonly DownloadRecord[],
): string | undefined {
  const pending = records.filter(({ failure, status }) => status === 'inprogress' && !failure);
  if (wait || operation !== 'create' || pending.length === 0) return undefined;
  const which = pending.length === 1 ? 'The URL does' : `${pending.length} of the URLs do`;
  return `${which} not work yet, since Cloudflare is still generating the file; set \`wait: true\` to wait for it`;
}

/** What to know about a selection of nothing, which is a success. */
export async function describeNothing(plan: Plan): Promise<string> {
  return `There was nothing to do: the selection (${await describeSelection(plan.selection)}) has no video`;
}
