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

it('hands it on with its age, so that a worker does not wait for what is long over', async () => {
  /** How long the last of some small operations takes after such a pause, each worked off by a process of its own. */
  const tookAfter = async (pauseMs: number) => {
    const harness = await operationsHarness();
    const workOff = async () => {
      await harness.start(harness.addJobs({ promptloop: 3 }));
      const startedAt = harness.clock.now();
      await harness.workOff(harness.newProcess().worker);
      return harness.clock.now() - startedAt;
    };
    // Then the twelve checks and five lists are used up that operations may make at PromptLoop in a minute.
    for (let each = 0; each < 4; each += 1) expect(await workOff()).toBeLessThan(1_000);
    await harness.clock.turn(pauseMs);
    return workOff();
  };
  expect(await tookAfter(1_000)).toBeGreaterThan(30_000);
  expect(await tookAfter(90_000)).toBeLessThan(1_000);
});
