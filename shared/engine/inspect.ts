import { FailureLimit } from '../http/failure-limit.ts';
import type { RequestLimits } from '../http/provider-client.ts';
import type { AttemptHistory } from './attempt-history.ts';
import type { CancelOptions } from './cancel-rounds.ts';
import type { Connection } from './connection.ts';
import { fetchOneStatus, fetchStatus } from './fetch-status.ts';
import { singleCheckLimit } from './status-batch.ts';

/** How long single checks may queue for states that a list does not tell. */
const fillInTimeMs = 2_000;

/**
 * Reads the status of jobs of one connection before anything is sent, in half of the time that there is for sending. Leaves it
 * in the histories. Never rejects but for a bug of ours.
 */
export async function inspect(
  jobs: readonly AttemptHistory[],
  connection: Connection,
  { sendBy, answerBy, signal, patience, failureLimit = new FailureLimit(), turn }: CancelOptions,
): Promise<void> {
  if (jobs.length === 0) return;
  const { clock } = connection;
  const now = clock.now();
  const limits = { answerBy, signal, patience, failureLimit, turn };
  const seen = await fetchStatus(
    jobs.map(({ id }) => id),
    connection,
    { ...limits, sendBy: now + Math.floor((sendBy - now) / 2) },
  );
  for (const job of jobs) job.first = seen.get(job.id) ?? { kind: 'skipped' };
  const soon = Math.min(sendBy, clock.now() + fillInTimeMs);
  await fillInUnlistedStates(jobs, connection, { ...limits, sendBy: soon });
}

/**
 * Looks singly at jobs whose state a list does not tell, as far as the minute's looks reach that others do not need: what
 * is over needs no cancel. The rest is cancelled on the word of the list.
 */
async function fillInUnlistedStates(
  jobs: readonly AttemptHistory[],
  connection: Connection,
  terms: RequestLimits,
): Promise<void> {
  const { unlistedStates = [] } = connection.adapter.list;
  if (unlistedStates.length === 0 || jobs.length <= singleCheckLimit) return;
  const shown = jobs.flatMap(({ first }) => (first?.kind === 'seen' ? [first.job] : []));
  const vague = shown.filter(({ state }) => state === 'unknown');
  // A list has just shown them: another would tell no more.
  const { seen } = await connection.statusCache.at(
    vague,
    (id) => fetchOneStatus(id, connection, terms, 0),
    'cancel',
  );
  for (const job of jobs)
    if (job.first?.kind === 'seen' && job.first.job.state === 'unknown')
      job.first = seen.get(job.id) ?? job.first;
}
