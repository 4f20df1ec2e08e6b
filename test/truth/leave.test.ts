import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fault, ProviderName } from '../../sandbox/sandbox.ts';
import { newHistory } from '../../shared/engine/attempt-history.ts';
import { type CancelOptions, cancelInRounds } from '../../shared/engine/cancel-rounds.ts';
import { buildOutcome } from '../../shared/engine/classify-outcome.ts';
import { inspect } from '../../shared/engine/inspect.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import { sleep } from '../../shared/lib/clock.ts';
import { connectionTo, gatewayOver } from '../support/harness.ts';
import { runs } from '../support/thorough.ts';
import { WholeClock } from '../support/time/manual-clock.ts';
import { checkOutcomes } from '../support/truth/check-outcomes.ts';
import { inMemorySandbox } from '../support/truth/in-memory-providers.ts';

const cancels = ['cancel', 'cancelMany'] as const;
const faults: readonly (Fault | undefined)[] = [
  undefined,
  { kind: 'rate_limited', retryAfter: { seconds: 1 }, times: 3 },
  { kind: 'lost_after_effect', status: 503, times: 1, perJob: true },
  { kind: 'status', status: 503, times: 1, perJob: true },
  { kind: 'status', status: 403, times: 2 },
  { kind: 'foreign_not_found', times: 2 },
  { kind: 'says_yes_keeps_running' },
];

interface Trial {
  readonly provider: ProviderName;
  readonly jobs: number;
  readonly fault: Fault | undefined;
  readonly perSecond: number | undefined;
  /** When nothing may leave any more, and how long an answer takes, in milliseconds. */
  readonly closesAfterMs: number;
  readonly answersAfterMs: number;
}

/** Bulk and single routes, with what makes calloff send again, and an end at any moment. */
const trials: fc.Arbitrary<Trial> = fc.record({
  provider: fc.constantFrom<ProviderName>('ionq', 'sutro', 'promptloop'),
  jobs: fc.integer({ min: 1, max: 40 }),
  fault: fc.constantFrom(...faults),
  perSecond: fc.constantFrom(undefined, 5, 20),
  closesAfterMs: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 4_000 })),
  answersAfterMs: fc.constantFrom(0, 0, 1, 40),
});

/** Cancels jobs until nothing may leave any more, and returns what was sent before and after, and what is false in the outcomes. */
async function run(trial: Trial) {
  const clock = new WholeClock();
  const { providers, fetch } = await inMemorySandbox(clock);
  const provider = providers[trial.provider];
  const ids = provider.addJobs(trial.jobs, { state: 'running' });
  provider.setFault({ kind: 'delay', ms: 30 });
  if (trial.fault !== undefined) provider.setFault({ ...trial.fault, operations: cancels });
  if (trial.perSecond !== undefined) provider.setLimits({ cancel: { perSecond: trial.perSecond } });
  const gateway = gatewayOver([connectionTo(trial.provider, provider)], { inMemory: { fetch, clock } });
  const connection = (await gateway.connections()).get(trial.provider);
  if (connection === undefined) throw new Error('no such connection');
  const isCancel = ({ operation }: { operation: string }) => operation.startsWith('cancel');
  const sent = () => provider.journal.filter(isCancel).length;
  let isOpen = true;
  const call: CancelOptions = {
    ...{ sendBy: clock.now() + 20_000, answerBy: clock.now() + 25_000, waitMs: 2_000 },
    ...{ dryRun: false, sendIfStatusUnknown: false, turn: newTurn('check_before') },
    async leave() {
      if (trial.answersAfterMs > 0) await sleep(clock, trial.answersAfterMs);
      return isOpen;
    },
  };
  const histories = ids.map(newHistory);
  await clock.until(inspect(histories, connection, call));
  let before = 0;
  clock.after(trial.closesAfterMs, () => {
    isOpen = false;
    before = sent();
  });
  await clock.until(cancelInRounds(histories, connection, call));
  const after = isOpen ? sent() : before;
  const outcomes = histories.map((job) => buildOutcome(job, connection, call));
  const lies = checkOutcomes({
    asked: ids.map((job_id) => ({ provider: trial.provider, job_id })),
    outcomes,
    witnesses: { [trial.provider]: { provider: trial.provider, witness: provider } },
    left: gateway.left,
    now: clock.wallTime(),
  });
  return { leftAfter: sent() - after, lies, outcomes, left: gateway.left };
}

test('no cancel leaves after it may not, at any moment, and what was not sent is not attempted', async () => {
  await fc.assert(
    fc.asyncProperty(trials, async (trial) => {
      const { leftAfter, lies, outcomes, left } = await run(trial);
      expect({ leftAfter, lies }).toEqual({ leftAfter: 0, lies: [] });
      for (const { outcome, job_id } of outcomes)
        if (!left.has(job_id)) expect(outcome).toMatch(/^(not_attempted|failed)$/);
    }),
    { numRuns: runs(1_000, 40) },
  );
});

test('a call that may send nothing ends at once with every job not attempted, also under a learned limit', async () => {
  const clock = new WholeClock();
  const { providers, fetch } = await inMemorySandbox(clock);
  const { sutro } = providers;
  const gateway = gatewayOver([connectionTo('sutro', sutro)], { inMemory: { fetch, clock } });
  const connection = (await gateway.connections()).get('sutro');
  if (connection === undefined) throw new Error('no such connection');
  const terms = (mayLeave: boolean): CancelOptions => ({
    ...{ sendBy: clock.now() + 60_000, answerBy: clock.now() + 70_000, waitMs: 0 },
    ...{ dryRun: false, sendIfStatusUnknown: false, turn: newTurn('check_before') },
    leave: async () => mayLeave,
  });
  const cancel = async (count: number, call: CancelOptions) => {
    const histories = sutro.addJobs(count, { state: 'running' }).map(newHistory);
    await clock.until(inspect(histories, connection, call));
    await clock.until(cancelInRounds(histories, connection, call));
    return histories.map((job) => buildOutcome(job, connection, call).outcome);
  };
  sutro.setLimits({ cancel: { perSecond: 10 } });
  await cancel(100, terms(true));
  const sent = sutro.journal.filter(({ operation }) => operation === 'cancel').length;
  const startedAt = clock.now();
  expect(new Set(await cancel(300, terms(false)))).toEqual(new Set(['not_attempted']));
  expect(clock.now() - startedAt).toBeLessThan(2_000);
  expect(sutro.journal.filter(({ operation }) => operation === 'cancel')).toHaveLength(sent);
});
