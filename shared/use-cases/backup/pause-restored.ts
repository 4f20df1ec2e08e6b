import { AuditWriter } from '../../access/audit/writer.ts';
import type { Caller } from '../../access/caller.ts';
import type { Clock } from '../../lib/clock.ts';
import { omitUndefined } from '../../lib/collections.ts';
import { restoredReason } from '../../messages/store-copies/backup-faults.ts';
import { progressOf } from '../../operations/end.ts';
import { OperationIndex } from '../../operations/index-of-operations.ts';
import type { OperationRecord } from '../../operations/operation.ts';
import { OperationRecords } from '../../operations/operation-records.ts';
import { stateOf } from '../../operations/state.ts';
import { jobsToDo } from '../../operations/view.ts';
import type { Store } from '../../store/store.ts';
import { endLease } from '../../work/lease.ts';

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

const pageSize = 500;

/**
 * Pauses every operation of a restored store that has something to send, and records that and the restore in the audit. A
 * confirmation that an operation waits for is void, so it waits no more. The worker that carried it out when the copy was made holds its
 * connections no longer, so that a resume goes on at once. Rejects if the store does.
 */
export async function pauseRestored(parts: RestoreParts): Promise<PausedOperation[]> {
  const { store, clock, caller, requestId } = parts;
  const records = new OperationRecords(store);
  const index = new OperationIndex(store);
  const writer = new AuditWriter(store, clock, requestId);
  const by = { caller: caller.id, kind: caller.kind, surface: 'cli' } as const;
  await writer.recordRequest({ ...by, action: 'audit', step: 'restore' }, 'allowed');
  const paused: PausedOperation[] = [];
  let after: string | undefined;
  do {
    const page = await index.page(undefined, pageSize, after);
    for (const { id } of page.entries) {
      const pause = await pauseOne(records, id, clock.wallTime());
      if (pause === undefined) continue;
      const { connections, ...one } = pause;
      paused.push(one);
      for (const connection of connections) await endLease({ store, clock }, connection);
      const about = { action: 'cancel', step: 'pause', operation: id, reason: restoredReason } as const;
      await writer.recordRequest({ ...by, ...about }, 'allowed');
    }
    after = page.next;
  } while (after !== undefined);
  return paused;
}

/** `undefined` if there was nothing to pause. */
async function pauseOne(
  records: OperationRecords,
  id: string,
  now: number,
): Promise<(PausedOperation & { readonly connections: readonly string[] }) | undefined> {
  const record = await records.get(id);
  if (record === undefined) return undefined;
  const progress = { record, shares: await progressOf(records, record) };
  const isToPause = record.wanted === 'run' && toSend.has(stateOf(progress, now));
  if (!isToPause && record.confirm_until === undefined) return undefined;
  await records.change(id, (known) => settled(known, isToPause));
  if (!isToPause) return undefined;
  const { caller, reason, jobs, shares } = record;
  const connections = shares.map(({ connection }) => connection);
  return { id, caller, ...omitUndefined({ reason }), jobs, to_do: jobsToDo(progress), connections };
}

/** Paused by time, an operation would send again with a clock that is set back. */
const toSend: ReadonlySet<string> = new Set(['running', 'listing', 'paused']);

function settled(known: OperationRecord, isToPause: boolean): OperationRecord {
  const { confirm_until: _, ...rest } = known;
  return isToPause ? { ...rest, wanted: 'pause', paused_because: 'restored' } : rest;
}
