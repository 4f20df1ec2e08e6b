import { describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { digestSchema } from '../../mcp/tools/bulk-result.ts';
import { type Fault, type ProviderName, type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';
import { outcomeSchema } from '../../shared/contract/answers/outcome-schema.ts';
import { countOutcomes } from '../../shared/contract/outcome.ts';
import {
  connectionsTo,
  isBinding,
  providerLogsOf,
  providerNames,
  sharesOneQuota,
  usualNames,
} from '../support/harness.ts';
import { sandboxEnvironment } from '../support/process/run.ts';
import { readDigest } from '../support/surfaces/digest-text.ts';
import { type McpClient, overStdio } from '../support/surfaces/mcp-client.ts';
import { mcpSurfaces } from '../support/surfaces/mcp-surfaces.ts';
import { cases, casesAt } from '../support/thorough.ts';
import { checkOutcomes } from '../support/truth/check-outcomes.ts';

vi.setConfig({ maxConcurrency: 17 });

/** Something that goes wrong at a provider, and what a model is told of a job that meets it. */
interface Case {
  readonly name: string;
  readonly faults: readonly Fault[];
  readonly told: Partial<Outcome>;
  /** Whether requests are given up, so that the provider may not know of all. */
  readonly hasty?: true;
  /** What the provider does not want to see for an hour. */
  readonly holds?: 'cancels';
}

const onCancel = { operations: ['cancel', 'cancelMany'] } as const;
const all: readonly Case[] = [
  { name: 'nothing', faults: [], told: { outcome: 'cancelled', state: 'cancelled' } },
  {
    name: 'a 401',
    faults: [{ kind: 'status', status: 401 }],
    told: { outcome: 'failed', code: 'credentials_rejected' },
  },
  {
    name: 'a 429 for an hour',
    faults: [{ kind: 'rate_limited', retryAfter: { seconds: 3_600 }, ...onCancel }],
    told: { outcome: 'failed', code: 'rate_limited' },
    holds: 'cancels',
  },
  {
    name: 'a 500',
    faults: [{ kind: 'status', status: 500 }],
    told: { outcome: 'failed', code: 'provider_unavailable' },
  },
  {
    name: 'a hang',
    faults: [{ kind: 'hang' }],
    told: { outcome: 'failed', code: 'provider_unavailable' },
    hasty: true,
  },
  {
    name: 'a hang of the cancel',
    faults: [{ kind: 'hang', ...onCancel }],
    told: { outcome: 'unknown', state: 'running' },
    hasty: true,
  },
  {
    name: 'a reset after the cancel',
    faults: [{ kind: 'reset_after_effect', ...onCancel }],
    told: { outcome: 'cancelled', state: 'cancelled' },
  },
  {
    name: 'a yes, and a job that keeps running',
    faults: [{ kind: 'says_yes_keeps_running' }],
    told: { outcome: 'cancelling', state: 'running' },
  },
];
const pairs = cases(
  all.flatMap((each) => providerNames.map((provider) => ({ ...each, provider }))),
  ({ provider }) => provider === 'sutro',
);

const nothing = { source: 'none', provider_status: null, observed_at: null } as const;
const rowSchema = outcomeSchema.pick({
  provider: true,
  job_id: true,
  outcome: true,
  state: true,
  code: true,
});

/** The rows of a digest, for the judge: what it does not tell is left blank. */
function rowsOf(structured: unknown): Outcome[] {
  const { outcomes, notes } = digestSchema.parse(structured);
  return outcomes.map((row) => ({
    ...rowSchema.strip().parse(row),
    retryable: false,
    evidence: nothing,
    message: notes.join(' '),
  }));
}

const listed = z.object({ jobs: z.array(z.object({ job_id: z.string(), state: z.string() })) });

async function withTools(budgetMs: number, work: (sandbox: Sandbox, mcp: McpClient) => Promise<void>) {
  const sandbox = await startSandbox({ control: false });
  const [, overHttp] = mcpSurfaces;
  const surface = await overHttp?.open({ connections: connectionsTo(sandbox), budgetMs });
  if (surface === undefined) throw new Error('no surface over HTTP');
  try {
    await work(sandbox, surface.mcp);
  } finally {
    await surface.close();
    await sandbox.close();
  }
}

describe.concurrent('with every tool, over HTTP', () => {
  test.for(pairs)(
    '$name at $provider is told as it is',
    async ({ provider, faults, told, hasty, holds }, { expect }) => {
      await withTools(hasty ? 2_000 : 8_000, async (sandbox, mcp) => {
        const there = sandbox.providers[provider];
        const [one = '', ...many] = there.addJobs(3, {
          state: 'running',
          settlesInMs: 20,
          rowsFinishInMs: 20,
        });
        for (const fault of faults) there.setFault(fault);
        const judge = (asked: readonly string[], outcomes: readonly Outcome[]) =>
          checkOutcomes({
            asked: asked.map((job_id) => ({ provider, job_id })),
            outcomes,
            witnesses: providerLogsOf(sandbox),
            ...(hasty ? { left: new Set<string>() } : {}),
          });

        const single = await mcp.call('cancel_job', { provider, job_id: one, wait_seconds: 1 });
        const { operation_id: following, ...structured } = single.structured;
        const outcome = outcomeSchema.parse(structured);
        expect(outcome).toMatchObject(told);
        if (holds) expect(outcome.retry_after_seconds).toBe(isBinding(provider) ? 3_600 : 60);
        expect(following !== undefined).toBe(['cancelling', 'unknown'].includes(outcome.outcome));
        expect(judge([one], [outcome])).toEqual([]);
        expect(single.isError).toBe(outcome.outcome === 'failed');

        const bulk = await mcp.call('cancel_jobs', {
          jobs: many.map((job_id) => ({ provider, job_id })),
          wait_seconds: 1,
        });
        const rows = rowsOf(bulk.structured);
        expect(judge(many, rows)).toEqual([]);
        expect(bulk.structured).toMatchObject({ counts: countOutcomes(rows), omitted: 0 });
        expect(bulk.isError).toBe(rows.every(({ outcome }) => outcome === 'failed'));

        there.clearFaults();
        const ids = [one, ...many];
        const list = await mcp.call('list_jobs', { provider, ids });
        const states = listed.parse(list.structured).jobs.map(({ job_id, state }) => ({ job_id, state }));
        // With one quota for all, a limit on cancels holds up the list, too, which then says so.
        if (holds && sharesOneQuota(provider))
          expect(list.structured).toMatchObject({ missing: ids.map(() => ({ code: 'rate_limited' })) });
        else expect(states).toEqual(ids.map((job_id) => ({ job_id, state: there.job(job_id)?.state })));
      });
    },
  );
});

/** Fifty jobs at a provider, of which some are over and some never were. */
function seed(sandbox: Sandbox, provider: ProviderName) {
  const { addJobs } = sandbox.providers[provider];
  const alive = addJobs(30, { state: 'running', settlesInMs: 0, rowsFinishInMs: 0 });
  const over = [...addJobs(10, { state: 'completed' }), ...addJobs(5, { state: 'cancelled' })];
  const missing = Array.from({ length: 5 }, () => crypto.randomUUID());
  return [...alive, ...over, ...missing].map((job_id) => ({ provider, job_id }));
}

describe.each(casesAt(['stdio', 'HTTP'], 1))(
  'a bulk of fifty jobs at each provider, over %s',
  (transport) => {
    test('is counted as the providers count', async () => {
      await withTools(25_000, async (sandbox, http) => {
        const env = { ...sandboxEnvironment(sandbox), CALLOFF_CONFIRM_ABOVE: '1000' };
        const mcp = transport === 'HTTP' ? http : await overStdio({ env });
        const jobs = usualNames.flatMap((provider) => seed(sandbox, provider));
        const { structured, text, isError } = await mcp.call('cancel_jobs', { jobs });
        if (transport === 'stdio') await mcp.close();
        const digest = digestSchema.parse(structured);
        expect(digest.counts).toEqual({
          ...countOutcomes([]),
          cancelled: 30 * usualNames.length,
          already_finished: 10 * usualNames.length,
          already_cancelled: 5 * usualNames.length,
          not_found: 5 * usualNames.length,
        });
        const truth = jobs.map(({ provider, job_id }) => sandbox.providers[provider].job(job_id)?.state);
        expect(truth.filter((state) => state === 'cancelled')).toHaveLength(35 * usualNames.length);
        const { jobs: number, counts: _, ...read } = readDigest(text);
        const { counts: __, ...told } = digest;
        expect(read).toEqual(told);
        expect({ number, isError, shown: told.outcomes.length }).toEqual({
          number: 50 * usualNames.length,
          isError: false,
          shown: 25,
        });
      });
    });
  },
);
