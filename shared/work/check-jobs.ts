import type { AuditedOutcome } from '../access/audit/writer.ts';
import type { ServiceParts } from '../cancellation/request-context.ts';
import type { OutcomeName } from '../contract/outcome.ts';
import type { StatusCheck } from '../engine/attempt-history.ts';
import { type Connection, inChunks } from '../engine/connection.ts';
import { fetchStatus } from '../engine/fetch-status.ts';
import { ListWalk } from '../engine/list/list-walk.ts';
import { SingleChecks } from '../engine/single-checks.ts';
import { FailureLimit } from '../http/failure-limit.ts';
import type { JobResult } from '../operations/job-result.ts';
import {
  chunkJobs,
  type OperationRecord,
  type SharePlan,
  type ShareRecord,
} from '../operations/operation.ts';
import type { ChunkPlace, OperationRecords } from '../operations/operation-records.ts';
import { chunkSize, countResults } from '../operations/state.ts';
import { recordChanges } from './changed-outcomes.ts';
import type { CountedChunk } from './due-jobs.ts';
import { auditedOf, resultAfterCheck } from './job-history.ts';

/** What a pass over jobs is carried out with. */
export interface CheckWork {
  readonly records: OperationRecords;
  readonly operation: OperationRecord;
  readonly connection: Connection;
  /** Whether the connection still leads to the host of the share. */
  isThere(): Promise<boolean>;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

/** Which jobs a pass checks. */
export interface CheckQuery {
  readonly outcomes: readonly OutcomeName[];
  /** The first chunk that it checks. */
  readonly from: number;
  /** Jobs that were seen since then are left out: a pass that was cut short would check the same ones again and again. */
  readonly since?: number | undefined;
  /** Whether these jobs have ended and are checked only this once more. */
  readonly isLast: boolean;
  /** How many jobs may be checked one by one; without it, all. */
  readonly singles?: SingleChecks | undefined;
}

/** The most cancelled jobs of a share that are checked once more one by one. */
const mostSingles = 500;

/**
 * How many jobs that have ended may be checked one by one, besides `made`: 500, or all if the provider's final states reopen,
 * because a second check finds such jobs there.
 */
export function lastSingles({ adapter }: Pick<Connection, 'adapter'>, made = 0): SingleChecks {
  return new SingleChecks(adapter.reopens ? Number.POSITIVE_INFINITY : mostSingles, made);
}

/** What a pass found. */
export interface CheckReport {
  readonly chunks: readonly CountedChunk[];
  /** The first chunk that it did not finish, because its time was up. */
  readonly next: number | undefined;
  /** How many jobs it could not check. */
  readonly unseen: number;
  /** The jobs that it found alive again, with the outcome that they had and the state that they have. */
  readonly cameBack: readonly AuditedOutcome[];
}

/** How many chunks are checked together. */
const chunksAtOnce = 10;

interface ChunkToCheck {
  readonly place: ChunkPlace;
  readonly size: number;
  readonly jobs: readonly { readonly id: string; readonly index: number; readonly known: JobResult }[];
}

/**
 * Checks the jobs of a share that have one of these outcomes, keeps what changed, and records it in the audit. Rejects if the
 * store does.
 */
export async function checkJobs(
  work: CheckWork,
  plan: SharePlan,
  share: ShareRecord,
  query: CheckQuery,
  parts: ServiceParts,
): Promise<CheckReport> {
  let report: CheckReport = { chunks: [], next: undefined, unseen: 0, cameBack: [] };
  const due = inChunks(dueIn(share, query), chunksAtOnce);
  let left = due.length * chunksAtOnce * chunkJobs;
  let walk = new ListWalk(null, { left, inVain: 0 });
  for (const group of due) {
    if (isOver(work, parts)) return { ...report, next: group[0] };
    const toCheck = await Promise.all(group.map((chunk) => readChunk(work, plan, chunk, query)));
    const ids = toCheck.flatMap(({ jobs }) => jobs.map(({ id }) => id));
    const checks = await fetchStatus(ids, work.connection, limitsOf(parts, work.signal), walk, query.singles);
    left -= chunksAtOnce * chunkJobs;
    walk = new ListWalk(walk.next, { trail: walk.trail, inVain: walk.inVain, left });
    // What another host says is not about these jobs.
    if (!(await work.isThere())) return { ...report, next: group[0] };
    const seen = await Promise.all(toCheck.map((each) => keepChecked(work, each, checks, query)));
    await recordChanges(
      work,
      seen.flatMap(({ changed }) => changed),
      parts,
    );
    // Another pass over the same jobs would see none of them either.
    const isInVain = query.singles?.areSpent && checks.size === 0;
    const next = isOver(work, parts) && !isInVain ? seen.find(({ unseen }) => unseen > 0)?.chunk : undefined;
    report = joined(report, seen, next);
    if (next !== undefined) return report;
  }
  return report;
}

function dueIn({ counts }: ShareRecord, { outcomes, from }: CheckQuery): number[] {
  return counts.flatMap((count, chunk) =>
    chunk >= from && outcomes.some((outcome) => (count[outcome] ?? 0) > 0) ? [chunk] : [],
  );
}

function isOver({ signal }: CheckWork, { clock, time }: ServiceParts): boolean {
  return signal.aborted || clock.now() >= time.sendBy;
}

async function readChunk(
  { records, operation }: CheckWork,
  plan: SharePlan,
  chunk: number,
  { outcomes, since = Number.POSITIVE_INFINITY, isLast }: CheckQuery,
): Promise<ChunkToCheck> {
  const place = { operation, connection: plan.connection, chunk };
  const size = chunkSize(plan, chunk);
  const [ids, { results }] = await Promise.all([records.ids(place), records.known(place, size)]);
  const jobs = ids.flatMap((id, index) => {
    const known = results[index];
    const isOut = known?.came_back || (isLast && known?.rechecked) || (known?.at ?? 0) >= since;
    return known !== undefined && !isOut && outcomes.includes(known.outcome) ? [{ id, index, known }] : [];
  });
  return { place, size, jobs };
}

/** A chunk after its check, and the outcomes that changed. */
interface CheckedChunk extends CountedChunk {
  readonly unseen: number;
  readonly changed: readonly AuditedOutcome[];
  readonly cameBack: readonly AuditedOutcome[];
}

async function keepChecked(
  { records, connection }: CheckWork,
  { place, size, jobs }: ChunkToCheck,
  checks: ReadonlyMap<string, StatusCheck>,
  { isLast }: CheckQuery,
): Promise<CheckedChunk> {
  const results: (JobResult | undefined)[] = Array.from({ length: size }, () => undefined);
  for (const { id, index, known } of jobs) {
    const seen = resultAfterCheck(known, id, checks.get(id), connection);
    results[index] = seen && { ...seen, ...(isLast && { rechecked: true }) };
  }
  const merged = await records.merge(place, size, { results });
  const after = jobs.map((job) => ({ ...job, result: merged.results[job.index] ?? job.known }));
  const told = (list: typeof after) => list.map(({ id, result }) => auditedOf(result, id, connection.name));
  const back = after.filter(({ known, result }) => result.came_back && !known.came_back);
  const alive = back.map(({ index, known, ...job }) => ({
    ...job,
    ...{ index, known, result: { ...known, ...results[index], outcome: known.outcome } },
  }));
  const others = after.filter(({ known, result }) => result.outcome !== known.outcome);
  return {
    chunk: place.chunk,
    counts: countResults(merged.results),
    unseen: jobs.filter(({ index }) => results[index] === undefined).length,
    changed: told([...back, ...others]),
    cameBack: told(alive),
  };
}

function joined(before: CheckReport, seen: readonly CheckedChunk[], next: number | undefined): CheckReport {
  const finished = seen.filter(({ chunk }) => next === undefined || chunk < next);
  return {
    chunks: [...before.chunks, ...seen],
    next,
    unseen: before.unseen + finished.reduce((sum, { unseen }) => sum + unseen, 0),
    cameBack: [...before.cameBack, ...seen.flatMap(({ cameBack }) => cameBack)],
  };
}

function limitsOf({ time, turn }: ServiceParts, signal: AbortSignal) {
  const { sendBy, answerBy } = time;
  const patience = (ms: number) => time.patience(ms);
  return { sendBy, answerBy, signal, patience, failureLimit: new FailureLimit(), turn };
}
