import { describe, expect, it } from 'vitest';
import type { JobEntry } from '../../shared/contract/job-entries.ts';
import { operationsHarness } from '../support/operations.ts';

type Harness = Awaited<ReturnType<typeof operationsHarness>>;

function jobsAt({ sandbox }: Harness, counts: Readonly<Record<string, number>>, settlesInMs = 0): JobEntry[] {
  return Object.entries(sandbox.providers).flatMap(([provider, twin]) =>
    twin
      .addJobs(counts[provider] ?? 0, { state: 'running', settlesInMs })
      .map((job_id) => ({ provider, job_id })),
  );
}

describe('a worker', () => {
  it('cancels all jobs of an operation at every provider', async () => {
    const harness = await operationsHarness();
    const jobs = jobsAt(harness, { ionq: 1_200, promptloop: 20, ionworks: 60, sutro: 700 });
    const id = await harness.start(jobs);
    const { worker } = harness.newProcess();
    await harness.workOff(worker);
    const results = await harness.resultsOf(id);
    expect(results.size).toBe(1_980);
    const outcomes = Map.groupBy(results.values(), (result) => result?.outcome);
    expect([...outcomes].map(([outcome, list]) => [outcome, list.length])).toEqual([['cancelled', 1_980]]);
    expect(await harness.stateNow(id)).toBe('finished');
  });
});
