import type { Caller, JobPattern } from '../access/caller.ts';
import { authorizeById, authorizeByName, can } from '../access/policy.ts';
import { type AttemptHistory, type JobRefusal, lastSeen } from '../engine/attempt-history.ts';
import type { Connection, Target } from '../engine/connection.ts';
import { tooManyJobsMessage, tooManyJobsStep } from '../messages/faults.ts';
import { nameToCompare } from '../providers/parsing.ts';

/** The rules that a cancel is held to: those of its caller, and the jobs that nobody may cancel. */
export interface Rules {
  readonly caller: Caller;
  readonly protectedJobs: readonly JobPattern[];
}

/** Why each of these jobs may not be cancelled, as far as its id tells. One that is not in it may go on. */
export function refusalsById(
  targets: readonly Target[],
  { caller, protectedJobs }: Rules,
): ReadonlyMap<Target, JobRefusal> {
  const { maxJobs } = caller.rights;
  if (targets.length > maxJobs) {
    const message = tooManyJobsMessage(maxJobs);
    const refusal: JobRefusal = { code: 'denied_by_policy', message, nextStep: tooManyJobsStep };
    return new Map(targets.map((target) => [target, refusal]));
  }
  return new Map(
    targets.flatMap((target) => {
      const { connection, jobId } = target;
      const code = can(caller, 'cancel', connection.name)
        ? authorizeById(caller, protectedJobs, { connection: connection.name, id: jobId })
        : 'denied_by_policy';
      return code === undefined ? [] : [[target, { code }] as const];
    }),
  );
}

/** Why a job that was inspected may not be cancelled: rules by name need to have seen it. */
export function refusalByName(
  job: AttemptHistory,
  connection: Connection,
  { caller, protectedJobs }: Rules,
): JobRefusal | undefined {
  const seen = lastSeen(job);
  const name = seen && nameToCompare(seen.job);
  const named = { connection: connection.name, id: job.id, name, isUnseen: seen === undefined };
  const code = authorizeByName(caller, protectedJobs, named);
  return code === undefined ? undefined : { code };
}
