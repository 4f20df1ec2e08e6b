import { describe, expect, it } from 'vitest';
import type { StatusReading } from '../../shared/adapter/adapter.ts';
import {
  type CancelAttempt,
  newHistory,
  recordAttempt,
  recordCheck,
  recordFirstCheck,
} from '../../shared/engine/attempt-history.ts';
import { isDue } from '../../shared/engine/cancel-rounds.ts';
import { buildOutcome } from '../../shared/engine/classify-outcome.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import { outcomeOf } from '../../shared/operations/outcome-of.ts';
import { resultOf } from '../../shared/work/job-history.ts';
import { adapters } from '../fixtures/adapters.ts';

const databricksRun = (state: string, code?: string) =>
  adapters.databricks.status.read(
    { status: 200, body: { run_id: 7, status: { state, termination_details: code && { code } } } },
    '7',
  );
const githubRun = (status: string, conclusion: string | null) =>
  adapters['github-actions'].status.read({ status: 200, body: { id: 7, status, conclusion } }, '7');

function isOver(reading: StatusReading): boolean | undefined {
  return reading.kind === 'seen' ? reading.job.isOver === true : undefined;
}

describe('a run whose end has a word that no adapter knows', () => {
  it.each([
    ['a new termination code', databricksRun('TERMINATED', 'STOPPED_BY_MOON'), true],
    ['no termination code', databricksRun('TERMINATED'), true],
    ['a new state', databricksRun('MOONING'), false],
    ['a known end', databricksRun('TERMINATED', 'SUCCESS'), false],
    ['a new conclusion', githubRun('completed', 'eclipsed'), true],
    ['no conclusion', githubRun('completed', null), false],
    ['a new status', githubRun('mooning', 'eclipsed'), false],
  ])('is told as over if the provider says so: %s', (_, reading, expected) => {
    expect(isOver(reading)).toBe(expected);
    if (expected) expect(reading).toMatchObject({ job: { state: 'unknown', providerStatus: null } });
  });

  const call = { dryRun: false, sendIfStatusUnknown: false };
  const connection = { adapter: adapters.databricks, name: 'databricks' };
  const over = {
    kind: 'seen',
    at: 2,
    job: { jobId: '7', state: 'unknown', providerStatus: null, isOver: true },
  } as const;
  const alive = {
    kind: 'seen',
    at: 1,
    job: { jobId: '7', state: 'running', providerStatus: 'RUNNING' },
  } as const;
  const says = 'Databricks says that the job is over, in a word that calloff does not know.';
  const accepted = { kind: 'accepted', at: 1, reply: { kind: 'accepted', providerStatus: null } } as const;

  it('is sent nothing', () => {
    const job = newHistory('7');
    recordFirstCheck(job, over);
    const terms = { ...call, sendBy: 9, answerBy: 9, waitMs: 0, turn: newTurn('cancel') };
    expect(isDue(job, terms)).toBe(false);
    expect(buildOutcome(job, connection, call)).toMatchObject({
      ...{ outcome: 'already_finished', state: 'unknown', message: `${says} Nothing was sent.` },
      next_step: 'If this matters, check at Databricks how the job ended.',
    });
  });

  it.each<[string, CancelAttempt, string, object]>([
    [
      'accepted',
      accepted,
      'calloff sent a cancel, and the job may be cancelled or may have ended without it.',
      { outcome: 'already_finished' },
    ],
    [
      'answered unclearly',
      { kind: 'unclear', code: 'provider_unavailable', mayHaveActed: true },
      'calloff sent a cancel, and the job may be cancelled or may have ended without it.',
      { outcome: 'already_finished' },
    ],
    [
      'rejected',
      { kind: 'rejected', at: 1 },
      "Databricks did not accept calloff's cancel.",
      { outcome: 'already_finished', raced: true },
    ],
  ])(
    'is never told as cancelled, nor as one that may go on, after a cancel that was %s',
    (_, attempt, what, rest) => {
      const job = newHistory('7');
      recordFirstCheck(job, alive);
      recordAttempt(job, attempt);
      recordCheck(job, over);
      const outcome = buildOutcome(job, connection, call);
      const message = `${says} ${what}`;
      expect(outcome).toMatchObject({ ...rest, state: 'unknown', message });
      expect('raced' in outcome).toBe('raced' in rest);
      // An operation keeps what its sentences are made of.
      expect(outcomeOf(resultOf(job, outcome), '7', connection)).toMatchObject({ ...rest, message });
    },
  );
});
