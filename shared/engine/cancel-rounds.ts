import { askInPool } from '../http/ask-in-pool.ts';
import { FailureLimit } from '../http/failure-limit.ts';
import type { RequestLimits } from '../http/provider-client.ts';
import { type Turn, turnOfStep } from '../http/rate-limit/turn.ts';
import { limitOn } from '../http/types.ts';
import { sleep } from '../lib/clock.ts';
import { backoffMs } from '../lib/retry.ts';
import { type AttemptHistory, lastSeen, mayHaveReached, recordCheck, showsOver } from './attempt-history.ts';
import type { Connection } from './connection.ts';
import { fetchOneStatus, fetchStatus } from './fetch-status.ts';
import type { ListWalk } from './list/list-walk.ts';
import { sendCancels } from './send-cancels.ts';
import { singleCheckLimit } from './status-batch.ts';
import { WatchedJobs } from './watched-jobs.ts';

/** How one call is carried out. Times are on the monotonic clock, in milliseconds. */
export interface CancelOptions {
  /** After this time no cancel is sent, so that there is time to check the status of those sent. */
  readonly sendBy: number;
  /** When the answer must be out. */
  readonly answerBy: number;
  /** How long to wait for a final state after the cancels are sent. */
  readonly waitMs: number;
  readonly dryRun: boolean;
  /** Whether to send a cancel even if the status check before it failed or had no turn. */
  readonly sendIfStatusUnknown: boolean;
  /** The turn of the status checks before the cancels. */
  readonly turn: Turn;
  /** Aborted when the caller disconnects, and when the process is to stop. */
  readonly signal?: AbortSignal | undefined;
  /** Aborted when no time is left for another status check. */
  readonly cut?: AbortSignal | undefined;
  readonly patience?: RequestLimits['patience'];
  /** Asked right before each cancel leaves, and never before a status check. */
  readonly leave?: RequestLimits['leave'];
  /** Where the jobs of a slice of a large set are in the list of the provider. */
  readonly walk?: ListWalk;
  /** When a call gives up a connection; by default a new limit for each step. */
  readonly failureLimit?: FailureLimit;
}

/** The first cancel and at most two more. One in the air counts. */
const mostSends = 3;
const firstPauseMs = 150;
const longestPauseMs = 3_000;
/** How long the last status check of a wait may queue for its turn. */
const lastCheckMs = 500;

/**
 * Cancels inspected jobs of one connection: sends, checks the status again, and waits. Records the results in the
 * histories, from which `buildOutcome` makes the outcomes. Leaves refused jobs alone. Rejects only on a bug.
 */
export async function cancelInRounds(
  jobs: readonly AttemptHistory[],
  connection: Connection,
  call: CancelOptions,
): Promise<void> {
  const watched = new WatchedJobs(connection.waitingChecks);
  watched.watch(jobs.filter(isOpen));
  try {
    await sendInRounds(jobs, connection, call, watched);
    await waitForFinal(jobs, connection, call);
  } finally {
    watched.end();
  }
}

async function sendInRounds(
  jobs: readonly AttemptHistory[],
  connection: Connection,
  call: CancelOptions,
  watched: WatchedJobs,
): Promise<void> {
  const { sendBy, answerBy, signal, patience, failureLimit = new FailureLimit(), turn } = call;
  const sending: RequestLimits = {
    sendBy,
    answerBy,
    signal,
    patience,
    failureLimit,
    turn: turnOfStep(turn, 'cancel'),
  };
  for (let round = 0; round < mostSends; round += 1) {
    const pauseMs = round === 0 ? 0 : backoffMs(round);
    const isAnyDue = jobs.some((job) => isDue(job, call));
    if (!isAnyDue || connection.clock.now() + pauseMs >= call.sendBy) break;
    await sleep(connection.clock, pauseMs, call.signal);
    // A list that was read for others during the pause may have shown that a job has ended.
    const due = jobs.filter((job) => isDue(job, call)).sort(queuedFirst);
    watched.drop(due);
    await sendCancels(due, connection, { ...sending, leave: call.leave });
    const answered = due.filter(wasAnswered);
    watched.watch(answered);
    await checkAgain(answered, connection, { ...sending, sendBy: answerBy, signal: call.cut }, call);
  }
}

/** Whether to send a cancel: the first one, or another because a status check shows that the last one did nothing. */
export function isDue({ first, refusal, attempts, latest }: AttemptHistory, call: CancelOptions): boolean {
  if (refusal !== undefined || attempts.filter(({ kind }) => kind !== 'skipped').length >= mostSends)
    return false;
  const last = attempts.at(-1);
  if (last === undefined) {
    if (first?.kind === 'seen') return isLive(first);
    return call.sendIfStatusUnknown && isUnseen(first, call);
  }
  return last.kind === 'unclear' && latest?.kind === 'seen' && isLive(latest);
}

/** Whether a status check failed for another reason than that the caller disconnected. */
function isUnseen(first: AttemptHistory['first'], { signal }: CancelOptions): boolean {
  return first?.kind === 'failed' || (first?.kind === 'skipped' && !signal?.aborted);
}

/**
 * Whether a cancel is useful: the job has not ended and is not being cancelled. In an unknown state it has not ended, unless
 * its provider says so.
 */
function isLive(check: NonNullable<ReturnType<typeof lastSeen>>): boolean {
  return !showsOver(check) && check.job.state !== 'cancelling';
}

/** Sorts queued jobs before running ones, so that a freed slot does not start a job that is about to be cancelled. */
function queuedFirst(one: AttemptHistory, other: AttemptHistory): number {
  return rank(one) - rank(other);
}

function rank(job: AttemptHistory): number {
  return lastSeen(job)?.job.state === 'queued' ? 0 : 1;
}

/** Whether the outcome may still change: a cancel reached the provider or was already under way, and no status check shows the end. */
function isOpen({ first, attempts, latest }: AttemptHistory): boolean {
  if (showsOver(latest)) return false;
  if (attempts.some(mayHaveReached)) return true;
  return first?.kind === 'seen' && first.job.state === 'cancelling';
}

/** Whether a status check is useful: a cancel that was refused for its key may have acted even so. */
function wasAnswered(job: AttemptHistory): boolean {
  const last = job.attempts.at(-1);
  return isOpen(job) || (last?.kind === 'failed' && last.answered === true);
}

/** Checks the status of jobs after a cancel. A failed check leaves the last known status in place. */
async function checkAgain(
  jobs: readonly AttemptHistory[],
  connection: Connection,
  terms: RequestLimits,
  { walk }: Pick<CancelOptions, 'walk'>,
): Promise<void> {
  const checks = await fetchStatus(
    jobs.map(({ id }) => id),
    connection,
    terms,
    walk,
  );
  for (const job of jobs) recordCheck(job, checks.get(job.id));
}

async function waitForFinal(
  jobs: readonly AttemptHistory[],
  connection: Connection,
  call: CancelOptions,
): Promise<void> {
  const { clock } = connection;
  const turn = turnOfStep(call.turn, 'wait');
  const until = Math.min(clock.now() + call.waitMs, call.answerBy);
  const terms = () => ({
    sendBy: Math.min(Math.max(until, clock.now() + lastCheckMs), call.answerBy),
    answerBy: call.answerBy,
    signal: call.cut,
    patience: call.patience,
    failureLimit,
    turn,
  });
  const failureLimit = new FailureLimit();
  await Promise.all([checkRejected(jobs, connection, terms()), poll()]);

  async function poll(): Promise<void> {
    const least = leastPauseMs(connection, jobs.length);
    for (
      let pauseMs = Math.max(firstPauseMs, least);
      ;
      pauseMs = Math.max(Math.min(pauseMs * 2, longestPauseMs), least)
    ) {
      const open = jobs.filter(isOpen);
      const leftMs = until - clock.now();
      if (open.length === 0 || leftMs <= 0 || call.signal?.aborted) return;
      await sleep(clock, Math.min(pauseMs, leftMs), call.signal);
      await checkAgain(open, connection, terms(), call);
    }
  }
}

/** The shortest pause between checks. If status requests are limited per minute, one wait must not use up what others need. */
function leastPauseMs({ adapter: { limits, list } }: Connection, jobs: number): number {
  const limit = limitOn(jobs > singleCheckLimit && list !== undefined ? 'list' : 'status', limits);
  return limit === undefined ? 0 : limit.windowMs / limit.count;
}

/** Checks jobs by their own route if the provider rejected the cancel and a list does not show why. */
async function checkRejected(
  jobs: readonly AttemptHistory[],
  connection: Connection,
  terms: RequestLimits,
): Promise<void> {
  if (jobs.length === 1) return;
  const puzzling = jobs.filter((job) => job.attempts.at(-1)?.kind === 'rejected' && isOpen(job));
  await askInPool(puzzling, terms, async (job, told) =>
    recordCheck(job, await fetchOneStatus(job.id, connection, told)),
  );
}
