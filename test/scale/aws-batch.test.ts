import { expect, test } from 'vitest';
import { accepted, connectionTo, context, gatewayOver } from '../support/harness.ts';
import { WholeClock } from '../support/time/manual-clock.ts';
import { checkOutcomes } from '../support/truth/check-outcomes.ts';
import { inMemorySandbox } from '../support/truth/in-memory-providers.ts';

test('1,000 AWS Batch jobs are looked at, cancelled and verified in at most 60 requests', async () => {
  const clock = new WholeClock();
  const { providers, fetch } = await inMemorySandbox(clock);
  const there = providers['aws-batch'];
  const jobs = there
    .addJobs(1_000, { state: 'running', settlesInMs: 0 })
    .map((job_id) => ({ provider: 'aws-batch', job_id }));
  const gateway = gatewayOver([connectionTo('aws-batch', there)], { inMemory: { fetch, clock } });
  const result = accepted(await clock.until(gateway.cancelJobs({ jobs }, context)));
  expect(result.counts).toMatchObject({ cancelled: 1_000 });
  const witnesses = { 'aws-batch': { provider: 'aws-batch', witness: there } } as const;
  expect(checkOutcomes({ asked: jobs, ...result, witnesses, now: clock.wallTime() })).toEqual([]);
  const { journal } = there;
  console.info(`aws-batch: 1,000 jobs in ${journal.length} requests`);
  expect(journal.length).toBeLessThanOrEqual(60);
  expect(new Set(journal.map(({ operation }) => operation))).toEqual(new Set(['statusMany', 'cancelMany']));
  expect(journal.every(({ keyAccepted }) => keyAccepted)).toBe(true);
});
