import { describe, expect, it } from 'vitest';
import { type Caller, type JobPattern, unrestrictedRights } from '../../shared/access/caller.ts';
import { operationsHarness } from '../support/operations.ts';

const minuteMs = 60_000;
const ada: Caller = { id: 'ada', kind: 'person', rights: unrestrictedRights };

describe('an operation whose circumstances change', () => {
  it('pauses if its caller is gone, and sends nothing more', async () => {
    let caller: Caller | undefined = ada;
    const { sandbox, clock, ...harness } = await operationsHarness({ callerInForce: async () => caller });
    sandbox.providers.sutro.setLimits({ cancel: { perSecond: 2 } });
    const id = await harness.start(harness.addJobs({ sutro: 300 }));
    harness.serve();
    await clock.turn(20_000);
    caller = undefined;
    const at = clock.now();
    await clock.turn(minuteMs);
    expect(harness.cancels().filter((cancel) => cancel.at > at + 1_000)).toEqual([]);
    expect(await harness.headOf(id)).toMatchObject({ wanted: 'pause', paused_because: 'caller' });
    expect(await harness.stateNow(id)).toBe('paused');
    const { cancelled = 0, pending = 0 } = await harness.countsOf(id);
    expect([cancelled, pending]).toEqual([harness.cancels().length, 300 - harness.cancels().length]);
    caller = ada;
    await harness.resume(id);
    await clock.turn(5 * minuteMs);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 300 });
    expect(harness.cancels()).toHaveLength(300);
  });

  it('refuses jobs that are protected meanwhile, and cancels the others', async () => {
    let protectedJobs: readonly JobPattern[] = [];
    const { sandbox, clock, ...harness } = await operationsHarness({
      protectedJobs: async () => protectedJobs,
    });
    const jobs = harness.addJobs({ sutro: 30 });
    const id = await harness.start(jobs, { max_per_second: 2 });
    harness.serve();
    await clock.turn(5_000);
    const last = jobs.at(-1)?.job_id ?? '';
    protectedJobs = [{ id: last }];
    await clock.turn(minuteMs);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 29, refused: 1 });
    expect((await harness.resultsOf(id)).get(`sutro/${last}`)).toMatchObject({ code: 'protected_job' });
    expect(sandbox.providers.sutro.job(last)?.state).toBe('running');
  });

  it('ends the jobs of a connection that was removed, and the others at full speed', async () => {
    const { sandbox, clock, ...harness } = await operationsHarness();
    sandbox.providers.sutro.setLimits({ cancel: { perSecond: 2 } });
    const id = await harness.start(harness.addJobs({ sutro: 300, ionq: 300 }));
    harness.serve();
    await clock.turn(10_000);
    harness.configure(harness.connections.filter(({ name }) => name !== 'sutro'));
    await clock.turn(2 * minuteMs);
    const sent = harness.cancels().filter(({ provider }) => provider === 'sutro').length;
    const tallies = await harness.talliesOf(id);
    expect(tallies.get('sutro')?.counts).toMatchObject({ cancelled: sent, failed: 300 - sent });
    expect(tallies.get('ionq')?.counts).toMatchObject({ cancelled: 300 });
    expect(await harness.stateNow(id)).toBe('finished');
  });

  it('goes on with a key that was rotated', async () => {
    const { sandbox, clock, ...harness } = await operationsHarness();
    sandbox.providers.sutro.setLimits({ cancel: { perSecond: 20 } });
    const id = await harness.start(harness.addJobs({ sutro: 300 }));
    harness.serve();
    await clock.turn(5_000);
    sandbox.providers.sutro.setKey('another-key');
    await clock.turn(2 * minuteMs);
    expect(await harness.stateNow(id)).toBe('running');
    const settings = harness.connections.map((each) =>
      each.name === 'sutro' ? { ...each, apiKey: 'another-key' } : each,
    );
    harness.configure(settings);
    await clock.turn(5 * minuteMs);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 300 });
    const rejected = sandbox.providers.sutro.journal.filter(({ keyAccepted }) => !keyAccepted);
    expect(rejected.length).toBeLessThan(100);
  });

  it('finishes at the other providers while one is down, whose jobs fail after half an hour until they are resumed', async () => {
    const { sandbox, clock, ...harness } = await operationsHarness();
    sandbox.providers.ionworks.setFault({ kind: 'reset' });
    const id = await harness.start(harness.addJobs({ sutro: 20, ionq: 20, promptloop: 3, ionworks: 20 }));
    harness.serve();
    await clock.turn(5_000);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 43, pending: 20 });
    await clock.turn(29 * minuteMs);
    expect(await harness.stateNow(id)).toBe('running');
    await clock.turn(2 * minuteMs);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 43, failed: 20 });
    expect((await harness.records.share(await harness.headOf(id), 'ionworks'))?.rest?.code).toBe(
      'provider_unavailable',
    );
    expect(await harness.stateNow(id)).toBe('finished');
    sandbox.providers.ionworks.clearFaults();
    const resumedAt = clock.now();
    await harness.resume(id);
    await clock.turn(minuteMs);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 63 });
    const again = harness.cancels().filter(({ at }) => at >= resumedAt);
    expect(again.map(({ provider }) => provider)).toEqual(Array(20).fill('ionworks'));
  });

  it('does not wait for a job that always answers 500', async () => {
    const { sandbox, clock, ...harness } = await operationsHarness();
    const jobs = harness.addJobs({ ionworks: 60 });
    const [bad] = jobs.map(({ job_id }) => job_id);
    sandbox.providers.ionworks.setFault({ kind: 'status', status: 500, jobIds: [bad ?? ''] });
    const id = await harness.start(jobs);
    harness.serve();
    await clock.turn(20_000);
    const { cancelled, ...others } = await harness.countsOf(id);
    expect(cancelled).toBe(59);
    expect(Object.keys(others)).toHaveLength(1);
    expect(await harness.stateNow(id)).toMatch(/following|finished/);
  });

  it('sends at most as many a second as it was told', async () => {
    const { clock, ...harness } = await operationsHarness();
    const id = await harness.start(harness.addJobs({ sutro: 40, ionworks: 40 }), { max_per_second: 4 });
    harness.serve();
    await clock.turn(30_000);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 80 });
    const times = harness.cancels().map(({ at }) => at);
    for (let from = 0; from < 30_000; from += 100)
      expect(times.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(4);
    expect(Math.max(...times)).toBeLessThan(24_000);
  });

  it('is paced by the cancels a minute of its caller, and refused none', async () => {
    const caller = { ...ada, rights: { ...unrestrictedRights, cancelsPerMinute: 30 } };
    const { clock, ...harness } = await operationsHarness({ callerInForce: async () => caller });
    const id = await harness.start(harness.addJobs({ sutro: 100 }));
    harness.serve();
    await clock.turn(3.5 * minuteMs);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 100 });
    const times = harness.cancels().map(({ at }) => at);
    for (let from = 0; from < 4 * minuteMs; from += 1_000)
      expect(times.filter((at) => at >= from && at < from + minuteMs).length).toBeLessThanOrEqual(30);
  });

  it('does not send at once if it is told to wait for more than a quarter of an hour', async () => {
    const { clock, ...harness } = await operationsHarness();
    await harness.start(harness.addJobs({ sutro: 10 }), { max_per_second: 0.0005 });
    harness.serve();
    await clock.turn(5 * minuteMs);
    expect(harness.cancels()).toHaveLength(1);
  });

  it('does not say of a provider that it was down if calloff could not write its audit', async () => {
    const { clock, ...harness } = await operationsHarness();
    const id = await harness.start(harness.addJobs({ sutro: 3 }));
    harness.serve({ store: (inner) => ({ ...inner, append: () => Promise.reject(new Error('full')) }) });
    await clock.turn(45 * minuteMs);
    expect(harness.cancels()).toEqual([]);
    const share = await harness.records.share(await harness.headOf(id), 'sutro');
    expect(share?.rest?.code).toBe('internal');
  });
});
