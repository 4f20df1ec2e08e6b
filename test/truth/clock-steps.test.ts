import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { RequestContext } from '../../shared/cancellation/request-context.ts';
import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';
import type { Gateway } from '../../shared/gateway.ts';
import {
  agentWith,
  callerWith,
  callOf,
  type GuardHarness,
  guardHarness,
  mostWithin,
  named,
  sentTo,
} from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';
import { runs } from '../support/thorough.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;
const budgetMs = 50_000;
/** The last words to the store, and the answer. */
const graceMs = 1_000;
const cancelsPerMinute = 6;

const provider = fc.constantFrom('ionq' as const, 'sutro' as const);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('cancel' as const),
      provider,
      live: fc.nat(5),
      over: fc.nat(2),
      /** As one job, as many, or as an agent's that a person confirms a moment later. */
      how: fc.constantFrom('one', 'many', 'many', 'confirmed'),
      overlaps: fc.boolean(),
      gateway: fc.nat(1),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('set' as const),
      ms: fc.constantFrom(hourMs, -hourMs),
      /** In the middle of whatever begins next. */
      inMs: fc.oneof(fc.constant(0), fc.nat(2_000), fc.nat(30_000)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(70_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('trouble' as const),
      provider,
      fault: fc.constantFrom(
        { kind: 'rate_limited', retryAfter: { seconds: 1 }, times: 1 } as const,
        { kind: 'rate_limited', retryAfter: { dateInMs: 5_000 }, times: 2 } as const,
        { kind: 'rate_limited', times: 2 } as const,
        { kind: 'hang', times: 1 } as const,
        { kind: 'status', status: 503, times: 1 } as const,
        { kind: 'reset_after_effect', times: 1 } as const,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('limit' as const), perMinute: fc.constantFrom(2, 10) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One call as it went: what was told, and for how long somebody waited. */
interface Told {
  readonly outcomes: readonly Outcome[];
  readonly tookMs: number;
}

const worst = { tookMs: 0, retryAfterSeconds: 0, calls: 0, steps: 0, cancelled: 0 };

async function play(harness: GuardHarness, steps: readonly Step[]): Promise<Told[]> {
  const { clock, providers } = harness;
  const gateways = [0, 1].map(() => harness.gateway({ budgetMs }));
  const told: Told[] = [];
  const begun: Promise<unknown>[] = [];
  for (const each of steps) {
    if (each.kind === 'wait') await clock.turn(each.ms);
    else if (each.kind === 'limit')
      providers.sutro.setLimits({
        status: { perMinute: each.perMinute },
        cancel: { perMinute: each.perMinute },
      });
    else if (each.kind === 'trouble') providers[each.provider].setFault(each.fault);
    else if (each.kind === 'set') {
      worst.steps += 1;
      clock.after(each.inMs, () => clock.step(each.ms));
    } else {
      const call = cancelStep(harness, each, gateways).then((all) => told.push(...all));
      begun.push(call);
      if (!each.overlaps) await clock.until(call);
    }
  }
  await clock.until(Promise.all(begun));
  return told;
}

const program = callerWith({ cancelsPerMinute });
const agent = agentWith({ confirmAbove: 0 }, 'agent');
const judge = callerWith({}, { id: 'judge', kind: 'person' });

async function cancelStep(
  { clock, providers }: GuardHarness,
  each: Extract<Step, { kind: 'cancel' }>,
  gateways: readonly Gateway[],
): Promise<Told[]> {
  const gateway = gateways[each.gateway];
  const { addJobs } = providers[each.provider];
  const ids = [...addJobs(each.over, { state: 'completed' }), ...addJobs(each.live, { state: 'running' })];
  const jobs = named(each.provider, each.how === 'one' ? ids.slice(0, 1) : ids);
  if (gateway === undefined || jobs.length === 0) return [];
  const cancel = async (context: RequestContext) => {
    const began = clock.now();
    const { outcomes, confirmation } = accepted(await gateway.cancelJobs({ jobs, wait_seconds: 1 }, context));
    return { outcomes, confirmation, tookMs: clock.now() - began };
  };
  if (each.how !== 'confirmed') return [await cancel(callOf(program))];
  const asked = await cancel(callOf(agent));
  const confirmation_id = asked.confirmation?.id;
  if (confirmation_id === undefined) return [asked];
  await new Promise<void>((resolve) => clock.after(3_000, resolve));
  const approved = await gateway.approveConfirmation({ confirmation_id }, callOf(judge));
  // Where the clock was set meanwhile the time of the confirmation may be over: it is said, and asked for again.
  if (!approved.ok) expect(approved.faults).toMatchObject([{ kind: 'confirmation' }]);
  return [asked, await cancel(callOf(agent))];
}

/** What the providers saw of a job: whether a cancel of it came through to them. */
function reachedBy({ providers }: GuardHarness): Set<string> {
  const journal = [...providers.ionq.journal, ...providers.sutro.journal];
  return new Set(
    journal
      .filter(({ operation, status }) => /^cancel/.test(operation) && status !== 429)
      .flatMap(({ jobIds }) => jobIds),
  );
}

/** What is only said of a job to which nothing was sent, at least not by the call that says so. */
const unsent = new Set<Outcome['outcome']>(['not_attempted', 'refused', 'would_cancel']);

function judgeWords(harness: GuardHarness, told: readonly Told[]): void {
  const reached = reachedBy(harness);
  const byJob = Map.groupBy(
    told.flatMap(({ outcomes }) => outcomes),
    ({ job_id }) => job_id,
  );
  for (const [job, outcomes] of byJob) {
    const words = outcomes.map(({ outcome }) => outcome);
    if (words.includes('cancelled')) expect([job, reached.has(job)]).toEqual([job, true]);
    if (words.every((word) => unsent.has(word))) expect([job, reached.has(job)]).toEqual([job, false]);
  }
  for (const { outcomes, tookMs } of told) {
    expect(tookMs).toBeLessThanOrEqual(budgetMs + graceMs);
    const holds = outcomes.map(({ retry_after_seconds = 0 }) => retry_after_seconds);
    expect(Math.max(0, ...holds)).toBeLessThanOrEqual(61);
    worst.tookMs = Math.max(worst.tookMs, tookMs);
    worst.retryAfterSeconds = Math.max(worst.retryAfterSeconds, ...holds);
    worst.cancelled += outcomes.filter(({ outcome }) => outcome === 'cancelled').length;
  }
}

test('while the wall clock is set by an hour both ways, no call waits longer, and no answer is false', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 30 }), async (steps) => {
      const harness = guardHarness();
      const told = await play(harness, steps);
      worst.calls += told.length;
      judgeWords(harness, told);
      const { clock, providers } = harness;
      const sent = sentTo(providers.ionq, providers.sutro);
      const mine = new Set(told.flatMap(({ outcomes }) => outcomes.map(({ job_id }) => job_id)));
      expect(sent.every(({ jobId }) => mine.has(jobId))).toBe(true);

      // A minute later, and whatever the clock shows, the minute of the caller is a new one and the button works at once.
      providers.sutro.setLimits({});
      await clock.turn(2 * minuteMs);
      const ids = providers.sutro.addJobs(cancelsPerMinute, { state: 'running', settlesInMs: 0 });
      const began = clock.now();
      const last = harness.gateway({ budgetMs }).cancelJobs({ jobs: named('sutro', ids) }, callOf(program));
      const { outcomes } = accepted(await clock.until(last));
      expect(outcomes.filter(({ outcome }) => outcome === 'refused')).toEqual([]);
      expect(clock.now() - began).toBeLessThanOrEqual(minuteMs);
    }),
    { numRuns: runs(150, 20) },
  );
  expect(worst.cancelled).toBeGreaterThan(runs(200, 26));
});

test.each([hourMs, -hourMs])(
  'a hold that is waited for while the wall clock is set by %i ms lasts as long as it was told to, for one job and for many',
  async (ms) => {
    const { clock, providers, gateway } = guardHarness();
    const rested = gateway();
    for (const count of [1, 12]) {
      const jobs = named('sutro', providers.sutro.addJobs(count, { state: 'running', settlesInMs: 0 }));
      const retryAfter = { seconds: 2 };
      providers.sutro.setFault({ kind: 'rate_limited', retryAfter, times: 1, operations: ['cancel'] });
      const began = clock.now();
      clock.after(1_000, () => clock.step(ms));
      const call = rested.cancelJobs({ jobs, wait_seconds: 0 }, callOf(callerWith({})));
      const { outcomes } = accepted(await clock.until(call));
      expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['cancelled']));
      const tookMs = clock.now() - began;
      expect([tookMs >= 2_000, tookMs < 4_000]).toEqual([true, true]);
    }
  },
);

test('a confirmation does not outlive its time where the wall clock is set back: it is offered anew', async () => {
  const { clock, providers, gateway } = guardHarness();
  const rested = gateway();
  const jobs = named('ionq', providers.ionq.addJobs(2, { state: 'running', settlesInMs: 0 }));
  const ask = async () =>
    accepted(await clock.until(rested.cancelJobs({ jobs, wait_seconds: 0 }, callOf(agent))));
  const approve = (id: string | undefined) =>
    clock.until(rested.approveConfirmation({ confirmation_id: id }, callOf(judge)));
  const first = await ask();
  await approve(first.confirmation?.id);
  clock.step(-hourMs);
  const second = await ask();
  expect(second.outcomes.map(({ code }) => code)).toEqual(['confirmation_required', 'confirmation_required']);
  expect(sentTo(providers.ionq)).toEqual([]);
  const leftMs = Date.parse(second.confirmation?.expires_at ?? '') - clock.wallTime();
  expect([leftMs > 0, leftMs <= 300_000]).toEqual([true, true]);
  expect((await approve(second.confirmation?.id)).ok).toBe(true);
  expect((await ask()).outcomes.map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
});

test('the audit shows what was written down before the wall clock was set back', async () => {
  const { clock, providers, gateway } = guardHarness();
  const rested = gateway();
  const jobs = named('ionq', providers.ionq.addJobs(1, { state: 'running', settlesInMs: 0 }));
  await clock.until(rested.cancelJobs({ jobs, wait_seconds: 0 }, callOf(program)));
  clock.step(-hourMs);
  const { entries } = accepted(await clock.until(rested.readAudit({}, callOf(judge))));
  expect(entries).toMatchObject([{ job_id: jobs[0]?.job_id, outcome: 'cancelled' }]);
});

test('a caller has no more cancelled within a minute, and none who has room is refused, however the wall clock is set', async () => {
  for (const ms of [hourMs, -hourMs]) {
    const harness = guardHarness();
    const { clock, providers } = harness;
    const gateway = harness.gateway();
    const cancel = async (count: number) => {
      const jobs = named('ionq', providers.ionq.addJobs(count, { state: 'running', settlesInMs: 0 }));
      const { outcomes } = accepted(
        await clock.until(gateway.cancelJobs({ jobs, wait_seconds: 0 }, callOf(program))),
      );
      return outcomes.filter(({ outcome }) => outcome === 'cancelled').length;
    };
    const cancelled: number[] = [];
    for (let round = 0; round < 12; round += 1) {
      cancelled.push(await cancel(4));
      clock.step(ms);
      await clock.turn(20_000);
    }
    expect(cancelled.slice(0, 3)).toEqual([4, 2, 0]);
    expect(cancelled.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(24);
    expect(mostWithin(sentTo(providers.ionq), minuteMs)).toBe(cancelsPerMinute);
  }
});

afterAll(() => {
  const { calls, steps, cancelled, tookMs, retryAfterSeconds } = worst;
  console.info(
    `${calls} calls, ${cancelled} cancels, the wall clock set ${steps} times by an hour: the longest call took ${tookMs} ms, the longest hold named was ${retryAfterSeconds} s`,
  );
});
