import { isFinal, states } from '../outcome.ts';
import type { CallContext, ServiceParts } from './call-context.ts';
import { type Checked, invalid, type Target } from './check.ts';
import { findJobs, type Unavailable } from './find.ts';
import { mostJobs, type Selector } from './requests.ts';

/** The jobs that a selector finds now, and the providers that it could not ask. */
export interface Selection {
  readonly targets: readonly Target[];
  readonly unavailable: readonly Unavailable[];
}

const pageSize = 1_000;
/** What is being cancelled already needs no other cancel. */
const live = states.filter((state) => !isFinal(state) && state !== 'cancelling');

/** Finds every job that a selector means. More than one call may name is a fault: nothing is left out silently. */
export async function select(
  { state = live, ...selector }: Selector,
  parts: ServiceParts,
  context: CallContext,
): Promise<Checked<Selection>> {
  const most = Math.min(mostJobs, context.caller.rights.maxJobs);
  const targets = new Map<string, Target>();
  /** What the search leaves of the time is for looking at what it found. */
  const until = Math.floor((parts.clock.now() + parts.time.answerBy) / 2);
  const unavailable = new Map<string, Unavailable>();
  for (let cursor: string | undefined; ; ) {
    const request = { ...selector, state, limit: pageSize, cursor };
    const found = await findJobs(parts, request, context, until);
    if (!found.ok)
      return {
        ok: false,
        faults: found.faults.map((fault) => ({ ...fault, path: `selector.${fault.path}` })),
      };
    for (const { provider, job_id } of found.value.jobs) {
      const connection = parts.connections.get(provider);
      if (connection !== undefined) targets.set(`${provider}/${job_id}`, { connection, jobId: job_id });
    }
    for (const each of found.value.unavailable)
      unavailable.set(`${each.provider}/${each.code}/${each.message}`, each);
    if (targets.size > most) return tooMany(most);
    if (found.value.next_cursor === null) break;
    cursor = found.value.next_cursor;
  }
  return { ok: true, value: { targets: [...targets.values()], unavailable: [...unavailable.values()] } };
}

function tooMany(most: number): Checked<never> {
  const message = `finds more than ${most} jobs, the most for one call: narrow it`;
  return invalid('selector', message);
}
