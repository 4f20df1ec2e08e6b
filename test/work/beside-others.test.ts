import { describe, expect, it } from 'vitest';
import { accepted, context } from '../support/harness.ts';
import { operationsHarness } from '../support/operations.ts';
import { cases, runs } from '../support/thorough.ts';

const jobsOfBig = runs(20_000, 2_000);

/** How long a refusal holds up every request. */
const heldMs = 1_000;

/** Somebody's big operation at a provider that takes a hundred requests a second of each kind. */
async function crowdedHarness() {
  const harness = await operationsHarness();
  const { sutro } = harness.sandbox.providers;
  const limit = { perSecond: 100 };
  sutro.setLimits({ cancel: limit, status: limit, list: limit });
  sutro.setFault({ kind: 'delay', ms: 50 });
  const big = await harness.start(harness.addJobs({ sutro: jobsOfBig }));
  const gateway = harness.serve();
  const begunAt = harness.clock.wallTime() - harness.clock.now();
  /** When requests were refused by the limit: for so long no other may be sent, whoever sends it. */
  const refusals = () => sutro.journal.filter(({ status }) => status === 429).map(({ at }) => at - begunAt);
  return { ...harness, big, gateway, refusals };
}

type Harness = Awaited<ReturnType<typeof crowdedHarness>>;

/** The milliseconds that a single cancel in one call takes. */
async function cancelMs({ addJobs, clock, gateway }: Pick<Harness, 'addJobs' | 'clock' | 'gateway'>) {
  const [job] = addJobs({ sutro: 1 });
  const begun = clock.now();
  const { outcome } = accepted(await clock.until(gateway.cancelJob(job, context)));
  expect(outcome).toBe('cancelled');
  return clock.now() - begun;
}

describe('beside a big operation', () => {
  it('ten jobs are over within ten seconds, at whatever moment they come, and it goes on', async () => {
    const harness = await crowdedHarness();
    const { clock, start, stateNow, addJobs, countsOf, cancels, big } = harness;
    for (const afterMs of cases([7_000, 9_300, 1_300, 4_100], (_, index) => index === 1)) {
      await clock.turn(afterMs);
      const id = await start(addJobs({ sutro: 10 }));
      await clock.turn(10_000);
      expect(await countsOf(id)).toEqual({ cancelled: 10 });
      expect(await stateNow(id)).toBe('finished');
    }
    const before = cancels().length;
    await clock.turn(runs(60_000, 10_000));
    expect(cancels().length).toBeGreaterThan(before + runs(1_000, 160));
    expect(await stateNow(big)).toBe('running');
  });

  it('a cancel in one call takes at most twice its time alone and a quarter of a second, unless the provider asks to wait', async () => {
    const alone = await operationsHarness();
    alone.sandbox.providers.sutro.setFault({ kind: 'delay', ms: 50 });
    const aloneMs = await cancelMs({ ...alone, gateway: alone.newProcess().gateway });
    const harness = await crowdedHarness();
    while (harness.cancels().length < 200) await harness.clock.turn(1_000);
    const times: { readonly ms: number; readonly wasHeld: boolean }[] = [];
    for (let count = 0; count < 20; count += 1) {
      const begun = harness.clock.now();
      const ms = await cancelMs(harness);
      times.push({ ms, wasHeld: harness.refusals().some((at) => at > begun - heldMs && at < begun + ms) });
      await harness.clock.turn(310);
    }
    const free = times.filter(({ wasHeld }) => !wasHeld);
    expect(free.length).toBeGreaterThanOrEqual(10);
    for (const { ms } of free) expect(ms).toBeLessThanOrEqual(2 * aloneMs + 250);
    for (const { ms } of times) expect(ms).toBeLessThanOrEqual(2 * aloneMs + 250 + heldMs);
  });
});
