import type { Grant } from '../access/caller-rate-limiter.ts';
import { confirmationIdIn } from '../access/confirmation/token.ts';
import type { Target } from '../engine/connection.ts';
import type { Confirmed } from './cancel-audit.ts';
import { type CancelState, limitedBy } from './cancel-state.ts';
import { requesterOf } from './request-context.ts';
import { namesOf, type OfferMade, refusalOf } from './require-confirmation.ts';

/** The decision about a request before anything is sent: the jobs that may be cancelled, or none. */
export interface Admission {
  readonly targets: readonly Target[];
  readonly offer?: OfferMade | undefined;
  /** With a slice: what the caller's minute had room for. */
  readonly minute?: Grant;
}

/** Admits a request with a confirmation: all of its jobs or none, so that the confirmation is not used up for a part. */
export async function admitConfirmed(
  state: CancelState,
  permitted: readonly Target[],
  minute: Grant,
): Promise<Admission> {
  const { plan, parts, outcomes } = state;
  const { presentedConfirmation: presented = '', listsJobs, how } = plan;
  state.audit.confirmation = confirmationIdIn(presented);
  if (permitted.length === 0) return { targets: [] };
  const { confirmations } = parts.access ?? {};
  const jobs = listsJobs ? namesOf(permitted) : undefined;
  const restated = { jobs, sendIfStatusUnknown: how.send_if_status_unknown };
  const requester = requesterOf(state.context);
  const isRoom = minute.granted === permitted.length;
  const use = await (isRoom
    ? confirmations?.use(presented, requester, restated)
    : confirmations?.peek(presented, requester, restated));
  if (use?.ok === true && 'confirmedBy' in use) return goConfirmed(state, permitted, use);
  outcomes.refuse(permitted, use?.ok === true ? limitedBy(minute) : refusalOf(use?.fault ?? 'unknown'));
  return { targets: [] };
}

/** The audit records the reason that the approver saw, or the caller's new reason if it confirms for itself. */
export async function goConfirmed(
  { plan, audit, quota, context }: CancelState,
  targets: readonly Target[],
  confirmed: Confirmed,
): Promise<Admission> {
  const isOwn = confirmed.confirmedBy === context.caller.id;
  const reason = confirmed.how.reason ?? (isOwn ? plan.how.reason : undefined);
  audit.confirmed = { ...confirmed, how: { ...confirmed.how, reason } };
  await quota.takeConfirmed(targets.length);
  return { targets };
}
