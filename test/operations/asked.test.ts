import { describe, expect, it } from 'vitest';
import { agentWith, callerWith, callOf } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';
import { operationsHarness } from '../support/operations.ts';

const ada = callerWith({}, { id: 'ada', kind: 'person' });
const robin = agentWith({ actions: ['list', 'cancel'] });

describe('a list', () => {
  it('says of a job whose cancel is followed who asked for it, to those who may read the audit', async () => {
    const { clock, sandbox, newProcess, workOff } = await operationsHarness();
    const { gateway, worker } = newProcess();
    const { ionworks } = sandbox.providers;
    const job_id = ionworks.addJob({ state: 'running', settlesInMs: 600_000 });
    ionworks.addJob({ state: 'running' });
    const list = async (caller: Parameters<typeof callOf>[0]) =>
      accepted(await clock.until(gateway.listJobs({ provider: 'ionworks' }, callOf(caller)))).jobs;
    expect((await list(ada)).map(({ asked }) => asked)).toEqual([undefined, undefined]);
    await clock.until(gateway.cancelJob({ provider: 'ionworks', job_id, wait_seconds: 0 }, callOf(ada)));
    await clock.turn(6_000);
    const seen = (jobs: Awaited<ReturnType<typeof list>>) =>
      jobs.filter(({ asked }) => asked !== undefined).map((job) => [job.job_id, job.asked]);
    const asked = { outcome: 'cancelling', at: expect.any(String) };
    expect(seen(await list(ada))).toEqual([[job_id, { ...asked, by: 'ada' }]]);
    expect(seen(await list(robin))).toEqual([[job_id, asked]]);
    for (let minutes = 0; minutes < 12; minutes += 1) {
      await clock.turn(60_000);
      await workOff(worker);
    }
    expect(seen(await list(ada))).toEqual([]);
  });

  it('goes without if the store is slow', async () => {
    let isSlow = false;
    const { clock, sandbox, newProcess } = await operationsHarness({
      wrap: (store) => ({
        ...store,
        list: (folder, query) => (isSlow ? new Promise(() => undefined) : store.list(folder, query)),
      }),
    });
    const { gateway } = newProcess();
    const job_id = sandbox.providers.ionworks.addJob({ state: 'running', settlesInMs: 600_000 });
    await clock.until(gateway.cancelJob({ provider: 'ionworks', job_id, wait_seconds: 0 }, callOf(ada)));
    isSlow = true;
    const listed = await clock.until(gateway.listJobs({ provider: 'ionworks' }, callOf(ada)));
    expect(accepted(listed).jobs.map(({ asked }) => asked)).toEqual([undefined]);
  });
});
