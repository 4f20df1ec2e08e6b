import type { OperationState } from '../../contract/operations.ts';
import { omitUndefined } from '../../lib/collections.ts';
import { OperationRecords } from '../../operations/operation-records.ts';
import { type OperationProgress, openIn, stateOf, totalOf } from '../../operations/state.ts';
import type { PresentStore } from '../../store/backup/hold-store.ts';
import { StoreUnavailableError } from '../../store/errors.ts';
import type { Store } from '../../store/store.ts';
import { everyOperation, progressIn, statesToSend } from './every-operation.ts';

/** An operation that a restore loses before its end, or takes back to before it began. */
export interface LostOperation {
  readonly id: string;
  /** Who made it. */
  readonly caller: string;
  readonly reason?: string | undefined;
  readonly jobs: number;
  /** How many of its jobs have no final outcome. */
  readonly open: number;
}

/** The operations of one store that another lacks, or has as they were before they began. */
export interface MissingOperations {
  readonly operations: number;
  /** Those of them that are not over: also drafts, and what waits for a confirmation. */
  readonly unfinished: readonly LostOperation[];
  /** Those that the copy has, and that were started or resumed since: in the copy nothing is to be sent for them. */
  readonly begun_since: readonly LostOperation[];
}

/** An operation of the present store that is in this state. */
interface Known {
  readonly state: OperationState;
  readonly told: LostOperation;
}

/**
 * The operations that the present store has and that the copy which is to replace it lacks, or has as they were before they began, as
 * they are at a wall time. `undefined`: the present store cannot be read. Rejects if the copy cannot be read.
 */
export async function missingOperations(
  present: PresentStore,
  copy: Store,
  now: number,
): Promise<MissingOperations | undefined> {
  if (present === 'none') return { operations: 0, unfinished: [], begun_since: [] };
  const known = present === 'unreadable' ? undefined : await unlessUnreadable(operationsIn(present, now));
  if (known === undefined) return undefined;
  const records = new OperationRecords(copy);
  const missing: Known[] = [];
  const begun: Known[] = [];
  for (const each of known) {
    const copied = await records.get(each.told.id);
    if (copied === undefined) missing.push(each);
    else if (hasBegunSince(each.state, stateOf(await progressIn(records, copied), now))) begun.push(each);
  }
  return {
    operations: missing.length,
    unfinished: missing.filter(({ state }) => state !== 'finished').map(({ told }) => told),
    begun_since: begun.map(({ told }) => told),
  };
}

const notBegun: ReadonlySet<OperationState> = new Set(['draft', 'waiting_for_confirmation']);

function hasBegunSince(present: OperationState, copied: OperationState): boolean {
  return statesToSend.has(present)
    ? !statesToSend.has(copied)
    : present === 'following' && notBegun.has(copied);
}

/** A store that is only in part damaged must be replaceable, too. */
function unlessUnreadable<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error: unknown) => {
    if (error instanceof StoreUnavailableError) return undefined;
    throw error;
  });
}

async function operationsIn(store: Store, now: number): Promise<Known[]> {
  const known: Known[] = [];
  for await (const progress of everyOperation(store)) known.push(knownAs(progress, now));
  return known;
}

function knownAs(progress: OperationProgress, now: number): Known {
  const { id, caller, reason, jobs, wanted } = progress.record;
  const tally = totalOf(progress);
  // The jobs of a draft are in no share yet.
  const open = wanted === 'draft' ? jobs : tally.pending + openIn(tally);
  return { state: stateOf(progress, now), told: { id, caller, ...omitUndefined({ reason }), jobs, open } };
}
