import { expect, it } from 'vitest';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { accepted, context, gatewayTo } from '../support/harness.ts';

it('an id that Ionworks does not know is told with which of its ids is wanted', async () => {
  const sandbox = await startSandbox({ control: false });
  const gateway = gatewayTo(sandbox);
  const request = { provider: 'ionworks', job_id: 'sim-1' };
  expect(accepted(await gateway.cancelJob(request, context))).toMatchObject({
    outcome: 'not_found',
    next_step: expect.stringContaining('by job_id: the id of a simulation or a pipeline is another'),
  });
  await sandbox.close();
});
