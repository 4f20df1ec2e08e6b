import type { Cause, Code, FailureCode } from '../contract/outcome.ts';
import type { JobSnapshot } from '../providers/adapter.ts';

/** What one look at a job came to, and `at` what wall time, in milliseconds since the epoch. */
export type StatusCheck =
  | { readonly kind: 'seen'; readonly job: JobSnapshot; readonly at: number }
  | { readonly kind: 'not_found'; readonly at: number }
  | Failed
  | Skipped;

/**
 * What one cancel came to. `accepted` and `rejected` are the provider's clear words. `unclear` is everything else
 * that left us; `mayHaveActed` tells whether it may have taken effect.
 */
export type CancelAttempt =
  | { readonly kind: 'accepted'; readonly reply: Partial<JobSnapshot>; readonly at: number }
  | { readonly kind: 'rejected'; readonly at: number }
  | {
      readonly kind: 'unclear';
      readonly code: FailureCode;
      readonly cause?: Cause | undefined;
      readonly mayHaveActed: boolean;
    }
  | Failed
  | Skipped;

/** Nothing reached the provider, or nothing that it could have acted upon. */
export interface Failed {
  readonly kind: 'failed';
  readonly code: FailureCode;
  readonly cause?: Cause | undefined;
  readonly retryAfterMs?: number | undefined;
  /** Set where the provider refused what was asked for, under a key that it accepts. */
  readonly denied?: true | undefined;
  /** Set where the provider answered so: then a look may still show that the job is over. */
  readonly answered?: true | undefined;
  /** It may mean that there is no such job. */
  readonly doubtful?: true;
}

/** Its turn did not come: the time was up, or the caller had gone. Nothing was sent. */
export interface Skipped {
  readonly kind: 'skipped';
}

/** Why a job that could be cancelled is not, on our side. `message` where the code alone does not say it all. */
export interface JobRefusal {
  readonly code: Code;
  readonly cause?: Cause | undefined;
  readonly message?: string | undefined;
  readonly nextStep?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** Everything known about one job of one call. Written to as it goes on, read once at the end. */
export interface AttemptHistory {
  readonly id: string;
  /** The look before the latest cancel, or before anything was sent. */
  first?: StatusCheck;
  /** Set after that look, where nothing is to be sent. */
  refusal?: JobRefusal | undefined;
  /** Every cancel, in order. */
  readonly attempts: CancelAttempt[];
  /** The latest look that saw something, made after the latest cancel. */
  latest?: Extract<StatusCheck, { kind: 'seen' | 'not_found' }> | undefined;
}

/** A job of which nothing is known yet. */
export function newHistory(id: string): AttemptHistory {
  return { id, attempts: [] };
}

/** A cancel of which nothing was heard yet. */
const pending: CancelAttempt = { kind: 'unclear', code: 'internal', mayHaveActed: true };

/** Takes down that a cancel is leaving. Where a bug of ours keeps its answer from us, it stays as what may have acted. */
export function recordSend(job: AttemptHistory): void {
  if (job.attempts.at(-1) !== pending) job.attempts.push(pending);
}

/** Takes down what a cancel came to. What was seen before it shows nothing of that. */
export function recordAttempt(job: AttemptHistory, sending: CancelAttempt): void {
  if (job.attempts.at(-1) === pending) job.attempts.pop();
  job.attempts.push(sending);
  if (!mayHaveReached(sending) || job.latest === undefined) return;
  job.first = job.latest;
  job.latest = undefined;
}

/** Whether the provider may have seen the cancel for what it is. */
export function mayHaveReached({ kind }: CancelAttempt): boolean {
  return kind === 'accepted' || kind === 'rejected' || kind === 'unclear';
}

/** Whether whoever carries cancels out may have been reached, and answered if it was to: what a limit turned away has not. */
export function mayHaveBeenReceived(sending: CancelAttempt): boolean {
  if (mayHaveReached(sending)) return true;
  return sending.kind === 'failed' && sending.answered === true && sending.code !== 'rate_limited';
}

/** What the provider showed of the job last, before or after a cancel. */
export function lastSeen(job: AttemptHistory): Extract<StatusCheck, { kind: 'seen' }> | undefined {
  if (job.latest?.kind === 'seen') return job.latest;
  return job.first?.kind === 'seen' ? job.first : undefined;
}
