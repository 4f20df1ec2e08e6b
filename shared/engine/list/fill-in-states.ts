import type { JobSnapshot } from '../../adapter/adapter.ts';
import type { Code } from '../../contract/outcome.ts';
import type { RequestLimits } from '../../http/provider-client.ts';
import { omitUndefined } from '../../lib/collections.ts';
import type { Connection } from '../connection.ts';
import { fetchOneStatus } from '../fetch-status.ts';
import type { ListPosition } from './cursor.ts';
import { type Filter, hasNoState } from './filter.ts';

/** A job as a list or a status check showed it at a wall time, and where the list continues after it. */
export interface ListedJob {
  readonly job: JobSnapshot;
  readonly at: number;
  readonly after: ListPosition;
}

/**
 * Checks the status of the jobs whose state the list does not show, if the filter needs it. `withoutState`: for each job
 * whose state could not be read either, the reason.
 */
export async function fillInStates(
  entries: readonly ListedJob[],
  connection: Connection,
  filter: Filter,
  terms: RequestLimits,
): Promise<{ readonly entries: readonly ListedJob[]; readonly withoutState: readonly Code[] }> {
  const { list } = connection.adapter;
  if (list === undefined) return { entries, withoutState: [] };
  const vague = entries.map(({ job }) => job).filter((job) => hasNoState(job, filter, list));
  if (vague.length === 0) return { entries, withoutState: [] };
  const { seen, unseen } = await connection.statusCache.at(vague, (id) =>
    fetchOneStatus(id, connection, terms, 0),
  );
  const told = entries.map((entry): ListedJob => {
    const check = hasNoState(entry.job, filter, list) ? seen.get(entry.job.jobId) : undefined;
    if (check === undefined) return entry;
    return { ...entry, at: check.at, job: { ...entry.job, ...omitUndefined(check.job) } };
  });
  // A status check with an unknown status says no more than the list did.
  const strange = told.filter(({ job }) => hasNoState(job, filter, list) && seen.has(job.jobId));
  return { entries: told, withoutState: [...unseen, ...strange.map(() => 'unexpected_response' as const)] };
}
