import type { AuditedOutcome } from '../access/audit/writer.ts';
import type { Outcome } from '../contract/answers/outcome-schema.ts';
import {
  type AttemptHistory,
  type CancelAttempt,
  historyInAir,
  isOnlyInAir,
  mayHaveReached,
  newHistory,
  type StatusCheck,
  wasSent,
} from '../engine/attempt-history.ts';
import { buildOutcome } from '../engine/classify-outcome.ts';
import type { Connection } from '../engine/connection.ts';
import { timestamp } from '../lib/clock.ts';
import { omitUndefined } from '../lib/collections.ts';
import type { JobResult } from '../operations/job-result.ts';

/** What is kept of a job's outcome and of the history that it was made from. */
export function resultOf(job: AttemptHistory, outcome: Outcome): JobResult {
  const { code, cause, raced, gone, evidence, details, state } = outcome;
  const { attempts, latest } = job;
  const hasEnded = outcome.outcome === 'already_cancelled' || outcome.outcome === 'already_finished';
  const wasTried = attempts.some((attempt) => attempt.kind === 'failed' || mayHaveReached(attempt));
  const seenAt = evidence.observed_at === null ? undefined : Date.parse(evidence.observed_at);
  return {
    outcome: outcome.outcome,
    state,
    ...omitUndefined({
      ...{ code, cause, raced, gone, details },
      blind: flag(hasEnded && raced === undefined && wasTried),
      accepted: flag(attempts.some(({ kind }) => kind === 'accepted')),
      turned_away: flag(attempts.some((attempt) => attempt.kind === 'failed' && attempt.answered === true)),
      seen_after: flag(latest?.kind === 'seen' && state !== 'unknown'),
      ours: flag(attempts.some(mayBeOurs)),
      in_air: flag(isOnlyInAir(job)),
      sent: flag(attempts.some(wasSent)),
      source: evidence.source === 'none' ? undefined : evidence.source,
      word: evidence.provider_status ?? undefined,
      at: seenAt,
    }),
  };
}

/**
 * What is known of a job after one more check, by the rules of a cancel: of a job that calloff may have cancelled, the
 * status decides. `undefined` if the check showed nothing.
 */
export function resultAfterCheck(
  known: JobResult,
  id: string,
  check: StatusCheck | undefined,
  connection: Connection,
): JobResult | undefined {
  if (check?.kind !== 'seen' && check?.kind !== 'not_found') return undefined;
  const job = historyAfter(known, id, check);
  const outcome = buildOutcome(job, connection, { dryRun: false, sendIfStatusUnknown: false });
  const seen = resultOf(job, outcome);
  const { raced, blind, round, at = 0 } = known;
  return {
    ...seen,
    ...omitUndefined({ raced, blind, round, details: seen.details ?? known.details }),
    // It was seen later, even if the clock was set back meanwhile.
    at: Math.max(check.at, at + 1),
  };
}

function historyAfter(
  known: JobResult,
  id: string,
  check: NonNullable<AttemptHistory['latest']>,
): AttemptHistory {
  const at = known.at ?? check.at;
  if (known.ours === undefined) return { ...newHistory(id), first: check };
  if (known.in_air) return { ...historyInAir(id), latest: check };
  const attempt: CancelAttempt = known.accepted
    ? { kind: 'accepted', reply: {}, at }
    : {
        kind: 'unclear',
        code: known.code === 'internal' ? 'internal' : 'provider_unavailable',
        mayHaveActed: true,
      };
  return { ...newHistory(id), attempts: [attempt], latest: check };
}

function mayBeOurs(attempt: CancelAttempt): boolean {
  return attempt.kind === 'accepted' || (attempt.kind === 'unclear' && attempt.mayHaveActed);
}

function flag(value: boolean): true | undefined {
  return value ? true : undefined;
}

/** What the audit records of a kept result. */
export function auditedOf(result: JobResult, id: string, connection: string): AuditedOutcome {
  const { outcome, state, code, source = 'none', word = null, at } = result;
  const observed_at = at === undefined ? null : timestamp(at);
  return {
    ...{ provider: connection, job_id: id, outcome, state, ...(code && { code }) },
    evidence: { source, provider_status: word, observed_at },
  };
}
