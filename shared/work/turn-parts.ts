import type { AuditedOutcome } from '../access/audit/writer.ts';
import type { Caller } from '../access/caller.ts';
import type { ServiceParts } from '../cancellation/request-context.ts';
import type { Connections } from '../connections.ts';
import type { Progress } from '../contract/progress.ts';
import type { TurnClass } from '../http/rate-limit/turn.ts';
import type { Clock } from '../lib/clock.ts';
import type { OperationRecord, SharePlan, ShareRecord } from '../operations/operation.ts';
import type { OperationRecords } from '../operations/operation-records.ts';
import type { Fence } from './fence.ts';
import type { Lease } from './lease.ts';

/** What the work on operations needs. */
export interface TurnParts {
  readonly records: OperationRecords;
  readonly clock: Clock;
  connections(): Promise<Connections>;
  /** Does `work` with the parts of one call that takes at most `limitMs`. */
  during<T>(turnClass: TurnClass, limitMs: number, work: (services: ServiceParts) => Promise<T>): Promise<T>;
  /** The caller in whose name an operation is carried out, by the rules in force; `undefined` if it is gone. */
  callerOf(operation: OperationRecord): Promise<Caller | undefined>;
  newRequestId(): string;
  /** Told how far a slice at a connection is, if someone waits for it. */
  onProgress?: ((connection: string, progress: Progress) => void) | undefined;
  /** Reads on in the list of the jobs that the selector of an operation picks. */
  list(operation: OperationRecord, signal: AbortSignal): Promise<void>;
  /** Told of jobs that were seen alive again after they were cancelled. */
  cameBack(operation: OperationRecord, jobs: readonly AuditedOutcome[]): Promise<void>;
}

/** One turn of an operation at a connection. */
export interface ShareTurn {
  readonly operation: OperationRecord;
  readonly plan: SharePlan;
  readonly lease: Lease;
  /** Whether other operations wait for their turn: then this one is short. */
  readonly isCrowded: boolean;
  /** Aborted when the turn is to end. */
  readonly signal: AbortSignal;
  /** Called with the fence of the cancels, so that it can be watched. */
  onFence(fence: Fence): void;
}

/** The progress after a turn, and how long the operation has to wait for its next one there, in milliseconds. */
export interface TurnReport {
  readonly share: ShareRecord;
  readonly waitMs: number;
}

/**
 * Keeps the progress, and returns it as the report of the turn. One of a later round, or of a later holder of the lease, stays:
 * this worker is late.
 */
export async function keepShare(
  { records }: Pick<TurnParts, 'records'>,
  { operation, plan, lease }: ShareTurn,
  share: ShareRecord,
  waitMs = 0,
): Promise<TurnReport> {
  const { epoch } = lease;
  await records.changeShare(operation, plan.connection, (known) =>
    isLater(known, share.round, epoch) ? undefined : { ...share, epoch },
  );
  return { share, waitMs };
}

function isLater(known: ShareRecord | undefined, round: number, epoch: number): boolean {
  if (known === undefined || known.round < round) return false;
  return known.round > round || (known.epoch ?? 0) > epoch;
}

/**
 * How far ahead a share is parked, or an appointment lies, at most, in milliseconds. A later time was written before a clock
 * was set back, and counts as past.
 */
const farthestMs = 960_000;

/** Whether a stored time has come, in milliseconds since the epoch. */
export function hasCome(time: number, now: number): boolean {
  return time <= now || time > now + farthestMs;
}
