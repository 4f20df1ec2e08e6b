import type { RequestContext, ServiceParts } from '../cancellation/request-context.ts';
import type { JobView } from '../contract/answers/job-schema.ts';
import type { ConfirmationView } from '../contract/answers/responses.ts';
import { sleep } from '../lib/clock.ts';
import { getJobs } from './get-jobs.ts';

/** How long providers may take until the person who waits for the jobs sees them, in milliseconds. */
const patienceMs = 5_000;
/** How long what was read by then may take to be gathered, in milliseconds. */
const graceMs = 500;

type Jobs = ConfirmationView['jobs'];

/**
 * The confirmation with the states that its jobs have now, and what was not known of them at the request: name and age.
 * They are read at all connections at once, with the caller's right to list. A job has none if its provider does not show it
 * within five seconds.
 */
export async function withStatesNow(
  view: ConfirmationView,
  parts: ServiceParts,
  context: RequestContext,
): Promise<ConfirmationView> {
  const ending = new AbortController();
  const over = sleep(parts.clock, patienceMs + graceMs, ending.signal);
  const late = new AbortController();
  const stop = parts.clock.after(patienceMs, () => late.abort());
  const signal = context.signal === undefined ? late.signal : AbortSignal.any([late.signal, context.signal]);
  const call = { ...context, signal };
  const shares = [...Map.groupBy(view.jobs, ({ provider }) => provider).values()];
  const read = await Promise.all(
    shares.map((share) => Promise.race([jobsSeen(share, parts, call), over.then(() => [])])),
  );
  stop();
  ending.abort();
  const now = new Map(read.flat());
  const jobs = view.jobs.map((job) => {
    const seen = now.get(job);
    return seen === undefined
      ? job
      : { name: seen.name, created_at: seen.created_at, ...job, state_now: seen.state };
  });
  return { ...view, jobs };
}

/** The jobs at one connection, as far as they were read. */
async function jobsSeen(
  jobs: Jobs,
  parts: ServiceParts,
  context: RequestContext,
): Promise<[Jobs[number], JobView][]> {
  const named = jobs.map(({ provider, job_id }) => ({ provider, job_id }));
  const seen = await getJobs(parts, { jobs: named }, context);
  if (!seen.ok) return [];
  return jobs.flatMap((job, index) => {
    const found = seen.value[index];
    return found === undefined || 'outcome' in found ? [] : [[job, found]];
  });
}
