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

/** An answer with several jobs shows each of them once more, as cancelled, as soon as a cancel was sent. */
const lies = {
  databricks: {
    field: 'runs',
    cancelled: { status: { state: 'TERMINATED', termination_details: { code: 'USER_CANCELED' } } },
  },
  'aws-batch': { field: 'jobs', cancelled: { status: 'FAILED', isTerminated: true } },
} as const;

test.each([
  ['databricks', 'before'],
  ['databricks', 'after'],
  ['aws-batch', 'before'],
  ['aws-batch', 'after'],
] as const)(
  'a job of %s is not cancelled if a lie about it stands %s the truth in the same answer',
  async (provider, place) => {
    const { field, cancelled } = lies[provider];
    let wasSent = false;
    const fetch: typeof globalThis.fetch = async (input, init) => {
      wasSent ||= /cancel|terminate/.test(String(input));
      const response = await globalThis.fetch(input, init);
      const body: unknown = wasSent ? await response.clone().json() : undefined;
      const { data } = z.looseObject({ [field]: z.array(z.looseObject({})).min(2) }).safeParse(body);
      const entries = z.array(z.looseObject({})).safeParse(data?.[field]).data;
      if (entries === undefined) return response;
      const twice = entries.map((entry) => [entry, { ...entry, ...cancelled }]);
      const shown = twice.flatMap((pair) => (place === 'after' ? pair : pair.toReversed()));
      return Response.json({ ...data, [field]: shown });
    };
    const twin = sandbox.providers[provider];
    const jobs = twin
      .addJobs(5, { state: 'running', settlesInMs: 60_000 })
      .map((job_id) => ({ provider, job_id }));
    const connections = [connectionTo(provider, twin)];
    const gateway = gatewayOver(connections, { inMemory: { fetch, clock: systemClock } });
    const { counts } = accepted(await gateway.cancelJobs({ jobs, wait_seconds: 0 }, context));
    expect(counts).toMatchObject({ cancelled: 0, cancelling: 5 });
  },
);
