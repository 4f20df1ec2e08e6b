import type { Terms } from '../http/line.ts';
import type { Code } from '../outcome.ts';
import type { Sighting } from '../providers/provider-adapter.ts';
import { present } from './conclude.ts';
import type { Connection } from './connection.ts';
import { type Filter, isVague } from './filter.ts';
import type { Place } from './list-cursor.ts';
import { lookAtOne } from './look-at.ts';

/** A job as a list or a look showed it at a wall time, and where the list goes on after it. */
export interface Entry {
  readonly job: Sighting;
  readonly at: number;
  readonly after: Place;
}

/**
 * Looks at the jobs whose state the list leaves out, where that is asked for. `untold`: of each of which no look told
 * it either, why.
 */
export async function tellStates(
  entries: readonly Entry[],
  connection: Connection,
  filter: Filter,
  terms: Terms,
): Promise<{ readonly entries: readonly Entry[]; readonly untold: readonly Code[] }> {
  const { list } = connection.adapter;
  const vague = entries.map(({ job }) => job).filter((job) => isVague(job, filter, list));
  if (vague.length === 0) return { entries, untold: [] };
  const { seen, unseen } = await connection.glances.at(vague, (id) => lookAtOne(id, connection, terms, 0));
  const told = entries.map((entry): Entry => {
    const look = isVague(entry.job, filter, list) ? seen.get(entry.job.jobId) : undefined;
    if (look === undefined) return entry;
    return { ...entry, at: look.at, job: { ...entry.job, ...present(look.job) } };
  });
  // A look at a status that nobody knows tells no more than the list did.
  const strange = told.filter(({ job }) => isVague(job, filter, list) && seen.has(job.jobId));
  return { entries: told, untold: [...unseen, ...strange.map(() => 'unexpected_response' as const)] };
}
