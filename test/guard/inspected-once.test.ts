import { expect, test } from 'vitest';
import { agentWith, callOf, guardHarness, named } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';

/** What was read before the first cancel. */
function readBefore(journal: readonly { readonly operation: string }[]): string[] {
  const operations = journal.map(({ operation }) => operation);
  return operations.slice(
    0,
    operations.findIndex((operation) => operation.startsWith('cancel')),
  );
}

test('a job without a confirmation is inspected once before its cancel, even if some had ended', async () => {
  const harness = guardHarness();
  const { sutro } = harness.providers;
  const over = sutro.addJobs(3, { state: 'completed' });
  const live = sutro.addJobs(9, { state: 'running' });
  const jobs = named('sutro', [...over, ...live]);
  const call = harness
    .gateway()
    .cancelJobs({ jobs, wait_seconds: 0 }, callOf(agentWith({ confirmAbove: 10 })));
  const { counts } = accepted(await harness.clock.until(call));
  expect(counts).toMatchObject({ already_finished: 3, cancelled: 9 });
  expect(readBefore(sutro.journal)).toEqual(['list']);
});

test('what a person took their time to confirm is inspected anew', async () => {
  const harness = guardHarness();
  const { sutro } = harness.providers;
  const [id = ''] = sutro.addJobs(1, { state: 'running' });
  const asking = { ...callOf(agentWith({ confirmAbove: 0 })), askPerson: async () => 'agreed' as const };
  const call = harness.gateway().cancelJobs({ jobs: named('sutro', [id]), wait_seconds: 0 }, asking);
  const { counts } = accepted(await harness.clock.until(call));
  expect(counts).toMatchObject({ cancelled: 1 });
  expect(readBefore(sutro.journal)).toEqual(['status', 'status']);
});
