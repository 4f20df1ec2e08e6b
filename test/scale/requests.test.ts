import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { type ProviderName, type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { outcomeSchema } from '../../shared/contract/answers/outcome-schema.ts';
import { bulkResultSchema } from '../../shared/contract/answers/responses.ts';
import {
  accepted,
  connectionsTo,
  context,
  gatewayTo,
  providerLogsOf,
  settingsFor,
} from '../support/harness.ts';
import { serverFor } from '../support/surfaces/server.ts';
import { runs } from '../support/thorough.ts';
import { checkOutcomes } from '../support/truth/check-outcomes.ts';

vi.setConfig({ testTimeout: 130_000 });

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({ control: false });
});
afterEach(() => sandbox.close());

function named(provider: ProviderName, ids: readonly string[]) {
  return ids.map((job_id) => ({ provider, job_id }));
}

const many = runs(1_000, 200);

describe('many jobs cost few requests', () => {
  test.each([
    ['ionq', 1_000, 1_000, 100],
    ['sutro', 3 * many, many, 1.2 * many],
    ['ionworks', many, many, 1.2 * many],
  ] as const)('%s: of %i jobs the newest %i in at most %i', async (provider, there, wanted, most) => {
    const ids = sandbox.providers[provider].addJobs(there, { state: 'running' }).slice(-wanted);
    const jobs = named(provider, ids);
    const result = accepted(await gatewayTo(sandbox).cancelJobs({ jobs }, context));
    expect(result.counts).toMatchObject({ cancelled: wanted });
    expect(checkOutcomes({ asked: jobs, ...result, witnesses: providerLogsOf(sandbox) })).toEqual([]);
    const { length } = sandbox.providers[provider].journal;
    console.info(`${provider}: ${wanted} jobs in ${length} requests`);
    expect(length).toBeLessThanOrEqual(most);
  });

  test('200 PromptLoop batches under 20 looks and 10 lists a minute, in one call of the embedded server', async () => {
    const { promptloop } = sandbox.providers;
    promptloop.configure({ documentedLimits: true });
    const jobs = named('promptloop', promptloop.addJobs(200, { state: 'running' }));
    const settings = settingsFor(connectionsTo(sandbox));
    const server = await serverFor(settings);
    try {
      const response = await fetch(`${server.url}/v1/jobs/cancel`, {
        method: 'POST',
        headers: { authorization: `Bearer ${settings.token}` },
        body: JSON.stringify({ jobs }),
      });
      expect(response.status).toBe(200);
      const result = answerSchema.parse(await response.json());
      expect(result.counts).toMatchObject({ cancelled: 200 });
      expect(checkOutcomes({ asked: jobs, ...result, witnesses: providerLogsOf(sandbox) })).toEqual([]);
      console.info(`promptloop: 200 batches in ${promptloop.journal.length} requests`);
      expect(promptloop.journal.filter(({ status }) => status === 429)).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  test('of 200 PromptLoop batches those that run are looked for with one list and five looks, and cancels still look', async () => {
    const { promptloop } = sandbox.providers;
    promptloop.configure({ documentedLimits: true });
    const [job_id] = promptloop.addJobs(200, { state: 'running' });
    const gateway = gatewayTo(sandbox);
    const request = { provider: 'promptloop', state: 'running' };
    const found = accepted(await gateway.listJobs(request, context));
    expect(found.jobs).toHaveLength(5);
    expect(found).toMatchObject({
      partial: true,
      unavailable: [{ message: expect.stringMatching(/195 jobs/) }],
    });
    expect(accepted(await gateway.listJobs(request, context)).jobs).toEqual(found.jobs);
    expect(promptloop.journal.map(({ operation }) => operation).toSorted()).toEqual([
      ...Array.from({ length: 2 }, () => 'list'),
      ...Array.from({ length: 5 }, () => 'status'),
    ]);
    const began = Date.now();
    const outcome = accepted(await gateway.cancelJob({ provider: 'promptloop', job_id }, context));
    expect(outcome.outcome).toBe('cancelled');
    expect(Date.now() - began).toBeLessThan(5_000);
    expect(promptloop.journal.filter(({ status }) => status === 429)).toEqual([]);
  });
});

const answerSchema = z.object({ outcomes: z.array(outcomeSchema), counts: bulkResultSchema.shape.counts });
