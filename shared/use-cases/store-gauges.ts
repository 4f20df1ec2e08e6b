import { Approvals } from '../access/confirmation/approvals.ts';
import { operationStates } from '../contract/operations.ts';
import type { Clock } from '../lib/clock.ts';
import { inPool } from '../lib/concurrency.ts';
import type { StoreGauges } from '../lib/telemetry/registry.ts';
import { progressOf } from '../operations/end.ts';
import { indexNameOf, OperationIndex } from '../operations/index-of-operations.ts';
import { OperationRecords } from '../operations/operation-records.ts';
import { stateOf } from '../operations/state.ts';
import type { Store } from '../store/store.ts';

/** So many operations are counted at most, the newest ones, so that a scrape stays cheap. */
const mostOperations = 500;
const readAtOnce = 8;

/** Counts in the store what waits for a confirmation, and the newest operations by state. Rejects if the store does. */
export async function readStoreGauges(store: Store, clock: Clock): Promise<StoreGauges> {
  const [confirmationsPending, operations] = await Promise.all([
    new Approvals(store, clock).countPending(),
    countOperations(store, clock),
  ]);
  return { confirmationsPending, operations };
}

async function countOperations(store: Store, clock: Clock): Promise<Record<string, number>> {
  const counts: Record<string, number> = Object.fromEntries(operationStates.map((state) => [state, 0]));
  const records = new OperationRecords(store);
  const { entries } = await new OperationIndex(store).page(undefined, mostOperations);
  await inPool(entries, readAtOnce, async ({ id, name }) => {
    const record = await records.get(id);
    if (record === undefined || indexNameOf(record) !== name) return;
    const state = stateOf({ record, shares: await progressOf(records, record) }, clock.wallTime());
    counts[state] = (counts[state] ?? 0) + 1;
  });
  return counts;
}
