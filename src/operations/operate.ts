import type { DownloadType } from '../core/download-types.ts';
import type { RecordUpdate } from '../core/record.ts';
import type { Plan } from '../inputs/plan.ts';
import type { OperationContext } from './context.ts';
import { list } from './list.ts';

type OperationPlan = Pick<Plan, 'destination' | 'dryRun' | 'onlyExisting' | 'operation' | 'release'>;

/** Runs the plan's operation on the types of one video. It yields what it learns as soon as it learns it. */
export async function* operate(
  plan: OperationPlan,
  types: readonly DownloadType[],
  context: OperationContext,
): AsyncGenerator<RecordUpdate> {
  const { destination, dryRun, onlyExisting, operation, release } = plan;
  if (dryRun) {
    // Dynamic import: built as its own chunk, loaded only when needed.
    const { preview } = await import('./preview.ts');
    yield* preview(plan, types, context);
  } else if (operation === 'list') {
    yield* list(types, onlyExisting, (destination ?? release) !== undefined, context);
  } else if (operation === 'create') {
    // Dynamic import: built as its own chunk, loaded only when needed.
    const { create } = await import('./create.ts');
    yield* create(types, context);
  } else {
    // Dynamic import: built as its own chunk, loaded only when needed.
    const { deleteDownloads } = await import('./delete.ts');
    yield* deleteDownloads(types, context);
  }
}
