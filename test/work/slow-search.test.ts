import { expect, test } from 'vitest';
import { operationsHarness } from '../support/operations.ts';

test('a search through a slow list that finds none of the jobs leaves most of the slice to single checks', async () => {
  const harness = await operationsHarness();
  const { sutro } = harness.sandbox.providers;
  const jobs = harness.addJobs({ sutro: 100 });
  // These are newer, and fill the first pages of the list.
  sutro.addJobs(4_000, { state: 'running' });
  sutro.setFault({ kind: 'delay', ms: 9_000, operations: ['list'] });
  const id = await harness.start(jobs);
  harness.serve();
  await harness.clock.turn(60_000);
  const [begun] = sutro.journal;
  const checked = sutro.journal.find(({ operation }) => operation === 'status');
  expect(begun?.operation).toBe('list');
  expect((checked?.at ?? Number.NaN) - (begun?.at ?? 0)).toBeLessThanOrEqual(60_000 / 3);
  expect(await harness.countsOf(id)).toEqual({ cancelled: 100 });
});
