import type { Code } from '../contract/outcome.ts';
import type { Progress } from '../contract/progress.ts';
import { ListWalk } from '../engine/list/list-walk.ts';
import { leadsTo } from '../http/host-hash.ts';
import { chunkJobs, type OperationRecord, type ShareRecord } from '../operations/operation.ts';
import { hasMoreToSend } from '../operations/state.ts';
import { type DueChunks, readDueChunks, type SliceSize } from './due-jobs.ts';
import { Fence } from './fence.ts';
import { giveUp } from './give-up.ts';
import { codeOf, park, parkingMs } from './parking.ts';
import { pauseForCaller } from './pause-for-caller.ts';
import { afterSlice, planChecks, planLastChecks, withCounts } from './share-progress.ts';
import { runSlice, type SliceReport } from './slice.ts';
import { keepShare, type ShareTurn, type TurnParts, type TurnReport } from './turn-parts.ts';

/** How long a slice may take, in milliseconds. */
const sliceMs = { alone: 60_000, crowded: 5_000 };
const sizes = {
  alone: { chunks: 10, jobs: 5_000 },
  crowded: { chunks: 1, jobs: 500 },
  careful: { chunks: 1, jobs: 50 },
  probe: { chunks: 1, jobs: 3 },
  single: { chunks: 1, jobs: 1 },
} as const satisfies Record<string, SliceSize>;
/** How many crashes make a slice one chunk, fifty jobs or one, or end the round. */
const crashes = { chunk: 2, careful: 3, job: 4, end: 6 };
/** With a limit of cancels a second, a slice is what that allows in this time, in milliseconds. */
const pacedMs = 1_000;
/** How long an operation waits after a slice in which no job had a turn, in milliseconds. */
const noTurnMs = 1_000;
/** The longest that an operation waits for its next slice, in milliseconds: an appointment farther ahead counts as past. */
const longestWaitMs = 900_000;

/** Sends the cancels of the next slice of a share, and keeps what is known of its jobs then. */
export async function sendSlice(parts: TurnParts, turn: ShareTurn, before: ShareRecord): Promise<TurnReport> {
  const { records, clock } = parts;
  const { operation, plan, lease, signal } = turn;
  const caller = await parts.callerOf(operation);
  if (caller === undefined) {
    await pauseForCaller(records, operation);
    return { share: before, waitMs: 0 };
  }
  const connection = (await parts.connections()).get(plan.connection);
  if (connection === undefined) return endRound(parts, turn, before, 'provider_not_configured');
  const started = begin(before);
  if (started.crashes >= crashes.end) return endRound(parts, turn, started, 'internal');
  const due = await readDueChunks(records, operation, plan, started, sizeOf(turn, started));
  const startedAt = clock.wallTime();
  const counted = withCounts(started, due.done);
  if (due.chunks.length === 0) return keepShare(parts, turn, afterNone(turn, counted, due.end, startedAt));
  const begun = { ...counted, working: due.end };
  await keepShare(parts, turn, begun);
  const isThere = () => leadsTo(connection, started.host);
  const fence = new Fence(lease, operation, { ...parts, isThere });
  turn.onFence(fence);
  const requestId = parts.newRequestId();
  const onProgress = (progress: Progress) => {
    lease.note(operation.id, progress);
    parts.onProgress?.(plan.connection, progress);
  };
  lease.note(operation.id, { done: 0 });
  const { listed = null, trail, in_vain: inVain = 0 } = begun;
  const walk = new ListWalk(listed, { trail, inVain, left: plan.jobs - begun.next * chunkJobs });
  const work = {
    records,
    operation,
    connection,
    caller,
    fence,
    isThere,
    requestId,
    signal,
    walk,
    onProgress,
  };
  const limitMs = turn.isCrowded ? sliceMs.crowded : sliceMs.alone;
  const report = await parts.during('operation', limitMs, (services) => runSlice(work, due.chunks, services));
  // As after a crash: what may have been sent is checked first when the connection leads back.
  if (report === undefined) return { share: begun, waitMs: 0 };
  const wasCut = signal.aborted || fence.isClosed || report.waitMs > 0;
  return afterSending(parts, turn, withPlace(begun, walk), {
    due,
    report,
    startedAt,
    wasCut,
    isBlind: fence.isBlind,
  });
}

/** A share with the place in the list of the provider at which the next slice begins. */
function withPlace(begun: ShareRecord, { next, trail, inVain }: ListWalk): ShareRecord {
  return {
    ...begun,
    ...(next !== null && { listed: next }),
    ...(trail !== undefined && { trail }),
    ...(inVain > 0 && { in_vain: inVain }),
  };
}

/** A share at the begin of a slice: if the one before did not end, its worker died or failed. */
function begin({ working, ...share }: ShareRecord): ShareRecord {
  return { ...share, ...(working !== undefined && afterCrash(share, working)) };
}

/**
 * What a crash changes. It counts only if no job was done since the one before: workers that are killed again and again still
 * get on with slices of this size, and a job that kills each of them is soon the first one.
 */
function afterCrash({ crashes: before, done_at_crash, pace }: ShareRecord, careful: number) {
  const done = pace?.done ?? 0;
  const counts = before === 0 || done === done_at_crash;
  return { careful, crashes: counts ? before + 1 : before, done_at_crash: done };
}

/** A share in which no job was left to do. */
function afterNone(
  { operation, plan }: ShareTurn,
  share: ShareRecord,
  next: number,
  now: number,
): ShareRecord {
  return planLastChecks({ ...share, next, crashes: 0 }, operation, plan, now);
}

/** Ends the round: every job that is left has this code, or is followed if it may have been sent a cancel. */
async function endRound(
  parts: TurnParts,
  turn: ShareTurn,
  share: ShareRecord,
  code: Code,
): Promise<TurnReport> {
  const given = await giveUp(parts, turn, share, code);
  return keepShare(parts, turn, planLastChecks(given, turn.operation, turn.plan, parts.clock.wallTime()));
}

function sizeOf({ operation, isCrowded }: ShareTurn, share: ShareRecord): SliceSize {
  if (share.crashes >= crashes.job) return sizes.single;
  if (share.parked !== undefined) return { ...sizes.probe, skip: share.parked.times * sizes.probe.jobs };
  if (share.crashes >= crashes.careful) return sizes.careful;
  const size = share.crashes >= crashes.chunk || isCrowded ? sizes.crowded : sizes.alone;
  const chunks = Math.min(size.chunks, share.most_chunks ?? size.chunks);
  const perSecond = rateOf(operation);
  const most = perSecond === undefined ? size.jobs : Math.max(1, Math.floor((perSecond * pacedMs) / 1_000));
  return { chunks, jobs: Math.min(size.jobs, most) };
}

/**
 * How many chunks the next slice may have: one after a slice that was cut short for others before most of its jobs were done,
 * because their check would be in vain once more; then twice as many after each that is done.
 */
function nextSize(
  { signal }: ShareTurn,
  { most_chunks, ...share }: ShareRecord,
  report: SliceReport,
): ShareRecord {
  if (signal.aborted && report.done * 2 < report.jobs) return { ...share, most_chunks: 1 };
  const chunks = (most_chunks ?? sizes.alone.chunks) * (report.done === report.jobs ? 2 : 1);
  return chunks < sizes.alone.chunks ? { ...share, most_chunks: chunks } : share;
}

/** The cancels a second that one share may send, if the operation is limited: its connections share the limit. */
function rateOf({ max_per_second, shares }: OperationRecord): number | undefined {
  return max_per_second === undefined ? undefined : max_per_second / Math.max(1, shares.length);
}

interface SliceSent {
  readonly due: DueChunks;
  readonly report: SliceReport;
  readonly startedAt: number;
  /** Whether it ended early: for another operation, for a pause, or because the caller's minute has no room. */
  readonly wasCut: boolean;
  /** Whether the fence could not read the store in time. */
  readonly isBlind: boolean;
}

/**
 * Parks the share if the provider could not be used, or if no job of a whole slice was done for another reason than that none
 * had a turn: then it takes the next turn that there is.
 */
async function afterSending(
  parts: TurnParts,
  turn: ShareTurn,
  begun: ShareRecord,
  { due, report, startedAt, wasCut, isBlind }: SliceSent,
): Promise<TurnReport> {
  const { operation, plan } = turn;
  const now = parts.clock.wallTime();
  const unfinished = report.chunks.filter(({ left }) => left > 0).map(({ chunk }) => chunk);
  const next = Math.min(due.end, ...unfinished);
  const after = nextSize(turn, afterSlice(begun, { ...report, next, startedAt, now }), report);
  const isWaiting = report.hadNoTurn && !isBlind && !report.isInternal;
  const isStuck = report.outages.length > 0 || (report.done === 0 && !wasCut && !isWaiting);
  const going = report.done > 0 ? unparked(after) : after;
  const outage = {
    outages: report.outages,
    code: isBlind || report.isInternal ? 'internal' : 'provider_unavailable',
  } as const;
  if (isStuck && parkingMs(going, outage) === 0) return endRound(parts, turn, going, codeOf(outage));
  const share = isStuck ? park(going, outage, now) : going;
  const perSecond = rateOf(operation);
  const pacedUntil = perSecond === undefined ? 0 : startedAt + (report.jobs / perSecond) * 1_000;
  const turnMs = isWaiting ? noTurnMs : 0;
  const waitMs = Math.min(Math.max(report.waitMs, pacedUntil - now, turnMs, 0), longestWaitMs);
  const planned = hasMoreToSend(operation, plan, share) ? planChecks : planLastChecks;
  return keepShare(parts, turn, planned(share, operation, plan, now), waitMs);
}

function unparked({ parked: _, ...share }: ShareRecord): ShareRecord {
  return share;
}
