import { expect, test } from 'vitest';
import { operationsHarness } from '../support/operations.ts';

interface Case {
  readonly what: string;
  readonly provider: 'sutro' | 'replicate';
  readonly jobs: number;
  readonly perSecond: number;
  /** The most of all cancels that may be refused. */
  readonly mostRefused: number;
}

/** Works an operation off with so many processes on one store, against a limit that nothing tells of. */
async function workedBy(processes: number, { provider, jobs, perSecond }: Case) {
  const harness = await operationsHarness();
  const twin = harness.sandbox.providers[provider];
  twin.setLimits({ cancel: { perSecond } });
  const ids = twin.addJobs(jobs, { state: 'running', settlesInMs: 0 });
  const id = await harness.start(ids.map((job_id) => ({ provider, job_id })));
  const began = harness.clock.now();
  await harness.workOff(...Array.from({ length: processes }, () => harness.newProcess().worker));
  expect(await harness.stateNow(id)).toBe('finished');
  const cancels = twin.journal.filter(({ operation }) => operation === 'cancel');
  const refused = cancels.filter(({ status }) => status === 429).length;
  return { share: refused / cancels.length, seconds: (harness.clock.now() - began) / 1_000 };
}

test.each<Case>([
  { what: 'of 100 a second', provider: 'sutro', jobs: 10_000, perSecond: 100, mostRefused: 0.01 },
  {
    what: 'of 20 a second below a documented one of 3,000 a minute',
    ...{ provider: 'replicate', jobs: 2_000, perSecond: 20, mostRefused: 0.02 },
  },
])(
  'two processes, and ten, take as long as one against a hidden limit $what, and are hardly refused',
  async (each) => {
    const one = await workedBy(1, each);
    // Operations use four fifths of a limit, and check their jobs.
    expect(one.seconds).toBeLessThan((1.5 * each.jobs) / each.perSecond);
    for (const processes of [2, 10]) {
      const several = await workedBy(processes, each);
      process.stdout.write(
        `${each.provider}, ${processes} processes: ${several.seconds} s where one takes ${one.seconds}; ${(several.share * 100).toFixed(2)} % refused\n`,
      );
      expect(several.share).toBeLessThan(each.mostRefused);
      expect(several.seconds / one.seconds).toBeGreaterThan(0.9);
      expect(several.seconds / one.seconds).toBeLessThan(1.1);
    }
    expect(one.share).toBeLessThan(each.mostRefused);
  },
  120_000,
);
