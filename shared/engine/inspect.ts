import { isFinal } from '../contract/outcome.ts';
import { FailureLimit } from '../http/failure-limit.ts';
import type { RequestLimits } from '../http/provider-client.ts';
import { type AttemptHistory, lastSeen, recordFirstCheck } from './attempt-history.ts';
import type { CancelOptions } from './cancel-rounds.ts';
import type { Connection } from './connection.ts';
import { fetchOneStatus, fetchStatus } from './fetch-status.ts';
import { singleCheckLimit } from './status-batch.ts';

/** How long single checks may queue for states that a list does not show, in milliseconds. */
const fillInTimeMs = 2_000;

/**
 * Reads the status of jobs of one connection before anything is sent, within half of the time for sending. Records it in
 * the histories. Rejects only on a bug.
 */
export async function inspect(
  jobs: readonly AttemptHistory[],
  connection: Connection,
  { sendBy, answerBy, signal, patience, failureLimit = new FailureLimit(), turn, walk }: CancelOptions,
): Promise<void> {
  if (jobs.length === 0) return;
  const { clock } = connection;
  const now = clock.now();
  const limits = { answerBy, signal, patience, failureLimit, turn };
  const seen = await fetchStatus(
    jobs.map(({ id }) => id),
    connection,
    { ...limits, sendBy: now + Math.floor((sendBy - now) / 2) },
    walk,
  );
  for (const job of jobs) recordFirstCheck(job, seen.get(job.id) ?? { kind: 'skipped' });
  const soon = Math.min(sendBy, clock.now() + fillInTimeMs);
  await fillInUnlistedStates(jobs, connection, { ...limits, sendBy: soon });
}

/**
 * Checks jobs singly whose state a list does not show, with the checks of this minute that others do not need, because an
 * ended job needs no cancel. The rest are cancelled with an unknown state.
 */
async function fillInUnlistedStates(
  jobs: readonly AttemptHistory[],
  connection: Connection,
  terms: RequestLimits,
): Promise<void> {
  const { list, reopens = false } = connection.adapter;
  const { unlistedStates = [] } = list ?? {};
  if (unlistedStates.length === 0 || jobs.length <= singleCheckLimit) return;
  const vague = jobs.flatMap((job) => lastSeen(job)?.job ?? []).filter(({ state }) => state === 'unknown');
  const startedAt = connection.clock.wallTime();
  // A list has just shown them; another would say no more.
  const { seen } = await connection.statusCache.at(
    vague,
    (id) => fetchOneStatus(id, connection, terms, 0),
    'cancel',
  );
  for (const job of jobs) {
    const check = lastSeen(job)?.job.state === 'unknown' ? seen.get(job.id) : undefined;
    if (check === undefined) continue;
    // A cached state that may change says nothing about the effect of a cancel in the air, and a final one that may reopen spares no cancel.
    const mayHaveChanged = isFinal(check.job.state) ? reopens : job.attempts.length > 0;
    if (check.at >= startedAt || !mayHaveChanged) recordFirstCheck(job, check);
  }
}
