import type { RequestContext, ServiceParts } from '../cancellation/request-context.ts';
import type { Unavailable } from '../contract/answers/unavailable.ts';
import { isFinal, states } from '../contract/outcome.ts';
import { mostJobs, type Selector } from '../contract/requests.ts';
import { invalid, type Result } from '../contract/result.ts';
import type { Target } from '../engine/connection.ts';
import { listJobsFor } from './list-jobs.ts';

/** The jobs that a selector picks now, and the providers that could not be asked. */
export interface ResolvedSelector {
  readonly targets: readonly Target[];
  readonly unavailable: readonly Unavailable[];
}

/** The share of the call's time for listing; the rest is for checking the status of the jobs. */
const shareOfTime = 0.5;
const longestReadMs = 20_000;
/** The states that a selector picks by default. A job that is already being cancelled needs no other cancel. */
const live = states.filter((state) => !isFinal(state) && state !== 'cancelling');

/** Finds every job that a selector picks. More jobs than one call may name are a fault, because none is left out silently. */
export async function resolveSelector(
  { state = live, ...selector }: Selector,
  parts: ServiceParts,
  context: RequestContext,
): Promise<Result<ResolvedSelector>> {
  const most = Math.min(mostJobs, context.caller.rights.maxJobs);
  const now = parts.clock.now();
  const readBy = Math.floor(now + Math.min((parts.time.answerBy - now) * shareOfTime, longestReadMs));
  const found = await listJobsFor(parts, { ...selector, state, limit: most + 1 }, context, readBy);
  if (!found.ok) {
    const faults = found.faults.map((fault) => ({ ...fault, path: `selector.${fault.path}` }));
    return { ok: false, faults };
  }
  const { jobs, unavailable } = found.value;
  if (jobs.length > most) return tooMany(most);
  const targets = jobs.flatMap(({ provider, job_id }) => {
    const connection = parts.connections.get(provider);
    return connection === undefined ? [] : [{ connection, jobId: job_id }];
  });
  return { ok: true, value: { targets, unavailable } };
}

function tooMany(most: number): Result<never> {
  const message = `picks more than ${most} jobs, the most for one call; narrow it`;
  return invalid('selector', message);
}
