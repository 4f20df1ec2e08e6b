import type { JobSnapshot } from '../adapter/adapter.ts';
import type { JobView } from '../contract/answers/job-schema.ts';
import { timestamp } from '../lib/clock.ts';
import { omitUndefined } from '../lib/collections.ts';

/** A job as callers see it. */
export function viewOf(job: JobSnapshot, connection: string, at: number): JobView {
  const details = omitUndefined(job.details ?? {});
  const labels = Object.keys(job.labels ?? {}).length === 0 ? undefined : job.labels;
  return {
    provider: connection,
    job_id: job.jobId,
    state: job.state,
    ...omitUndefined({
      name: job.name,
      owner: job.owner ?? undefined,
      target: job.target ?? undefined,
      labels,
    }),
    ...omitUndefined({ created_at: job.createdAt, started_at: job.startedAt, cost: job.cost }),
    evidence: { source: 'status', provider_status: job.providerStatus, observed_at: timestamp(at) },
    ...(Object.keys(details).length === 0 ? {} : { details }),
  };
}
