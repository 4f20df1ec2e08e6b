import { expect, test } from 'vitest';
import type { JobSnapshot } from '../../shared/adapter/adapter.ts';
import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';
import type { Cause, FailureCode, State } from '../../shared/contract/outcome.ts';
import {
  type AttemptHistory,
  type CancelAttempt,
  historyInAir,
  newHistory,
  type StatusCheck,
} from '../../shared/engine/attempt-history.ts';
import { buildOutcome, refuseUnseen } from '../../shared/engine/classify-outcome.ts';
import type { CredentialSource } from '../../shared/http/auth/credential-source.ts';
import { adapters } from '../fixtures/adapters.ts';

type Latest = Extract<StatusCheck, { kind: 'seen' | 'not_found' }>;
type Lost = Extract<CancelAttempt, { kind: 'failed' }>;

const start = Date.parse('2026-11-28T12:00:00Z');
const at = (second: number) => start + second * 1_000;

/** A status check in this second, whose word is that second. */
const saw = (second: number, state: State, more: Partial<JobSnapshot> = {}): Latest => ({
  ...{ kind: 'seen', at: at(second) },
  job: { jobId: 'job', state, providerStatus: `w${second}`, ...more },
});
const over = (second: number) => saw(second, 'unknown', { isOver: true });
const gone = (second: number): Latest => ({ kind: 'not_found', at: at(second) });
const skipped = { kind: 'skipped' } as const;
const broke = (code: FailureCode, more: Partial<Lost> = {}): Lost => ({ kind: 'failed', code, ...more });
const limited = broke('rate_limited', { answered: true, retryAfterMs: 1_200 });
const took = (second: number, reply: Partial<JobSnapshot> = {}): CancelAttempt => ({
  ...{ kind: 'accepted', reply, at: at(second) },
});
const refused = (second: number): CancelAttempt => ({ kind: 'rejected', at: at(second) });
const lost = (mayHaveActed: boolean, cause?: Cause): CancelAttempt => ({
  ...{ kind: 'unclear', code: 'provider_unavailable', cause, mayHaveActed },
});
const inAir = (later: Partial<AttemptHistory>): Partial<AttemptHistory> => ({
  ...later,
  attempts: [...historyInAir('job').attempts, ...(later.attempts ?? [])],
});

const dryRun = { dryRun: true, sendIfStatusUnknown: false };
const real = { dryRun: false, sendIfStatusUnknown: false };
const unseen = { dryRun: false, sendIfStatusUnknown: true };

function outcomeOf(history: Partial<AttemptHistory>, call = real, adapter = adapters.sutro): Outcome {
  return buildOutcome({ ...newHistory('job'), ...history }, { adapter, name: 'lab' }, call);
}

/** Outcome and flags, then the state, then what it rests on: the word, and the second of the check or the reply. */
function told(outcome: Outcome): string {
  const {
    state,
    code,
    cause,
    raced,
    gone: isGone,
    retryable,
    retry_after_seconds: after,
    evidence,
  } = outcome;
  const flags = [code, cause, raced && 'raced', isGone && 'gone', retryable && 'again', after?.toString()];
  const second = evidence.observed_at === null ? '-' : (Date.parse(evidence.observed_at) - start) / 1_000;
  const rest = [evidence.source, evidence.provider_status, second].join(' ').replace('  ', ' ');
  return [[outcome.outcome, ...flags].filter(Boolean).join(' '), state, rest].join(', ');
}

/** What is known of a job, how it was asked for, what calloff says, and a part of its sentence. */
type OutcomeRow = readonly [string, Partial<AttemptHistory>, string, RegExp?, typeof real?];
const rows: readonly OutcomeRow[] = [
  ['nothing', {}, 'not_attempted again, unknown, none -'],
  ['no turn', { first: skipped }, 'not_attempted again, unknown, none -'],
  ['no such job', { first: gone(1) }, 'not_found, unknown, status 1'],
  [
    'no answer',
    { first: broke('provider_unavailable') },
    'failed provider_unavailable again, unknown, none -',
  ],
  [
    'no answer because of a name',
    { first: broke('provider_unavailable', { cause: 'name', retryAfterMs: 1_000 }) },
    'failed provider_unavailable name again 1, unknown, none -',
  ],
  [
    'a strange answer',
    { first: broke('unexpected_response') },
    'failed unexpected_response, unknown, none -',
  ],
  [
    'a key that cannot be read now',
    { first: broke('credentials_rejected', { cause: 'secret_unreadable' }) },
    'failed credentials_rejected secret_unreadable again, unknown, none -',
    /did not accept the API key\. This call cancelled nothing\.$/,
  ],
  [
    'a job that the key may not see',
    { first: broke('credentials_rejected', { denied: true, cause: 'name' }) },
    'refused denied_by_provider, unknown, none -',
    /see this job\. This call cancelled nothing\.$/,
  ],
  [
    'no answer, and asked to send even so',
    { first: broke('unexpected_response') },
    'not_attempted again, unknown, none -',
    /Nothing was sent/,
    unseen,
  ],
  [
    'no answer, and asked what would be sent even so',
    { first: broke('unexpected_response') },
    'failed unexpected_response, unknown, none -',
    /does not allow/,
    { dryRun: true, sendIfStatusUnknown: true },
  ],
  [
    'cancelled',
    { first: saw(1, 'cancelled') },
    'already_cancelled, cancelled, status w1 1',
    /Nothing was sent/,
  ],
  [
    'completed',
    { first: saw(1, 'completed') },
    'already_finished, completed, status w1 1',
    /had already completed/,
  ],
  ['failed', { first: saw(1, 'failed') }, 'already_finished, failed, status w1 1', /had already failed/],
  ['over, in a new word', { first: over(1) }, 'already_finished, unknown, status w1 1', /Nothing was sent/],
  [
    'cancelling',
    { first: saw(1, 'cancelling') },
    'cancelling, cancelling, status w1 1',
    /is cancelling the job/,
  ],
  ['running', { first: saw(1, 'running') }, 'not_attempted again, running, status w1 1'],
  [
    'queued, tried dry',
    { first: saw(1, 'queued') },
    'would_cancel, queued, status w1 1',
    /is queued/,
    dryRun,
  ],
  [
    'no turn to send',
    { first: saw(1, 'running'), attempts: [skipped] },
    'not_attempted again, running, status w1 1',
  ],
  [
    'running, then cancelled by another',
    { first: saw(1, 'running'), latest: saw(2, 'cancelled') },
    'already_cancelled, cancelled, status w2 2',
    /Nothing was sent/,
  ],
  [
    'running, then completed',
    { first: saw(1, 'running'), latest: saw(2, 'completed') },
    'already_finished, completed, status w2 2',
    /Nothing was sent/,
  ],
  [
    'running, then gone',
    { first: saw(1, 'running'), latest: gone(2) },
    'not_attempted again, unknown, status 2',
  ],
  [
    'cancelling, then running',
    { first: saw(1, 'cancelling'), latest: saw(2, 'running') },
    'cancelling, running, status w2 2',
    /was already cancelling/,
  ],
  [
    'cancelling, then running, and no turn to send',
    { first: saw(1, 'cancelling'), attempts: [skipped], latest: saw(2, 'running') },
    'cancelling, running, status w2 2',
    /was already cancelling/,
  ],
  // A cancel that was turned away.
  [
    'turned away',
    { first: saw(1, 'running'), attempts: [limited] },
    'failed rate_limited again 2, running, status w1 1',
    /no status check after it/,
  ],
  [
    'turned away by what never reached the provider',
    { first: saw(1, 'running'), attempts: [skipped, broke('rate_limited')] },
    'failed rate_limited again, running, status w1 1',
    /limits the number of requests\. This call cancelled nothing\.$/,
  ],
  [
    'turned away, and running on',
    { first: saw(1, 'running'), attempts: [limited], latest: saw(3, 'running') },
    'failed rate_limited again 2, running, status w3 3',
    /After that the job was running/,
  ],
  [
    'turned away, and in an unknown state',
    { first: saw(1, 'running'), attempts: [limited], latest: saw(3, 'unknown') },
    'failed rate_limited again 2, unknown, status w3 3',
    /no status check after it/,
  ],
  [
    'turned away, and gone',
    { first: saw(1, 'running'), attempts: [limited], latest: gone(3) },
    'failed rate_limited again 2, unknown, status 3',
    /no status check after it/,
  ],
  [
    'turned away, and cancelled',
    { first: saw(1, 'running'), attempts: [limited], latest: saw(3, 'cancelled') },
    'already_cancelled raced, cancelled, status w3 3',
    /not cancelled yet when calloff checked first/,
  ],
  [
    'turned away unseen, and cancelled',
    { first: skipped, attempts: [limited], latest: saw(3, 'cancelled') },
    'already_cancelled, cancelled, status w3 3',
    /without knowing the state/,
  ],
  [
    'turned away, and completed',
    { first: saw(1, 'running'), attempts: [limited], latest: saw(3, 'completed') },
    'already_finished raced, completed, status w3 3',
    /although a cancel was sent/,
  ],
  [
    'turned away, and cancelling',
    { first: saw(1, 'running'), attempts: [limited], latest: saw(3, 'cancelling') },
    'cancelling, cancelling, status w3 3',
  ],
  [
    'a job that the key may not cancel',
    { first: saw(1, 'running'), attempts: [broke('credentials_rejected', { denied: true, answered: true })] },
    'refused denied_by_provider, running, status w1 1',
    /let this API key cancel this job/,
  ],
  // A cancel that was accepted.
  [
    'accepted, and cancelled',
    { first: saw(1, 'running'), attempts: [took(2)], latest: saw(3, 'cancelled') },
    'cancelled, cancelled, status w3 3',
    /after calloff sent a cancel/,
  ],
  [
    'accepted, and completed',
    { first: saw(1, 'running'), attempts: [took(2)], latest: saw(3, 'completed') },
    'already_finished raced, completed, status w3 3',
    /although a cancel was sent/,
  ],
  [
    'accepted unseen, and completed',
    { first: saw(1, 'unknown'), attempts: [took(2)], latest: saw(3, 'completed') },
    'already_finished, completed, status w3 3',
    /without knowing the state/,
  ],
  [
    'accepted, and over in a new word',
    { first: saw(1, 'running'), attempts: [took(2)], latest: over(3) },
    'already_finished, unknown, status w3 3',
    /calloff sent a cancel, and the job may be cancelled or may have ended without it/,
  ],
  [
    'accepted, and gone',
    { first: saw(1, 'running'), attempts: [took(2)], latest: gone(3) },
    'cancelling gone, unknown, status 3',
  ],
  [
    'accepted',
    { first: saw(1, 'running'), attempts: [took(2, { providerStatus: 'stopping' })] },
    'cancelling, running, reply stopping 2',
    /accepted the cancel, but/,
  ],
  ['accepted without a word', { first: gone(1), attempts: [took(2)] }, 'cancelling, unknown, reply 2'],
  [
    'accepted, refused the second time, and running on',
    { first: saw(1, 'running'), attempts: [took(2), refused(3)], latest: saw(4, 'running') },
    'cancelling, running, status w4 4',
    /accepted the cancel, but/,
  ],
  [
    'accepted, and refused the second time',
    { first: saw(1, 'running'), attempts: [took(2, { providerStatus: 'stopping' }), refused(3)] },
    'cancelling, running, reply 3',
  ],
  // A cancel that was refused.
  [
    'refused',
    { first: saw(1, 'running'), attempts: [refused(2)] },
    'refused not_cancellable, running, reply 2',
    /No status check since then/,
  ],
  [
    'refused, and running on',
    { first: saw(1, 'queued'), attempts: [refused(2)], latest: saw(3, 'running') },
    'refused not_cancellable, running, status w3 3',
    /still running/,
  ],
  [
    'refused, and cancelled',
    { first: saw(1, 'running'), attempts: [refused(2)], latest: saw(3, 'cancelled') },
    'already_cancelled raced, cancelled, status w3 3',
  ],
  [
    'refused, and over in a new word',
    { first: saw(1, 'running'), attempts: [refused(2)], latest: over(3) },
    'already_finished raced, unknown, status w3 3',
    /did not accept calloff's cancel/,
  ],
  [
    'refused, and cancelling',
    { first: saw(1, 'running'), attempts: [refused(2)], latest: saw(3, 'cancelling') },
    'cancelling, cancelling, status w3 3',
  ],
  [
    'refused, and gone',
    { first: saw(1, 'running'), attempts: [refused(2)], latest: gone(3) },
    'not_found, unknown, status 3',
  ],
  // A cancel whose answer was lost.
  [
    'lost',
    { first: saw(1, 'running'), attempts: [lost(true, 'timeout')] },
    'unknown timeout again, running, status w1 1',
    /did not answer it clearly/,
  ],
  [
    'lost, and running on',
    { first: saw(1, 'running'), attempts: [lost(true)], latest: saw(3, 'running') },
    'unknown again, running, status w3 3',
  ],
  [
    'lost, and gone',
    { first: saw(1, 'running'), attempts: [lost(true)], latest: gone(3) },
    'unknown again, unknown, status 3',
  ],
  [
    'lost, and cancelled',
    { first: saw(1, 'running'), attempts: [lost(true)], latest: saw(3, 'cancelled') },
    'cancelled, cancelled, status w3 3',
  ],
  [
    'lost without effect, and cancelled',
    { first: saw(1, 'running'), attempts: [lost(false)], latest: saw(3, 'cancelled') },
    'already_cancelled raced, cancelled, status w3 3',
  ],
  [
    'lost without effect',
    { first: saw(1, 'running'), attempts: [lost(false, 'name')] },
    'failed provider_unavailable name again, running, status w1 1',
  ],
  [
    'lost without effect, and gone',
    { first: saw(1, 'running'), attempts: [lost(false, 'name')], latest: gone(3) },
    'not_found, unknown, status 3',
  ],
  [
    'lost, then lost without effect',
    { first: saw(1, 'running'), attempts: [lost(true, 'timeout'), lost(false, 'name')] },
    'unknown name again, running, status w1 1',
  ],
  [
    'lost, then refused',
    { first: saw(1, 'running'), attempts: [lost(true, 'timeout'), refused(3)], latest: saw(4, 'running') },
    'unknown timeout again, running, status w4 4',
  ],
  [
    'lost, then turned away, and cancelled',
    { first: saw(1, 'running'), attempts: [lost(true), limited], latest: saw(4, 'cancelled') },
    'cancelled, cancelled, status w4 4',
  ],
  // A cancel that a worker may have sent before it died.
  ['in the air', inAir({}), 'unknown again, unknown, none -', /may have sent one/],
  [
    'in the air, and cancelled',
    inAir({ latest: saw(3, 'cancelled') }),
    'cancelled, cancelled, status w3 3',
    /may have sent one/,
  ],
  [
    'in the air, seen running before, and completed',
    inAir({ latest: saw(3, 'completed'), wasSeenAlive: true }),
    'already_finished, completed, status w3 3',
    /may have sent one/,
  ],
  [
    'in the air, and accepted',
    inAir({ attempts: [took(2)], latest: saw(3, 'completed'), wasSeenAlive: true }),
    'already_finished raced, completed, status w3 3',
    /although a cancel was sent/,
  ],
];

test.each(rows.map((row) => ({ row })))(
  '$row.0',
  ({ row: [, history, expected, says = /./, call = real] }) => {
    const outcome = outcomeOf(history, call);
    expect(told(outcome)).toBe(expected);
    expect(outcome.message).toMatch(says);
  },
);

test('a refusal keeps what was seen, and nothing of what else might have been said', () => {
  const cancelledFirst = { first: saw(1, 'running'), attempts: [limited], latest: saw(3, 'cancelled') };
  const code = 'caller_rate_limited';
  const refusal = { code, cause: 'store_locked', retryAfterMs: 2_001 } as const;
  const outcome = outcomeOf({ ...cancelledFirst, refusal });
  expect(told(outcome)).toBe('refused caller_rate_limited store_locked again 3, cancelled, status w3 3');
  expect(outcome).not.toHaveProperty('raced');
  expect(outcome.next_step).toMatch(/^Wait for retry_after_seconds/);
  expect(
    outcomeOf({ ...cancelledFirst, refusal: { code, message: 'No.', nextStep: 'Stop.' } }),
  ).toMatchObject({
    message: 'No.',
    next_step: 'Stop.',
    retryable: true,
  });
  const seen = { first: broke('provider_unavailable', { cause: 'name', retryAfterMs: 9_000 }) };
  const protectedJob = outcomeOf({ ...seen, refusal: { code: 'protected_job' } });
  expect(told(protectedJob)).toBe('refused protected_job, unknown, none -');
  expect(protectedJob).not.toHaveProperty('cause');
  const unread = outcomeOf({ ...seen, refusal: { code: 'internal', cause: 'secret_unreadable' } });
  expect(unread).toMatchObject({ outcome: 'failed', retryable: true, provider: 'lab', job_id: 'job' });
});

test('a refusal keeps back another cancel, and does not hide one that may have been sent', () => {
  const refusal = { code: 'protected_job' } as const;
  const sent = { first: saw(1, 'running'), latest: saw(3, 'cancelled'), refusal };
  expect(told(outcomeOf({ ...sent, attempts: [took(2)] }))).toBe('cancelled, cancelled, status w3 3');
  expect(outcomeOf({ ...sent, attempts: [limited, lost(true)] }).outcome).toBe('cancelled');
  expect(outcomeOf({ ...sent, attempts: [limited] }).code).toBe('protected_job');
  const place = { adapter: adapters.sutro, name: 'lab' };
  expect(told(refuseUnseen('job', place, refusal))).toBe('refused protected_job, unknown, none -');
});

test('only a person who decides is shown the name of a job and its owner', () => {
  const owner = `${'o'.repeat(59)}😀`;
  const running = { first: saw(1, 'running', { name: 'Sweep', owner }) };
  const shown = { name: 'Sweep', owner: `${'o'.repeat(59)}\uFFFD` };
  expect(outcomeOf(running, dryRun)).toMatchObject(shown);
  const asked = { ...running, refusal: { code: 'confirmation_required' } } as const;
  expect(outcomeOf(asked, dryRun)).toMatchObject({ ...shown, code: 'confirmation_required' });
  const nameless = outcomeOf({ ...asked, first: saw(1, 'running') }, dryRun);
  const denied = outcomeOf({ ...running, refusal: { code: 'protected_job' } }, dryRun);
  const finished = outcomeOf({ first: saw(1, 'completed', { name: 'Sweep', owner }) }, dryRun);
  for (const outcome of [nameless, denied, finished, outcomeOf(running)]) {
    expect(outcome).not.toHaveProperty('name');
    expect(outcome).not.toHaveProperty('owner');
  }
});

test('details are those of the replies, then of the last check that saw the job, then its times', () => {
  const seen = saw(3, 'cancelled', {
    details: { running_seconds: 3, run_number: undefined },
    createdAt: '2026-11-28T11:00:00.000Z',
    startedAt: undefined,
  });
  const attempts = [took(2, { details: { running_seconds: 1, run_number: 5 } }), refused(2)];
  expect(outcomeOf({ first: saw(1, 'running'), attempts, latest: seen }).details).toEqual({
    running_seconds: 3,
    run_number: 5,
    created_at: '2026-11-28T11:00:00.000Z',
  });
  expect(outcomeOf({ first: saw(1, 'running'), attempts: [took(2)] })).not.toHaveProperty('details');
  expect(outcomeOf({ first: saw(1, 'running') })).not.toHaveProperty('details');
});

test('what may be billed is said where something was stopped, and always if the provider bills what was not', () => {
  const cancelled = { first: saw(1, 'running'), attempts: [took(2)], latest: saw(3, 'cancelled') };
  const refusal = { code: 'protected_job' } as const;
  for (const adapter of Object.values(adapters)) {
    const { always, note } = adapter.billing;
    const noted = (history: Partial<AttemptHistory>) => outcomeOf(history, real, adapter).billing_note;
    expect(noted(cancelled)).toBe(note);
    expect(noted({ first: saw(1, 'cancelled'), refusal })).toBe(always ? note : undefined);
    expect(noted({ first: gone(1) })).toBe(always ? note : undefined);
  }
});

test('a missing key is spoken of by the connection, and as the place where it is kept names it', () => {
  const history: AttemptHistory = { ...newHistory('job'), first: broke('provider_not_configured') };
  const kept: CredentialSource = {
    current: async () => undefined,
    renew: async () => undefined,
    keyPlace: () => ({ kind: 'secret', name: 'lab/key', fault: 'is empty' }),
  };
  const place = { adapter: adapters.sutro, name: 'lab' };
  expect(buildOutcome(history, place, real).next_step).toContain('LAB_API_KEY');
  expect(buildOutcome(history, { ...place, credentials: kept }, real).next_step).toContain('lab/key');
});
