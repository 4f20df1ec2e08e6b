import { describe, expect, it } from 'vitest';
import type { Store } from '../../shared/store/store.ts';
import { Leases, readUnderWay } from '../../shared/work/lease.ts';
import { callerWith, callOf } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';
import { operationsHarness } from '../support/operations.ts';

const ada = callOf(callerWith({}, { id: 'ada', kind: 'person' }));

/** A slow provider with an operation of so many jobs, and a way to read it. */
async function opened(count = 300) {
  const harness = await operationsHarness();
  harness.sandbox.providers.sutro.setLimits({ cancel: { perSecond: 4 } });
  const { gateway } = harness.newProcess();
  const jobs = harness.addJobs({ sutro: count });
  const created = gateway.createOperation(count === 0 ? { draft: true } : { jobs }, ada);
  const { id } = accepted(await created);
  const read = async () => accepted(await gateway.getOperation({ operation_id: id }, ada));
  return { ...harness, gateway, id, read };
}

/** How many jobs the provider has received a cancel for, whether or not it was too busy. */
function sentFor({ providers }: Awaited<ReturnType<typeof opened>>['sandbox']): number {
  const cancels = providers.sutro.journal.filter(({ operation }) => operation === 'cancel');
  return new Set(cancels.flatMap(({ jobIds }) => jobIds)).size;
}

describe('an operation whose slice is under way', () => {
  it('says every few seconds for how many of its jobs a cancel was sent, before any is counted', async () => {
    const { clock, read, serve, countsOf, id, sandbox } = await opened();
    serve();
    const told: number[] = [];
    for (let seconds = 0; seconds < 50; seconds += 5) {
      await clock.turn(5_000);
      const { providers, message } = await read();
      const [{ under_way = 0 } = {}] = providers;
      told.push(under_way);
      expect(under_way).toBeLessThanOrEqual(sentFor(sandbox));
      if (under_way > 0) expect(message).toContain(`For ${under_way} of these calloff has sent a cancel`);
    }
    expect(await countsOf(id)).toEqual({ pending: 300 });
    expect(told.filter((count, at) => count > (told[at - 1] ?? 0)).length).toBeGreaterThanOrEqual(7);
    await clock.turn(60_000);
    const { message, providers, counts } = await read();
    expect(counts.cancelled).toBe(300);
    expect(message).not.toContain('of these');
    expect(providers).toEqual([expect.not.objectContaining({ under_way: expect.anything() })]);
  });

  it('says that it waits for the limit of its provider, and for how long, and no more when it goes on', async () => {
    const { clock, read, serve, sandbox } = await opened(10);
    const { sutro } = sandbox.providers;
    sutro.setFault({ kind: 'rate_limited', retryAfter: { seconds: 40 }, operations: ['cancel'], times: 1 });
    serve();
    const told: (string | undefined)[] = [];
    for (let seconds = 0; seconds < 60; seconds += 5) {
      await clock.turn(5_000);
      told.push((await read()).providers[0]?.held_up);
    }
    expect(told.slice(0, 7)).toEqual(
      [35, 30, 25, 20, 15, 10, 5].map((left) => `Waiting ${left} s because of the rate limit of Sutro.`),
    );
    expect(told.slice(8)).toEqual(told.slice(8).fill(undefined));
    expect((await read()).counts.cancelled).toBe(10);
  });

  it('says nothing of another operation, nor what a worker said that has died', async () => {
    const { clock, read, serve, addJobs, start, newProcess } = await opened();
    let isDead = false;
    const mortal = (inner: Store): Store => ({
      ...inner,
      get: (key) => (isDead ? Promise.reject(new Error('dead')) : inner.get(key)),
      list: (...asked) => (isDead ? Promise.reject(new Error('dead')) : inner.list(...asked)),
      put: (...put) => (isDead ? Promise.reject(new Error('dead')) : inner.put(...put)),
    });
    serve({ store: mortal });
    await clock.turn(12_000);
    expect((await read()).providers[0]?.under_way).toBeGreaterThan(0);
    isDead = true;
    const other = await start(addJobs({ sutro: 2 }));
    const { worker } = newProcess({ isOurs: (operation) => operation === other });
    for (let visits = 0; visits < 4; visits += 1) {
      await clock.turn(8_000);
      await clock.until(worker.visit('sutro'));
    }
    const [share] = (await read()).providers;
    expect([share?.pending, share?.under_way]).toEqual([300, undefined]);
  });

  it('counts no job twice that a slice has ended with', async () => {
    const { clock, gateway, addJobs, serve, sandbox } = await opened(0);
    const jobs = addJobs({ sutro: 60 });
    const { id } = accepted(await gateway.createOperation({ jobs, max_per_second: 2 }, ada));
    serve();
    for (let reads = 0; reads < 60; reads += 1) {
      await clock.turn(400);
      const view = accepted(await gateway.getOperation({ operation_id: id }, ada));
      const { cancelled = 0, cancelling = 0 } = view.counts;
      const told = cancelled + cancelling + (view.providers[0]?.under_way ?? 0);
      expect(told).toBeLessThanOrEqual(sentFor(sandbox));
    }
  });

  it('is read from a lease only for its own slice, and only while that holder has it', async () => {
    const { clock, store } = await operationsHarness();
    const lease = await new Leases({ store, clock }).take('sutro');
    if (typeof lease === 'string') throw new Error(lease);
    lease.note('op_one', { done: 3, phase: { kind: 'held', provider: 'Sutro', forMs: 30_000 } });
    const heldUntil = clock.wallTime() + 30_000;
    await clock.turn(4_001);
    const read = (operation: string, epoch: number) => readUnderWay(store, 'sutro', { operation, epoch });
    expect(await Promise.all([read('op_one', 1), read('op_two', 1), read('op_one', 2)])).toEqual([
      { done: 3, heldUntil },
      undefined,
      undefined,
    ]);
    lease.note('op_one', { done: 5, phase: { kind: 'sending', sent: 5, jobs: 9 } });
    await clock.turn(4_001);
    expect(await read('op_one', 1)).toEqual({ done: 5, heldUntil: undefined });
    await lease.release();
    expect(await read('op_one', 1)).toBeUndefined();
  });
});
