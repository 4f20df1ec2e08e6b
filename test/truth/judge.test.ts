import { describe, expect, test } from 'vitest';
import type { Exchange, TrueJob } from '../../sandbox/sandbox.ts';
import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';
import { countOutcomes } from '../../shared/contract/outcome.ts';
import { type CheckedCase, canary, checkOutcomes } from '../support/truth/check-outcomes.ts';

/** The moment of every exchange. */
const at = Date.parse('2026-01-01T00:00:00Z');
const created_at = new Date(at).toISOString();
const observed_at = new Date(at + 5).toISOString();

/** One IonQ job that ran, was cancelled by us, and was seen as cancelled. */
const exchanges = {
  lookBefore: exchange({ operation: 'status', served: { a: 'started' } }),
  cancel: exchange({ operation: 'cancel', jobIds: ['a'], effective: ['a'] }),
  lookAfter: exchange({ operation: 'status', served: { a: 'canceled' } }),
  lookEnd: exchange({ operation: 'status', served: { a: 'completed' } }),
  lookFailed: exchange({ operation: 'status', jobIds: ['a'], status: 503 }),
  lookMissing: exchange({ operation: 'status', jobIds: ['a'], status: 404 }),
  lookForeign: exchange({ operation: 'status', jobIds: ['a'], status: 404, fault: 'foreign_not_found' }),
  lookNew: exchange({ operation: 'list', served: { a: 'a new word' } }),
  idleCancel: exchange({ operation: 'cancel', jobIds: ['a'] }),
  refusedCancel: exchange({ operation: 'cancel', jobIds: ['a'], status: 429 }),
} as const;
type Event = keyof typeof exchanges;

function exchange(parts: Partial<Exchange>): Omit<Exchange, 'sequence'> {
  const rest = { at, method: 'GET', path: '/', jobIds: [], served: {}, effective: [], keySeen: 'k' };
  return { operation: 'status', status: 200, keyAccepted: true, ...rest, ...parts };
}

const honest: Outcome = {
  provider: 'ionq',
  job_id: 'a',
  outcome: 'cancelled',
  state: 'cancelled',
  retryable: false,
  evidence: { source: 'status', provider_status: 'canceled', observed_at },
  message: 'ours',
};
const nothing = { source: 'none', provider_status: null, observed_at: null } as const;
const seenRunning = { source: 'status', provider_status: 'started', observed_at } as const;
const seenEnd = { source: 'status', provider_status: 'completed', observed_at } as const;

/** As calloff says it if no look told a state before its cancel. */
const sentBlind: Partial<Outcome> = {
  outcome: 'already_finished',
  state: 'completed',
  evidence: seenEnd,
  message: 'calloff sent its cancel without knowing the state of the job.',
};

const mayBeSent = 'It may have sent a cancel.';

function judge(
  events: readonly Event[],
  outcome: Partial<Outcome>,
  truly: TrueJob['state'] = 'cancelled',
  inAir?: NonNullable<CheckedCase['inAir']>,
  recordedAt?: number,
) {
  const journal = events.map((event, index) => ({ ...exchanges[event], sequence: index + 1 }));
  const job = (id: string) => ({ id, state: truly, createdAt: at, cancelRequests: 1 });
  const outcomes = [{ ...honest, ...outcome }];
  const asked = [{ provider: 'ionq', job_id: 'a' }];
  return checkOutcomes({
    asked,
    outcomes,
    ...(inAir && { inAir }),
    ...(recordedAt !== undefined && { recordedAt: new Map([['a', recordedAt]]) }),
    witnesses: { ionq: { provider: 'ionq', witness: { journal, job } } },
  });
}

describe('the judge lets honest words pass', () => {
  test.each<[string, readonly Event[], Partial<Outcome>, TrueJob['state']?]>([
    ['cancelled', ['lookBefore', 'cancel', 'lookAfter'], {}],
    ['cancelled, and as old as it is', ['lookBefore', 'cancel', 'lookAfter'], { details: { created_at } }],
    ['already cancelled', ['lookAfter'], { outcome: 'already_cancelled' }],
    [
      'finished first',
      ['lookBefore', 'idleCancel', 'lookEnd'],
      { outcome: 'already_finished', state: 'completed', raced: true, evidence: seenEnd },
      'completed',
    ],
    [
      'finished, sent after a 404 of somewhere else',
      ['lookNew', 'lookForeign', 'idleCancel', 'lookEnd'],
      sentBlind,
      'completed',
    ],
    [
      'unknown',
      ['lookBefore', 'cancel', 'lookFailed'],
      { outcome: 'unknown', state: 'running', evidence: seenRunning },
    ],
    [
      'failed',
      ['lookBefore', 'refusedCancel'],
      { outcome: 'failed', code: 'rate_limited', state: 'running', evidence: seenRunning },
      'running',
    ],
    ['not attempted', [], { outcome: 'not_attempted', state: 'unknown', evidence: nothing }, 'running'],
  ])('%s', (_name, events, outcome, truly) => {
    expect(judge(events, outcome, truly)).toEqual([]);
  });
});

describe('the judge catches a planted lie', () => {
  test.each<[string, readonly Event[], Partial<Outcome>, TrueJob['state'], RegExp]>([
    ['cancelled, never sent', ['lookBefore', 'lookAfter'], {}, 'cancelled', /no cancel was sent/],
    ['cancelled, on the reply alone', ['lookBefore', 'cancel'], {}, 'cancelled', /no look after/],
    ['cancelled, seen before only', ['lookAfter', 'cancel'], {}, 'cancelled', /no look after/],
    ['cancelled, but 429', ['refusedCancel', 'lookAfter'], {}, 'cancelled', /no cancel was sent/],
    ['cancelled, truly running', ['cancel', 'lookAfter'], {}, 'running', /but it is not/],
    [
      'finished first, seen alive by no look',
      ['idleCancel', 'lookEnd'],
      { outcome: 'already_finished', state: 'completed', raced: true, evidence: seenEnd },
      'completed',
      /no look before the cancel showed the job alive/,
    ],
    [
      'sent without knowing a state that a look had shown',
      ['lookBefore', 'idleCancel', 'lookEnd'],
      sentBlind,
      'completed',
      /but a cancel was sent/,
    ],
    [
      "sent after the provider's own 404",
      ['lookNew', 'lookMissing', 'idleCancel', 'lookEnd'],
      sentBlind,
      'completed',
      /but a cancel was sent/,
    ],
    ['already cancelled, unseen', [], { outcome: 'already_cancelled' }, 'cancelled', /no look said so/],
    [
      'already cancelled, but by us',
      ['lookBefore', 'cancel', 'lookAfter'],
      { outcome: 'already_cancelled' },
      'cancelled',
      /a cancel was sent/,
    ],
    [
      'already finished, unseen',
      ['lookBefore'],
      { outcome: 'already_finished', state: 'completed', evidence: seenRunning },
      'running',
      /no look said so/,
    ],
    [
      'failed, but done',
      ['cancel'],
      { outcome: 'failed', state: 'unknown', evidence: nothing },
      'cancelled',
      /our cancel took effect/,
    ],
    [
      'refused, but done',
      ['cancel'],
      { outcome: 'refused', state: 'unknown', evidence: nothing },
      'cancelled',
      /our cancel took effect/,
    ],
    [
      'the age of another job',
      ['lookBefore', 'cancel', 'lookAfter'],
      { details: { created_at: observed_at } },
      'cancelled',
      /age that is not its own/,
    ],
    [
      'an age that the provider did not show',
      ['lookFailed'],
      { outcome: 'not_attempted', state: 'unknown', evidence: nothing, details: { created_at } },
      'running',
      /age that is not its own/,
    ],
    [
      'not found, never missing',
      ['lookFailed'],
      { outcome: 'not_found', state: 'unknown', evidence: nothing },
      'running',
      /404/,
    ],
    [
      'not found, but done',
      ['cancel', 'lookMissing'],
      { outcome: 'not_found', state: 'unknown', evidence: nothing },
      'cancelled',
      /took effect/,
    ],
    [
      'not attempted, but sent',
      ['idleCancel'],
      { outcome: 'not_attempted', state: 'unknown', evidence: nothing },
      'running',
      /a cancel was sent/,
    ],
    [
      'a dry run that sends',
      ['lookBefore', 'cancel'],
      { outcome: 'would_cancel', state: 'running', evidence: seenRunning },
      'cancelled',
      /a cancel was sent/,
    ],
    [
      'unknown, never sent',
      ['lookBefore'],
      { outcome: 'unknown', state: 'running', evidence: seenRunning },
      'running',
      /nothing was sent/,
    ],
    [
      'cancelling, never sent',
      ['lookBefore'],
      { outcome: 'cancelling', state: 'running', evidence: seenRunning },
      'running',
      /nothing was sent/,
    ],
    [
      'cancelling, seen to be over',
      ['lookBefore', 'cancel', 'lookAfter'],
      { outcome: 'cancelling', state: 'running', evidence: seenRunning },
      'cancelled',
      /showed the end/,
    ],
    [
      'a state that the provider did not show',
      ['lookBefore'],
      { outcome: 'failed', state: 'completed', evidence: seenRunning },
      'running',
      /state that no look showed/,
    ],
    [
      'a word that the provider did not say',
      ['cancel', 'lookAfter'],
      { evidence: { ...seenEnd } },
      'cancelled',
      /status that no look showed/,
    ],
    [
      'a look before its time',
      ['cancel', 'lookAfter'],
      { evidence: { ...honest.evidence, observed_at: new Date(at - 1).toISOString() } },
      'cancelled',
      /status that no look showed/,
    ],
    [
      'a look in the future',
      ['cancel', 'lookAfter'],
      { evidence: { ...honest.evidence, observed_at: new Date(Date.now() + 60_000).toISOString() } },
      'cancelled',
      /status that no look showed/,
    ],
    [
      'a reply that the provider did not give',
      ['lookAfter'],
      {
        outcome: 'already_cancelled',
        evidence: { source: 'reply', provider_status: null, observed_at },
      },
      'cancelled',
      /the provider did not give/,
    ],
    [
      'evidence from nowhere',
      ['cancel', 'lookAfter'],
      { evidence: { ...nothing, provider_status: 'canceled' } },
      'cancelled',
      /nowhere/,
    ],
    ["a provider's text", ['cancel', 'lookAfter'], { message: `It says ${canary}` }, 'cancelled', /text/],
    ['a key', ['cancel', 'lookAfter'], { message: 'sandbox-ionq-key' }, 'cancelled', /holds a key/],
    ['another job', ['cancel', 'lookAfter'], { job_id: 'b' }, 'cancelled', /in the order asked/],
  ])('%s', (_name, events, outcome, truly, expected) => {
    expect(judge(events, outcome, truly).join('\n')).toMatch(expected);
  });

  test.each<[string, readonly Event[], Partial<Outcome>, RegExp | undefined]>([
    ['the truth', ['cancel', 'lookAfter'], { message: mayBeSent }, undefined],
    ['the truth, sent again', ['cancel', 'lookBefore', 'cancel', 'lookAfter'], {}, undefined],
    ['that it was sent', ['cancel', 'lookAfter'], {}, /without saying that a cancel may have been sent/],
    [
      'cancelled before',
      ['cancel', 'lookAfter'],
      { outcome: 'already_cancelled', message: mayBeSent },
      /but a cancel may have been sent before/,
    ],
    [
      'not attempted',
      ['lookBefore', 'lookFailed'],
      { outcome: 'not_attempted', state: 'unknown', evidence: nothing, message: mayBeSent },
      /but a cancel may have been sent before/,
    ],
    ['cancelled, unseen', ['cancel', 'lookFailed'], { message: mayBeSent }, /no look of this call said so/],
    ['sent blindly', ['lookBefore', 'cancel', 'lookAfter'], {}, /was sent again without a look/],
    [
      'sent twice for one look',
      ['lookFailed', 'lookBefore', 'cancel', 'cancel', 'lookAfter'],
      {},
      /was sent again without a look/,
    ],
    [
      'finished first, though nothing was surely sent',
      ['cancel', 'lookBefore', 'lookEnd'],
      { outcome: 'already_finished', state: 'completed', raced: true, evidence: seenEnd, message: mayBeSent },
      /no cancel of this call came after a look that showed it alive/,
    ],
  ])('of a job with a cancel in the air: %s', (_name, events, outcome, expected) => {
    const lies = judge(events, outcome, 'cancelled', { ids: new Set(['a']), since: 1 });
    if (expected === undefined) expect(lies).toEqual([]);
    else expect(lies.join('\n')).toMatch(expected);
  });

  test.each([
    ['after it was recorded', 0, false],
    ['long before it was recorded', 60_000, true],
  ])('cancelling, seen to be over %s', (_name, recordedMs, isLie) => {
    const outcome = { outcome: 'cancelling', state: 'running', evidence: seenRunning } as const;
    const events = ['lookBefore', 'cancel', 'lookAfter'] as const;
    const lies = judge(events, outcome, 'cancelled', undefined, at + recordedMs);
    expect(lies).toHaveLength(isLie ? 1 : 0);
  });

  test('counts that do not add up', () => {
    const counts = { ...countOutcomes([]), cancelled: 1 };
    expect(checkOutcomes({ asked: [], outcomes: [], counts, witnesses: {} })).toEqual([
      'the counts are not those of the outcomes',
    ]);
  });

  test('a job without an outcome', () => {
    const asked = [{ provider: 'ionq', job_id: 'a' }];
    expect(checkOutcomes({ asked, outcomes: [], witnesses: {} })).toHaveLength(1);
  });
});

describe('the judge takes a provider as it is, and knows of OpenAI batches', () => {
  const openai = (
    events: readonly Omit<Exchange, 'sequence'>[],
    outcome: Partial<Outcome>,
    createdAt: number,
  ) => {
    const journal = events.map((event, index) => ({ ...event, sequence: index + 1 }));
    const job = (id: string): TrueJob => ({ id, state: 'running', createdAt, cancelRequests: 0 });
    return checkOutcomes({
      asked: [{ provider: 'openai-batch', job_id: 'a' }],
      outcomes: [{ ...honest, provider: 'openai-batch', message: 'ours', ...outcome }],
      witnesses: { 'openai-batch': { provider: 'openai-batch', witness: { journal, job } } },
    });
  };
  const look = { operation: 'status', jobIds: ['a'] } as const;

  test.each([
    ['that they can be missing with a 400', exchange({ ...look, status: 400 }), true],
    ['that another 400 is no such answer', exchange({ ...look, status: 400, fault: 'status' }), false],
  ])('%s', (_name, missing, isHonest) => {
    const outcome = { outcome: 'not_found', state: 'unknown', evidence: nothing } as const;
    expect(openai([missing], outcome, at).join('\n')).toMatch(isHonest ? /^(?!.*404)/ : /404/);
  });

  test.each([
    ['that their times are whole seconds', at + 900, true],
    ['that no second is like another', at + 1_000, false],
  ])('%s', (_name, createdAt, isHonest) => {
    const outcome = {
      outcome: 'not_attempted',
      state: 'running',
      evidence: { ...seenRunning, provider_status: 'in_progress' },
      details: { created_at },
    } as const;
    const lies = openai([exchange({ ...look, served: { a: 'in_progress' } })], outcome, createdAt).join('\n');
    expect(lies).toMatch(isHonest ? /^(?!.*age)/ : /age that is not its own/);
  });
});
