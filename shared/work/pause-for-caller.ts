import type { OperationRecord } from '../operations/operation.ts';
import type { OperationRecords } from '../operations/operation-records.ts';

/**
 * Pauses an operation whose caller is gone, because no one may cancel in its name. One that was paused or resumed since it was
 * read stays as it is. Rejects if the store does.
 */
export async function pauseForCaller(
  records: OperationRecords,
  { id, round }: Pick<OperationRecord, 'id' | 'round'>,
): Promise<void> {
  await records.change(id, (known) =>
    known.wanted === 'run' && known.round === round
      ? { ...known, wanted: 'pause', paused_because: 'caller' }
      : undefined,
  );
}
