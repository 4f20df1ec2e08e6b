import { describe, expect, it } from 'vitest';
import type { AuditBody } from '../../shared/access/audit/body.ts';
import { progressOf } from '../../shared/operations/end.ts';
import { viewOperation } from '../../shared/operations/view.ts';
import { lastSingles } from '../../shared/work/check-jobs.ts';
import { callerWith, callOf } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';
import { operationsHarness } from '../support/operations.ts';
import { runs } from '../support/thorough.ts';

const minuteMs = 60_000;
type Harness = Awaited<ReturnType<typeof operationsHarness>>;

/** When a job was looked at, in whole minutes since the beginning, once for each minute. */
function minutesOfLooks({ sandbox }: Pick<Harness, 'sandbox'>, begun: number): number[] {
  const looks = sandbox.providers.sutro.journal.filter(({ operation }) => /^(status|list)/.test(operation));
  return [...new Set(looks.map(({ at }) => Math.round((at - begun) / minuteMs)))];
}

/** The outcomes that the audit has of each job, one after the other. */
function audited({ memory }: Pick<Harness, 'memory'>, operation: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { body } of memory.records) {
    const record: AuditBody = JSON.parse(body);
    if (record.is !== 'outcomes' || record.request.operation !== operation) continue;
    for (const { job_id, outcome } of record.jobs) found.set(job_id, [...(found.get(job_id) ?? []), outcome]);
  }
  return found;
}

describe('jobs that take long to end', () => {
  it('are looked at after 1, 2, 5, 10, then every 15 minutes until they are over, and recorded once more', async () => {
    const harness = await operationsHarness();
    const { clock, sandbox } = harness;
    const jobs = harness.addJobs({ sutro: 3 }, { settlesInMs: 38 * minuteMs });
    const begun = clock.wallTime();
    const id = await harness.start(jobs);
    harness.serve();
    await clock.turn(minuteMs / 2);
    expect(await harness.countsOf(id)).toEqual({ cancelling: 3 });
    expect(await harness.stateNow(id)).toBe('following');
    await clock.turn(3 * minuteMs);
    await harness.pause(id);
    await clock.turn(36 * minuteMs);
    expect(minutesOfLooks(harness, begun)).toEqual([0, 1, 2, 5, 10, 25]);
    await clock.turn(minuteMs);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 3 });
    expect(await harness.stateNow(id)).toBe('finished');
    await clock.turn(60 * minuteMs);
    // Once more, because a cancelled job can come back.
    expect(minutesOfLooks(harness, begun)).toEqual([0, 1, 2, 5, 10, 25, 40, 45]);
    expect(sandbox.providers.sutro.journal.filter(({ operation }) => operation === 'cancel')).toHaveLength(3);
    expect([...audited(harness, id).values()]).toEqual(Array(3).fill(['cancelling', 'cancelled']));
  });

  it('do not keep cancels waiting, and are each checked in turn, if a check of all takes longer than a pass', async () => {
    const harness = await operationsHarness();
    const { clock, sandbox } = harness;
    const slow = { cancel: { perSecond: 3 }, status: { perSecond: 1 }, list: { perMinute: 2 } };
    sandbox.providers.sutro.setLimits(slow);
    const count = runs(400, 200);
    const id = await harness.start(harness.addJobs({ sutro: count }, { settlesInMs: 1e9 }));
    harness.serve();
    await clock.turn(16 * minuteMs);
    expect(await harness.countsOf(id)).toEqual({ cancelling: count });
    const sentBy = clock.wallTime();
    await clock.turn(24 * minuteMs);
    const results = [...(await harness.resultsOf(id)).values()];
    expect(results.filter((result) => (result?.at ?? 0) > sentBy)).toHaveLength(count);
  });

  it('are left alone when the time to follow is over', async () => {
    const harness = await operationsHarness();
    const { clock } = harness;
    const begun = clock.wallTime();
    const id = await harness.start(harness.addJobs({ sutro: 2 }, { settlesInMs: 1e9 }), { follow_hours: 1 });
    harness.serve();
    await clock.turn(59 * minuteMs);
    expect(await harness.stateNow(id)).toBe('following');
    await clock.turn(180 * minuteMs);
    expect(await harness.countsOf(id)).toEqual({ cancelling: 2 });
    expect(await harness.stateNow(id)).toBe('finished');
    expect((await harness.headOf(id)).ended_at).toBeDefined();
    expect(minutesOfLooks(harness, begun)).toEqual([0, 1, 2, 5, 10, 25, 40, 55, 60]);
  });
});

describe('a cancelled job that comes back', () => {
  it('is counted apart, recorded and told once, and not cancelled again, not even by a resume', async () => {
    const told: string[] = [];
    const harness = await operationsHarness({ tell: async ({ type }) => told.push(type) });
    const { clock, sandbox } = harness;
    const [back] = harness.addJobs({ sutro: 1 }, { comesBackInMs: 2 * minuteMs });
    const others = harness.addJobs({ sutro: 4 });
    const id = await harness.start([...(back ? [back] : []), ...others]);
    harness.serve();
    await clock.turn(minuteMs);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 5 });
    expect(await harness.stateNow(id)).toBe('finished');
    await clock.turn(20 * minuteMs);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 4, came_back: 1 });
    expect(audited(harness, id).get(back?.job_id ?? '')).toHaveLength(2);
    expect(told.filter((type) => type === 'job.came_back')).toHaveLength(1);
    await harness.resume(id);
    await clock.turn(20 * minuteMs);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 4, came_back: 1 });
    expect(sandbox.providers.sutro.job(back?.job_id ?? '')?.cancelRequests).toBe(1);
    expect(audited(harness, id).get(back?.job_id ?? '')).toHaveLength(2);
  });

  it('is noticed even if the clock was set back meanwhile', async () => {
    const { clock, ...harness } = await operationsHarness();
    const id = await harness.start(harness.addJobs({ sutro: 1 }, { comesBackInMs: minuteMs }));
    harness.serve();
    await clock.turn(2 * minuteMs);
    clock.step(-3_600_000);
    await clock.turn(10 * minuteMs);
    expect(await harness.countsOf(id)).toEqual({ came_back: 1 });
  });

  it('counts those that could not be looked at', async () => {
    const { clock, sandbox, ...harness } = await operationsHarness();
    const id = await harness.start(harness.addJobs({ sutro: 5 }));
    harness.serve();
    await clock.turn(minuteMs);
    sandbox.providers.sutro.setFault({ kind: 'status', status: 500 });
    await clock.turn(10 * minuteMs);
    const share = await harness.records.share(await harness.headOf(id), 'sutro');
    expect(share?.recheck).toMatchObject({ done: true, unchecked: 5 });
    expect(await harness.countsOf(id)).toEqual({ cancelled: 5 });
  });

  it('is found one by one among 500 at most, and the others are counted and told', async () => {
    const { clock, sandbox, ...harness } = await operationsHarness();
    const id = await harness.start(harness.addJobs({ sutro: 620 }));
    harness.serve();
    await clock.turn(2 * minuteMs);
    sandbox.providers.sutro.setFault({ kind: 'status', status: 500, operations: ['list'] });
    const before = sandbox.providers.sutro.journal.length;
    await clock.turn(20 * minuteMs);
    const asked = sandbox.providers.sutro.journal
      .slice(before)
      .filter(({ operation }) => operation === 'status')
      .flatMap(({ jobIds }) => jobIds);
    expect(new Set(asked).size).toBe(500);
    const record = await harness.headOf(id);
    const shares = await progressOf(harness.records, record);
    expect(shares.get('sutro')?.recheck).toMatchObject({ done: true, unchecked: 120, singles: 500 });
    const view = viewOperation({ record, shares }, clock.wallTime(), (name) => name);
    expect(view).toMatchObject({ not_checked_again: 120, counts: { cancelled: 620 } });
    expect(view.message).toContain(
      '120 cancelled jobs were not checked a second time: calloff does not know whether they have come back to life.',
    );
  });

  it('is found by its own route if the list does not tell its state', async () => {
    const { clock, ...harness } = await operationsHarness();
    const back = harness.addJobs({ promptloop: 1 }, { comesBackInMs: 3 * minuteMs });
    const id = await harness.start([...harness.addJobs({ promptloop: 5 }), ...back]);
    harness.serve();
    await clock.turn(10 * minuteMs);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 5, came_back: 1 });
  });

  it('is looked for without such a limit if final states reopen there', async () => {
    const { newProcess } = await operationsHarness();
    const connection = (await newProcess().gateway.connections()).get('sutro');
    if (connection === undefined) throw new Error('there is no such connection');
    const { adapter } = connection;
    expect(lastSingles(connection, 500).areSpent).toBe(true);
    expect(lastSingles({ adapter: { ...adapter, reopens: true } }, 500).areSpent).toBe(false);
  });
});

describe('an operation that is followed for no time', () => {
  it('is finished with the jobs that did not end within seconds of their cancel, and says what to do about them', async () => {
    const harness = await operationsHarness();
    const { gateway } = harness.newProcess();
    const jobs = harness.addJobs({ sutro: 60 }, { settlesInMs: minuteMs });
    const ada = callOf(callerWith({}, { id: 'ada', kind: 'person' }));
    const { id } = accepted(await gateway.createOperation({ jobs, follow_hours: 0 }, ada));
    harness.serve();
    await harness.clock.turn(2 * minuteMs);
    const checks = harness.sandbox.providers.sutro.journal.length;
    await harness.clock.turn(60 * minuteMs);
    expect(harness.sandbox.providers.sutro.journal).toHaveLength(checks);
    expect(accepted(await gateway.getOperation({ operation_id: id }, ada))).toMatchObject({
      ...{ state: 'finished', pending: 0, counts: { cancelling: 60 } },
      message: 'The time to check the jobs is over; 60 jobs had not ended when calloff checked last.',
      next_step: expect.stringContaining('Check the status of the 60 jobs whose outcome is "cancelling"'),
    });
  });
});
