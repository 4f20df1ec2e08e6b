import type { Outcome } from '../contract/outcome.ts';
import type { ProgressListener } from '../contract/progress.ts';
import type { Clock } from '../lib/clock.ts';
import { type Log, nameOf } from '../lib/log.ts';
import { type AttemptHistory, mayHaveBeenReceived, newHistory } from './attempt-history.ts';
import { type CancelOptions, cancelInRounds, isDue } from './cancel-rounds.ts';
import { buildOutcome } from './classify.ts';
import type { Target } from './connection.ts';
import { reportProgress } from './progress.ts';

/** What a call came to: one outcome per target, in their order, and for how many a cancel was sent. */
export interface CancelRun {
  readonly outcomes: readonly Outcome[];
  readonly sent: number;
}

/** Calls off jobs of many connections, side by side. Never rejects: a bug of ours is an outcome too. */
export async function runCancels(
  targets: readonly Target[],
  parts: { readonly clock: Clock; readonly log: Log },
  call: CancelOptions,
  onProgress?: ProgressListener,
): Promise<CancelRun> {
  const entries = targets.map(({ connection, jobId }) => ({ connection, job: newHistory(jobId) }));
  const byConnection = Map.groupBy(entries, ({ connection }) => connection);
  const { clock } = parts;
  const stopReporting = reportProgress(entries, { clock, dryRun: call.dryRun }, onProgress);
  await Promise.all(
    [...byConnection].map(async ([connection, share]) => {
      const jobs = share.map(({ job }) => job);
      await cancelInRounds(jobs, connection, call).catch((error: unknown) => {
        parts.log({ level: 'error', event: 'call_off_broke', error: nameOf(error) });
        keepWhatIsKnown(jobs, call);
      });
    }),
  );
  stopReporting();
  return {
    outcomes: entries.map(({ connection, job }) => buildOutcome(job, connection, call)),
    sent: entries.filter(({ job }) => job.attempts.some(mayHaveBeenReceived)).length,
  };
}

/**
 * A bug of ours with one connection takes nothing from the others, and nothing from what was already seen. What had left
 * by then is written down; what had not is left unsent.
 */
function keepWhatIsKnown(jobs: readonly AttemptHistory[], call: CancelOptions): void {
  for (const job of jobs) {
    job.first ??= { kind: 'failed', code: 'internal' };
    if (!call.dryRun && job.attempts.length === 0 && isDue(job, call))
      job.attempts.push({ kind: 'failed', code: 'internal' });
  }
}
