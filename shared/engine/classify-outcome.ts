import type { JobSnapshot } from '../adapter/adapter.ts';
import type { Details } from '../contract/answers/details.ts';
import type { Evidence, Outcome } from '../contract/answers/outcome-schema.ts';
import { type Cause, type Code, codes, isPassing, type OutcomeName, outcomes } from '../contract/outcome.ts';
import { timestamp } from '../lib/clock.ts';
import { omitUndefined } from '../lib/collections.ts';
import { providerWords } from '../messages/message-context.ts';
import { billingNote, messageOf, nextStepOf } from '../messages/outcome.ts';
import {
  type AttemptHistory,
  type CancelAttempt,
  type Failed,
  isOnlyInAir,
  type JobRefusal,
  lastSeen,
  mayHaveReached,
  newHistory,
  showsOver,
  wasSeenAlive,
} from './attempt-history.ts';
import type { CancelOptions } from './cancel-rounds.ts';
import type { Connection } from './connection.ts';

/** The outcome of a job's history, before it is worded. */
interface Classification {
  readonly outcome: OutcomeName;
  readonly code?: Code;
  readonly cause?: Cause | undefined;
  readonly raced?: true;
  /** A cancel was sent although no status check had shown the job alive, so it may have ended before. */
  readonly blind?: true;
  readonly gone?: true;
  readonly retryAfterMs?: number | undefined;
}

type Terms = Pick<CancelOptions, 'dryRun' | 'sendIfStatusUnknown'>;
/** The connection of a job, as far as its outcome needs it. */
type JobPlace = Pick<Connection, 'adapter' | 'name'> & Partial<Pick<Connection, 'credentials'>>;

/**
 * The outcome of a job. It never says more than the evidence shows. A refusal only keeps back another cancel if one may have
 * been sent before.
 */
export function buildOutcome(job: AttemptHistory, connection: JobPlace, call: Terms): Outcome {
  const seen = describe(job, connection, call);
  const mayBeSent = job.attempts.some(mayHaveReached);
  return job.refusal === undefined || mayBeSent ? seen : refuse(seen, job.refusal, connection);
}

function describe(job: AttemptHistory, connection: JobPlace, call: Terms): Outcome {
  const finding = withoutAssumedRace(classify(job, call), job);
  const seen = lastSeen(job);
  // An outcome rests on one status check: if the latest one did not find the job, an earlier state does not count.
  const state = job.latest?.kind === 'not_found' ? 'unknown' : (seen?.job.state ?? 'unknown');
  const traits = finding.code === undefined ? outcomes[finding.outcome] : codes[finding.code];
  const words = {
    ...finding,
    state,
    ...providerWords(connection.adapter),
    connection: connection.name,
    credentials: connection.credentials,
    inAir: isOnlyInAir(job),
    accepted: job.attempts.some(({ kind }) => kind === 'accepted'),
    turnedAway: job.attempts.some((sending) => sending.kind === 'failed' && sending.answered === true),
    seenAfter: job.latest?.kind === 'seen' && state !== 'unknown',
  };
  return {
    provider: connection.name,
    job_id: job.id,
    ...(finding.outcome === 'would_cancel' ? calledIn(seen?.job) : {}),
    outcome: finding.outcome,
    state,
    ...omitUndefined({ code: finding.code, cause: finding.cause, raced: finding.raced, gone: finding.gone }),
    retryable: traits.retryable || isPassing(finding.cause),
    ...omitUndefined({ retry_after_seconds: seconds(finding.retryAfterMs) }),
    evidence: evidenceOf(job),
    ...omitUndefined({
      details: detailsOf(job),
      billing_note: billingNote(connection.adapter, finding.outcome),
    }),
    message: messageOf(words),
    ...omitUndefined({ next_step: nextStepOf(words) }),
  };
}

/** The outcome of an inspected job that was left alone on purpose, with its status. */
export function refuse(
  seen: Outcome,
  { code, cause, message, nextStep, retryAfterMs }: JobRefusal,
  { adapter, name: connection }: JobPlace,
): Outcome {
  const {
    next_step: _,
    retry_after_seconds: __,
    code: ___,
    raced: ____,
    billing_note: _____,
    cause: ______,
    name,
    owner,
    ...rest
  } = seen;
  const { outcome, retryable } = codes[code];
  const words = { outcome, code, state: seen.state, provider: adapter.displayName, connection };
  return {
    ...rest,
    // The person who is asked to confirm sees which job it is, and whose.
    ...(code === 'confirmation_required' ? omitUndefined({ name, owner }) : {}),
    outcome,
    code,
    ...omitUndefined({ cause }),
    retryable: retryable || isPassing(cause),
    ...omitUndefined({
      retry_after_seconds: seconds(retryAfterMs),
      billing_note: billingNote(adapter, outcome),
    }),
    message: message ?? messageOf(words),
    ...omitUndefined({ next_step: nextStep ?? nextStepOf(words) }),
  };
}

/** The outcome of a job that was refused before any status check. */
export function refuseUnseen(jobId: string, connection: JobPlace, refusal: JobRefusal): Outcome {
  return buildOutcome({ ...newHistory(jobId), refusal }, connection, {
    dryRun: false,
    sendIfStatusUnknown: false,
  });
}

function classify(job: AttemptHistory, call: Terms): Classification {
  const reached = job.attempts.filter(mayHaveReached);
  return reached.length === 0 ? classifyUnsent(job, call) : classifySent(job, reached);
}

/** Classifies a job for which no cancel that could have acted was sent. */
function classifyUnsent({ first, attempts, latest }: AttemptHistory, call: Terms): Classification {
  const failed = attempts.find((sending) => sending.kind === 'failed');
  if (failed !== undefined) return classifyRejected(failed, latest);
  if (first === undefined || first.kind === 'skipped') return { outcome: 'not_attempted' };
  if (first.kind === 'not_found') return { outcome: 'not_found' };
  if (first.kind === 'failed')
    return call.sendIfStatusUnknown && !call.dryRun ? { outcome: 'not_attempted' } : classifyFailed(first);
  const { state } = latest?.kind === 'seen' ? latest.job : first.job;
  if (state === 'cancelled') return { outcome: 'already_cancelled' };
  if (showsOver(latest ?? first)) return { outcome: 'already_finished' };
  if (first.job.state === 'cancelling') return { outcome: 'cancelling' };
  return { outcome: call.dryRun ? 'would_cancel' : 'not_attempted' };
}

/** Classifies a job whose cancel was refused before it could act. A status check may still show that the job has ended. */
function classifyRejected(failed: Failed, latest: AttemptHistory['latest']): Classification {
  const state = latest?.kind === 'seen' ? latest.job.state : undefined;
  if (state === 'cancelled') return { outcome: 'already_cancelled', raced: true };
  if (showsOver(latest)) return { outcome: 'already_finished', raced: true };
  return state === 'cancelling' ? { outcome: 'cancelling' } : classifyFailed(failed);
}

/** Classifies a job of which a cancel may have reached the provider: the status check after it decides. */
function classifySent(job: AttemptHistory, attempts: readonly CancelAttempt[]): Classification {
  const state = job.latest?.kind === 'seen' ? job.latest.job.state : undefined;
  const mayBeOurs = attempts.some(
    (sending) => sending.kind === 'accepted' || (sending.kind === 'unclear' && sending.mayHaveActed),
  );
  if (state === 'cancelled')
    return mayBeOurs ? { outcome: 'cancelled' } : { outcome: 'already_cancelled', raced: true };
  if (showsOver(job.latest)) {
    // A word that no adapter knows may mean that this cancel took effect.
    return {
      outcome: 'already_finished',
      ...(state === 'unknown' && mayBeOurs ? { blind: true } : { raced: true }),
    };
  }
  const accepted = attempts.some(({ kind }) => kind === 'accepted');
  if (accepted && job.latest?.kind === 'not_found') return { outcome: 'cancelling', gone: true };
  if (state === 'cancelling' || accepted) return { outcome: 'cancelling' };
  const lost = attempts.findLast((sending) => sending.kind === 'unclear');
  if (lost?.mayHaveActed || (lost !== undefined && mayBeOurs))
    return { outcome: 'unknown', cause: lost.cause };
  if (job.latest?.kind === 'not_found') return { outcome: 'not_found' };
  if (lost !== undefined) return { outcome: 'failed', code: lost.code, cause: lost.cause };
  return { outcome: 'refused', code: 'not_cancellable' };
}

/**
 * An ended job raced calloff's cancel only if a cancel was surely sent and a status check before it showed the job alive.
 * Otherwise it may have ended before.
 */
function withoutAssumedRace(finding: Classification, job: AttemptHistory): Classification {
  if (!finding.raced || (wasSeenAlive(job) && !isOnlyInAir(job))) return finding;
  const { raced: _, ...known } = finding;
  return { ...known, blind: true };
}

function classifyFailed({ code, cause, retryAfterMs, denied }: Failed): Classification {
  if (denied) return { outcome: 'refused', code: 'denied_by_provider' };
  return { outcome: 'failed', code, cause, retryAfterMs };
}

/** The evidence: a status check counts more than a reply, and a later check more than an earlier one. */
function evidenceOf(job: AttemptHistory): Evidence {
  const reply = job.attempts.findLast(
    (sending) => sending.kind === 'accepted' || sending.kind === 'rejected',
  );
  if (job.latest === undefined && reply !== undefined) {
    const word = reply.kind === 'accepted' ? (reply.reply.providerStatus ?? null) : null;
    return { source: 'reply', provider_status: word, observed_at: timestamp(reply.at) };
  }
  const check = job.latest ?? job.first;
  if (check?.kind === 'seen') {
    return { source: 'status', provider_status: check.job.providerStatus, observed_at: timestamp(check.at) };
  }
  if (check?.kind === 'not_found')
    return { source: 'status', provider_status: null, observed_at: timestamp(check.at) };
  return { source: 'none', provider_status: null, observed_at: null };
}

/** The most of an owner in an outcome: with more of it, an answer about 5,000 jobs could exceed what Lambda returns. */
const longestOwner = 60;

/** What a job is called, and whose it is. */
function calledIn(job: JobSnapshot | undefined): Pick<Outcome, 'name' | 'owner'> {
  const owner = job?.owner?.slice(0, longestOwner).toWellFormed();
  return omitUndefined({ name: job?.name, owner });
}

function detailsOf(job: AttemptHistory): Details | undefined {
  const replies = job.attempts.map((sending) =>
    sending.kind === 'accepted' ? sending.reply.details : undefined,
  );
  const seen = lastSeen(job)?.job;
  const times = { created_at: seen?.createdAt, started_at: seen?.startedAt };
  const details: Details = Object.assign(
    {},
    ...[...replies, seen?.details, times].map((part) => omitUndefined(part ?? {})),
  );
  return Object.keys(details).length === 0 ? undefined : details;
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.ceil(ms / 1_000);
}
