import type { VideoRecords } from '../core/record.ts';
import type { Inputs } from '../inputs/plan.ts';
import { create } from './create.ts';
import { deleteDownloads } from './delete.ts';
import { list } from './list.ts';
import type { Tools } from './tools.ts';

/** Carries the operation out for one video. Its records are there at once, and hold the outcome at the end. */
export function operate(
  { operation, types }: Pick<Inputs, 'operation' | 'types'>,
  video: VideoRecords,
  tools: Tools,
): Promise<void> {
  switch (operation) {
    case 'list':
      return list(video, types, tools);
    case 'create':
      return create(video, types ?? ['default'], tools);
    case 'delete':
      return deleteDownloads(video, types ?? ['default'], tools);
  }
}
