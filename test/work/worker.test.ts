import { describe, expect, it } from 'vitest';
import type { JobEntry } from '../../shared/contract/job-entries.ts';
import type { LogEntry } from '../../shared/lib/log.ts';
import { StoreUnavailableError } from '../../shared/store/errors.ts';
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
  it('says in the log why the store keeps it from its turns', async () => {
    const entries: LogEntry[] = [];
    const { newProcess } = await operationsHarness();
    const full = () => Promise.reject(new StoreUnavailableError('full', 'SQLITE_FULL'));
    const { worker } = newProcess({
      log: (entry) => entries.push(entry),
      store: (inner) => ({ ...inner, get: full, put: full }),
    });
    expect(await worker.visit('sutro')).toBe('failed');
    expect(entries).toEqual([
      {
        ...{ level: 'error', event: 'operation_turn_failed', connection: 'sutro' },
        ...{ error: 'StoreUnavailableError', reason: 'SQLITE_FULL' },
      },
    ]);
  });

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
