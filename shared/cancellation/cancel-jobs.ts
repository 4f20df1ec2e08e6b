import * as z from 'zod';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { countOutcomes, isFinal, type Outcome, outcomeNames, outcomeSchema } from '../outcome.ts';
import { type Call, callOff } from './call-off.ts';
import { type Checked, readJobRequest, readJobsRequest, type Target } from './check.ts';
import { conclude } from './conclude.ts';
import type { Connection } from './connection.ts';
import { type Job, newJob } from './job.ts';
import { cancelJobRequest, cancelJobsRequest, type HowToCancel } from './requests.ts';

/** Who asks, and how the call is known. `signal` is aborted when the caller goes away. */
export interface CallContext {
  readonly requestId: string;
  readonly signal?: AbortSignal | undefined;
  /** When the call began, in milliseconds since the epoch, where it takes more than one step; default now. */
  readonly startedAt?: number;
  /** Told how many jobs need nothing more sent, and of how many. */
  onProgress?(done: number, total: number): void;
}

/** What a service needs: the connections, and the time budget of one call in milliseconds. */
export interface ServiceParts {
  readonly connections: ReadonlyMap<string, Connection>;
  readonly clock: Clock;
  readonly log: Log;
  readonly budgetMs: number;
}

/** The answer to a cancel of many jobs: one outcome per job in the order asked. `duplicates` entries named a job again. */
export const bulkResultSchema = z.strictObject({
  request_id: z.string(),
  outcomes: z.array(outcomeSchema),
  counts: z.record(z.enum(outcomeNames), z.number().int()),
  duplicates: z.number().int(),
});
export type BulkResult = z.infer<typeof bulkResultSchema>;

const defaultWaitSeconds = { one: 2, many: 10 };
const answerMarginMs = 500;
const reportEveryMs = 500;

/** Cancels one job. @see cancelJobs */
export async function cancelJob(
  parts: ServiceParts,
  input: unknown,
  context: CallContext,
): Promise<Checked<Outcome>> {
  const read = readJobRequest(cancelJobRequest, input, parts.connections);
  if (!read.ok) return read;
  const { provider: _, job_id: __, ...how } = read.value.request;
  const call = termsOf(parts, how, defaultWaitSeconds.one, context);
  const [outcome] = await carryOut(read.value.targets, parts, call);
  if (outcome === undefined) throw new Error('a job without an outcome');
  return { ok: true, value: outcome };
}

/**
 * Cancels many jobs, of as many connections as are named, side by side. One fault in the request refuses it whole,
 * before anything is sent; after that every job has its own outcome, and none depends on another's.
 */
export async function cancelJobs(
  parts: ServiceParts,
  input: unknown,
  context: CallContext,
): Promise<Checked<BulkResult>> {
  const read = readJobsRequest(cancelJobsRequest, input, parts.connections);
  if (!read.ok) return read;
  const { jobs, ...how } = read.value.request;
  const distinct = withoutDuplicates(read.value.targets);
  const call = termsOf(parts, how, defaultWaitSeconds.many, context);
  const outcomes = await carryOut(distinct, parts, call, context.onProgress);
  const duplicates = jobs.length - outcomes.length;
  return {
    ok: true,
    value: { request_id: context.requestId, outcomes, counts: countOutcomes(outcomes), duplicates },
  };
}

function termsOf(parts: ServiceParts, how: HowToCancel, waitSeconds: number, context: CallContext): Call {
  const answerBy = (context.startedAt ?? parts.clock.now()) + parts.budgetMs - answerMarginMs;
  return {
    answerBy,
    sendBy: answerBy - Math.min(5_000, parts.budgetMs / 5),
    waitMs: (how.wait_seconds ?? waitSeconds) * 1_000,
    dryRun: how.dry_run ?? false,
    sendUnseen: how.send_unseen ?? false,
    signal: context.signal,
  };
}

async function carryOut(
  targets: readonly Target[],
  parts: ServiceParts,
  call: Call,
  onProgress?: CallContext['onProgress'],
): Promise<Outcome[]> {
  const entries = targets.map(({ connection, jobId }) => ({ connection, job: newJob(jobId) }));
  const byConnection = Map.groupBy(entries, ({ connection }) => connection);
  const stopReporting = report(
    entries.map(({ job }) => job),
    parts.clock,
    onProgress,
  );
  await Promise.all(
    [...byConnection].map(async ([connection, share]) => {
      const jobs = share.map(({ job }) => job);
      await callOff(jobs, connection, call).catch((error: unknown) =>
        keepWhatIsKnown(jobs, parts.log, error),
      );
    }),
  );
  stopReporting();
  return entries.map(({ connection, job }) => conclude(job, connection, call));
}

/** Tells twice a second how many jobs are over or have been sent a cancel, for as long as that grows. */
function report(jobs: readonly Job[], clock: Clock, onProgress: CallContext['onProgress']): () => void {
  if (onProgress === undefined) return () => undefined;
  let told = -1;
  const tell = () => {
    const done = jobs.filter(({ first, sendings }) => sendings.length > 0 || isOver(first)).length;
    if (done > told) onProgress(done, jobs.length);
    told = Math.max(told, done);
    cancel = clock.after(reportEveryMs, tell);
  };
  let cancel = clock.after(reportEveryMs, tell);
  return () => cancel();
}

function isOver(look: Job['first']): boolean {
  return look?.kind === 'not_found' || (look?.kind === 'seen' && isFinal(look.job.state));
}

/**
 * A bug of ours with one connection takes nothing from the others, and nothing from what was already seen. Whether a
 * job that was due was sent by then is not known.
 */
function keepWhatIsKnown(jobs: readonly Job[], log: Log, error: unknown): void {
  log({ level: 'error', event: 'call_off_broke', error: error instanceof Error ? error.name : 'unknown' });
  for (const job of jobs) {
    const idle = job.first === undefined || job.first.kind !== 'seen' || isOver(job.first);
    job.first ??= { kind: 'failed', code: 'internal' };
    if (!idle && job.sendings.length === 0) {
      job.sendings.push({ kind: 'unclear', code: 'internal', mayHaveActed: true });
    }
  }
}

function withoutDuplicates(targets: readonly Target[]): Target[] {
  const distinct = new Map(targets.map((target) => [`${target.connection.name}/${target.jobId}`, target]));
  return [...distinct.values()];
}
