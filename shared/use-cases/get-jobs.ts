import { can } from '../access/policy.ts';
import { takeReads } from '../cancellation/cancel-quota.ts';
import type { RequestContext, ServiceParts } from '../cancellation/request-context.ts';
import type { JobView } from '../contract/answers/job-schema.ts';
import type { Outcome } from '../contract/answers/outcome-schema.ts';
import { getJobRequest, getJobsRequest } from '../contract/requests.ts';
import type { Result } from '../contract/result.ts';
import { type JobRefusal, newHistory, type StatusCheck } from '../engine/attempt-history.ts';
import { buildOutcome, refuseUnseen } from '../engine/classify-outcome.ts';
import type { Connection, Target } from '../engine/connection.ts';
import { fetchStatus } from '../engine/fetch-status.ts';
import { viewOf } from '../engine/job-view.ts';
import { FailureLimit } from '../http/failure-limit.ts';
import { deniedMessage, noReadLeftMessage } from '../messages/faults.ts';
import { statusFailureMessage } from '../messages/list.ts';
import { readJobRequest, readJobsRequest } from './validate.ts';
import { tooOften } from './with-audit.ts';

/** Reads the status of one job. If it cannot be read, the result is the outcome that a cancel would have had. */
export async function getJob(
  parts: ServiceParts,
  input: unknown,
  context: RequestContext,
): Promise<Result<JobView | Outcome>> {
  const read = readJobRequest(getJobRequest, input, { ...parts, ...context });
  if (!read.ok) return read;
  const [seen] = await lookAtTargets(parts, read.value.targets, context);
  if (seen === undefined) throw new Error('a request without a job');
  return { ok: true, value: seen };
}

/** Reads the status of jobs, in the order of the request. @see getJob */
export async function getJobs(
  parts: ServiceParts,
  input: unknown,
  context: RequestContext,
): Promise<Result<(JobView | Outcome)[]>> {
  const read = readJobsRequest(getJobsRequest, input, { ...parts, ...context });
  if (!read.ok) return read;
  const { targets } = read.value;
  const visible = new Set(targets.filter((target) => !isHidden(target, context)).map(nameOf));
  const looks = await takeReads(parts.access?.rateLimiter, context.caller, visible.size);
  if (looks.granted === 0 && visible.size > 0) return tooOften(looks);
  const late = new Set([...visible].slice(looks.granted));
  return { ok: true, value: await lookAtTargets(parts, targets, context, { late, ...looks }) };
}

function nameOf({ connection, jobId }: Target): string {
  return `${connection.name}/${jobId}`;
}

function isHidden({ connection }: Target, { caller }: RequestContext): boolean {
  return !can(caller, 'list', connection.name);
}

/** A job whose status is not read, because its caller has no reads left. */
interface Late {
  readonly late: ReadonlySet<string>;
  readonly retryAfterMs: number;
}

async function lookAtTargets(
  parts: ServiceParts,
  targets: readonly Target[],
  context: RequestContext,
  { late, retryAfterMs }: Late = { late: new Set(), retryAfterMs: 0 },
): Promise<(JobView | Outcome)[]> {
  const refusalOf = (target: Target): JobRefusal | undefined => {
    if (isHidden(target, context)) return { code: 'denied_by_policy', message: deniedMessage('list') };
    if (!late.has(nameOf(target))) return undefined;
    return { code: 'caller_rate_limited', message: noReadLeftMessage, retryAfterMs };
  };
  const visible = targets.filter((target) => refusalOf(target) === undefined);
  const { signal } = context;
  const { time, turn } = parts;
  const { answerBy } = time;
  const looks = new Map<Connection, ReadonlyMap<string, StatusCheck>>();
  await Promise.all(
    [...Map.groupBy(visible, ({ connection }) => connection)].map(async ([connection, share]) => {
      const ids = [...new Set(share.map(({ jobId }) => jobId))];
      const patience = (ms: number) => time.patience(ms);
      const terms = { sendBy: answerBy, answerBy, signal, patience, failureLimit: new FailureLimit(), turn };
      looks.set(connection, await fetchStatus(ids, connection, terms));
    }),
  );
  return targets.map((target) => {
    const { connection, jobId } = target;
    const refusal = refusalOf(target);
    if (refusal !== undefined) return withoutNote(refuseUnseen(jobId, connection, refusal));
    const seen = looks.get(connection)?.get(jobId) ?? { kind: 'skipped' };
    if (seen.kind === 'seen') return viewOf(seen.job, connection.name, seen.at);
    const unseen = withoutNote(
      buildOutcome({ ...newHistory(jobId), first: seen }, connection, {
        dryRun: true,
        sendIfStatusUnknown: false,
      }),
    );
    const { code, cause } = unseen;
    if (code === undefined) return unseen;
    return { ...unseen, message: statusFailureMessage({ code, cause }, connection) };
  });
}

/** Removes the billing note, because a read stops nothing. */
function withoutNote({ billing_note: _, ...outcome }: Outcome): Outcome {
  return outcome;
}
