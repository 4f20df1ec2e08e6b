import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isFinal, type State, states } from '../../shared/contract/outcome.ts';
import {
  type AttemptHistory,
  type CancelAttempt,
  mayHaveReached,
  newHistory,
  recordAttempt,
  type StatusCheck,
} from '../../shared/engine/attempt-history.ts';
import { buildOutcome } from '../../shared/engine/classify-outcome.ts';
import { timestamp } from '../../shared/lib/clock.ts';
import { adapters } from '../fixtures/adapters.ts';

type Seen = Extract<StatusCheck, { kind: 'seen' | 'not_found' }>;

const code = fc.constantFrom('provider_unavailable', 'unexpected_response', 'rate_limited');
const failed = fc.record({
  kind: fc.constant('failed' as const),
  code,
  answered: fc.constantFrom(true as const, undefined),
});
const skipped = fc.constant({ kind: 'skipped' as const });
const sending: fc.Arbitrary<CancelAttempt> = fc.oneof(
  fc.record({
    kind: fc.constant('accepted' as const),
    reply: fc.constantFrom({}, { providerStatus: 'word of a reply' }),
    at: fc.nat(),
  }),
  fc.record({ kind: fc.constant('rejected' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('unclear' as const), code, mayHaveActed: fc.boolean() }),
  failed,
  skipped,
);

/** Each look has a time and a word of its own, by which it is known again. */
const seen = fc.tuple(fc.constantFrom(...states, 'gone' as const), fc.boolean()).map(
  ([state, isNamed]) =>
    (at: number): Seen =>
      state === 'gone'
        ? { kind: 'not_found', at }
        : { kind: 'seen', at, job: { jobId: 'job', state, providerStatus: isNamed ? `word ${at}` : null } },
);
const rounds = fc.array(fc.record({ sending, look: fc.option(seen, { nil: undefined }) }), { maxLength: 3 });
const adapter = fc.constantFrom(...Object.values(adapters));
const call = fc.record({ dryRun: fc.boolean(), sendIfStatusUnknown: fc.boolean() });

/** What becomes of a job: a look, and up to three cancels, each with or without a look after it. */
const history = fc
  .record({ before: fc.oneof(seen, failed, skipped), rounds })
  .map(({ before, rounds: all }) => {
    let at = Date.parse('2026-11-28T12:00:00Z');
    const job: AttemptHistory = newHistory('job');
    const looks: Seen[] = [];
    const take = (look: (at: number) => Seen): Seen => {
      at += 1_000;
      const taken = look(at);
      looks.push(taken);
      return taken;
    };
    job.first = typeof before === 'function' ? take(before) : before;
    for (const round of all) {
      at += 1_000;
      recordAttempt(job, 'at' in round.sending ? { ...round.sending, at } : round.sending);
      const isOver = job.latest?.kind === 'seen' && isFinal(job.latest.job.state);
      if (round.look !== undefined && !isOver) job.latest = take(round.look);
    }
    return { job, looks };
  });

test('says of a look what that look showed, and joins no two', () => {
  fc.assert(
    fc.property(history, adapter, call, ({ job, looks }, one, how) => {
      const { state, evidence, gone } = buildOutcome(job, { adapter: one, name: one.id }, how);
      if (evidence.source !== 'status') return;
      const shown = looks.filter(({ at }) => timestamp(at) === evidence.observed_at);
      const told = shown.map((look) =>
        look.kind === 'seen' ? [look.job.state, look.job.providerStatus] : ['unknown', null],
      );
      expect(told).toEqual([[state, evidence.provider_status]]);
      expect(shown.at(0)).toBe(looks.at(-1));
      if (gone) expect(shown.at(0)?.kind).toBe('not_found');
    }),
    { numRuns: 5_000 },
  );
});

test('says that a job is cancelled only if its last look says so after a cancel that may have been ours', () => {
  fc.assert(
    fc.property(history, adapter, call, ({ job, looks }, one, how) => {
      const { outcome, raced, state } = buildOutcome(job, { adapter: one, name: one.id }, how);
      const last: State | undefined = looks.at(-1)?.kind === 'seen' ? state : undefined;
      const mayBeOurs = job.attempts.some(
        (each) => each.kind === 'accepted' || (each.kind === 'unclear' && each.mayHaveActed),
      );
      if (outcome === 'cancelled') expect([last, mayBeOurs, raced]).toEqual(['cancelled', true, undefined]);
      if (raced) {
        expect(job.attempts.some((each) => mayHaveReached(each) || each.kind === 'failed')).toBe(true);
        const shown = looks.slice(0, -1).map((look) => (look.kind === 'seen' ? look.job.state : 'gone'));
        expect(shown.some((each) => ['queued', 'running', 'cancelling'].includes(each))).toBe(true);
      }
      if (outcome === 'would_cancel') expect(job.attempts.some(mayHaveReached)).toBe(false);
    }),
    { numRuns: 5_000 },
  );
});
