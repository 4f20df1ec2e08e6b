import { expect, it } from 'vitest';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { newHistory, recordFirstCheck } from '../../shared/engine/attempt-history.ts';
import { buildOutcome } from '../../shared/engine/classify-outcome.ts';
import { outcomeOf } from '../../shared/operations/outcome-of.ts';
import { adapters } from '../fixtures/adapters.ts';
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

it('a job that IBM Quantum does not know is told with the region of the instance, which may be another than that of the base URL', () => {
  const job = newHistory('d3f4');
  recordFirstCheck(job, { kind: 'not_found', at: 0 });
  const call = { dryRun: false, sendIfStatusUnknown: false };
  const { next_step } = buildOutcome(job, { adapter: adapters['ibm-quantum'], name: 'ours' }, call);
  expect(next_step).toContain('this instance is in us-east.');
});

it.each([
  [adapters['github-actions'], 'Check the base URL and repository of ours with "calloff doctor".'],
  [adapters.sutro, 'Check the base URL of ours with "calloff doctor".'],
])('an answer that is not of the provider is told with what says where its jobs are', (adapter, step) => {
  const job = newHistory('1');
  recordFirstCheck(job, { kind: 'failed', code: 'unexpected_response', answered: true });
  const call = { dryRun: false, sendIfStatusUnknown: false };
  const told = `${step} If calloff runs on a server, ask its administrator to do that.`;
  expect(buildOutcome(job, { adapter, name: 'ours' }, call).next_step).toBe(told);
  const result = { outcome: 'failed', code: 'unexpected_response', state: 'unknown' } as const;
  const kept = outcomeOf(result, '1', { adapter, name: 'ours' });
  expect(kept.next_step).toBe(told);
});
