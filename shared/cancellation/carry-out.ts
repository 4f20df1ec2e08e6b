import { nameOf } from '../log.ts';
import type { Outcome } from '../outcome.ts';
import type { CallContext, ServiceParts } from './call-context.ts';
import { type Call, callOff, isDue } from './call-off.ts';
import type { Target } from './check.ts';
import { conclude } from './conclude.ts';
import { type Job, mayHaveArrived, newJob } from './job.ts';
import { reportProgress } from './progress.ts';

/** What a call came to: one outcome per target, in their order, and for how many a cancel was sent. */
export interface CarriedOut {
  readonly outcomes: readonly Outcome[];
  readonly sent: number;
}

/** Calls off jobs of many connections, side by side. Never rejects: a bug of ours is an outcome too. */
export async function carryOut(
  targets: readonly Target[],
  parts: ServiceParts,
  call: Call,
  onProgress?: CallContext['onProgress'],
): Promise<CarriedOut> {
  const entries = targets.map(({ connection, jobId }) => ({ connection, job: newJob(jobId) }));
  const byConnection = Map.groupBy(entries, ({ connection }) => connection);
  const { clock } = parts;
  const stopReporting = reportProgress(entries, { clock, dryRun: call.dryRun }, onProgress);
  await Promise.all(
    [...byConnection].map(async ([connection, share]) => {
      const jobs = share.map(({ job }) => job);
      await callOff(jobs, connection, call).catch((error: unknown) => {
        parts.log({ level: 'error', event: 'call_off_broke', error: nameOf(error) });
        keepWhatIsKnown(jobs, call);
      });
    }),
  );
  stopReporting();
  return {
    outcomes: entries.map(({ connection, job }) => conclude(job, connection, call)),
    sent: entries.filter(({ job }) => job.sendings.some(mayHaveArrived)).length,
  };
}

/**
 * A bug of ours with one connection takes nothing from the others, and nothing from what was already seen. What had left
 * by then is written down; what had not is left unsent.
 */
function keepWhatIsKnown(jobs: readonly Job[], call: Call): void {
  for (const job of jobs) {
    job.first ??= { kind: 'failed', code: 'internal' };
    if (!call.dryRun && job.sendings.length === 0 && isDue(job, call))
      job.sendings.push({ kind: 'failed', code: 'internal' });
  }
}
