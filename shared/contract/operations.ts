/** The most jobs of one operation. */
export const mostOperationJobs = 100_000;
/** The most operations of one caller that have not ended. */
export const mostUnfinished = 20;

/**
 * The states of an operation, computed when it is read. `following`: every cancel was sent, and some jobs have not ended.
 * `finished`: every job has an outcome that will not change, or the time to follow is over.
 */
export const operationStates = [
  'draft',
  'listing',
  'waiting_for_confirmation',
  'running',
  'paused',
  'following',
  'finished',
] as const;
export type OperationState = (typeof operationStates)[number];

/** The form of an operation's id. */
export const operationIdPattern = /^op_[a-z2-9]{20}$/;

/** The outcomes that `resume` does again if it is not told which: to check the status first makes that safe. */
export const resumable = ['not_attempted', 'unknown', 'failed'] as const;
export type Resumable = (typeof resumable)[number];
