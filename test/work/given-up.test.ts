import { describe, expect, it } from 'vitest';
import type { AuditBody } from '../../shared/access/audit/body.ts';
import { operationsHarness } from '../support/operations.ts';

const minuteMs = 60_000;
type Harness = Awaited<ReturnType<typeof operationsHarness>>;
type OutcomesBody = Extract<AuditBody, { is: 'outcomes' }>;

/** The records of outcomes that an operation has in the audit. */
function outcomesIn({ memory }: Pick<Harness, 'memory'>, operation: string): OutcomesBody[] {
  return memory.records.flatMap(({ body }) => {
    const record: AuditBody = JSON.parse(body);
    return record.is === 'outcomes' && record.request.operation === operation ? [record] : [];
  });
}

/** The last outcome and code that the audit has of each job. */
function lastOf(records: readonly OutcomesBody[]): Map<string, string> {
  const jobs = records.flatMap((record) => record.jobs);
  return new Map(jobs.map(({ job_id, outcome, code }) => [job_id, `${outcome} ${code ?? ''}`.trim()]));
}

describe('the jobs that a round gives up', () => {
  it('are each in the audit with the code and the operation, in one record for a hundred', async () => {
    const harness = await operationsHarness();
    const jobs = harness.addJobs({ sutro: 1_200 });
    const id = await harness.start(jobs, { reason: 'sweep' });
    harness.configure(harness.connections.filter(({ name }) => name !== 'sutro'));
    harness.serve();
    await harness.clock.turn(minuteMs);
    expect(await harness.countsOf(id)).toEqual({ failed: 1_200 });
    const records = outcomesIn(harness, id);
    expect(records).toHaveLength(12);
    expect(records.map(({ request: { action, caller, reason } }) => ({ action, caller, reason }))).toEqual(
      Array(12).fill({ action: 'cancel', caller: 'ada', reason: 'sweep' }),
    );
    const told = records.flatMap((record) => record.jobs.map(({ job_id, code }) => [job_id, code]));
    expect(told.toSorted()).toEqual(jobs.map(({ job_id }) => [job_id, 'provider_not_configured']).toSorted());
  });

  it('are told from those that have an outcome, and from those that may have been sent a cancel', async () => {
    const { clock, sandbox, ...harness } = await operationsHarness();
    sandbox.providers.sutro.setLimits({ cancel: { perSecond: 2 } });
    const jobs = harness.addJobs({ sutro: 1_100 });
    const id = await harness.start(jobs);
    harness.serve();
    await clock.turn(70_000);
    harness.configure(harness.connections.filter(({ name }) => name !== 'sutro'));
    await clock.turn(2 * minuteMs);
    const last = lastOf(outcomesIn(harness, id));
    const results = await harness.resultsOf(id);
    expect(last.size).toBe(1_100);
    for (const [job, told] of last) {
      const { outcome = 'failed', code = 'provider_not_configured' } = results.get(`sutro/${job}`) ?? {};
      expect(told).toBe(outcome === 'failed' ? `${outcome} ${code}` : outcome);
    }
    const counts = Map.groupBy(last.values(), (told) => told.split(' ')[0]);
    const sums = Object.fromEntries([...counts].map(([outcome, { length }]) => [outcome, length]));
    expect(await harness.countsOf(id)).toEqual(sums);
  });

  it('are in the audit once more with the outcome that a resume gives them', async () => {
    const harness = await operationsHarness();
    const id = await harness.start(harness.addJobs({ sutro: 3 }));
    harness.configure(harness.connections.filter(({ name }) => name !== 'sutro'));
    harness.serve();
    await harness.clock.turn(minuteMs);
    harness.configure(harness.connections);
    await harness.resume(id);
    await harness.clock.turn(minuteMs);
    expect([...lastOf(outcomesIn(harness, id)).values()]).toEqual(Array(3).fill('cancelled'));
    expect(outcomesIn(harness, id).flatMap((record) => record.jobs)).toHaveLength(6);
  });

  it('end with their code even if the audit cannot be written', async () => {
    const harness = await operationsHarness();
    const id = await harness.start(harness.addJobs({ sutro: 1_200 }));
    harness.configure(harness.connections.filter(({ name }) => name !== 'sutro'));
    harness.serve({ store: (inner) => ({ ...inner, append: () => Promise.reject(new Error('full')) }) });
    await harness.clock.turn(5_000);
    expect(await harness.countsOf(id)).toEqual({ failed: 1_200 });
  });
});
