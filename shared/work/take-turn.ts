import type { OutcomeName } from '../contract/outcome.ts';
import type { OperationRecord, ShareRecord } from '../operations/operation.ts';
import { hasMoreToSend } from '../operations/state.ts';
import { type LookReport, lookAgain } from './look-again.ts';
import { sendSlice } from './send-slice.ts';
import { afterPass, inThisRound, planChecks, withCounts } from './share-progress.ts';
import { hasCome, keepShare, type ShareTurn, type TurnParts, type TurnReport } from './turn-parts.ts';

/** How long a pass over open or cancelled jobs may take, in milliseconds. */
const passMs = 60_000;

/**
 * Does what is due for an operation at a connection: looks at the jobs that are not over yet, sends the next slice, or looks at
 * the cancelled jobs once more.
 */
export async function takeTurn(parts: TurnParts, turn: ShareTurn): Promise<TurnReport> {
  const { operation, plan } = turn;
  const stored = await parts.records.share(operation, plan.connection);
  const share = inThisRound(stored, operation);
  const now = parts.clock.wallTime();
  if (share.follow !== undefined && hasCome(share.follow.due_at, now)) return follow(parts, turn, share);
  const isParked = share.parked !== undefined && !hasCome(share.parked.until, now);
  if (isToSend(operation, now) && hasMoreToSend(operation, plan, share) && !isParked)
    return sendSlice(parts, turn, share);
  const { recheck } = share;
  if (recheck?.done === false && hasCome(recheck.due_at, now)) return checkCancelled(parts, turn, share);
  const planned = planChecks(share, operation, plan, now);
  return planned.follow === share.follow ? { share, waitMs: 0 } : keepShare(parts, turn, planned);
}

function isToSend({ wanted, send_until = 0 }: OperationRecord, now: number): boolean {
  return wanted === 'run' && now <= send_until;
}

async function follow(parts: TurnParts, turn: ShareTurn, share: ShareRecord): Promise<TurnReport> {
  const { operation, plan } = turn;
  const report = await look(parts, turn, share, ['cancelling', 'unknown']);
  const checked = withCounts(share, report?.chunks ?? []);
  return keepShare(parts, turn, afterPass(checked, operation, plan, parts.clock.wallTime()));
}

/** Looks at the cancelled jobs once more: at some providers a job can come back to life. */
async function checkCancelled(parts: TurnParts, turn: ShareTurn, share: ShareRecord): Promise<TurnReport> {
  const report = await look(parts, turn, share, ['cancelled']);
  const recheck = { due_at: share.recheck?.due_at ?? 0, done: true, unchecked: report?.unseen ?? 0 };
  const kept = await keepShare(parts, turn, { ...withCounts(share, report?.chunks ?? []), recheck });
  if (report !== undefined && report.cameBack.length > 0)
    await parts.cameBack(turn.operation, report.cameBack);
  return kept;
}

async function look(
  parts: TurnParts,
  { operation, plan, signal }: ShareTurn,
  share: ShareRecord,
  outcomes: readonly OutcomeName[],
): Promise<LookReport | undefined> {
  const connection = (await parts.connections()).get(plan.connection);
  if (connection === undefined) return undefined;
  const work = { records: parts.records, operation, connection, requestId: parts.newRequestId(), signal };
  return parts.during('read', passMs, (services) => lookAgain(work, plan, share, outcomes, services));
}
