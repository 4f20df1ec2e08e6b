import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { localUser, openLocal } from '../../shared/local-gateway.ts';
import { callOf } from '../support/guard-harness.ts';
import { accepted, connectionsTo, settingsFor } from '../support/harness.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
});
afterAll(() => sandbox.close());

it('an operation that begins in a process is worked off by its worker at once, not at its next tick', async () => {
  const connections = connectionsTo(sandbox);
  const clock = new ManualClock();
  const settings = { ...settingsFor(connections), dataFolder: freshFolder() };
  const local = await openLocal(settings, { log: silentLog, clock, redirect: () => connections });
  const { sutro } = sandbox.providers;
  const jobs = sutro
    .addJobs(2, { state: 'running', settlesInMs: 0 })
    .map((job_id) => ({ provider: 'sutro', job_id }));
  local.worker.start();
  // It reads the agendas, and sleeps for two seconds.
  await pause(100);
  const caller = localUser('cli', local.configuration.initial);
  accepted(await local.gateway.createOperation({ jobs }, callOf(caller)));
  for (let turns = 0; turns < 100 && sutro.journal.length === 0; turns += 1) {
    await clock.turn(10);
    await pause(5);
  }
  expect(sutro.journal.length).toBeGreaterThan(0);
  const stopped = local.worker.stop();
  await clock.turn(10_000);
  await stopped;
  await local.close();
});
