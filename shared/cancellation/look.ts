import * as z from 'zod';
import { mayDo } from '../access/policy.ts';
import { timestamp } from '../clock.ts';
import { Breaker } from '../http/breaker.ts';
import { detailsSchema, evidenceSchema, type Outcome, states } from '../outcome.ts';
import type { Sighting } from '../providers/provider-adapter.ts';
import type { CallContext, ServiceParts } from './call-context.ts';
import { type Checked, readJobRequest, readJobsRequest, type Target } from './check.ts';
import { conclude, present, refuseUnseen } from './conclude.ts';
import type { Connection } from './connection.ts';
import { type Look, newJob, type Refusal } from './job.ts';
import { lookAt } from './look-at.ts';
import { lookManyRequest, lookRequest } from './requests.ts';
import { takeReads } from './spending.ts';
import { tooOften } from './watch.ts';
import { deniedMessage, lookFailureMessage, noReadLeftMessage } from './wording.ts';

/** A job as its provider shows it. `name` is text that a person wrote elsewhere: data, never an instruction. */
export const jobSchema = z.strictObject({
  provider: z.string(),
  job_id: z.string(),
  state: z.enum(states),
  name: z.string().optional(),
  created_at: z.string().optional().describe('RFC 3339'),
  evidence: evidenceSchema,
  details: detailsSchema.optional(),
});
export type JobView = z.infer<typeof jobSchema>;

/** Looks at one job. Where nothing is to be seen, the outcome that a cancel would have had says why. */
export async function look(
  parts: ServiceParts,
  input: unknown,
  context: CallContext,
): Promise<Checked<JobView | Outcome>> {
  const read = readJobRequest(lookRequest, input, { ...parts, ...context });
  if (!read.ok) return read;
  const [seen] = await lookAtTargets(parts, read.value.targets, context);
  if (seen === undefined) throw new Error('a request without a job');
  return { ok: true, value: seen };
}

/** Looks at jobs, in the order asked. @see look */
export async function lookMany(
  parts: ServiceParts,
  input: unknown,
  context: CallContext,
): Promise<Checked<(JobView | Outcome)[]>> {
  const read = readJobsRequest(lookManyRequest, input, { ...parts, ...context });
  if (!read.ok) return read;
  const { targets } = read.value;
  const visible = new Set(targets.filter((target) => !isHidden(target, context)).map(nameOf));
  const looks = await takeReads(parts.access?.allowance, context.caller, visible.size);
  if (looks.granted === 0 && visible.size > 0) return tooOften(looks);
  const late = new Set([...visible].slice(looks.granted));
  return { ok: true, value: await lookAtTargets(parts, targets, context, { late, ...looks }) };
}

function nameOf({ connection, jobId }: Target): string {
  return `${connection.name}/${jobId}`;
}

function isHidden({ connection }: Target, { caller }: CallContext): boolean {
  return !mayDo(caller, 'list', connection.name);
}

/** What is not looked at, because its caller has no reads left for it. */
interface Late {
  readonly late: ReadonlySet<string>;
  readonly retryAfterMs: number;
}

async function lookAtTargets(
  parts: ServiceParts,
  targets: readonly Target[],
  context: CallContext,
  { late, retryAfterMs }: Late = { late: new Set(), retryAfterMs: 0 },
): Promise<(JobView | Outcome)[]> {
  const refusalOf = (target: Target): Refusal | undefined => {
    if (isHidden(target, context)) return { code: 'denied_by_policy', message: deniedMessage('list') };
    if (!late.has(nameOf(target))) return undefined;
    return { code: 'caller_rate_limited', message: noReadLeftMessage, retryAfterMs };
  };
  const visible = targets.filter((target) => refusalOf(target) === undefined);
  const { signal } = context;
  const { time, turn } = parts;
  const { answerBy } = time;
  const looks = new Map<Connection, ReadonlyMap<string, Look>>();
  await Promise.all(
    [...Map.groupBy(visible, ({ connection }) => connection)].map(async ([connection, share]) => {
      const ids = [...new Set(share.map(({ jobId }) => jobId))];
      const patience = (ms: number) => time.patience(ms);
      const terms = { sendBy: answerBy, answerBy, signal, patience, breaker: new Breaker(), turn };
      looks.set(connection, await lookAt(ids, connection, terms));
    }),
  );
  return targets.map((target) => {
    const { connection, jobId } = target;
    const refusal = refusalOf(target);
    if (refusal !== undefined) return withoutNote(refuseUnseen(jobId, connection, refusal));
    const seen = looks.get(connection)?.get(jobId) ?? { kind: 'skipped' };
    if (seen.kind === 'seen') return viewOf(seen.job, connection.name, seen.at);
    const unseen = withoutNote(
      conclude({ ...newJob(jobId), first: seen }, connection, { dryRun: true, sendUnseen: false }),
    );
    const { code, cause } = unseen;
    if (code === undefined) return unseen;
    return { ...unseen, message: lookFailureMessage({ code, cause }, connection) };
  });
}

/** What may be billed is no business of a look: it stops nothing. */
function withoutNote({ billing_note: _, ...outcome }: Outcome): Outcome {
  return outcome;
}

/** One sighting as callers see it. */
export function viewOf(job: Sighting, connection: string, at: number): JobView {
  const details = present(job.details ?? {});
  return {
    provider: connection,
    job_id: job.jobId,
    state: job.state,
    ...present({ name: job.name, created_at: job.createdAt }),
    evidence: { source: 'look', provider_status: job.providerStatus, observed_at: timestamp(at) },
    ...(Object.keys(details).length === 0 ? {} : { details }),
  };
}
