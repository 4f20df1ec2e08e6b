import type { Offer } from '../../access/confirmation/types.ts';
import { can } from '../../access/policy.ts';
import type { RequestContext, ServiceParts } from '../../cancellation/request-context.ts';
import type { OperationView } from '../../contract/answers/operation-schema.ts';
import { timestamp } from '../../lib/clock.ts';
import { operationConfirmationStep } from '../../messages/operation-request.ts';
import { progressOf } from '../../operations/end.ts';
import type { OperationRecord, ShareRecord } from '../../operations/operation.ts';
import { isConfirmable, type OperationProgress, type SliceUnderWay } from '../../operations/state.ts';
import { jobsToDo, viewOperation } from '../../operations/view.ts';
import type { Store } from '../../store/store.ts';
import { readUnderWay } from '../../work/lease.ts';
import { waysAt } from '../ways-at.ts';
import type { OfferTold } from './judge-start.ts';
import type { Stored } from './stored.ts';

/** An operation as it is now, with how to confirm it if it waits for that. Rejects if the store does. */
export async function showOperation(
  parts: ServiceParts,
  { records, access }: Stored,
  record: OperationRecord,
  context: RequestContext,
  offer?: OfferTold,
): Promise<OperationView> {
  const shares = await progressOf(records, record);
  const now = parts.clock.wallTime();
  const underWay = await underWayIn(access.store, record, shares);
  const view = viewOperation({ record, shares, underWay }, now, (name) => displayNameOf(parts, name));
  const pending = offer ?? offerIn(record, now);
  if (pending === undefined) return view;
  return { ...view, confirmation: await confirmationOf(pending, { record, shares }, parts, context) };
}

/** How far the slices are that are under way, as their workers said within the last seconds. */
async function underWayIn(
  store: Store,
  { id: operation }: OperationRecord,
  shares: OperationProgress['shares'],
): Promise<ReadonlyMap<string, SliceUnderWay | undefined>> {
  const working = [...shares].filter(([, share]) => share?.working !== undefined);
  const slices = working.map(
    async ([name, share]) =>
      [name, await readUnderWay(store, name, { operation, epoch: share?.epoch })] as const,
  );
  return new Map(await Promise.all(slices));
}

/** How the provider of a connection is called in sentences. */
function displayNameOf({ connections }: ServiceParts, name: string): string {
  return connections.get(name)?.adapter.displayName ?? name;
}

function offerIn(record: OperationRecord, now: number): Offer | undefined {
  const { confirmation: id, confirm_until: expiresAt = 0 } = record;
  return id !== undefined && isConfirmable(record, now) ? { id, expiresAt } : undefined;
}

async function confirmationOf(
  offer: OfferTold,
  progress: {
    readonly record: OperationRecord;
    readonly shares: ReadonlyMap<string, ShareRecord | undefined>;
  },
  parts: ServiceParts,
  context: RequestContext,
): Promise<NonNullable<OperationView['confirmation']>> {
  const { id, round, redo } = progress.record;
  const { surface } = context;
  const verb = round === 0 ? 'start' : 'resume';
  const ways = await waysAt(parts, context);
  return {
    id: offer.id,
    expires_at: timestamp(offer.expiresAt),
    jobs: jobsToDo(progress, redo),
    ...(offer.token && { confirmation_token: offer.token }),
    next_step: operationConfirmationStep(
      { ...offer, operation: id, verb, reader: readerOf(progress.record, context) },
      { surface, ways },
    ),
  };
}

/** What a caller that has no token of the confirmation can do about it itself. */
function readerOf(record: OperationRecord, { caller }: RequestContext): 'begin' | 'approve' | undefined {
  const connections = record.shares.map(({ connection }) => connection);
  const isOwn = record.caller === caller.id;
  const mayAtAll = (action: 'cancel' | 'confirm') => connections.every((name) => can(caller, action, name));
  // A start is for its own caller, a resume for each that may cancel at all its connections.
  const mayBegin = isOwn ? can(caller, 'cancel') : record.round > 0 && mayAtAll('cancel');
  if (mayBegin && caller.rights.selfConfirm) return 'begin';
  return !isOwn && caller.kind !== 'agent' && mayAtAll('confirm') ? 'approve' : undefined;
}
