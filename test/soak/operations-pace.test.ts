import { expect, test } from 'vitest';
import { operationsHarness } from '../support/operations.ts';

const perSecond = 100;
const jobs = 10_000;

/** Works an operation off with so many processes on one store, against a limit that nothing tells of. */
async function workedBy(processes: number) {
  const harness = await operationsHarness();
  const { sutro } = harness.sandbox.providers;
  sutro.setLimits({ cancel: { perSecond } });
  const ids = sutro.addJobs(jobs, { state: 'running', settlesInMs: 0 });
  const id = await harness.start(ids.map((job_id) => ({ provider: 'sutro', job_id })));
  const began = harness.clock.now();
  await harness.workOff(...Array.from({ length: processes }, () => harness.newProcess().worker));
  expect(await harness.stateNow(id)).toBe('finished');
  const cancels = sutro.journal.filter(({ operation }) => operation === 'cancel');
  const refused = cancels.filter(({ status }) => status === 429).length;
  return { share: refused / cancels.length, seconds: (harness.clock.now() - began) / 1_000 };
}

test('two processes, and ten, take as long as one against a hidden limit, and are refused less than one in a hundred', async () => {
  const one = await workedBy(1);
  for (const processes of [2, 10]) {
    const several = await workedBy(processes);
    process.stdout.write(
      `${processes} processes: ${several.seconds} s where one takes ${one.seconds}; ${(several.share * 100).toFixed(2)} % refused\n`,
    );
    expect(several.share).toBeLessThan(0.01);
    expect(several.seconds / one.seconds).toBeGreaterThan(0.9);
    expect(several.seconds / one.seconds).toBeLessThan(1.1);
  }
  expect(one.share).toBeLessThan(0.01);
}, 120_000);
