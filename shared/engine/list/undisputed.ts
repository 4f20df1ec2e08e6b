import type { JobSnapshot } from '../../adapter/adapter.ts';

/** The jobs of one answer, without those that it shows in two states: such an answer says nothing of them. */
export function undisputed(jobs: readonly JobSnapshot[]): readonly JobSnapshot[] {
  const byId = new Map(jobs.map((job) => [job.jobId, job]));
  if (byId.size === jobs.length) return jobs;
  const disputed = new Set<string>();
  for (const { jobId, state } of jobs) if (byId.get(jobId)?.state !== state) disputed.add(jobId);
  return jobs.filter(({ jobId }) => !disputed.has(jobId));
}
