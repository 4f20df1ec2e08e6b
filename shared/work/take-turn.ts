import { hostOf, leadsTo } from '../http/host-hash.ts';
import { omitUndefined } from '../lib/collections.ts';
import type { ShareRecord } from '../operations/operation.ts';
import { hasMoreToSend, isToSend, tallyOf } from '../operations/state.ts';
import { type CheckQuery, type CheckReport, checkJobs, lastSingles } from './check-jobs.ts';
import { settleLost } from './give-up.ts';
import { sendSlice } from './send-slice.ts';
import { afterPass, inThisRound, planChecks, withCounts, withHost } from './share-progress.ts';
import { hasCome, keepShare, type ShareTurn, type TurnParts, type TurnReport } from './turn-parts.ts';

/** How long a pass over open or cancelled jobs may take, in milliseconds. */
const passMs = { alone: 60_000, crowded: 5_000 };
/** How long an operation waits while its connection leads to another host, in milliseconds. */
const otherHostMs = 30_000;
/** How long a pass that was cut short lets cancels go first, in milliseconds. */
const cancelsFirstMs = 300_000;

/**
 * Does what is due for an operation at a connection: checks the jobs that have not ended, sends the next slice, or checks the
 * cancelled jobs once more.
 */
export async function takeTurn(parts: TurnParts, turn: ShareTurn): Promise<TurnReport> {
  const { operation, plan } = turn;
  const stored = await parts.records.share(operation, plan.connection);
  const known = inThisRound(stored, operation);
  const share = await withHostNow(parts, turn, known);
  const now = parts.clock.wallTime();
  const isBroken = !isToSend(operation, now) && share.working !== undefined;
  if (share.other_host !== undefined)
    return isBroken
      ? settle(parts, turn, share)
      : hold(parts, turn, share, share.other_host === known.other_host);
  if (share.follow !== undefined && hasCome(share.follow.due_at, now)) return follow(parts, turn, share);
  if (isBroken) return settle(parts, turn, share);
  if (mayCancel(parts, turn, share)) return sendSlice(parts, turn, share);
  const { recheck } = share;
  if (recheck?.done === false && hasCome(recheck.due_at, now)) return checkCancelled(parts, turn, share);
  const planned = planChecks(share, operation, plan, now);
  const isAsBefore =
    planned.follow === share.follow && planned.recheck === share.recheck && known.other_host === undefined;
  return isAsBefore ? { share, waitMs: 0 } : keepShare(parts, turn, planned);
}

async function withHostNow(parts: TurnParts, { plan }: ShareTurn, share: ShareRecord): Promise<ShareRecord> {
  const connection = (await parts.connections()).get(plan.connection);
  return withHost(share, connection && (await hostOf(connection)));
}

/** Does nothing at a connection that leads to another host, until the time to check jobs is over. */
async function hold(
  parts: TurnParts,
  turn: ShareTurn,
  share: ShareRecord,
  isNoted: boolean,
): Promise<TurnReport> {
  const isOver = parts.clock.wallTime() >= (turn.operation.follow_until ?? 0);
  if (!isOver) return isNoted ? { share, waitMs: otherHostMs } : keepShare(parts, turn, share, otherHostMs);
  const { follow: _, recheck, ...ended } = share;
  const unchecked = tallyOf(turn.plan, share).counts.cancelled;
  return keepShare(parts, turn, {
    ...ended,
    ...(recheck && { recheck: { ...recheck, done: true, unchecked } }),
  });
}

/** Whether there are cancels to send at this connection now. */
function mayCancel({ clock }: TurnParts, { operation, plan }: ShareTurn, share: ShareRecord): boolean {
  const now = clock.wallTime();
  const isParked = share.parked !== undefined && !hasCome(share.parked.until, now);
  return isToSend(operation, now) && hasMoreToSend(operation, plan, share) && !isParked;
}

/** After a crash in an operation that sends nothing now: what may have been sent is followed even so. */
async function settle(parts: TurnParts, turn: ShareTurn, share: ShareRecord): Promise<TurnReport> {
  const settled = await settleLost(parts, turn, share);
  const planned = planChecks(settled, turn.operation, turn.plan, parts.clock.wallTime());
  return keepShare(parts, turn, planned);
}

async function follow(parts: TurnParts, turn: ShareTurn, share: ShareRecord): Promise<TurnReport> {
  const { operation, plan } = turn;
  const { next: from = 0, since, passes, due_at } = share.follow ?? { passes: 0, due_at: 0 };
  const query: CheckQuery = { outcomes: ['cancelling', 'unknown'], from, since, isLast: false };
  const begunAt = parts.clock.wallTime();
  const report = await checkInTime(parts, turn, share, query);
  const checked = withCounts(share, report?.chunks ?? []);
  if (report?.next !== undefined) {
    const goesOnAt = mayCancel(parts, turn, share) ? parts.clock.wallTime() + cancelsFirstMs : due_at;
    const rest = { next: report.next, since: since ?? begunAt };
    return keepShare(parts, turn, { ...checked, follow: { passes, due_at: goesOnAt, ...rest } });
  }
  const cancelled = tallyOf(plan, checked).counts.cancelled - tallyOf(plan, share).counts.cancelled;
  return keepShare(
    parts,
    turn,
    afterPass(checked, operation, plan, { now: parts.clock.wallTime(), cancelled }),
  );
}

/** Checks the cancelled jobs once more: at some providers a job can come back to life. */
async function checkCancelled(parts: TurnParts, turn: ShareTurn, share: ShareRecord): Promise<TurnReport> {
  const { due_at, next: from, unchecked, singles: made } = share.recheck ?? { due_at: 0, unchecked: 0 };
  const connection = (await parts.connections()).get(turn.plan.connection);
  const singles = connection && lastSingles(connection, made);
  const query: CheckQuery = { outcomes: ['cancelled'], from: from ?? 0, isLast: true, singles };
  const report = await checkInTime(parts, turn, share, query);
  const checked = withCounts(share, report?.chunks ?? []);
  const unseen = report?.unseen ?? tallyOf(turn.plan, share).counts.cancelled;
  const recheck = {
    ...{ due_at, done: report?.next === undefined, unchecked: (from === undefined ? 0 : unchecked) + unseen },
    ...omitUndefined({ next: report?.next, singles: singles?.made }),
  };
  // Told before the progress is kept: a worker that dies in between tells it again rather than never.
  if (report !== undefined && report.cameBack.length > 0)
    await parts.cameBack(turn.operation, report.cameBack);
  return keepShare(parts, turn, { ...checked, recheck });
}

async function checkInTime(
  parts: TurnParts,
  { operation, plan, signal, isCrowded }: ShareTurn,
  share: ShareRecord,
  query: CheckQuery,
): Promise<CheckReport | undefined> {
  const connection = (await parts.connections()).get(plan.connection);
  if (connection === undefined) return undefined;
  const isThere = () => leadsTo(connection, share.host);
  const requestId = parts.newRequestId();
  const work = { records: parts.records, operation, connection, isThere, requestId, signal };
  const limitMs = isCrowded ? passMs.crowded : passMs.alone;
  return parts.during('follow', limitMs, (services) => checkJobs(work, plan, share, query, services));
}
