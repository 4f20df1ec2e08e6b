import type { Clock } from '../lib/clock.ts';
import type { OperationRecord, ShareRecord } from './operation.ts';
import type { OperationRecords } from './operation-records.ts';
import { type OperationProgress, stateOf } from './state.ts';

/** The progress of an operation at each of its connections. Rejects if the store does. */
export async function progressOf(
  records: OperationRecords,
  record: OperationRecord,
): Promise<ReadonlyMap<string, ShareRecord | undefined>> {
  const shares = record.shares.map(
    async ({ connection }) => [connection, await records.share(record, connection)] as const,
  );
  return new Map(await Promise.all(shares));
}

/**
 * Records when an operation was found finished: from then on it is kept for thirty days. Calls `tell` first, so that after a
 * crash in between it is called again rather than never. Rejects if the store or `tell` does.
 */
export async function endIfFinished(
  records: OperationRecords,
  operation: OperationRecord,
  clock: Clock,
  tell: (progress: OperationProgress, endedAt: number) => Promise<void>,
): Promise<void> {
  const now = clock.wallTime();
  const shares = await progressOf(records, operation);
  const progress = { record: operation, shares };
  if (operation.ended_at !== undefined || stateOf(progress, now) !== 'finished') return;
  await tell(progress, now);
  await records.change(operation.id, (known) =>
    known.ended_at === undefined && known.round === operation.round ? { ...known, ended_at: now } : undefined,
  );
}
