import type { OperationState } from '../../contract/operations.ts';
import { progressOf } from '../../operations/end.ts';
import { OperationIndex } from '../../operations/index-of-operations.ts';
import type { OperationRecord } from '../../operations/operation.ts';
import { OperationRecords } from '../../operations/operation-records.ts';
import type { OperationProgress } from '../../operations/state.ts';
import type { Store } from '../../store/store.ts';

const pageSize = 500;

/** The states of an operation that has begun, and has something to send now or after a resume. */
export const statesToSend: ReadonlySet<OperationState> = new Set(['listing', 'running', 'paused']);

/** Every operation of a store, the newest first, with its progress at each connection. Rejects if the store does. */
export async function* everyOperation(store: Store): AsyncGenerator<OperationProgress> {
  const index = new OperationIndex(store);
  const records = new OperationRecords(store);
  let after: string | undefined;
  do {
    const page = await index.page(undefined, pageSize, after);
    for (const { id } of page.entries) {
      const record = await records.get(id);
      if (record !== undefined) yield await progressIn(records, record);
    }
    after = page.next;
  } while (after !== undefined);
}

/** An operation with its progress at each connection. Rejects if the store does. */
export async function progressIn(
  records: OperationRecords,
  record: OperationRecord,
): Promise<OperationProgress> {
  return { record, shares: await progressOf(records, record) };
}
