import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../shared/cancellation/request-context.ts';
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
const tenMinutesMs = 600_000;
const names = ['ionq', 'sutro'] as const;

/** One step of somebody who tries to get more cancelled than is allowed. */
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('cancel' as const),
      provider: fc.constantFrom(...names),
      /** Of running, of finished and of missing jobs. */
      live: fc.nat(7),
      over: fc.nat(3),
      missing: fc.nat(1),
      gateway: fc.nat(2),
      one: fc.boolean(),
      dry: fc.constantFrom(false, false, false, true),
      /** Whether the next step begins before this one is over. */
      overlaps: fc.constantFrom(true, true, false),
      /** Gone away at once, a moment later, or not at all; `dies` never gives anything back. */
      end: fc.constantFrom('stays', 'stays', 'stays', 'leaves', 'leaves later', 'dies'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.oneof(
        fc.nat(3_000),
        fc.nat(70_000),
        fc.nat(700_000),
        fc.constantFrom(999, 1_000, 59_999, 60_000, 61_000, 62_000, 65_000, 90_000),
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('trouble' as const),
      provider: fc.constantFrom(...names),
      fault: fc.constantFrom(
        { kind: 'hang', times: 2 } as const,
        { kind: 'delay', ms: 5_000, jitterMs: 70_000, times: 9 } as const,
        { kind: 'delay', ms: 50_000, times: 1 } as const,
        { kind: 'rate_limited', retryAfter: { seconds: 20 }, times: 2 } as const,
        { kind: 'rate_limited', retryAfter: { seconds: 400 }, times: 1 } as const,
        { kind: 'reset_after_effect', times: 1 } as const,
        { kind: 'status', status: 503, times: 2 } as const,
        { kind: 'says_yes_keeps_running', times: 2 } as const,
      ),
      operations: fc.constantFrom(
        ['cancel', 'cancelMany'] as const,
        ['status', 'list', 'statusMany'] as const,
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('limit' as const),
      provider: fc.constantFrom(...names),
      /** Cancels and looks a minute at the provider. */
      perMinute: fc.constantFrom(1, 2, 3),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Carries the steps out, and waits for all that was begun. */
async function play(
  harness: GuardHarness,
  steps: readonly Step[],
  context: () => RequestContext,
): Promise<void> {
  const { clock, providers } = harness;
  const gateways = [0, 1, 2].map(() => harness.gateway());
  const begun: Promise<unknown>[] = [];
  for (const each of steps) {
    if (each.kind === 'wait') await clock.turn(each.ms);
    else if (each.kind === 'limit') {
      const { perMinute } = each;
      providers[each.provider].setLimits({ cancel: { perMinute }, cancelMany: { perMinute } });
    } else if (each.kind === 'trouble')
      providers[each.provider].setFault({ ...each.fault, operations: [...each.operations] });
    else {
      const call = cancelStep(harness, each, gateways, context());
      begun.push(call);
      if (!each.overlaps) await clock.until(call);
    }
  }
  await clock.until(Promise.all(begun));
}

async function cancelStep(
  { clock, providers, store, gateway }: GuardHarness,
  each: Extract<Step, { kind: 'cancel' }>,
  gateways: readonly Gateway[],
  context: RequestContext,
): Promise<void> {
  const { addJobs } = providers[each.provider];
  const missing = addJobs(each.missing, { state: 'running' }).map((id) => id.replace(/.$/, '0'));
  const ids = [
    ...addJobs(each.over, { state: 'completed' }),
    ...addJobs(each.live, { state: 'running' }),
    ...missing,
  ];
  const [first] = ids;
  if (first === undefined) return;
  const gone = new AbortController();
  if (each.end === 'leaves') gone.abort();
  if (each.end === 'leaves later') clock.after(5_000, () => gone.abort());
  const mortal = each.end === 'dies' ? gateway({ store: dying(store) }) : gateways[each.gateway];
  const how = { wait_seconds: 0, ...(each.dry ? { dry_run: true } : {}) };
  const call = { ...context, signal: gone.signal };
  const done = each.one
    ? mortal?.cancelJob({ provider: each.provider, job_id: first, ...how }, call)
    : mortal?.cancelJobs({ jobs: named(each.provider, ids), ...how }, call);
  await done;
}

/** A store that a process loses once it has taken what it wanted: nothing is ever given back through it. */
function dying(store: GuardHarness['store']): GuardHarness['store'] {
  const taken = new Set<string>();
  return {
    ...store,
    async put(key, value, terms) {
      if (taken.has(key)) throw new Error('the process is gone');
      const isPut = await store.put(key, value, terms);
      if (isPut && key.startsWith('allowance/')) taken.add(key);
      return isPut;
    },
  };
}

describe('whatever is asked for, split, side by side, over several gateways, with calls that die', () => {
  it.each([
    ['cancels_per_minute', 5, runs(300, 25)],
    ['cancels_per_minute', 12, runs(300, 25)],
  ])('%s %i: never more is sent within a minute', async (_name, most, numRuns) => {
    let sendings = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 30 }), async (steps) => {
        const harness = guardHarness();
        const caller = callerWith({ cancelsPerMinute: most });
        await play(harness, steps, () => callOf(caller));
        const sent = sentTo(harness.providers.ionq, harness.providers.sutro);
        sendings += sent.length;
        expect(mostWithin(sent, minuteMs)).toBeLessThanOrEqual(most);
      }),
      { numRuns },
    );
    expect(sendings).toBeGreaterThan(numRuns);
  });

  it('confirm_above: an agent without a confirmation never has more sent within ten minutes', async () => {
    let sendings = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 40 }), async (steps) => {
        const harness = guardHarness();
        const agent = agentWith({ confirmAbove: 6 });
        await play(harness, steps, () => callOf(agent));
        const sent = sentTo(harness.providers.ionq, harness.providers.sutro);
        sendings += sent.length;
        expect(mostWithin(sent, tenMinutesMs)).toBeLessThanOrEqual(6);
      }),
      { numRuns: runs(400, 40) },
    );
    expect(sendings).toBeGreaterThan(40);
  });
});

describe('what was not used', () => {
  it('is given back: a dry run, finished jobs, refusals and an unreachable provider lock no caller out', async () => {
    const harness = guardHarness();
    const { clock, providers } = harness;
    const gateway = harness.gateway();
    const caller = agentWith({ cancelsPerMinute: 4, confirmAbove: 4, deny: [{ id: 'job-denied*' }] });
    const call = async (provider: 'ionq' | 'sutro', ids: readonly string[], how = {}) =>
      accepted(
        await clock.until(
          gateway.cancelJobs({ jobs: named(provider, ids), wait_seconds: 0, ...how }, callOf(caller)),
        ),
      );
    for (let round = 0; round < 20; round += 1) {
      await call('sutro', providers.sutro.addJobs(4, { state: 'running' }), { dry_run: true });
      await call('ionq', providers.ionq.addJobs(4, { state: 'completed' }));
      await call('sutro', ['job-denied-1', 'job-denied-2']);
      await call('sutro', ['job-missing']);
    }
    providers.sutro.setFault({
      kind: 'rate_limited',
      retryAfter: { seconds: 400 },
      times: 1,
      operations: ['status'],
    });
    await call('sutro', providers.sutro.addJobs(1, { state: 'running' }));
    providers.sutro.setLimits({ cancel: { perMinute: 1 } });
    providers.sutro.setFault({
      kind: 'rate_limited',
      retryAfter: { seconds: 400 },
      operations: ['cancel'],
    });
    await clock.turn(500_000);
    const held = await call('sutro', providers.sutro.addJobs(3, { state: 'running' }));
    expect(held.outcomes.map(({ code }) => code)).toEqual(['rate_limited', 'rate_limited', 'rate_limited']);
    const { counts } = await call('ionq', providers.ionq.addJobs(4, { state: 'running' }));
    expect(counts).toMatchObject({ cancelled: 4 });
  });

  it('is found by a caller who repeats a list of which the first are over', async () => {
    const harness = guardHarness();
    const { clock, providers } = harness;
    const gateway = harness.gateway();
    const caller = callerWith({ cancelsPerMinute: 5 });
    const ids = [
      ...providers.sutro.addJobs(10, { state: 'completed' }),
      ...providers.sutro.addJobs(12, { state: 'running' }),
    ];
    const cancelled: (number | undefined)[] = [];
    for (let minute = 0; minute < 3; minute += 1) {
      const request = { jobs: named('sutro', ids), wait_seconds: 0 };
      const { counts } = accepted(await clock.until(gateway.cancelJobs(request, callOf(caller))));
      cancelled.push(counts.cancelled);
      await clock.turn(61_000);
    }
    expect(cancelled).toEqual([5, 5, 2]);
  });
});

describe('the minute of a caller', () => {
  it('begins anew when it is over, however it was used, and a call that died is forgotten then', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const harness = guardHarness();
        const caller = agentWith({ cancelsPerMinute: 5, confirmAbove: 8 });
        await play(harness, steps, () => callOf(caller));
        await harness.clock.turn(tenMinutesMs + 121_000);
        const ids = harness.providers.ionq.addJobs(5, { state: 'running' });
        const request = { jobs: named('ionq', ids), wait_seconds: 0 };
        const { outcomes } = accepted(
          await harness.clock.until(harness.gateway().cancelJobs(request, callOf(caller))),
        );
        expect(outcomes.filter(({ outcome }) => outcome === 'refused')).toEqual([]);
      }),
      { numRuns: runs(200, 25) },
    );
  });

  it('holds while a person takes their time: what waited for an answer is counted anew', async () => {
    const harness = guardHarness();
    const { clock, providers } = harness;
    const gateway = harness.gateway();
    const caller = agentWith({ cancelsPerMinute: 5, confirmAbove: 0 });
    const agreed = Array.from({ length: 4 }, () => Promise.withResolvers<'agreed'>());
    const calls: Promise<unknown>[] = [];
    for (const { promise } of agreed) {
      const ids = providers.ionq.addJobs(5, { state: 'running' });
      const request = { jobs: named('ionq', ids), wait_seconds: 0 };
      calls.push(gateway.cancelJobs(request, callOf(caller, { askPerson: () => promise })));
      await clock.turn(61_000);
    }
    for (const { resolve } of agreed) resolve('agreed');
    await clock.until(Promise.all(calls));
    expect(mostWithin(sentTo(providers.ionq), minuteMs)).toBe(5);
  });

  it('counts what a slow provider is sent when it is sent, not when it was asked for', async () => {
    const harness = guardHarness();
    const { clock, providers } = harness;
    const gateway = harness.gateway();
    const caller = callerWith({ cancelsPerMinute: 10 });
    const cancel = (provider: 'ionq' | 'sutro') => {
      const jobs = named(provider, providers[provider].addJobs(10, { state: 'running' }));
      return gateway.cancelJobs({ jobs, wait_seconds: 0 }, callOf(caller));
    };
    providers.sutro.setLimits({ cancel: { perMinute: 4 } });
    const slow = cancel('sutro');
    await clock.turn(60_200);
    await clock.until(Promise.all([slow, cancel('ionq')]));
    const sent = sentTo(providers.sutro, providers.ionq);
    expect(sent.filter(({ at }) => at > Date.parse('2026-01-01T00:00:30Z')).length).toBeGreaterThan(3);
    expect(mostWithin(sent, minuteMs)).toBeLessThanOrEqual(10);
  });
});
