import type { VideoRecords } from '../core/record.ts';
import { count, formatDuration } from '../core/text.ts';
import type { Inputs } from '../inputs/plan.ts';

/** What the step is about to do, in one line. */
export function purpose({
  destination,
  operation,
  release,
  timeoutMs,
  types,
  videoIds,
  wait,
}: Pick<
  Inputs,
  'destination' | 'operation' | 'release' | 'timeoutMs' | 'types' | 'videoIds' | 'wait'
>): string {
  const what = types?.join(' and ') ?? (operation === 'list' ? 'all' : 'default');
  const until = operation === 'delete' ? 'gone' : 'ready';
  const then = [...(destination ? ['save'] : []), ...(release ? [`attach to ${release.reference.tag}`] : [])];
  const waiting = wait ? [`, wait until ${until}`, ...then].join(' and ') : '';
  return `${operation}: ${what} of ${count(videoIds.length, 'video')}${waiting}, at most ${formatDuration(timeoutMs)}`;
}

/** What came of it, in one line: how many records ended in which state, or failed. */
export function outcome(videos: readonly VideoRecords[]): string {
  const records = videos.flatMap((video) => video.records);
  const states = Map.groupBy(records, ({ assetUrl, failure, file, status }) =>
    failure ? 'failed' : assetUrl ? 'attached' : file ? 'saved' : status,
  );
  return [...states].map(([state, { length }]) => `${length} ${state}`).join(', ');
}
