import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { createGateway } from '../../shared/gateway.ts';
import { accepted, connectionsTo, context } from '../support/harness.ts';
import { advanceUntil } from '../support/time/advance-until.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
});
afterAll(() => sandbox.close());

test('a list does not wait long for a provider that allows few lists a minute, and names it', async () => {
  const clock = new ManualClock();
  const connections = connectionsTo(sandbox);
  const gateway = createGateway({
    connections: async () => connections,
    credentials: credentialFromSettings,
    budgetMs: 120_000,
    clock,
  });
  sandbox.providers.promptloop.addJobs(3, { state: 'running' });
  sandbox.providers.sutro.addJobs(3, { state: 'running' });
  for (let asked = 0; asked < 14; asked += 1) {
    const from = clock.now();
    const found = accepted(
      await advanceUntil(clock, gateway.listJobs({ state: 'queued,running,unknown' }, context)),
    );
    expect(clock.now() - from).toBeLessThan(12_000);
    expect(found.jobs.filter(({ provider }) => provider === 'sutro')).toHaveLength(3);
    if (found.partial)
      expect(found.unavailable).toMatchObject([{ provider: 'promptloop', code: 'rate_limited' }]);
  }
  expect(accepted(await advanceUntil(clock, gateway.listJobs({}, context))).jobs.length).toBeGreaterThan(0);
});
