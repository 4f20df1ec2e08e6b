import { expect, test } from 'vitest';
import { accepted, connectionTo, context, gatewayOver } from '../support/harness.ts';
import { cases } from '../support/thorough.ts';
import { WholeClock } from '../support/time/manual-clock.ts';
import { checkOutcomes } from '../support/truth/check-outcomes.ts';
import { inMemorySandbox } from '../support/truth/in-memory-providers.ts';

const read = ['list', 'status', 'cancel', 'other'];

/** The most requests: a cancel for each job, unless the provider takes many at once, and pages of its list before and after. */
const rows = [
  { provider: 'aws-batch', most: 60, operations: ['statusMany', 'cancelMany'] },
  { provider: 'openai-batch', most: 1_100, operations: ['list', 'cancel'] },
  { provider: 'databricks', most: 1_100, operations: read },
  { provider: 'openai-fine-tuning', most: 1_100, operations: read },
  { provider: 'anthropic', most: 1_100, operations: read },
  { provider: 'gemini', most: 1_100, operations: read },
  { provider: 'replicate', most: 1_100, operations: read },
  { provider: 'github-actions', most: 1_100, operations: read },
  { provider: 'hugging-face', most: 1_100, operations: read },
  { provider: 'ibm-quantum', most: 1_100, operations: read },
] as const;

const tried = cases(rows, (_, index) => index < 3);

test.each(tried)(
  '1,000 jobs at $provider are looked at, cancelled and verified in at most $most requests',
  async ({ provider, most, operations }) => {
    const clock = new WholeClock();
    const { providers, fetch } = await inMemorySandbox(clock);
    const there = providers[provider];
    const jobs = there
      .addJobs(1_000, { state: 'running', settlesInMs: 0 })
      .map((job_id) => ({ provider, job_id }));
    const gateway = gatewayOver([connectionTo(provider, there)], { inMemory: { fetch, clock } });
    const result = accepted(await clock.until(gateway.cancelJobs({ jobs }, context)));
    expect(result.counts).toMatchObject({ cancelled: 1_000 });
    const witnesses = { [provider]: { provider, witness: there } };
    expect(checkOutcomes({ asked: jobs, ...result, witnesses, now: clock.wallTime() })).toEqual([]);
    const { journal } = there;
    console.info(`${provider}: 1,000 jobs in ${journal.length} requests`);
    expect(journal.length).toBeLessThanOrEqual(most);
    expect(operations).toEqual(expect.arrayContaining(journal.map(({ operation }) => operation)));
    expect(journal.every(({ keyAccepted, operation }) => keyAccepted || operation === 'other')).toBe(true);
  },
);
