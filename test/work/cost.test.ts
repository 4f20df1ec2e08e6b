import { describe, expect, it } from 'vitest';
import type { Store } from '../../shared/store/store.ts';
import { operationsHarness } from '../support/operations.ts';
import { runs } from '../support/thorough.ts';

/** What an operation took: requests to providers, single status checks among them, and writes to the store. */
interface Cost {
  readonly requests: number;
  readonly checks: number;
  readonly writes: number;
}

type Jobs = Parameters<Awaited<ReturnType<typeof operationsHarness>>['addJobs']>[0];
type Terms = Parameters<Awaited<ReturnType<typeof operationsHarness>>['start']>[1];

/** Works an operation off, whose jobs are in the order of a list or in that of their making, and returns the cost of a job. */
async function costOf(jobs: Jobs, terms: Terms = {}, order: 'listed' | 'made' = 'listed'): Promise<Cost> {
  let writes = 0;
  const counting = (store: Store): Store => ({
    ...store,
    put: (...put) => {
      writes += 1;
      return store.put(...put);
    },
    append: (records) => {
      writes += records.length;
      return store.append(records);
    },
  });
  const harness = await operationsHarness({ wrap: counting });
  const made = harness.addJobs(jobs);
  const id = await harness.start(order === 'made' ? made : made.toReversed(), terms);
  const { worker } = harness.newProcess();
  for (let turn = 0; turn < 20 && (await harness.stateNow(id)) === 'running'; turn += 1) {
    await harness.workOff(worker);
    await harness.clock.turn(1_000);
  }
  expect(await harness.countsOf(id)).toEqual({ cancelled: made.length });
  const exchanges = Object.values(harness.sandbox.providers).flatMap(({ journal }) => journal);
  const checks = exchanges.filter(({ operation }) => operation === 'status').length;
  return {
    requests: exchanges.length / made.length,
    checks: checks / made.length,
    writes: writes / made.length,
  };
}

function jobsAtAll(count: number): Jobs {
  return { ionq: count * 0.4, ionworks: count * 0.3, sutro: count * 0.3 };
}

describe('a job of a large operation', () => {
  it('costs as many requests and writes as one of a small operation', async () => {
    const [few, many] = [runs(500, 250), runs(2_000, 1_000)];
    const [small, large] = [await costOf(jobsAtAll(few)), await costOf(jobsAtAll(many))];
    expect(large.requests / small.requests).toBeLessThanOrEqual(1.1);
    expect(large.writes / small.writes).toBeLessThanOrEqual(1.1);
  });

  // A limit makes many slices of it, as a hundred thousand jobs would.
  const inSlices = { max_per_second: 200 };
  it.each([
    ['goes on in the list where the slice before ended', runs(2_000, 1_000), 'listed', 1.1],
    ['is found by the list also if the oldest comes first', runs(1_000, 600), 'made', 1.2],
    ['is found by the list however deep the oldest stands in it', runs(1_600, 1_000), 'made', 1.1],
  ] as const)('%s', async (_, count, order, most) => {
    const { requests, checks } = await costOf({ sutro: count }, inSlices, order);
    expect(requests).toBeLessThanOrEqual(most);
    expect(checks).toBe(0);
  });
});
