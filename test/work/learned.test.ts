import { expect, it } from 'vitest';
import { operationsHarness } from '../support/operations.ts';

it('hands what it has learned of an account to the next worker, so that this one begins without a burst', async () => {
  const harness = await operationsHarness();
  const { clock, sandbox } = harness;
  const { sutro } = sandbox.providers;
  sutro.setLimits({ cancel: { perSecond: 10 } });
  const refused = () => sutro.journal.filter(({ status }) => status === 429).length;
  const cancelAll = async (jobs: number) => {
    const ids = sutro.addJobs(jobs, { state: 'running', settlesInMs: 0 });
    await harness.start(ids.map((job_id) => ({ provider: 'sutro', job_id })));
    const before = refused();
    await harness.workOff(harness.newProcess().worker);
    return refused() - before;
  };
  const first = await cancelAll(150);
  await clock.turn(2_000);
  const second = await cancelAll(150);
  expect(first).toBeGreaterThan(2);
  expect(second).toBeLessThan(first / 2);
});
