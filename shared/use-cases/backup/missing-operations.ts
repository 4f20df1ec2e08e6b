import { omitUndefined } from '../../lib/collections.ts';
import { progressOf } from '../../operations/end.ts';
import { OperationIndex } from '../../operations/index-of-operations.ts';
import type { OperationRecord } from '../../operations/operation.ts';
import { OperationRecords } from '../../operations/operation-records.ts';
import { openIn, stateOf, totalOf } from '../../operations/state.ts';
import type { PresentStore } from '../../store/backup/hold-store.ts';
import { StoreUnavailableError } from '../../store/errors.ts';
import type { Store } from '../../store/store.ts';

/** An operation that a restore loses before its end. */
export interface LostOperation {
  readonly id: string;
  /** Who made it. */
  readonly caller: string;
  readonly reason?: string | undefined;
  readonly jobs: number;
  /** How many of its jobs have no final outcome. */
  readonly open: number;
}

/** The operations of one store that another lacks. */
export interface MissingOperations {
  readonly operations: number;
  /** Those of them that are not over: they list, send, are paused, or follow their jobs. */
  readonly unfinished: readonly LostOperation[];
}

const pageSize = 500;

/** An operation of the present store; `lost`: what is told of it if it is not over. */
interface Known {
  readonly id: string;
  readonly lost: LostOperation | undefined;
}

/**
 * The operations that the present store has and that are not in the copy which is to replace it, as they are at a wall time.
 * `undefined`: the present store cannot be read. Rejects if the copy cannot be read.
 */
export async function missingOperations(
  present: PresentStore,
  copy: Store,
  now: number,
): Promise<MissingOperations | undefined> {
  if (present === 'none') return { operations: 0, unfinished: [] };
  const known = present === 'unreadable' ? undefined : await unlessUnreadable(operationsIn(present, now));
  if (known === undefined) return undefined;
  const records = new OperationRecords(copy);
  const missing: Known[] = [];
  for (const each of known) if ((await records.get(each.id)) === undefined) missing.push(each);
  return { operations: missing.length, unfinished: missing.flatMap(({ lost }) => lost ?? []) };
}

/** A store that is only in part damaged must be replaceable, too. */
function unlessUnreadable<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error: unknown) => {
    if (error instanceof StoreUnavailableError) return undefined;
    throw error;
  });
}

async function operationsIn(store: Store, now: number): Promise<Known[]> {
  const index = new OperationIndex(store);
  const records = new OperationRecords(store);
  const known: Known[] = [];
  let after: string | undefined;
  do {
    const page = await index.page(undefined, pageSize, after);
    for (const { id } of page.entries) {
      const record = await records.get(id);
      if (record !== undefined) known.push({ id, lost: await unlessOver(records, record, now) });
    }
    after = page.next;
  } while (after !== undefined);
  return known;
}

async function unlessOver(
  records: OperationRecords,
  record: OperationRecord,
  now: number,
): Promise<LostOperation | undefined> {
  const progress = { record, shares: await progressOf(records, record) };
  if (!notOver.has(stateOf(progress, now))) return undefined;
  const { id, caller, reason, jobs } = record;
  const tally = totalOf(progress);
  return { id, caller, ...omitUndefined({ reason }), jobs, open: tally.pending + openIn(tally) };
}

const notOver: ReadonlySet<string> = new Set(['listing', 'running', 'paused', 'following']);
