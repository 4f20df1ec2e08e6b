import * as z from 'zod';
import { timestamp } from '../clock.ts';
import { Breaker } from '../http/breaker.ts';
import { detailsSchema, evidenceSchema, type Outcome, states } from '../outcome.ts';
import type { Sighting } from '../providers/provider-adapter.ts';
import type { CallContext, ServiceParts } from './cancel-jobs.ts';
import { type Checked, findTargets, readInput } from './check.ts';
import { conclude, present } from './conclude.ts';
import { newJob } from './job.ts';
import { lookAtOne } from './look-at.ts';
import { lookRequest } from './requests.ts';

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
  const request = readInput(lookRequest, input);
  if (!request.ok) return request;
  const targets = findTargets([request.value], parts.connections, () => '');
  if (!targets.ok) return targets;
  const [target] = targets.value;
  if (target === undefined) throw new Error('a request without a job');
  const answerBy = parts.clock.now() + parts.budgetMs;
  const terms = { sendBy: answerBy, answerBy, signal: context.signal, breaker: new Breaker() };
  const seen = await lookAtOne(target.jobId, target.connection, terms);
  if (seen.kind === 'seen') return { ok: true, value: viewOf(seen.job, target.connection.name, seen.at) };
  const job = { ...newJob(target.jobId), first: seen };
  return { ok: true, value: conclude(job, target.connection, { dryRun: true, sendUnseen: false }) };
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
