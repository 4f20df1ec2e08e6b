import { isFinal, type State } from '../contract/outcome.ts';
import { FailureLimit } from '../http/failure-limit.ts';
import type { RequestLimits } from '../http/provider-client.ts';
import type { Turn } from '../http/rate-limit/turn.ts';
import { limitOn } from '../http/types.ts';
import { sleep } from '../lib/clock.ts';
import { inPool } from '../lib/concurrency.ts';
import { backoffMs } from '../lib/retry.ts';
import { type AttemptHistory, lastSeen, mayHaveReached, type StatusCheck } from './attempt-history.ts';
import type { Connection } from './connection.ts';
import { fetchOneStatus, fetchStatus, poolSize } from './fetch-status.ts';
import { sendCancels } from './send-cancels.ts';
import { singleCheckLimit } from './status-batch.ts';

/** How one call is carried out. Times are those of the clock that only goes forward, in milliseconds. */
export interface CancelOptions {
  /** After this no job is begun, so that there is time to see what became of the others. */
  readonly sendBy: number;
  /** By this the answer must be out. */
  readonly answerBy: number;
  /** How long to wait for a final state once everything is sent. */
  readonly waitMs: number;
  readonly dryRun: boolean;
  /** Sends also where the look before failed, or its turn did not come. */
  readonly sendIfStatusUnknown: boolean;
  /** When it is the turn of the looks before. */
  readonly turn: Turn;
  /** Aborted when the caller went away, or the process is to stop. */
  readonly signal?: AbortSignal | undefined;
  /** Aborted when there is no time left for another look. */
  readonly cut?: AbortSignal | undefined;
  readonly patience?: RequestLimits['patience'];
  /** When a call gives a connection up; by default one for each step. */
  readonly failureLimit?: FailureLimit;
}

/** The first cancel, and at most two more. */
const mostSendings = 3;
const firstPauseMs = 150;
const longestPauseMs = 3_000;
/** How long the last look of a wait may queue for its turn. */
const lastCheckMs = 500;

/**
 * Cancels jobs of one connection that were inspected: sends, checks the status again, and waits. Leaves what was learned in
 * the histories; `buildOutcome` says what it amounts to. Jobs that were refused are left alone. Never rejects but for a bug
 * of ours.
 */
export async function cancelInRounds(
  jobs: readonly AttemptHistory[],
  connection: Connection,
  call: CancelOptions,
): Promise<void> {
  const { sendBy, answerBy, signal, patience, failureLimit = new FailureLimit(), turn } = call;
  const sending: RequestLimits = {
    sendBy,
    answerBy,
    signal,
    patience,
    failureLimit,
    turn: { ...turn, class: 'cancel' },
  };
  for (let round = 0; round < mostSendings; round += 1) {
    const due = jobs.filter((job) => isDue(job, call)).sort(queuedFirst);
    const pauseMs = round === 0 ? 0 : backoffMs(round);
    if (due.length === 0 || connection.clock.now() + pauseMs >= call.sendBy) break;
    await sleep(connection.clock, pauseMs, call.signal);
    await sendCancels(due, connection, sending);
    await checkAgain(due.filter(wasAnswered), connection, {
      ...sending,
      sendBy: answerBy,
      signal: call.cut,
    });
  }
  await waitForFinal(jobs, connection, call);
}

/** Whether a cancel is to be sent: for the first time, or again because a look shows that the last one did nothing. */
export function isDue({ first, refusal, attempts, latest }: AttemptHistory, call: CancelOptions): boolean {
  if (refusal !== undefined) return false;
  const last = attempts.at(-1);
  if (last === undefined) {
    if (first?.kind === 'seen') return isLive(first.job.state);
    return call.sendIfStatusUnknown && isUnseen(first, call);
  }
  return last.kind === 'unclear' && latest?.kind === 'seen' && isLive(latest.job.state);
}

/** Whether a look came to nothing, for whatever reason but that nobody waits for it any more. */
function isUnseen(first: AttemptHistory['first'], { signal }: CancelOptions): boolean {
  return first?.kind === 'failed' || (first?.kind === 'skipped' && !signal?.aborted);
}

/** Whether a cancel is of use: the job is not over, nor on its way there. A state that nobody knows is not over. */
function isLive(state: State): boolean {
  return !isFinal(state) && state !== 'cancelling';
}

/** Queued jobs before running ones, so that a freed place does not start a job that is about to be cancelled. */
function queuedFirst(one: AttemptHistory, other: AttemptHistory): number {
  return rank(one) - rank(other);
}

function rank(job: AttemptHistory): number {
  return lastSeen(job)?.job.state === 'queued' ? 0 : 1;
}

/** Whether something may still change: a cancel reached the provider, or was already under way, and no look shows the end. */
function isOpen({ first, attempts, latest }: AttemptHistory): boolean {
  if (latest?.kind === 'seen' && isFinal(latest.job.state)) return false;
  if (attempts.some(mayHaveReached)) return true;
  return first?.kind === 'seen' && first.job.state === 'cancelling';
}

/** Whether a look is worth while: a cancel that was refused for its key may have acted all the same. */
function wasAnswered(job: AttemptHistory): boolean {
  const last = job.attempts.at(-1);
  return isOpen(job) || (last?.kind === 'failed' && last.answered === true);
}

/** Looks at jobs after a cancel. A look that fails leaves what was seen before. */
async function checkAgain(
  jobs: readonly AttemptHistory[],
  connection: Connection,
  terms: RequestLimits,
): Promise<void> {
  const looks = await fetchStatus(
    jobs.map(({ id }) => id),
    connection,
    terms,
  );
  for (const job of jobs) recordCheck(job, looks.get(job.id));
}

/** The end of a job stands, whatever a look that overlaps may still show. */
function recordCheck(job: AttemptHistory, look: StatusCheck | undefined): void {
  if (job.latest?.kind === 'seen' && isFinal(job.latest.job.state)) return;
  if (look?.kind === 'seen' || look?.kind === 'not_found') job.latest = look;
}

async function waitForFinal(
  jobs: readonly AttemptHistory[],
  connection: Connection,
  call: CancelOptions,
): Promise<void> {
  const { clock } = connection;
  const turn: Turn = { ...call.turn, class: 'wait' };
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
      await checkAgain(open, connection, terms());
    }
  }
}

/** Where looking is limited to so many a minute, waiting for one job must not use up what others need. */
function leastPauseMs({ adapter }: Connection, jobs: number): number {
  const limit = limitOn(jobs > singleCheckLimit ? 'list' : 'status', adapter.limits);
  return limit === undefined ? 0 : limit.windowMs / limit.count;
}

/** Where the provider turned a cancel down and a list does not show why, the job's own route may. */
async function checkRejected(
  jobs: readonly AttemptHistory[],
  connection: Connection,
  terms: RequestLimits,
): Promise<void> {
  if (jobs.length === 1) return;
  const puzzling = jobs.filter((job) => job.attempts.at(-1)?.kind === 'rejected' && isOpen(job));
  await inPool(puzzling, poolSize, async (job) =>
    recordCheck(job, await fetchOneStatus(job.id, connection, terms)),
  );
}
