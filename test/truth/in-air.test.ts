import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fault, ProviderName } from '../../sandbox/sandbox.ts';
import { type AttemptHistory, historyInAir, newHistory } from '../../shared/engine/attempt-history.ts';
import { type CancelOptions, cancelInRounds, isDue } from '../../shared/engine/cancel-rounds.ts';
import { buildOutcome } from '../../shared/engine/classify-outcome.ts';
import type { Connection } from '../../shared/engine/connection.ts';
import { inspect } from '../../shared/engine/inspect.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import { adapters } from '../fixtures/adapters.ts';
import { connectionTo, gatewayOver, providerNames } from '../support/harness.ts';
import { runs } from '../support/thorough.ts';
import { WholeClock } from '../support/time/manual-clock.ts';
import { checkOutcomes } from '../support/truth/check-outcomes.ts';
import { inMemorySandbox } from '../support/truth/in-memory-providers.ts';

const cancels = ['cancel', 'cancelMany'] as const;
const looks = ['status', 'list', 'statusMany'] as const;
const faults: readonly (Fault | undefined)[] = [
  undefined,
  { kind: 'rate_limited', retryAfter: { seconds: 1 }, times: 3 },
  { kind: 'lost_after_effect', status: 503, operations: cancels },
  { kind: 'status', status: 503, operations: cancels },
  { kind: 'status', status: 503, operations: looks, times: 30 },
  { kind: 'foreign_not_found', operations: looks, times: 4 },
  { kind: 'says_yes_keeps_running', operations: cancels },
  { kind: 'accepts_finished', operations: cancels },
  { kind: 'finishes_in_the_middle', operations: cancels },
];

interface Trial {
  readonly provider: ProviderName;
  readonly jobs: number;
  readonly finishesInMs: number | undefined;
  readonly settlesInMs: number;
  readonly diesAfter: number;
  readonly before: Fault | undefined;
  readonly after: Fault | undefined;
  readonly mayLeave: boolean;
  readonly waitMs: number;
}

/** A worker that dies after it was let through so often, and another that goes on later. */
const trials: fc.Arbitrary<Trial> = fc.record({
  provider: fc.constantFrom<ProviderName>(...providerNames),
  jobs: fc.integer({ min: 1, max: 30 }),
  finishesInMs: fc.constantFrom(undefined, undefined, 5_000, 16_000, 17_500),
  settlesInMs: fc.constantFrom(0, 3_000, 60_000),
  diesAfter: fc.integer({ min: 0, max: 20 }),
  before: fc.constantFrom(...faults),
  after: fc.constantFrom(...faults),
  mayLeave: fc.constantFrom(true, true, false),
  waitMs: fc.constantFrom(0, 2_000),
});

function optionsAt(connection: Connection, more: Partial<CancelOptions>): CancelOptions {
  const now = connection.clock.now();
  return {
    ...{ sendBy: now + 20_000, answerBy: now + 25_000, waitMs: 0, dryRun: false },
    ...{ sendIfStatusUnknown: true, turn: newTurn('check_before'), ...more },
  };
}

async function run(trial: Trial) {
  const { finishesInMs, settlesInMs } = trial;
  const clock = new WholeClock();
  const { providers, fetch } = await inMemorySandbox(clock);
  const provider = providers[trial.provider];
  const gateway = gatewayOver([connectionTo(trial.provider, provider)], { inMemory: { fetch, clock } });
  const connection = (await gateway.connections()).get(trial.provider);
  if (connection === undefined) throw new Error('no such connection');
  const seed = { state: 'running' as const, settlesInMs, ...(finishesInMs && { finishesInMs }) };
  const work = async (histories: readonly AttemptHistory[], call: CancelOptions, fault?: Fault) => {
    provider.clearFaults();
    provider.setFault({ kind: 'delay', ms: 10 });
    if (fault !== undefined) provider.setFault(fault);
    await clock.until(inspect(histories, connection, call));
    const due = histories.filter((job) => isDue(job, call)).map(({ id }) => id);
    await clock.until(cancelInRounds(histories, connection, call));
    return due;
  };
  let left = trial.diesAfter;
  const dies = async () => {
    left -= 1;
    return left >= 0;
  };
  const first = provider.addJobs(trial.jobs, seed).map(newHistory);
  const inAir = await work(first, optionsAt(connection, { leave: dies }), trial.before);
  await clock.turn(15_000);
  const since = provider.journal.at(-1)?.sequence ?? 0;
  const fresh = provider.addJobs(3, { state: 'running' });
  const histories = [...inAir.map(historyInAir), ...fresh.map(newHistory)];
  const call = optionsAt(connection, { leave: async () => trial.mayLeave, waitMs: trial.waitMs });
  await work(histories, call, trial.after);
  const outcomes = histories.map((job) => buildOutcome(job, connection, call));
  const lies = checkOutcomes({
    asked: histories.map(({ id }) => ({ provider: trial.provider, job_id: id })),
    outcomes,
    witnesses: { [trial.provider]: { provider: trial.provider, witness: provider } },
    left: gateway.left,
    inAir: { ids: new Set(inAir), since },
    now: clock.wallTime(),
  });
  return { lies, outcomes, inAir: new Set(inAir), provider };
}

test('of a job that a dead worker may have cancelled, no word is false, and it is looked at before another cancel', async () => {
  await fc.assert(
    fc.asyncProperty(trials, async (trial) => {
      const { lies } = await run(trial);
      expect(lies).toEqual([]);
    }),
    { numRuns: runs(1_000, 40) },
  );
});

const quiet: Trial = {
  ...{ provider: 'ionq', jobs: 20, finishesInMs: undefined, settlesInMs: 0, diesAfter: 0 },
  ...{ before: undefined, after: undefined, mayLeave: true, waitMs: 2_000 },
};

test('a job that the dead worker cancelled is cancelled, and not cancelled before', async () => {
  const { outcomes, inAir } = await run({ ...quiet, diesAfter: 100 });
  const words = outcomes.filter(({ job_id }) => inAir.has(job_id)).map(({ outcome }) => outcome);
  expect([words.length, new Set(words)]).toEqual([20, new Set(['cancelled'])]);
});

test('a job that is alive after its worker has died is cancelled, in lists of ids if the provider takes them', async () => {
  const { outcomes, provider } = await run(quiet);
  expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['cancelled']));
  expect(provider.journal.filter(({ operation }) => operation.startsWith('cancel'))).toHaveLength(1);
});

test('a job that cannot be looked at after its worker has died is unknown, and nothing more is sent', async () => {
  const blind: Fault = { kind: 'status', status: 503, operations: looks };
  const { outcomes, inAir, provider } = await run({ ...quiet, after: blind });
  const sent = provider.journal.filter(({ operation }) => operation.startsWith('cancel'));
  for (const { job_id, outcome, message } of outcomes.filter((each) => inAir.has(each.job_id))) {
    expect(outcome).toBe('unknown');
    expect(message).toMatch(/may have sent one for this job/);
    expect(sent.filter(({ jobIds }) => jobIds.includes(job_id))).toEqual([]);
  }
  expect(inAir.size).toBe(20);
});

test('a refusal of another cancel does not say that nothing was sent', () => {
  const job = { ...historyInAir('job'), refusal: { code: 'protected_job' } } as const;
  const { ionq: adapter } = adapters;
  expect(
    buildOutcome(job, { adapter, name: 'ionq' }, { dryRun: false, sendIfStatusUnknown: false }),
  ).toMatchObject({ outcome: 'unknown', message: expect.stringContaining('may have sent') });
});
