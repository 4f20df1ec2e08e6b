import type { Outcome } from '../contract/answers/outcome-schema.ts';
import type { ProgressListener } from '../contract/progress.ts';
import type { Clock } from '../lib/clock.ts';
import { yieldIfBusy } from '../lib/event-loop.ts';
import { type Log, nameOf } from '../lib/log.ts';
import { type AttemptHistory, type Failed, mayHaveBeenReceived } from './attempt-history.ts';
import { type CancelOptions, isDue } from './cancel-rounds.ts';
import { buildOutcome } from './classify-outcome.ts';
import type { Connection } from './connection.ts';
import { reportProgress } from './progress.ts';

/** A job of a call, with its history. */
export interface CallEntry {
  readonly connection: Connection;
  readonly job: AttemptHistory;
}

/** The result of a call: one outcome per entry, in their order, and the number of jobs that were sent a cancel. */
export interface CancelRun {
  readonly outcomes: readonly Outcome[];
  readonly sent: number;
}

/** The work on the jobs of one connection. */
export type ConnectionWork = (jobs: readonly AttemptHistory[], connection: Connection) => Promise<void>;

/** Does `work` at all connections in parallel, and returns the outcomes. Never rejects: a bug becomes an outcome as well. */
export async function runCancels(
  entries: readonly CallEntry[],
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  call: CancelOptions,
  work: ConnectionWork,
  onProgress?: ProgressListener,
): Promise<CancelRun> {
  const byConnection = Map.groupBy(entries, ({ connection }) => connection);
  const stopReporting = reportProgress(entries, { clock, dryRun: call.dryRun }, onProgress);
  await Promise.all(
    [...byConnection].map(async ([connection, share]) => {
      const jobs = share.map(({ job }) => job);
      await work(jobs, connection).catch((error: unknown) => {
        log({ level: 'error', event: 'cancel_run_failed', error: nameOf(error) });
        keepWhatIsKnown(jobs, call);
      });
    }),
  );
  stopReporting();
  await yieldIfBusy();
  return {
    outcomes: entries.map(({ connection, job }) => buildOutcome(job, connection, call)),
    sent: entries.filter(({ job }) => job.attempts.some(mayHaveBeenReceived)).length,
  };
}

/**
 * Limits the damage of a bug to one connection, and keeps the status checks so far. Cancels that were sent by then are
 * recorded; the others are not sent.
 */
function keepWhatIsKnown(jobs: readonly AttemptHistory[], call: CancelOptions): void {
  const failed: Failed = { kind: 'failed', code: 'internal' };
  for (const job of jobs) {
    job.first ??= failed;
    if (!call.dryRun && job.attempts.length === 0 && isDue(job, call)) job.attempts.push(failed);
  }
}
