import type { OperationShareView, OperationView } from '../contract/answers/operation-schema.ts';
import { type OperationState, resumable } from '../contract/operations.ts';
import type { OutcomeName } from '../contract/outcome.ts';
import { timestamp } from '../lib/clock.ts';
import { omitUndefined } from '../lib/collections.ts';
import { type OperationWords, operationMessage, operationNextStep } from '../messages/operation.ts';
import { gaveUpMessage, heldUpMessage, limitWaitMessage, otherHostMessage } from '../messages/progress.ts';
import type { OperationRecord, SharePlan, ShareRecord } from './operation.ts';
import { type OperationProgress, openIn, stateOf, type Tally, tallyOf, totalOf } from './state.ts';

/** An operation as its caller sees it at a wall time. `displayName`: how a connection's provider is called in sentences. */
export function viewOperation(
  { record, shares, underWay }: OperationProgress,
  now: number,
  displayName: (connection: string) => string,
): OperationView {
  const state = stateOf({ record, shares }, now);
  const parts = record.shares.map((plan) => {
    const share = shares.get(plan.connection);
    const tally = tallyOf(plan, share);
    const { done = 0, heldUntil = 0 } = underWay?.get(plan.connection) ?? {};
    return { plan, share, tally, underWay: Math.min(done, tally.pending), heldMs: heldUntil - now };
  });
  const tally = totalOf({ record, shares });
  const unchecked = parts.reduce((sum, { share }) => sum + (share?.recheck?.unchecked ?? 0), 0);
  const allUnderWay = parts.reduce((sum, part) => sum + part.underWay, 0);
  const words = { ...wordsOf(record, state, tally), notCheckedAgain: unchecked, underWay: allUnderWay };
  return {
    ...{ id: record.id, state, caller: record.caller },
    ...omitUndefined({ reason: record.reason, selector: record.selector }),
    ...omitUndefined({ send_if_status_unknown: record.send_if_status_unknown }),
    follow_hours: record.follow_hours,
    ...omitUndefined({ max_per_second: record.max_per_second }),
    created_at: timestamp(record.created_at),
    ...timesOf(record),
    ...{ jobs: record.jobs, duplicates: record.duplicates, pending: tally.pending, counts: tally.counts },
    ...{ came_back: tally.cameBack, not_checked_again: unchecked },
    ...omitUndefined({ per_minute: rateOf(parts.map(({ share }) => share)) }),
    providers: parts.map((part) => shareView(part, record, now, displayName)),
    ...omitUndefined({ unavailable: record.unavailable }),
    message: operationMessage(words),
    ...omitUndefined({ next_step: operationNextStep(words) }),
  };
}

/** How many jobs another round would do: those without an outcome and those with one of these outcomes. */
export function jobsToDo(progress: OperationProgress, outcomes: readonly OutcomeName[] = resumable): number {
  const { counts, pending } = totalOf(progress);
  return outcomes.reduce((sum, outcome) => sum + counts[outcome], pending);
}

function timesOf({ started_at, started_by, listed_at, send_until, follow_until }: OperationRecord) {
  const time = (ms: number | undefined) => (ms === undefined ? undefined : timestamp(ms));
  return omitUndefined({
    started_at: time(started_at),
    started_by,
    listed_at: time(listed_at),
    send_until: time(send_until),
    follow_until: time(follow_until),
  });
}

function wordsOf(
  record: OperationRecord,
  state: OperationState,
  tally: Tally,
): Omit<OperationWords, 'notCheckedAgain'> {
  const { id, jobs, wanted, paused_because, selector, follow_until, unavailable = [] } = record;
  const isLate = state === 'paused' && wanted === 'run';
  return {
    ...{ id, state, jobs, pending: tally.pending, open: openIn(tally), cameBack: tally.cameBack },
    cancelling: tally.counts.cancelling,
    resumable: tally.pending + resumable.reduce((sum, outcome) => sum + tally.counts[outcome], 0),
    pausedBecause: isLate ? 'time' : paused_because,
    hasSelector: selector !== undefined,
    followUntil: follow_until === undefined ? undefined : timestamp(follow_until),
    isPartlyListed: unavailable.length > 0,
    isFollowing: wanted === 'follow',
  };
}

interface Part {
  readonly plan: SharePlan;
  readonly share: ShareRecord | undefined;
  readonly tally: Tally;
  readonly underWay: number;
  /** For how many milliseconds the provider's limit lets nothing through, if that is above 0. */
  readonly heldMs: number;
}

function shareView(
  { plan, share, tally, underWay, heldMs }: Part,
  { id, wanted, round }: OperationRecord,
  now: number,
  displayName: (connection: string) => string,
): OperationShareView {
  const isOfThisRound = share?.round === round;
  const isElsewhere = isOfThisRound && share.other_host !== undefined;
  const provider = displayName(plan.connection);
  const outage = wanted === 'run' && isOfThisRound ? heldUp(share, provider, now) : undefined;
  const wait = heldMs > 0 && wanted === 'run' ? limitWaitMessage(provider, heldMs) : undefined;
  const held = isElsewhere ? otherHostMessage(plan.connection, id) : (outage ?? wait);
  return {
    ...{ provider: plan.connection, jobs: plan.jobs, pending: tally.pending, counts: tally.counts },
    ...omitUndefined({ under_way: underWay === 0 ? undefined : underWay, held_up: held }),
  };
}

/** Why nothing is sent at the moment. One whose pause is over only waits for its turn. */
function heldUp({ parked, rest }: ShareRecord, provider: string, now: number): string | undefined {
  if (rest !== undefined) return gaveUpMessage(provider);
  if (parked === undefined || parked.until <= now) return undefined;
  return heldUpMessage({ ...parked, provider, next: timestamp(parked.until) });
}

/** Jobs done in a minute: the sum over the shares, each on average since it began this round. */
function rateOf(shares: readonly (ShareRecord | undefined)[]): number | undefined {
  const rates = shares.flatMap((share) => {
    const { since, until, done } = share?.pace ?? { since: 0, until: 0, done: 0 };
    return until > since ? [(done * 60_000) / (until - since)] : [];
  });
  return rates.length === 0 ? undefined : Math.round(rates.reduce((sum, rate) => sum + rate, 0));
}
