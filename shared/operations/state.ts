import type { OperationState } from '../contract/operations.ts';
import { codes, countOutcomes, type OutcomeName, outcomeNames } from '../contract/outcome.ts';
import type { JobResult } from './job-result.ts';
import {
  type ChunkCounts,
  chunkJobs,
  type OperationRecord,
  type SharePlan,
  type ShareRecord,
} from './operation.ts';

/** How far a slice is that is under way. */
export interface SliceUnderWay {
  /** How many of its jobs were sent a cancel or need none. They count as pending until it ends. */
  readonly done: number;
  /** Until when the provider's limit lets nothing through, as a wall time in milliseconds. */
  readonly heldUntil?: number | undefined;
}

/** An operation with its progress at each connection. */
export interface OperationProgress {
  readonly record: OperationRecord;
  readonly shares: ReadonlyMap<string, ShareRecord | undefined>;
  /** The slices that are under way, by connection. */
  readonly underWay?: ReadonlyMap<string, SliceUnderWay | undefined>;
}

/** How many jobs have each outcome. A job without one is `pending`. */
export interface Tally {
  readonly counts: Record<OutcomeName, number>;
  readonly pending: number;
  /** Jobs seen alive again after they were cancelled; they are in none of the counts. */
  readonly cameBack: number;
}

/** The state of an operation at a wall time, in milliseconds since the epoch. */
export function stateOf({ record, shares }: OperationProgress, now: number): OperationState {
  const { wanted, listing, follow_until = 0, send_until = 0 } = record;
  if (wanted === 'draft') return isConfirmable(record, now) ? 'waiting_for_confirmation' : 'draft';
  const isHeld = wanted === 'pause' || now > send_until;
  if (listing === 'due') return isHeld ? 'paused' : 'listing';
  if (record.shares.some((plan) => hasMoreToSend(record, plan, shares.get(plan.connection))))
    return isHeld ? 'paused' : 'running';
  const isOpen = openIn(totalOf({ record, shares })) > 0;
  return isOpen && now < follow_until ? 'following' : 'finished';
}

/** Whether the start or the resume of an operation waits for a confirmation that has not expired. */
export function isConfirmable({ confirmation, confirm_until = 0 }: OperationRecord, now: number): boolean {
  return confirmation !== undefined && now < confirm_until;
}

/** Whether an operation is to send at a wall time, if it has something to send. */
export function isToSend({ wanted, send_until = 0 }: OperationRecord, now: number): boolean {
  return wanted === 'run' && now <= send_until;
}

/** Whether jobs of a share are still to be done in this round. */
export function hasMoreToSend(
  { wanted, round }: OperationRecord,
  { chunks }: SharePlan,
  share: ShareRecord | undefined,
): boolean {
  if (wanted === 'follow' || chunks === 0) return false;
  if (share === undefined || share.round < round) return true;
  return share.next < chunks && share.rest === undefined;
}

/** How many jobs may still change without another cancel. */
export function openIn({ counts }: Tally): number {
  return counts.cancelling + counts.unknown;
}

/** The outcomes of a share's jobs. Jobs that this round gave up have its code as their outcome. */
export function tallyOf({ jobs }: SharePlan, share: ShareRecord | undefined): Tally {
  const counts = countOutcomes([]);
  let cameBack = 0;
  for (const chunk of share?.counts ?? []) {
    for (const outcome of outcomeNames) counts[outcome] += chunk[outcome] ?? 0;
    cameBack += chunk.came_back ?? 0;
  }
  const pending = jobs - cameBack - Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (share?.rest === undefined || pending === 0) return { counts, pending, cameBack };
  counts[restOutcome(share.rest.code)] += pending;
  return { counts, pending: 0, cameBack };
}

/** The outcomes of an operation's jobs at all its connections. */
export function totalOf({ record, shares }: OperationProgress): Tally {
  const tallies = record.shares.map((plan) => tallyOf(plan, shares.get(plan.connection)));
  const counts = countOutcomes([]);
  for (const tally of tallies) for (const outcome of outcomeNames) counts[outcome] += tally.counts[outcome];
  const sum = (of: (tally: Tally) => number) => tallies.reduce((total, tally) => total + of(tally), 0);
  return { counts, pending: sum(({ pending }) => pending), cameBack: sum(({ cameBack }) => cameBack) };
}

/** The outcome of jobs that a round gave up under a code. */
export function restOutcome(code: NonNullable<ShareRecord['rest']>['code']): 'failed' | 'refused' {
  return codes[code].outcome;
}

/** How many of these results have each outcome. */
export function countResults(results: readonly (JobResult | undefined)[]): ChunkCounts {
  const counts: ChunkCounts = {};
  for (const result of results) {
    if (result === undefined) continue;
    const kind = result.came_back ? 'came_back' : result.outcome;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/** How many jobs a chunk of a share has. */
export function chunkSize({ jobs }: SharePlan, chunk: number): number {
  return Math.max(0, Math.min(chunkJobs, jobs - chunk * chunkJobs));
}
