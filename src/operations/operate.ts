import type { RecordUpdate } from '../core/record.ts';
import type { Plan } from '../inputs/plan.ts';
import type { OperationContext } from './context.ts';
import { create } from './create.ts';
import { deleteDownloads } from './delete.ts';
import { list } from './list.ts';

type OperationPlan = Pick<Plan, 'destination' | 'onlyExisting' | 'operation' | 'release' | 'types'>;

/** Runs the plan's operation on one video. It yields what it learns as soon as it learns it. */
export function operate(plan: OperationPlan, context: OperationContext): AsyncGenerator<RecordUpdate> {
  const { destination, onlyExisting, operation, release, types } = plan;
  switch (operation) {
    case 'list':
      return list(types, onlyExisting, (destination ?? release) !== undefined, context);
    case 'create':
      return create(types, context);
    case 'delete':
      return deleteDownloads(types, context);
  }
}
