import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { accepted, connectionTo, context, gatewayOver } from '../support/harness.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
});
afterAll(() => sandbox.close());

const entries = z.array(z.looseObject({}));

/** A gateway to one provider, in whose answers each job of a page is as long as its documents allow. */
function gatewayWithLongJobs(provider: 'aws-batch' | 'openai-batch' | 'openai-fine-tuning', field: string) {
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const response = await globalThis.fetch(input, init);
    const body: unknown = await response.clone().json();
    const page = z.looseObject({ [field]: entries }).safeParse(body).data;
    const long = entries.safeParse(page?.[field]).data?.map((job) => ({ ...job, rest: 'x'.repeat(20_000) }));
    return long === undefined ? response : Response.json({ ...page, [field]: long });
  };
  const connections = [connectionTo(provider, sandbox.providers[provider])];
  return gatewayOver(connections, { inMemory: { fetch, clock: systemClock } });
}

test('100 jobs of AWS Batch are described in one answer, although it has two megabytes', async () => {
  const { 'aws-batch': twin } = sandbox.providers;
  const jobs = twin.addJobs(100, { state: 'running' }).map((job_id) => ({ provider: 'aws-batch', job_id }));
  const gateway = gatewayWithLongJobs('aws-batch', 'jobs');
  const { counts } = accepted(await gateway.cancelJobs({ jobs, dry_run: true }, context));
  expect(counts).toMatchObject({ would_cancel: 100 });
  expect(twin.journal).toHaveLength(1);
});

test.each(['openai-batch', 'openai-fine-tuning'] as const)(
  'a page of %s with 100 jobs is read, although it has two megabytes',
  async (provider) => {
    sandbox.providers[provider].addJobs(100, { state: 'running' });
    const gateway = gatewayWithLongJobs(provider, 'data');
    const { jobs, unavailable } = accepted(
      await gateway.listJobs({ provider, state: 'running', limit: 100 }, context),
    );
    expect({ jobs: jobs.length, unavailable }).toEqual({ jobs: 100, unavailable: [] });
  },
);
