import type { DownloadType } from '../core/download-types.ts';
import type { RecordUpdate } from '../core/record.ts';
import type { Plan } from '../inputs/plan.ts';
import type { OperationContext } from './context.ts';
import { create } from './create.ts';
import { deleteDownloads } from './delete.ts';
import { list } from './list.ts';
import { preview } from './preview.ts';

type OperationPlan = Pick<Plan, 'destination' | 'dryRun' | 'onlyExisting' | 'operation' | 'release'>;

/** Runs the plan's operation on the types of one video. It yields what it learns as soon as it learns it. */
export function operate(
  plan: OperationPlan,
  types: readonly DownloadType[],
  context: OperationContext,
): AsyncGenerator<RecordUpdate> {
  const { destination, dryRun, onlyExisting, operation, release } = plan;
  if (dryRun) return preview(plan, types, context);
  switch (operation) {
    case 'list':
      return list(types, onlyExisting, (destination ?? release) !== undefined, context);
    case 'create':
      return create(types, context);
    case 'delete':
      return deleteDownloads(types, context);
  }
}
