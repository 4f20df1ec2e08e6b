import type { Clock } from '../lib/clock.ts';
import type { OperationRecord, ShareRecord } from './operation.ts';
import type { OperationRecords } from './operation-records.ts';
import { stateOf } from './state.ts';

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

/** Writes down when an operation was found finished, from which on it is kept. Rejects if the store does. */
export async function endIfFinished(
  records: OperationRecords,
  operation: OperationRecord,
  clock: Clock,
): Promise<void> {
  const now = clock.wallTime();
  const shares = await progressOf(records, operation);
  if (stateOf({ record: operation, shares }, now) !== 'finished') return;
  await records.change(operation.id, (known) =>
    known.ended_at === undefined && known.round === operation.round ? { ...known, ended_at: now } : undefined,
  );
}
