import type { Caller, JobPattern } from '../access/caller.ts';
import { authorizeByAttributes, authorizeById, can } from '../access/policy.ts';
import { attributesOf } from '../adapter/attributes.ts';
import { type AttemptHistory, type JobRefusal, lastSeen } from '../engine/attempt-history.ts';
import type { Connection, Target } from '../engine/connection.ts';
import { tooManyJobsMessage, tooManyJobsStep } from '../messages/faults.ts';

/** What is seen of a job whose status was not read. */
const unseen = {
  ...{ name: undefined, owner: undefined, target: undefined, labels: undefined },
  targetAliases: undefined,
};

/** The rules for a cancel: its caller's rights, and the protected jobs. */
export interface Rules {
  readonly caller: Caller;
  readonly protectedJobs: readonly JobPattern[];
}

/**
 * Why some of these jobs may not be cancelled, as far as their ids show. Jobs that are not in the map may continue.
 * `isWhole`: these are all jobs of a request, so that the most that the caller may name counts.
 */
export function refusalsById(
  targets: readonly Target[],
  { caller, protectedJobs }: Rules,
  isWhole = true,
): ReadonlyMap<Target, JobRefusal> {
  const { maxJobs } = caller.rights;
  if (isWhole && targets.length > maxJobs) {
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

/** Why an inspected job may not be cancelled. Rules about what a provider shows of a job need the inspection. */
export function refusalByAttributes(
  job: AttemptHistory,
  connection: Connection,
  { caller, protectedJobs }: Rules,
): JobRefusal | undefined {
  const seen = lastSeen(job);
  const { name, owner, target, targetAliases, labels } = seen === undefined ? unseen : attributesOf(seen.job);
  const shown = {
    ...{ connection: connection.name, id: job.id, isUnseen: seen === undefined },
    // As a job without a name, one without an owner or a target counts as one whose owner or target cannot be seen.
    ...{ name, owner: owner ?? undefined, target: target ?? undefined, targetAliases, labels },
  };
  const code = authorizeByAttributes(caller, protectedJobs, shown);
  return code === undefined ? undefined : { code };
}
