import type { ConfirmationAsked, Offer } from '../access/confirmation/types.ts';
import { within } from '../lib/clock.ts';
import type { RequestContext, ServiceParts } from './request-context.ts';

/** How long an answer may wait until it is stored that a confirmation waits, in milliseconds. */
const longestMs = 500;

/**
 * Says, once for each confirmation, that it waits for someone other than its caller. It says nothing of one that the caller may
 * give in its next call, and nothing right after a no. Never rejects, and hardly delays the answer.
 */
export async function tellWaiting(
  offer: Offer | undefined,
  about: Pick<ConfirmationAsked, 'counts' | 'operation'>,
  { tellWaiting: tell, clock }: ServiceParts,
  { caller }: RequestContext,
): Promise<void> {
  if (offer === undefined || offer.isNew !== true || offer.token !== undefined || tell === undefined) return;
  const { id: confirmation, expiresAt } = offer;
  const asked = { confirmation, caller: caller.id, ...about, requestedAt: clock.wallTime(), expiresAt };
  await within(
    clock,
    longestMs,
    tell(asked).catch(() => undefined),
  );
}

/** How many of the jobs there are at each connection. */
export function countsOf(jobs: readonly { readonly provider: string }[]): Record<string, number> {
  const byProvider = Map.groupBy(jobs, ({ provider }) => provider);
  return Object.fromEntries([...byProvider].map(([provider, { length }]) => [provider, length]));
}
