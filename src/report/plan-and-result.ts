import { labelOf } from '../core/download-types.ts';
import type { DownloadRecord } from '../core/record.ts';
import { count, formatBytes, formatDuration, formatNumber, oneLine, truncate } from '../core/text.ts';
import type { Plan } from '../inputs/plan.ts';
import { describeSelection } from '../select/describe-selection.ts';

/** The longest path that a line shows, in UTF-16 units. */
const maxPath = 100;

/** What the step is about to do: `create MP4 of 5 videos, wait until ready, save to videos/; timeout: 30 min`. */
export async function describePlan(plan: Plan): Promise<string> {
  const { dryRun, onlyExisting, operation, release, saveTo, selection, timeoutMs, types, wait } = plan;
  const what = onlyExisting ? 'all downloads' : types.map(labelOf).join(' and ');
  const steps = [
    `${operation} ${what} of ${await describeSelection(selection)}`,
    ...(wait ? [`wait until ${operation === 'delete' ? 'gone' : 'ready'}`] : []),
    ...(saveTo === undefined ? [] : [`save to ${shown(saveTo)}`]),
    ...(release ? [`attach to the release ${release.reference.tag}`] : []),
  ];
  return `${dryRun ? 'dry run: ' : ''}${steps.join(', ')}; timeout: ${formatDuration(timeoutMs)}`;
}

/** What the result line names beside the records. */
export interface ResultContext {
  /** The input `save-to`. */
  readonly saveTo: string | undefined;
  /** The page of the release that files are attached to. */
  readonly releaseUrl: string | undefined;
  /** How long the step took. */
  readonly elapsedMs: number;
}

/** What the step did: `5 saved to videos/, 438 MB, 2 failed, in 3 min 10 s`. */
export function describeResult(
  records: readonly DownloadRecord[],
  { elapsedMs, releaseUrl, saveTo }: ResultContext,
): string {
  const folder = saveTo && fixedPart(saveTo);
  const places = {
    saved: folder && ` to ${shown(folder)}`,
    attached: releaseUrl && ` to ${releaseUrl}`,
  };
  const states = Map.groupBy(records, stateOf);
  const parts = [...states].map(([state, inState]) => {
    const number = `${formatNumber(inState.length)} ${state}`;
    if (state !== 'saved' && state !== 'attached') return number;
    const bytes = inState.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0);
    return `${number}${places[state] || ''}, ${formatBytes(bytes)}`;
  });
  return [...parts, `in ${formatDuration(elapsedMs)}`].join(', ');
}

/** The state of a record, as in "5 STATE". */
function stateOf({ assetUrl, failure, file, planned, resumed, status }: DownloadRecord) {
  if (failure) return 'failed';
  if (planned) return planned.length > 0 ? 'to do' : 'with nothing to do';
  if (resumed) return 'carried over';
  if (assetUrl) return 'attached';
  if (file) return 'saved';
  switch (status) {
    case 'inprogress':
      return 'still being generated';
    case 'none':
      return 'without a download';
    case 'error':
      return 'in status error';
    default:
      return status;
  }
}

/** The folder of a template that is the same for all files; a path without placeholders as it is. */
function fixedPart(template: string): string {
  const index = template.indexOf('{');
  return index < 0 ? template : template.slice(0, template.lastIndexOf('/', index) + 1);
}

function shown(path: string): string {
  return truncate(oneLine(path), maxPath);
}

/** What to know about URLs that do not work yet, if the step did not wait for them. */
export function describePending(
  { operation, wait }: Plan,
  records: readonly DownloadRecord[],
): string | undefined {
  const pending = records.filter(({ failure, status }) => status === 'inprogress' && !failure);
  if (wait || operation !== 'create' || pending.length === 0) return undefined;
  const some = `${formatNumber(pending.length)} of ${count(records.length, 'URL')}`;
  const which = `${records.length === 1 ? 'The URL' : some} ${pending.length === 1 ? 'does' : 'do'}`;
  return `${which} not work yet, since Cloudflare is still generating the download; set \`wait: true\` to wait for that`;
}

/** What to know about a selection of nothing, which is a success. */
export async function describeNothing(plan: Plan): Promise<string> {
  return `There was nothing to do: the selection (${await describeSelection(plan.selection)}) has no video`;
}
