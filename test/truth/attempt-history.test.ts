import { describe, expect, test } from 'vitest';
import { type State, states } from '../../shared/contract/outcome.ts';
import {
  type AttemptHistory,
  type CancelAttempt,
  forgetIfUnsent,
  historyInAir,
  isOnlyInAir,
  isUnchecked,
  lastSeen,
  mayHaveBeenReceived,
  mayHaveReached,
  newHistory,
  recordAttempt,
  recordCheck,
  recordFirstCheck,
  recordSend,
  type StatusCheck,
  showsOver,
  wasSeenAlive,
  wasSent,
} from '../../shared/engine/attempt-history.ts';

const saw = (state: State, isOver?: true): NonNullable<AttemptHistory['latest']> => ({
  ...{ kind: 'seen', at: 1 },
  job: { jobId: 'job', state, providerStatus: null, ...(isOver && { isOver }) },
});
const gone = { kind: 'not_found', at: 1 } as const;
const skipped = { kind: 'skipped' } as const;
const failed = { kind: 'failed', code: 'provider_unavailable' } as const;
const accepted = { kind: 'accepted', reply: {}, at: 2 } as const;
const rejected = { kind: 'rejected', at: 2 } as const;
const lost = { kind: 'unclear', code: 'provider_unavailable', mayHaveActed: false } as const;
const turnedAway = { kind: 'failed', code: 'credentials_rejected', answered: true } as const;
const limited = { kind: 'failed', code: 'rate_limited', answered: true } as const;

const historyOf = (parts: Partial<AttemptHistory>): AttemptHistory => ({ ...newHistory('job'), ...parts });
const first = (check: StatusCheck) => historyOf({ first: check });

/** Each cancel, whether it may have reached the provider, whether it was sent, and whether what cancels may have had it. */
test.each<[CancelAttempt, boolean, boolean, boolean]>([
  [accepted, true, true, true],
  [rejected, true, true, true],
  [lost, true, true, true],
  [turnedAway, false, true, true],
  [limited, false, true, false],
  [failed, false, false, false],
  [{ ...limited, kind: 'failed', answered: undefined }, false, false, false],
  [skipped, false, false, false],
])('the cancel %j', (attempt, reached, sent, received) => {
  expect([mayHaveReached(attempt), wasSent(attempt), mayHaveBeenReceived(attempt)]).toEqual([
    ...[reached, sent, received],
  ]);
});

test.each(states)('a job that is %s', (state) => {
  const isFinal = ['cancelled', 'completed', 'failed'].includes(state);
  expect([showsOver(saw(state)), showsOver(saw(state, true))]).toEqual([isFinal, true]);
  expect(wasSeenAlive(first(saw(state)))).toBe(!isFinal && state !== 'unknown');
});

test.each([gone, skipped, failed, undefined])(
  '%j shows neither that a job is over nor that it lives',
  (check) => {
    expect(showsOver(check)).toBe(false);
    expect(wasSeenAlive(check === undefined ? newHistory('job') : first(check))).toBe(false);
  },
);

test('a job needs a status check as long as it had none', () => {
  expect(isUnchecked(newHistory('job'))).toBe(true);
  expect(isUnchecked(first(failed))).toBe(false);
  expect(isUnchecked(historyOf({ latest: gone }))).toBe(false);
});

test('the last status is the latest that showed the job', () => {
  const [before, after] = [saw('queued'), saw('running')];
  expect(lastSeen(historyOf({ first: before, latest: after }))).toBe(after);
  expect(lastSeen(historyOf({ first: before, latest: gone }))).toBe(before);
  expect(lastSeen(first(gone))).toBeUndefined();
  expect(lastSeen(newHistory('job'))).toBeUndefined();
});

describe('a status check', () => {
  test('is the first one before a cancel, and the latest one after it', () => {
    const fresh = newHistory('job');
    recordFirstCheck(fresh, failed);
    expect(fresh).toEqual({ ...newHistory('job'), first: failed });
    const flying = historyInAir('job');
    recordFirstCheck(flying, failed);
    expect(flying).toEqual(historyInAir('job'));
    recordFirstCheck(flying, gone);
    expect(flying.latest).toBe(gone);
  });

  test('counts only if it succeeded, and not after one that showed the end', () => {
    const job = historyOf({ attempts: [accepted] });
    for (const check of [undefined, skipped, failed]) {
      recordCheck(job, check);
      expect(job.latest).toBeUndefined();
    }
    const over = saw('cancelled');
    for (const check of [gone, saw('running'), over, saw('running'), gone]) recordCheck(job, check);
    expect(job.latest).toBe(over);
  });
});

describe('a cancel', () => {
  test('stays recorded as one that may have acted until its answer is there', () => {
    const job = newHistory('job');
    recordSend(job);
    recordSend(job);
    expect(job.attempts).toEqual([{ kind: 'unclear', code: 'internal', mayHaveActed: true }]);
    recordAttempt(job, rejected);
    expect(job.attempts).toEqual([rejected]);
    recordAttempt(job, accepted);
    expect(job.attempts).toEqual([rejected, accepted]);
    recordSend(job);
    expect(job.attempts).toHaveLength(3);
  });

  test('makes what was seen before it no evidence of its effect', () => {
    const running = saw('running');
    const job = historyOf({ first: saw('queued'), latest: running });
    recordAttempt(job, lost);
    expect(job).toMatchObject({ first: running, wasSeenAlive: true });
    expect(job.latest).toBeUndefined();
  });

  test('that did not reach the provider leaves what was seen', () => {
    const job = historyOf({ first: gone, latest: saw('running') });
    recordAttempt(job, limited);
    expect(job).toMatchObject({ first: gone, latest: saw('running'), wasSeenAlive: true });
  });

  test('leaves the first check where no later one is', () => {
    const job = first(saw('running'));
    recordAttempt(job, accepted);
    expect(job).toEqual(historyOf({ first: saw('running'), attempts: [accepted] }));
  });

  test('keeps that the job was seen alive, before the check before it, too', () => {
    const seenFirst = historyOf({ first: saw('running'), latest: gone });
    recordAttempt(seenFirst, accepted);
    expect([seenFirst.first, wasSeenAlive(seenFirst)]).toEqual([gone, true]);
    const never = historyOf({ first: gone, latest: gone });
    recordAttempt(never, accepted);
    expect(wasSeenAlive(never)).toBe(false);
  });
});

describe('a cancel that a worker may have sent before it died', () => {
  test('is the only one until another was sent', () => {
    const flying = historyInAir('job');
    expect(isOnlyInAir(newHistory('job'))).toBe(false);
    for (const attempt of [skipped, failed]) recordAttempt(flying, attempt);
    expect(isOnlyInAir(flying)).toBe(true);
    recordAttempt(flying, limited);
    expect(isOnlyInAir(flying)).toBe(false);
    expect(isOnlyInAir(historyOf({ attempts: [failed] }))).toBe(false);
  });

  test('keeps what is known of its job, and a job that was sent none is forgotten', () => {
    const flying = { ...historyInAir('job'), latest: gone };
    recordAttempt(flying, limited);
    forgetIfUnsent(flying);
    expect(flying).toMatchObject({
      latest: gone,
      attempts: [{ kind: 'unclear', code: 'internal' }, limited],
    });
    const unsent = historyOf({ first: saw('running'), attempts: [limited], latest: gone });
    forgetIfUnsent(unsent);
    expect(unsent).toEqual(historyOf({ first: skipped, attempts: [limited], latest: undefined }));
  });
});
