import { AuditWriter } from '../../access/audit/writer.ts';
import type { Caller } from '../../access/caller.ts';
import type { Clock } from '../../lib/clock.ts';
import { omitUndefined } from '../../lib/collections.ts';
import { restoredReason } from '../../messages/store-copies/backup-faults.ts';
import type { OperationRecord } from '../../operations/operation.ts';
import { OperationRecords } from '../../operations/operation-records.ts';
import { type OperationProgress, stateOf } from '../../operations/state.ts';
import { jobsToDo } from '../../operations/view.ts';
import type { Store } from '../../store/store.ts';
import { endLease } from '../../work/lease.ts';
import { everyOperation, statesToSend } from './every-operation.ts';

/** An operation that was not over, and is paused from now on. */
export interface PausedOperation {
  readonly id: string;
  /** Who made it. */
  readonly caller: string;
  readonly reason?: string | undefined;
  readonly jobs: number;
  /** How many jobs a resume would do. */
  readonly to_do: number;
}

/** What a restore works with: the copy, and who restores it. */
interface RestoreParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly caller: Pick<Caller, 'id' | 'kind'>;
  readonly requestId: string;
}

/**
 * Pauses every operation of a restored store that has something to send, and records that and the restore in the audit. A
 * confirmation that an operation waits for is void, so it waits no more. The worker that carried it out when the copy was made holds its
 * connections no longer, so that a resume goes on at once. Rejects if the store does.
 */
export async function pauseRestored(parts: RestoreParts): Promise<PausedOperation[]> {
  const { store, clock, caller, requestId } = parts;
  const records = new OperationRecords(store);
  const writer = new AuditWriter(store, clock, requestId);
  const by = { caller: caller.id, kind: caller.kind, surface: 'cli' } as const;
  await writer.recordRequest({ ...by, action: 'audit', step: 'restore' }, 'allowed');
  const paused: PausedOperation[] = [];
  for await (const progress of everyOperation(store)) {
    const one = await pauseOne(records, progress, clock.wallTime());
    if (one === undefined) continue;
    paused.push(one);
    for (const { connection } of progress.record.shares) await endLease({ store, clock }, connection);
    const about = { action: 'cancel', step: 'pause', operation: one.id, reason: restoredReason } as const;
    await writer.recordRequest({ ...by, ...about }, 'allowed');
  }
  return paused;
}

/** `undefined` if there was nothing to pause. */
async function pauseOne(
  records: OperationRecords,
  progress: OperationProgress,
  now: number,
): Promise<PausedOperation | undefined> {
  const { record } = progress;
  const { id, caller, reason, jobs } = record;
  // Paused by time, an operation would send again with a clock that is set back.
  const isToPause = record.wanted === 'run' && statesToSend.has(stateOf(progress, now));
  if (!isToPause && record.confirm_until === undefined) return undefined;
  await records.change(id, (known) => settled(known, isToPause));
  if (!isToPause) return undefined;
  return { id, caller, ...omitUndefined({ reason }), jobs, to_do: jobsToDo(progress) };
}

function settled(known: OperationRecord, isToPause: boolean): OperationRecord {
  const { confirm_until: _, ...rest } = known;
  return isToPause ? { ...rest, wanted: 'pause', paused_because: 'restored' } : rest;
}
