import type { Caller } from '../access/caller.ts';
import type { OperationSlice } from '../cancellation/cancel-state.ts';
import { type CancelReport, runPipeline } from '../cancellation/pipeline.ts';
import type { ServiceParts } from '../cancellation/request-context.ts';
import type { Outcome } from '../contract/answers/outcome-schema.ts';
import type { ProgressListener } from '../contract/progress.ts';
import { type AttemptHistory, isOnlyInAir, mayHaveReached } from '../engine/attempt-history.ts';
import type { Connection, Target } from '../engine/connection.ts';
import type { ListWalk } from '../engine/list/list-walk.ts';
import type { JobResult } from '../operations/job-result.ts';
import type { OperationRecord } from '../operations/operation.ts';
import type { OperationRecords } from '../operations/operation-records.ts';
import { countResults } from '../operations/state.ts';
import type { CountedChunk, DueChunk, DueJob } from './due-jobs.ts';
import type { Fence } from './fence.ts';
import { resultOf } from './job-history.ts';

/** What one slice is carried out with. */
export interface SliceWork {
  readonly records: OperationRecords;
  readonly operation: OperationRecord;
  readonly connection: Connection;
  readonly caller: Caller;
  readonly fence: Fence;
  /** Whether the connection still leads to the host of the share. */
  isThere(): Promise<boolean>;
  readonly requestId: string;
  /** Aborted when another operation is to have its turn, or the worker stops: nothing more is sent in this slice. */
  readonly signal: AbortSignal;
  readonly onProgress?: ProgressListener;
  /** Where its jobs are in the list of the provider. */
  readonly walk: ListWalk;
}

/** A chunk after a slice, and how many of its jobs are still to be done in this round. */
interface ChunkAfter extends CountedChunk {
  readonly left: number;
}

/** The result of a slice. */
export interface SliceReport {
  readonly chunks: readonly ChunkAfter[];
  /** How many jobs it was for, and how many of them have a result now. */
  readonly jobs: number;
  readonly done: number;
  /** The jobs that failed for a reason that may pass; they have no result yet. */
  readonly outages: readonly Outcome[];
  /** Whether calloff itself failed at a job, such as when the audit cannot be written. */
  readonly isInternal: boolean;
  /**
   * Whether no job was done only because requests had no turn in time, by the limits that calloff keeps to: that says nothing of
   * the provider, which answered whatever was sent.
   */
  readonly hadNoTurn: boolean;
  /** The milliseconds until the caller's minute has room again, if it had none for all of them. */
  readonly waitMs: number;
}

/** How long a slice waits for final states after its cancels, in seconds: a short operation waits for the end of its jobs. */
const waitSeconds = { few: 8, many: 2 };
const fewJobs = 100;

/**
 * Cancels the jobs of some chunks through the pipeline, under the rules in force now, and keeps their results. Before a
 * cancel leaves, a mark says so: if this worker dies, the next one checks the marked jobs before it sends anything. Keeps
 * nothing and returns `undefined` if the connection has come to lead to another host, which knows nothing of these jobs.
 */
export async function runSlice(
  work: SliceWork,
  chunks: readonly DueChunk[],
  parts: ServiceParts,
): Promise<SliceReport | undefined> {
  const marked = new Set<DueChunk>();
  const jobs = new Map<Target, DueJob>();
  for (const job of chunks.flatMap((chunk) => chunk.jobs))
    jobs.set({ connection: work.connection, jobId: job.id }, job);
  let hadTrouble = false;
  const onTrouble = () => {
    hadTrouble = true;
  };
  const watched = { ...parts, turn: { ...parts.turn, onTrouble } };
  const report = await runPipeline(planOf(work, chunks, jobs, marked), watched, {
    ...{
      requestId: work.requestId,
      caller: work.caller,
      surface: work.operation.surface,
      signal: work.signal,
    },
    operation: work.operation.id,
    ...(work.onProgress && { onProgress: work.onProgress }),
  });
  return (await work.isThere()) ? keepResults(work, chunks, { jobs, marked, hadTrouble }, report) : undefined;
}

function planOf(
  { operation, records, fence, walk }: SliceWork,
  chunks: readonly DueChunk[],
  jobs: ReadonlyMap<Target, DueJob>,
  marked: Set<DueChunk>,
) {
  const histories = new Map([...jobs].map(([target, { history }]) => [target, history]));
  const jobOf = new Map([...jobs.values()].map((job) => [job.history, job]));
  const slice: OperationSlice = {
    histories,
    leave: () => fence.leave(),
    isLate: () => fence.isLate(),
    walk,
    beforeSend: (cleared) => {
      const sendable = cleared.flatMap((history) => jobOf.get(history) ?? []);
      return mark(records, chunks, sendable, marked);
    },
  };
  const { send_if_status_unknown = false, reason } = operation;
  const wait_seconds = operation.jobs <= fewJobs ? waitSeconds.few : waitSeconds.many;
  return {
    targets: [...jobs.keys()],
    how: { send_if_status_unknown, wait_seconds, ...(reason !== undefined && { reason }) },
    defaultWaitSeconds: 0,
    listsJobs: true,
    slice,
  };
}

/** Marks the jobs that may be sent a cancel from now on, and those that may have been sent one before. */
async function mark(
  records: OperationRecords,
  chunks: readonly DueChunk[],
  cleared: readonly DueJob[],
  marked: Set<DueChunk>,
): Promise<void> {
  const places = Map.groupBy(cleared, ({ place }) => place.chunk);
  await Promise.all(
    chunks.map(async (chunk) => {
      const { place, attempt, lost } = chunk;
      const due = (places.get(place.chunk) ?? []).map(({ index }) => index);
      if (due.length === 0) return;
      await records.putMark(place, { attempt, due: [...new Set([...due, ...lost])] });
      marked.add(chunk);
    }),
  );
}

async function keepResults(
  { records, operation, fence }: SliceWork,
  chunks: readonly DueChunk[],
  {
    jobs,
    marked,
    hadTrouble,
  }: {
    readonly jobs: ReadonlyMap<Target, DueJob>;
    readonly marked: ReadonlySet<DueChunk>;
    readonly hadTrouble: boolean;
  },
  { outcomes, minute }: CancelReport,
): Promise<SliceReport> {
  const byId = new Map(outcomes.map((outcome) => [outcome.job_id, outcome]));
  const ended = [...jobs.values()].map((job) => ({ job, outcome: byId.get(job.id) }));
  const outages = ended.flatMap(({ job, outcome }) =>
    outcome !== undefined && mayPass(outcome, job.history) ? [outcome] : [],
  );
  const isOutage = areOutage(outages, jobs.size);
  const kept = new Map<DueJob, JobResult>();
  for (const { job, outcome } of ended)
    if (outcome !== undefined && isKept(outcome, job, isOutage) && !(fence.wasLate && isUnsent(job)))
      kept.set(job, {
        ...resultOf(job.history, outcome),
        ...(operation.round > 1 && { round: operation.round }),
      });
  const after = await Promise.all(
    chunks.map(async (chunk) => {
      const { place, size, jobs: due, left } = chunk;
      const results: (JobResult | undefined)[] = Array.from({ length: size }, () => undefined);
      for (const job of due) results[job.index] = kept.get(job);
      const closes = marked.has(chunk) ? chunk.attempt : chunk.marked;
      // Without a result, a job that may have been sent a cancel before is checked first again.
      const open = [...chunk.lost].filter((index) => results[index] === undefined);
      const merged = await records.merge(place, size, { closes, open, results });
      const undone = due.filter((job) => !kept.has(job)).length;
      return { chunk: place.chunk, counts: countResults(merged.results), left: left + undone };
    }),
  );
  const isInternal = outcomes.some(({ code }) => code === 'internal');
  const waitMs = minute !== undefined && minute.granted < jobs.size ? minute.retryAfterMs : 0;
  return {
    chunks: after,
    jobs: jobs.size,
    done: kept.size,
    outages: isOutage ? outages : [],
    isInternal,
    hadNoTurn: kept.size === 0 && !hadTrouble && ended.every(({ job }) => hadNoTurn(job.history)),
    waitMs,
  };
}

/** Whether neither a check nor a cancel of a job failed, so that one of them only had no turn. */
function hadNoTurn({ first, attempts }: AttemptHistory): boolean {
  return first?.kind !== 'failed' && attempts.every(({ kind }) => kind !== 'failed');
}

/**
 * Whether failures are about the provider, so that their jobs are done later: most jobs failed, or so many that it is not about
 * the jobs. A key that was rejected twice is tried no longer.
 */
function areOutage(outages: readonly Outcome[], jobs: number): boolean {
  const ofKey = outages.filter(({ code }) => code === 'credentials_rejected').length;
  const fraction = outages.length / jobs;
  return ofKey >= 2 || fraction > 0.5 || (outages.length >= 5 && fraction > 0.1);
}

/** Whether an outcome ends what this round does for the job. The others are done in a later slice. */
function isKept({ outcome, code }: Outcome, { history, inAir }: DueJob, isOutage: boolean): boolean {
  if (outcome === 'not_attempted') return false;
  // Neither a cancel of this slice nor a status shows more than was known before it.
  const mayBeSent = history.refusal === undefined || history.refusal.code === 'internal';
  if (inAir && outcome === 'unknown' && isOnlyInAir(history) && mayBeSent) return false;
  if (outcome === 'failed' && code === 'internal' && history.attempts.length === 0) return false;
  return !(isOutage && mayPass({ outcome, code }, history));
}

/** Whether no cancel of it can have reached the provider. */
function isUnsent({ history }: DueJob): boolean {
  return !history.attempts.some(mayHaveReached);
}

/** The reasons why nothing could be sent that may pass by themselves, or once a person has replaced the key. */
const passing: ReadonlySet<Outcome['code']> = new Set([
  'provider_unavailable',
  'rate_limited',
  'credentials_rejected',
]);

/** Whether nothing can have reached the provider, for a reason that may pass. */
function mayPass(
  { outcome, code }: Pick<Outcome, 'outcome' | 'code'>,
  { attempts }: AttemptHistory,
): boolean {
  const wasSent = attempts.some(
    ({ kind }) => kind === 'accepted' || kind === 'rejected' || kind === 'unclear',
  );
  return outcome === 'failed' && !wasSent && passing.has(code);
}
