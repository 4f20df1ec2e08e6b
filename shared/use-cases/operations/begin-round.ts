import type { RequestContext, ServiceParts } from '../../cancellation/request-context.ts';
import type { Result } from '../../contract/result.ts';
import { hours, partsExpireAt, sendingMs } from '../../operations/lifetime.ts';
import type { OperationRecord } from '../../operations/operation.ts';
import { type Judgement, judgeStart, type OfferTold, type RoundAsked } from './judge-start.ts';
import type { Stored } from './stored.ts';

/** The head as it is stored after a start or a resume, and the offered confirmation if it needs one. */
export interface Begun {
  readonly record: OperationRecord;
  readonly offer?: OfferTold;
}

/** A start or a resume of an operation as it was read. `change`: what else it changes in the head. */
export interface Round extends Omit<RoundAsked, 'record'> {
  readonly seen: OperationRecord;
  readonly change: Partial<OperationRecord>;
}

/**
 * Judges a round and begins it, or offers its confirmation. `changed`: the head was changed since it was read, so nothing was
 * done. A worker that has listed the jobs of a selector calls this too. Rejects if the store does.
 */
export async function beginRound(
  parts: ServiceParts,
  stored: Stored,
  round: Round,
  context: RequestContext,
): Promise<Result<Begun> | 'changed'> {
  const { seen, change, ...start } = round;
  const record = { ...seen, ...change };
  const judgement = await judgeStart(parts, stored, { ...start, record }, context);
  if (judgement.kind === 'fault') return { ok: false, faults: judgement.faults };
  if (judgement.kind === 'go') return go(parts, stored, round, judgement, context);
  const { offer } = judgement;
  const waiting = { confirmation: offer.id, confirm_until: offer.expiresAt };
  // One whose selector was just listed in the background is a draft from now on.
  const wanted = seen.listing === 'due' ? ('draft' as const) : seen.wanted;
  const kept = await replace(stored, seen, () => ({ ...change, ...waiting, wanted }));
  return kept === undefined ? 'changed' : { ok: true, value: { record: kept, offer } };
}

async function go(
  parts: ServiceParts,
  stored: Stored,
  { seen, change, redo }: Round,
  { confirmation, confirmedBy }: Extract<Judgement, { kind: 'go' }>,
  context: RequestContext,
): Promise<Result<Begun> | 'changed'> {
  const { shares } = { ...seen, ...change };
  const connections = shares.map(({ connection }) => connection);
  const confirmed = { confirmation: confirmation ?? seen.confirmation, confirmed_by: confirmedBy };
  const record = await beginAt(parts, stored, connections, seen, () => ({
    ...change,
    ...runNow(parts, seen, context),
    ...confirmed,
    redo: redo && [...redo],
  }));
  return record === undefined ? 'changed' : { ok: true, value: { record } };
}

/** Makes the appointments before and after the head says so, then tells the workers. @see Agenda.makeDue */
export async function beginAt(
  parts: ServiceParts,
  stored: Stored,
  connections: readonly string[],
  seen: OperationRecord,
  change: () => Partial<OperationRecord>,
): Promise<OperationRecord | undefined> {
  await makeDue(stored, connections, seen);
  const record = await replace(stored, seen, change);
  if (record === undefined) return undefined;
  await makeDueAndRing(parts, stored, connections, seen);
  return record;
}

async function makeDue(
  { agenda }: Stored,
  connections: readonly string[],
  record: OperationRecord,
): Promise<void> {
  for (const connection of connections) await agenda.makeDue(connection, record.id, partsExpireAt(record));
}

async function makeDueAndRing(
  { ring }: ServiceParts,
  stored: Stored,
  connections: readonly string[],
  record: OperationRecord,
): Promise<void> {
  await makeDue(stored, connections, record);
  await ring?.(connections);
}

/** Makes the appointments of an operation that runs once more: the request that began it may have died before it made them. */
export async function remind(parts: ServiceParts, stored: Stored, record: OperationRecord): Promise<Begun> {
  const connections = record.shares.map(({ connection }) => connection);
  await makeDueAndRing(parts, stored, connections, record);
  return { record };
}

/** What the head of an operation holds from a start or a resume on. */
export function runNow(
  { clock }: ServiceParts,
  { round, follow_hours }: OperationRecord,
  { caller, surface, scope }: RequestContext,
): Partial<OperationRecord> {
  const now = clock.wallTime();
  return {
    ...{ wanted: 'run', round: round + 1, started_at: now, started_by: caller.id },
    ...{ kind: caller.kind, surface, scope },
    ...{ send_until: now + sendingMs, follow_until: now + hours(follow_hours) },
    ...{ ended_at: undefined, paused_because: undefined, confirm_until: undefined },
  };
}

/** Changes the head if it is still as it was read; `undefined` if it is not. */
async function replace(
  { records }: Stored,
  seen: OperationRecord,
  change: () => Partial<OperationRecord>,
): Promise<OperationRecord | undefined> {
  let isChanged = false;
  const kept = await records.change(seen.id, (known) => {
    isChanged = markOf(known) !== markOf(seen);
    return isChanged ? undefined : { ...known, ...change() };
  });
  return isChanged ? undefined : kept;
}

/** What no other request may have changed meanwhile. */
function markOf({ wanted, round, set, pages, listing }: OperationRecord): string {
  return JSON.stringify([wanted, round, set, pages, listing]);
}
