import type { OutcomeName } from '../contract/outcome.ts';
import type { Clock } from '../lib/clock.ts';
import type { Store } from '../store/store.ts';
import { unwrap } from '../store/with-deadline.ts';
import { Agenda } from './agenda.ts';
import type { OperationRecord } from './operation.ts';
import { OperationRecords } from './operation-records.ts';
import { chunkSize } from './state.ts';

/** A cancel of a job that calloff still follows, or whose job came back: by whom, when it was checked last, and its outcome. */
export interface AskedCancel {
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly outcome: OutcomeName;
}

/** The cancels that are followed at a connection, by job id. */
export type AskedCancels = ReadonlyMap<string, AskedCancel>;

/** How long what was read serves further lists, in milliseconds. */
const rememberedMs = 5_000;
/** The most chunks that are read: a list must not wait for a whole operation. */
const mostChunks = 20;

interface Remembered {
  readonly at: number;
  readonly cancels: Promise<AskedCancels>;
}

const rememberedByStore = new WeakMap<Store, Map<string, Remembered>>();

/**
 * The cancels at a connection that have not ended, as the operations on its agenda know them. What was read in the last five
 * seconds is not read again. Rejects if the store does.
 */
export function askedAt(connection: string, store: Store, clock: Clock): Promise<AskedCancels> {
  const origin = unwrap(store);
  const remembered = rememberedByStore.get(origin) ?? new Map<string, Remembered>();
  rememberedByStore.set(origin, remembered);
  const known = remembered.get(connection);
  if (known !== undefined && clock.now() - known.at < rememberedMs) return known.cancels;
  const cancels = readAsked(connection, origin);
  remembered.set(connection, { at: clock.now(), cancels });
  cancels.catch(() => remembered.delete(connection));
  return cancels;
}

async function readAsked(connection: string, store: Store): Promise<AskedCancels> {
  const records = new OperationRecords(store);
  const found = new Map<string, AskedCancel>();
  let chunks = 0;
  for (const { operation: id } of await new Agenda(store).of(connection)) {
    const operation = await records.get(id);
    if (operation === undefined || chunks >= mostChunks) continue;
    const due = await openChunks(records, operation, connection);
    for (const chunk of due.slice(0, mostChunks - chunks)) {
      chunks += 1;
      await readChunk(records, operation, connection, chunk, found);
    }
  }
  return found;
}

/** The chunks with jobs that have not ended, or came back. */
async function openChunks(
  records: OperationRecords,
  operation: OperationRecord,
  connection: string,
): Promise<number[]> {
  const share = await records.share(operation, connection);
  return (share?.counts ?? []).flatMap(({ cancelling = 0, unknown = 0, came_back = 0 }, chunk) =>
    cancelling + unknown + came_back > 0 ? [chunk] : [],
  );
}

async function readChunk(
  records: OperationRecords,
  operation: OperationRecord,
  connection: string,
  chunk: number,
  found: Map<string, AskedCancel>,
): Promise<void> {
  const plan = operation.shares.find((share) => share.connection === connection);
  if (plan === undefined) return;
  const place = { operation, connection, chunk };
  const [ids, { results }] = await Promise.all([
    records.ids(place),
    records.known(place, chunkSize(plan, chunk)),
  ]);
  for (const [index, id] of ids.entries()) {
    const result = results[index];
    const isOpen = result?.outcome === 'cancelling' || result?.outcome === 'unknown' || result?.came_back;
    if (result === undefined || !isOpen) continue;
    const at = result.at ?? operation.started_at ?? operation.created_at;
    found.set(id, { by: operation.started_by ?? operation.caller, at, outcome: result.outcome });
  }
}
