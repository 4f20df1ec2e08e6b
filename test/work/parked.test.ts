import { describe, expect, it } from 'vitest';
import { viewOperation } from '../../shared/operations/view.ts';
import { operationsHarness } from '../support/operations.ts';

const minuteMs = 60_000;
type Harness = Awaited<ReturnType<typeof operationsHarness>>;

/** What holds an operation up at a connection, as its caller sees it. */
async function heldUpAt(harness: Harness, id: string, connection: string): Promise<string | undefined> {
  const record = await harness.headOf(id);
  const shares = new Map([[connection, await harness.records.share(record, connection)]]);
  const { providers } = viewOperation({ record, shares }, harness.clock.wallTime(), (name) => name);
  return providers.find(({ provider }) => provider === connection)?.held_up;
}

/** The milliseconds until none of the operations has anything to send, in steps of a second. */
async function msUntilSent(harness: Harness, ids: readonly string[], mostMs: number): Promise<number> {
  const startedAt = harness.clock.now();
  const isAnyLeft = async () => {
    for (const id of ids) {
      const { pending = 0 } = await harness.countsOf(id);
      if (pending > 0) return true;
    }
    return false;
  };
  while (harness.clock.now() - startedAt < mostMs && (await isAnyLeft())) await harness.clock.turn(1_000);
  return harness.clock.now() - startedAt;
}

describe('operations that wait for their turn at a provider with few checks a minute', () => {
  // PromptLoop documents 20 checks and 10 lists a minute, of which operations take 12 and 5.
  const sizes = [3, 1, 2, 6, 3, 1, 2, 5, 2, 2, 3];

  it('take what its limits allow, and none is parked as if the provider were down', async () => {
    const harness = await operationsHarness();
    const { promptloop } = harness.sandbox.providers;
    promptloop.configure({ documentedLimits: true });
    const ids: string[] = [];
    for (const count of sizes) ids.push(await harness.start(harness.addJobs({ promptloop: count })));
    harness.serve();
    expect(await msUntilSent(harness, ids, 10 * minuteMs)).toBeLessThan(2.2 * minuteMs);
    for (const id of ids) {
      const share = await harness.records.share(await harness.headOf(id), 'promptloop');
      expect(share?.pace?.done).toBeGreaterThan(0);
      expect(share).not.toHaveProperty('parked');
    }
    expect(promptloop.journal.filter(({ status }) => status !== 200)).toEqual([]);
  });
});

describe('an operation whose provider could not be used', () => {
  it.each([1, 12, 25])(
    'goes on within two minutes if its provider was down for %i minutes',
    async (minutes) => {
      const harness = await operationsHarness();
      const { sutro } = harness.sandbox.providers;
      sutro.setFault({ kind: 'reset' });
      const id = await harness.start(harness.addJobs({ sutro: 20 }));
      harness.serve();
      await harness.clock.turn(minutes * minuteMs);
      expect(await harness.countsOf(id)).toEqual({ pending: 20 });
      sutro.clearFaults();
      expect(await msUntilSent(harness, [id], 10 * minuteMs)).toBeLessThan(2.1 * minuteMs);
      expect(await harness.countsOf(id)).toEqual({ cancelled: 20 });
    },
  );

  it('goes on within two minutes after its provider asked calloff to wait, and no worker begins the wait anew', async () => {
    const harness = await operationsHarness();
    const { promptloop } = harness.sandbox.providers;
    promptloop.setFault({ kind: 'rate_limited', retryAfter: { seconds: 20 } });
    const ids: string[] = [];
    for (const count of [5, 2, 3, 1, 4])
      ids.push(await harness.start(harness.addJobs({ promptloop: count })));
    harness.serve();
    await harness.clock.turn(8 * minuteMs);
    promptloop.clearFaults();
    expect(await msUntilSent(harness, ids, 10 * minuteMs)).toBeLessThan(3 * minuteMs);
  });

  it('is given up if the provider hangs, although no job then has a turn after the list', async () => {
    const harness = await operationsHarness();
    harness.sandbox.providers.sutro.setFault({ kind: 'hang' });
    const ids = [
      await harness.start(harness.addJobs({ sutro: 50 })),
      await harness.start(harness.addJobs({ sutro: 20 })),
    ];
    harness.serve();
    await harness.clock.turn(45 * minuteMs);
    for (const id of ids) expect(await harness.countsOf(id)).not.toHaveProperty('pending');
    const record = await harness.headOf(ids[0] ?? '');
    expect((await harness.records.share(record, 'sutro'))?.rest?.code).toBe('provider_unavailable');
  });

  it('says why it waits only until it is tried again', async () => {
    const harness = await operationsHarness();
    const { sutro } = harness.sandbox.providers;
    sutro.setFault({ kind: 'reset' });
    const id = await harness.start(harness.addJobs({ sutro: 2 }));
    harness.serve();
    await harness.clock.turn(10_000);
    expect(await heldUpAt(harness, id, 'sutro')).toMatch(/could not be reached.*tries again at/);
    const share = await harness.records.share(await harness.headOf(id), 'sutro');
    const until = share?.parked?.until ?? 0;
    sutro.setFault({ kind: 'hang' });
    await harness.clock.turn(until - harness.clock.wallTime());
    expect(await heldUpAt(harness, id, 'sutro')).toBeUndefined();
  });

  it('goes on although the jobs that it was tried with first fail for good', async () => {
    const harness = await operationsHarness();
    const { sutro } = harness.sandbox.providers;
    const jobs = harness.addJobs({ sutro: 20 });
    sutro.setFault({ kind: 'reset' });
    const id = await harness.start(jobs);
    harness.serve();
    await harness.clock.turn(10_000);
    sutro.clearFaults();
    const bad = jobs.slice(0, 3).map(({ job_id }) => job_id);
    sutro.setFault({ kind: 'status', status: 500, jobIds: bad });
    await harness.clock.turn(5 * minuteMs);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 17, unknown: 3 });
  });
});
