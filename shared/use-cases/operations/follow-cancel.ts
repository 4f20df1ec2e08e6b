import { randomBytes } from 'node:crypto';
import type { OpenJob } from '../../cancellation/connection-steps.ts';
import type { RequestContext, ServiceParts } from '../../cancellation/request-context.ts';
import type { Following } from '../../contract/answers/responses.ts';
import { inChunks } from '../../engine/connection.ts';
import { hostOf } from '../../http/host-hash.ts';
import { followingStep } from '../../messages/operation-request.ts';
import { hours, partsExpireAt } from '../../operations/lifetime.ts';
import { chunkJobs, newShare, type OperationRecord, type SharePlan } from '../../operations/operation.ts';
import { newOperationId } from '../../operations/operation-id.ts';
import { countResults } from '../../operations/state.ts';
import { loggable } from '../../store/errors.ts';
import { unwrap, withDeadline } from '../../store/with-deadline.ts';
import { resultOf } from '../../work/job-history.ts';
import { planChecks, withHost } from '../../work/share-progress.ts';
import { type Stored, storedIn } from './stored.ts';

/** How long the jobs of a cancel are followed, in hours. */
const followHours = 24;
/** How long the operation may take to be stored at least, in milliseconds: the outcomes may have been recorded just in time. */
const leastMs = 250;

/**
 * Keeps the jobs of a cancel that may still change as an operation, so that workers go on checking them. Nothing is sent by it.
 * Never rejects: if it cannot be stored, the answer says nothing of it.
 */
export async function followCancel(
  open: readonly OpenJob[],
  reason: string | undefined,
  parts: ServiceParts,
  context: RequestContext,
): Promise<{ readonly operation?: Following }> {
  const stored = storedIn(withGrace(parts));
  if (!stored.ok || open.length === 0) return {};
  const record = recordFor(open, reason, parts, context);
  try {
    await keep(stored.value, record, open, parts.clock.wallTime());
  } catch (error) {
    const { requestId: request_id } = context;
    parts.log({ level: 'error', event: 'follow_unwritable', request_id, ...loggable(error) });
    return {};
  }
  const next_step = followingStep(record.id, { jobs: open.length, hours: followHours }, context);
  return { operation: { id: record.id, next_step } };
}

/**
 * The parts with a store that is waited for a moment longer if the time of the call is nearly over; not if the process is
 * about to be killed, because the caller's answer comes first.
 */
function withGrace(parts: ServiceParts): ServiceParts {
  const { access, clock, time } = parts;
  if (access === undefined) return parts;
  const until = clock.now() + leastMs;
  const over = () => (time.ended.aborted ? time.over : Math.max(time.over, until));
  return {
    ...parts,
    access: { ...access, store: withDeadline(unwrap(access.store), clock, { over, ended: time.ended }) },
  };
}

function recordFor(
  open: readonly OpenJob[],
  reason: string | undefined,
  { clock }: ServiceParts,
  { caller, surface, scope }: RequestContext,
): OperationRecord {
  const now = clock.wallTime();
  const shares = [...byConnection(open)].map(([connection, { length: jobs }]) => ({
    ...{ connection, jobs, chunks: Math.ceil(jobs / chunkJobs) },
  }));
  return {
    ...{ id: newOperationId(), caller: caller.id, kind: caller.kind, surface, created_at: now },
    ...(reason !== undefined && { reason }),
    ...(scope !== undefined && { scope }),
    ...{ wanted: 'follow', follow_hours: followHours, pages: [], set: randomBytes(9).toString('base64url') },
    ...{ shares, jobs: open.length, duplicates: 0, round: 1, started_at: now, started_by: caller.id },
    follow_until: now + hours(followHours),
  };
}

function byConnection(open: readonly OpenJob[]): ReadonlyMap<string, readonly OpenJob[]> {
  return Map.groupBy(open, ({ target }) => target.connection.name);
}

/** Stores the jobs and what is known of them, then the head, then when they are checked first. */
async function keep(
  stored: Stored,
  operation: OperationRecord,
  open: readonly OpenJob[],
  now: number,
): Promise<void> {
  const { records, index, agenda } = stored;
  const expiresAt = partsExpireAt(operation);
  const firstChecks = await Promise.all(
    operation.shares.map(async (plan) => {
      const jobs = byConnection(open).get(plan.connection) ?? [];
      return { connection: plan.connection, dueAt: await keepJobs(stored, operation, plan, jobs, now) };
    }),
  );
  await records.create(operation);
  await Promise.all([
    index.add(operation),
    ...firstChecks.map(({ connection, dueAt }) => agenda.begin(connection, operation.id, dueAt, expiresAt)),
  ]);
}

/** Stores the jobs of a share and its progress. Returns when the jobs are checked first, in milliseconds since the epoch. */
async function keepJobs(
  { records }: Stored,
  operation: OperationRecord,
  plan: SharePlan,
  jobs: readonly OpenJob[],
  now: number,
): Promise<number> {
  const { connection } = plan;
  const counts = await Promise.all(
    inChunks(jobs, chunkJobs).map(async (jobsOfChunk, chunk) => {
      const place = { operation, connection, chunk };
      const ids = jobsOfChunk.map(({ target }) => target.jobId);
      const results = jobsOfChunk.map(({ history, outcome }) => resultOf(history, outcome));
      await records.putIds(place, ids);
      await records.merge(place, ids.length, { results });
      return countResults(results);
    }),
  );
  const [first] = jobs;
  const begun = withHost(newShare(1), first && (await hostOf(first.target.connection)));
  const share = planChecks({ ...begun, next: plan.chunks, counts }, operation, plan, now);
  await records.changeShare(operation, connection, () => share);
  return share.follow?.due_at ?? now;
}
