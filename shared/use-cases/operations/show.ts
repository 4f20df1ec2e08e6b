import type { Offer } from '../../access/confirmation/types.ts';
import type { RequestContext, ServiceParts } from '../../cancellation/request-context.ts';
import type { OperationView } from '../../contract/operations.ts';
import { timestamp } from '../../lib/clock.ts';
import { operationConfirmationStep } from '../../messages/operation-request.ts';
import { progressOf } from '../../operations/end.ts';
import type { OperationRecord, ShareRecord } from '../../operations/operation.ts';
import { isConfirmable } from '../../operations/state.ts';
import { jobsToDo, viewOperation } from '../../operations/view.ts';
import type { OfferTold } from './judge-start.ts';
import type { Stored } from './stored.ts';

/** An operation as it is now, with how to confirm it if it waits for that. Rejects if the store does. */
export async function showOperation(
  parts: ServiceParts,
  { records }: Stored,
  record: OperationRecord,
  context: RequestContext,
  offer?: OfferTold,
): Promise<OperationView> {
  const shares = await progressOf(records, record);
  const now = parts.clock.wallTime();
  const view = viewOperation({ record, shares }, now, (name) => displayNameOf(parts, name));
  const pending = offer ?? offerIn(record, now);
  if (pending === undefined) return view;
  return { ...view, confirmation: await confirmationOf(pending, { record, shares }, parts, context) };
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
  { waysToConfirm }: ServiceParts,
  { surface }: RequestContext,
): Promise<NonNullable<OperationView['confirmation']>> {
  const { id, round, redo } = progress.record;
  const verb = round === 0 ? 'start' : 'resume';
  const ways = (await waysToConfirm?.()) ?? { slack: false };
  return {
    id: offer.id,
    expires_at: timestamp(offer.expiresAt),
    jobs: jobsToDo(progress, redo),
    ...(offer.token && { confirmation_token: offer.token }),
    next_step: operationConfirmationStep({ ...offer, operation: id, verb }, { surface, ways }),
  };
}
