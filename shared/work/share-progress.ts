import { omitUndefined } from '../lib/collections.ts';
import { newShare, type OperationRecord, type SharePlan, type ShareRecord } from '../operations/operation.ts';
import { hasMoreToSend, isToSend, openIn, tallyOf } from '../operations/state.ts';
import type { CountedChunk } from './due-jobs.ts';

const minuteMs = 60_000;
/** When jobs that are not over yet are checked, in minutes after the last slice; later every quarter of an hour. */
const followMinutes = [1, 2, 5, 10];
const laterMinutes = 15;
/** When cancelled jobs are checked once more, in milliseconds after the last slice. */
const recheckMs = 5 * minuteMs;

/**
 * The progress of a share in the round that its operation is in. The results of earlier rounds stay. A new round accepts the
 * host that its connection was last found to lead to, because the one who resumed the operation could see that.
 */
export function inThisRound(share: ShareRecord | undefined, { round }: OperationRecord): ShareRecord {
  if (share === undefined) return newShare(round);
  if (share.round >= round) return share;
  const { counts, recheck, follow, host, other_host } = share;
  return {
    ...newShare(round),
    counts,
    ...omitUndefined({ recheck, follow, host: other_host ?? host }),
  };
}

/**
 * The share with the host that its connection leads to: its own from now on if it has none yet. Another one is noted as
 * `other_host`: a mistake in the configuration, or an attacker who can change it, must redirect no cancel without a word.
 */
export function withHost({ other_host: _, ...share }: ShareRecord, found: string | undefined): ShareRecord {
  const { host = found } = share;
  const other = host === found ? undefined : found;
  return { ...share, ...omitUndefined({ host, other_host: other }) };
}

/**
 * The progress after a slice: the counts of its chunks, and the first chunk that still has jobs to do. Crashes count until what
 * they broke off is done.
 */
export function afterSlice(
  share: ShareRecord,
  {
    chunks,
    next,
    done,
    startedAt,
    now,
  }: {
    readonly chunks: readonly CountedChunk[];
    readonly next: number;
    readonly done: number;
    readonly startedAt: number;
    readonly now: number;
  },
): ShareRecord {
  const pace = { since: share.pace?.since ?? startedAt, until: now, done: (share.pace?.done ?? 0) + done };
  const { working: _, careful = 0, ...ended } = withCounts(share, chunks);
  return next >= careful ? { ...ended, next, crashes: 0, pace } : { ...ended, careful, next, pace };
}

/** The progress with new counts of some chunks. */
export function withCounts(share: ShareRecord, chunks: readonly CountedChunk[]): ShareRecord {
  const counts = [...share.counts];
  for (const after of chunks) {
    while (counts.length < after.chunk) counts.push({});
    counts[after.chunk] = after.counts;
  }
  return { ...share, counts };
}

/**
 * Plans the checks of a share: of jobs that are not over yet, also while others are still to be sent, and, after the last
 * slice, of cancelled ones once more.
 */
export function planChecks(
  share: ShareRecord,
  operation: OperationRecord,
  plan: SharePlan,
  now: number,
): ShareRecord {
  const tally = tallyOf(plan, share);
  const isOpen = openIn(tally) > 0 && now < (operation.follow_until ?? 0);
  const hasEnded = !hasMoreToSend(operation, plan, share);
  const isToRecheck = hasEnded && tally.counts.cancelled > 0 && operation.follow_hours > 0;
  const { follow, recheck, ...rest } = share;
  return {
    ...rest,
    ...omitUndefined({
      follow: isOpen ? (follow ?? firstCheck(operation, now)) : undefined,
      recheck: recheck ?? (isToRecheck ? recheckAfter(share, now) : undefined),
    }),
  };
}

/** The checks of a share whose last slice has just ended: they begin anew, for the jobs of that slice. */
export function planLastChecks(
  { follow: _, recheck, ...share }: ShareRecord,
  operation: OperationRecord,
  plan: SharePlan,
  now: number,
): ShareRecord {
  const again = recheck?.done ? undefined : recheck;
  return planChecks({ ...share, ...(again && { recheck: again }) }, operation, plan, now);
}

function firstCheck({ follow_until = 0 }: OperationRecord, now: number) {
  return { passes: 0, due_at: Math.min(now + minuteMs, follow_until) };
}

function recheckAfter({ recheck }: ShareRecord, now: number) {
  const { unchecked = 0, singles } = recheck ?? {};
  return { due_at: now + recheckMs, done: false, unchecked, ...omitUndefined({ singles }) };
}

/** The share after a pass over its open jobs: when the next one is, if any is still open, and when the cancelled ones are checked. */
export function afterPass(
  share: ShareRecord,
  operation: OperationRecord,
  plan: SharePlan,
  { now, cancelled }: { readonly now: number; readonly cancelled: number },
): ShareRecord {
  const passes = (share.follow?.passes ?? 0) + 1;
  const { follow: _, ...known } = share;
  const isToRecheck =
    cancelled > 0 && known.recheck?.done !== false && !hasMoreToSend(operation, plan, share);
  const rest = isToRecheck ? { ...known, recheck: recheckAfter(share, now) } : known;
  const minutes = (followMinutes[passes] ?? laterMinutes) - (followMinutes[passes - 1] ?? 0);
  const dueAt = now + Math.max(1, passes < followMinutes.length ? minutes : laterMinutes) * minuteMs;
  const { follow_until = 0 } = operation;
  const isOpen = openIn(tallyOf(plan, share)) > 0 && now < follow_until;
  return isOpen ? { ...rest, follow: { passes, due_at: Math.min(dueAt, follow_until) } } : rest;
}

/** When a share has something to do next, in milliseconds since the epoch: 0 is at once, `undefined` is never. */
export function dueAtOf(
  operation: OperationRecord,
  plan: SharePlan,
  share: ShareRecord,
  now: number,
): number | undefined {
  // Work that is due has no time of its own, so that a clock that is set back does not hold it up.
  const times = [
    isToSend(operation, now) && hasMoreToSend(operation, plan, share)
      ? (share.parked?.until ?? 0)
      : undefined,
    share.follow?.due_at,
    share.recheck?.done === false ? share.recheck.due_at : undefined,
  ].filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}
