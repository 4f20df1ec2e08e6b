import * as z from 'zod';
import type { State } from '../contract/outcome.ts';
import { optional, unixMillis } from './parsing.ts';

/** https://docs.aws.amazon.com/batch/latest/userguide/job_states.html */
export const batchStates: ReadonlyMap<string, State> = new Map([
  ['SUBMITTED', 'queued'],
  ['PENDING', 'queued'],
  ['RUNNABLE', 'queued'],
  ['STARTING', 'running'],
  ['RUNNING', 'running'],
  ['SUCCEEDED', 'completed'],
  ['FAILED', 'failed'],
]);

const countsSchema = z.object({ STARTING: optional(z.number()), RUNNING: optional(z.number()) });

/** The fields of a job that tell its state. The counts are those of the jobs of an array, in its parent. */
export const batchStateFields = {
  status: z.string(),
  statusReason: optional(z.string()),
  isCancelled: optional(z.boolean()),
  isTerminated: optional(z.boolean()),
  startedAt: optional(unixMillis),
  arrayProperties: optional(z.object({ size: optional(z.number()), statusSummary: optional(countsSchema) })),
};
const stateSchema = z.object(batchStateFields);

/** The reason that AWS writes. That of a termination takes its place, and is a text of the caller. */
const timedOut = /^Job attempt duration exceeded timeout/;

/**
 * The state of a job of AWS Batch. One that was stopped has the word of one that broke, and a flag. A flag alone is no end: it says
 * that a request was accepted, and `CancelJob` is accepted of a job that has begun, too, which it does not stop.
 */
export function readBatchState(job: z.infer<typeof stateSchema>): State {
  const { status, statusReason = '', isCancelled, isTerminated, startedAt, arrayProperties } = job;
  // The parent of an array waits by its word until the last of its jobs is over.
  const { STARTING = 0, RUNNING = 0 } = arrayProperties?.statusSummary ?? {};
  if (status === 'PENDING' && STARTING + RUNNING > 0) return 'running';
  const isStopped = isTerminated === true || (isCancelled === true && startedAt === undefined);
  if (status === 'FAILED' && isStopped && !timedOut.test(statusReason)) return 'cancelled';
  return batchStates.get(status) ?? 'unknown';
}
