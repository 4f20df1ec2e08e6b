import type { JobSnapshot } from '../adapter/adapter.ts';
import { type Cause, type Code, type FailureCode, isFinal } from '../contract/outcome.ts';

/** The result of one status check, and its wall time `at`, in milliseconds since the epoch. */
export type StatusCheck =
  | { readonly kind: 'seen'; readonly job: JobSnapshot; readonly at: number }
  | { readonly kind: 'not_found'; readonly at: number }
  | Failed
  | Skipped;

/**
 * The result of one cancel. `accepted` and `rejected` are the provider's clear replies. `unclear` is every other cancel
 * that was sent; `mayHaveActed` says whether it may have taken effect.
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

/** No request reached the provider, or none that it could have acted on. */
export interface Failed {
  readonly kind: 'failed';
  readonly code: FailureCode;
  readonly cause?: Cause | undefined;
  readonly retryAfterMs?: number | undefined;
  /** Set if the provider accepts the key but refused this request. */
  readonly denied?: true | undefined;
  /** Set if this was the provider's answer: then a status check may still show that the job has ended. */
  readonly answered?: true | undefined;
  /** It may mean that there is no such job. */
  readonly doubtful?: true;
}

/** The request had no turn, because the time ran out or the caller disconnected. Nothing was sent. */
export interface Skipped {
  readonly kind: 'skipped';
}

/** Why calloff does not cancel a job. `message` if the code alone does not say it all. */
export interface JobRefusal {
  readonly code: Code;
  readonly cause?: Cause | undefined;
  readonly message?: string | undefined;
  readonly nextStep?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** Everything known about one job of one call. Written during the call, read once at its end. */
export interface AttemptHistory {
  readonly id: string;
  /** The status check before the latest cancel, or before anything was sent. */
  first?: StatusCheck;
  /** Set after that check, if nothing may be sent. */
  refusal?: JobRefusal | undefined;
  /** Every cancel, in order. */
  readonly attempts: CancelAttempt[];
  /** The latest successful status check after the latest cancel. */
  latest?: Extract<StatusCheck, { kind: 'seen' | 'not_found' }> | undefined;
  /** Whether a status check before the latest cancel showed that the job had not ended. Set with each cancel. */
  wasSeenAlive?: boolean;
}

/** The history of a job about which nothing is known yet. */
export function newHistory(id: string): AttemptHistory {
  return { id, attempts: [] };
}

/** A cancel that a worker may have sent before it died. */
const inAir: CancelAttempt = { kind: 'unclear', code: 'internal', mayHaveActed: true };

/**
 * The history of a job for which a worker that died may have sent a cancel. No cancel is due before a status check shows
 * that the job has not ended.
 */
export function historyInAir(id: string): AttemptHistory {
  return { id, attempts: [inAir] };
}

/** Whether a cancel may have been sent, but only by a worker that died: nothing proves that one was. */
export function isOnlyInAir({ attempts }: AttemptHistory): boolean {
  const others = attempts.filter((attempt) => attempt !== inAir);
  return others.length < attempts.length && !others.some(wasSent);
}

/** Whether a cancel was sent, or may have been. */
export function wasSent(sending: CancelAttempt): boolean {
  return mayHaveReached(sending) || (sending.kind === 'failed' && sending.answered === true);
}

/** Whether a job needs a status check before its first cancel of this call. */
export function isUnchecked({ first, latest }: AttemptHistory): boolean {
  return first === undefined && latest === undefined;
}

/**
 * Records a status check from before the first cancel of this call. If a cancel is in the air, it is a check after that one,
 * and a failed check shows nothing.
 */
export function recordFirstCheck(job: AttemptHistory, check: StatusCheck): void {
  if (job.attempts.length === 0) job.first = check;
  else recordCheck(job, check);
}

/** Records a status check after a cancel. A final state stays, even if an overlapping check shows another. */
export function recordCheck(job: AttemptHistory, check: StatusCheck | undefined): void {
  if (showsOver(job.latest)) return;
  if (check?.kind === 'seen' || check?.kind === 'not_found') job.latest = check;
}

/** A cancel without an answer so far. */
const pending: CancelAttempt = { kind: 'unclear', code: 'internal', mayHaveActed: true };

/** Records that a cancel is being sent. If a bug loses its answer, it stays recorded as one that may have acted. */
export function recordSend(job: AttemptHistory): void {
  if (job.attempts.at(-1) !== pending) job.attempts.push(pending);
}

/** Records the result of a cancel. Status checks before it say nothing about its effect. */
export function recordAttempt(job: AttemptHistory, sending: CancelAttempt): void {
  if (job.attempts.at(-1) === pending) job.attempts.pop();
  job.attempts.push(sending);
  if (showsAlive(job.latest)) job.wasSeenAlive = true;
  if (!mayHaveReached(sending) || job.latest === undefined) return;
  if (showsAlive(job.first)) job.wasSeenAlive = true;
  job.first = job.latest;
  job.latest = undefined;
}

/** Whether a status check before the latest cancel showed that the job had not ended. An unknown state does not show it. */
export function wasSeenAlive({ first, wasSeenAlive: before }: AttemptHistory): boolean {
  return before === true || showsAlive(first);
}

/** Whether a status check shows that the job is over, also if it does not tell how it ended. */
export function showsOver(check: StatusCheck | undefined): boolean {
  return check?.kind === 'seen' && (isFinal(check.job.state) || check.job.isOver === true);
}

function showsAlive(check: StatusCheck | undefined): boolean {
  return check?.kind === 'seen' && check.job.state !== 'unknown' && !isFinal(check.job.state);
}

/** Whether the cancel may have reached the provider. */
export function mayHaveReached({ kind }: CancelAttempt): boolean {
  return kind === 'accepted' || kind === 'rejected' || kind === 'unclear';
}

/** Whether the part of the provider that carries out cancels may have received it. One that a rate limit refused was not. */
export function mayHaveBeenReceived(sending: CancelAttempt): boolean {
  return wasSent(sending) && !(sending.kind === 'failed' && sending.code === 'rate_limited');
}

/** Forgets what status checks show of a job that calloff sent no cancel: it may be the effect of another worker's. */
export function forgetIfUnsent(job: AttemptHistory): void {
  if (job.attempts.some(mayHaveReached)) return;
  job.first = { kind: 'skipped' };
  job.latest = undefined;
}

/** The last status that the provider showed, before or after a cancel. */
export function lastSeen(job: AttemptHistory): Extract<StatusCheck, { kind: 'seen' }> | undefined {
  if (job.latest?.kind === 'seen') return job.latest;
  return job.first?.kind === 'seen' ? job.first : undefined;
}
