import { describe, expect, it } from 'vitest';
import type { JobEntry } from '../../shared/contract/job-entries.ts';
import { type Death, Mortality } from '../support/mortal-process.ts';
import { operationsHarness } from '../support/operations.ts';
import { runs } from '../support/thorough.ts';

const begin = { ionq: 3, promptloop: 2, ionworks: 2, sutro: 3 };

/** Cancels a few jobs at each provider, with a process that dies; then another carries on. Returns what was effected. */
async function story(death?: Death) {
  const harness = await operationsHarness();
  const { sandbox, clock } = harness;
  const jobs: JobEntry[] = Object.entries(sandbox.providers).flatMap(([provider, twin]) =>
    twin
      .addJobs(begin[provider as keyof typeof begin], { state: 'running' })
      .map((job_id) => ({ provider, job_id })),
  );
  const id = await harness.start(jobs);
  const mortality = new Mortality(death);
  const first = harness.newProcess(mortality);
  for (const { name } of harness.connections) void first.worker.visit(name);
  await clock.turn(30_000);
  const { worker } = harness.newProcess();
  for (let visits = 0; visits < 40; visits += 1) {
    for (const { name } of harness.connections) void worker.visit(name);
    await clock.turn(30_000);
  }
  return { harness, id, jobs, effects: mortality.effects };
}

/** Which cancels followed another one of the same job with no look at it between. */
function blindRepeats({ harness, jobs }: Awaited<ReturnType<typeof story>>): string[] {
  return jobs.flatMap(({ provider, job_id }) => {
    const twin = harness.sandbox.providers[provider as keyof typeof harness.sandbox.providers];
    let isBlind = false;
    const faults: string[] = [];
    for (const { operation, jobIds, status } of twin.journal) {
      if (!jobIds.includes(job_id) && operation !== 'list') continue;
      if (operation === 'cancel' || operation === 'cancelMany') {
        if (isBlind && status !== 429) faults.push(`${provider}/${job_id}`);
        isBlind = true;
      } else isBlind = false;
    }
    return faults;
  });
}

describe('a worker that dies', () => {
  it('leaves every job to the next one, at whatever effect it dies', async () => {
    const { effects } = await story();
    expect(effects).toBeGreaterThan(40);
    const step = runs(1, 10);
    for (let at = 1; at <= effects; at += step)
      for (const when of ['before', 'after'] as const) {
        const told = await story({ at, when });
        const results = await told.harness.resultsOf(told.id);
        const outcomes = [...results].filter(([, result]) => result?.outcome !== 'cancelled');
        expect({ at, when, outcomes }).toEqual({ at, when, outcomes: [] });
        expect({ at, when, blind: blindRepeats(told) }).toEqual({ at, when, blind: [] });
        expect(await told.harness.stateNow(told.id)).toBe('finished');
        expect(await told.harness.countsOf(told.id)).toEqual({ cancelled: told.jobs.length });
      }
  });
});
