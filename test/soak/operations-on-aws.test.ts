import { beforeAll, expect, test } from 'vitest';
import type { Lambda } from '../aws/lambda.ts';
import { useOperations, wake } from '../aws/operations-harness.ts';

const harness = useOperations();
const count = 1_500;
const perSecond = 100;
let workers: readonly Lambda[];
beforeAll(() => {
  workers = Array.from({ length: 10 }, () => harness.start());
});

/** Cancels many jobs at an account with a limit that calloff does not know, and gives how long each run took. */
async function timesOf(runs: readonly Lambda[]) {
  const { sutro } = harness.sandbox.providers;
  sutro.setLimits({ cancel: { perSecond }, status: { perSecond }, list: { perSecond } });
  const { id } = await harness.begin(harness.runningJobs('sutro', count));
  const messages = await harness.receive();
  const from = sutro.journal.length;
  const startedAt = performance.now();
  const seconds = await Promise.all(
    runs.map(async (run) => {
      await wake(run, messages);
      return (performance.now() - startedAt) / 1_000;
    }),
  );
  expect(await harness.read(id)).toMatchObject({
    state: 'finished',
    counts: { cancelled: count },
    pending: 0,
  });
  const requests = sutro.journal.slice(from);
  const refused = requests.filter(({ status }) => status === 429).length;
  const [longest = 0, ...others] = seconds.toSorted((one, other) => other - one);
  return { longest, others, refused: refused / requests.length };
}

test('ten functions at once on one account work one at a time, take as long as one, and are refused under 1 %', async () => {
  await timesOf(workers.slice(0, 1));
  const one = await timesOf(workers.slice(0, 1));
  const ten = await timesOf(workers);
  // Those that found the lease taken have left as soon as they saw it renewed.
  expect(Math.max(...ten.others)).toBeLessThan(8);
  expect(ten.longest / one.longest).toBeGreaterThan(0.9);
  expect(ten.longest / one.longest).toBeLessThan(1.1);
  expect(ten.refused).toBeLessThan(0.01);
});
