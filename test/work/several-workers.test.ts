import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobEntry } from '../../shared/contract/job-entries.ts';
import { FrozenProcess } from '../support/frozen-process.ts';
import { operationsHarness, type ProcessTerms } from '../support/operations.ts';
import { runs } from '../support/thorough.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

/** A request as a process sends it. */
interface Sent {
  readonly by: number;
  readonly at: number;
  readonly host: string;
  readonly isCancel: boolean;
}

/** Several processes that work on one store, and what each of them sends. */
async function severalProcesses(
  processes: number,
  counts: { readonly sutro: number; readonly ionworks: number },
) {
  const harness = await operationsHarness();
  const { clock, sandbox } = harness;
  const sent: Sent[] = [];
  for (const name of ['sutro', 'ionworks'] as const) {
    sandbox.providers[name].setLimits({ cancel: { perSecond: 20 } });
    sandbox.providers[name].setFault({ kind: 'delay', ms: 30 });
  }
  const frozen = Array.from({ length: processes }, (_, by) => {
    const process = new FrozenProcess(clock);
    const terms: ProcessTerms = {
      clock: process.clock,
      store: (store) => process.store(store),
      fetch: (inner) =>
        process.fetch((input, init) => {
          const { host } = new URL(String(input));
          sent.push({ by, at: clock.now(), host, isCancel: String(input).includes('cancel') });
          return inner(input, init);
        }),
    };
    return { process, terms };
  });
  const jobs: JobEntry[] = harness.addJobs(counts);
  return { harness, clock, sandbox, sent, frozen, jobs };
}

/** The milliseconds until an operation is over. */
async function timeTo(
  { clock, stateNow }: Pick<Awaited<ReturnType<typeof operationsHarness>>, 'clock' | 'stateNow'>,
  id: string,
): Promise<number> {
  const begun = clock.now();
  while ((await stateNow(id)) !== 'finished' && clock.now() < begun + 600_000) await clock.turn(500);
  return clock.now() - begun;
}

/** How many cancels a rate limit refused. */
function refusedAt({ providers }: Awaited<ReturnType<typeof operationsHarness>>['sandbox']): number {
  return providers.sutro.journal.filter(({ operation, status }) => operation === 'cancel' && status === 429)
    .length;
}

/** Who sent to a host, one after the other, without repetitions. */
function holders(sent: readonly Sent[], host: string): number[] {
  const all = sent.filter((each) => each.host === host).map(({ by }) => by);
  return all.filter((by, index) => by !== all[index - 1]);
}

describe('several workers on one store', () => {
  it('never work at one connection at a time, send each cancel once, and take no longer than one', async () => {
    const counts = { sutro: runs(2_000, 160), ionworks: runs(2_000, 160) };
    const alone = await severalProcesses(1, counts);
    for (const { terms } of alone.frozen) alone.harness.serve(terms);
    const aloneMs = await timeTo(alone.harness, await alone.harness.start(alone.jobs));
    const together = await severalProcesses(3, counts);
    for (const { terms } of together.frozen) together.harness.serve(terms);
    const id = await together.harness.start(together.jobs);
    expect(await timeTo(together.harness, id)).toBeLessThanOrEqual(aloneMs * 1.1 + 500);
    expect(refusedAt(together.sandbox)).toBeLessThanOrEqual(refusedAt(alone.sandbox) * 1.1);
    expect(together.harness.cancels()).toHaveLength(counts.sutro + counts.ionworks);
    for (const host of ['sutro.test', 'ionworks.test']) expect(holders(together.sent, host)).toHaveLength(1);
  });

  it('take over from one that stands still, which sends nothing more when it goes on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 200, max: 8_000 }), async (frozenAt) => {
        const { harness, clock, sent, frozen, jobs } = await severalProcesses(2, { sutro: 200, ionworks: 0 });
        const [first, second] = frozen;
        const id = await harness.start(jobs);
        if (first !== undefined) harness.serve(first.terms);
        await clock.turn(100);
        if (second !== undefined) harness.serve(second.terms);
        await clock.turn(frozenAt);
        first?.process.freeze();
        await clock.turn(20_000);
        first?.process.thaw();
        await clock.turn(60_000);
        expect(await harness.countsOf(id)).toEqual({ cancelled: 200 });
        expect(harness.cancels()).toHaveLength(200);
        const cancels = sent.filter(({ isCancel }) => isCancel);
        expect([[0], [0, 1]]).toContainEqual(holders(cancels, 'sutro.test'));
        const taken = cancels.find(({ by }) => by === 1)?.at ?? Number.POSITIVE_INFINITY;
        expect(cancels.filter(({ by, at }) => by === 0 && at > taken)).toEqual([]);
        if (frozenAt < 6_000) expect(taken).toBeLessThan(clock.now());
      }),
      { numRuns: runs(40, 2) },
    );
  });

  it('mind no step of the clock by an hour, forward or back, at any moment', async () => {
    const steps = fc.array(fc.record({ afterMs: fc.nat({ max: 4_000 }), hours: fc.constantFrom(-1, 1) }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (list, isDown) => {
        const clock = new ManualClock();
        const harness = await operationsHarness({ clock });
        const { sutro, ionq } = harness.sandbox.providers;
        sutro.setLimits({ cancel: { perSecond: 10 } });
        if (isDown) ionq.setFault({ kind: 'reset' });
        const id = await harness.start([
          ...harness.addJobs({ sutro: 60, ionq: 20 }),
          ...harness.addJobs({ sutro: 20 }, { settlesInMs: 60_000 }),
        ]);
        harness.serve();
        harness.serve();
        for (const { afterMs, hours } of list) {
          await clock.turn(afterMs);
          clock.step(hours * 3_600_000);
        }
        await clock.turn(600_000);
        ionq.clearFaults();
        await clock.turn(700_000);
        expect(await harness.countsOf(id)).toEqual({ cancelled: 100 });
        expect(harness.cancels().filter(({ provider }) => provider === 'sutro')).toHaveLength(80);
        expect(await harness.stateNow(id)).toBe('finished');
      }),
      { numRuns: runs(40, 2) },
    );
  });
});
