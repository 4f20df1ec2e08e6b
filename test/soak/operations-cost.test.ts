import { expect, test } from 'vitest';
import type { ProviderName } from '../../sandbox/sandbox.ts';
import { callerOfTheOneToken } from '../../shared/access/authenticator.ts';
import { type CountedUnits, countUnits } from '../support/aws/counted-units.ts';
import { callOf } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';
import { operationsHarness } from '../support/operations.ts';

const pageJobs = 5_000;
/** What the provider takes in a second: single requests, and requests for many jobs. */
const [perSecond, bulksPerSecond] = [100, 10];
const longestMs = 36_000_000;

/** What an operation of so many jobs costs from its draft to the check of its cancelled jobs, and without that check. */
async function costOf(provider: ProviderName, count: number) {
  const harness = await operationsHarness({ callerInForce: async () => callerOfTheOneToken });
  const { clock, sandbox } = harness;
  const { store, counted } = countUnits(harness.store);
  const { gateway, worker } = harness.newProcess({ store: () => store });
  const ask = () => callOf(callerOfTheOneToken);
  const one = { perSecond };
  const many = { perSecond: bulksPerSecond };
  sandbox.providers[provider].setLimits({
    ...{ cancel: one, status: one, list: one },
    ...{ cancelMany: many, statusMany: many },
  });
  // Created one after the other, as those of a sweep are.
  const jobs = Array.from({ length: count / 100 }, () => {
    clock.step(3_333);
    return harness.addJobs({ [provider]: 100 });
  }).flat();
  const { id } = accepted(await gateway.createOperation({ draft: true }, ask()));
  for (let page = 1; (page - 1) * pageJobs < count; page += 1) {
    const part = jobs.slice((page - 1) * pageJobs, page * pageJobs);
    accepted(await gateway.uploadPage({ operation_id: id, page, jobs: part }, ask()));
  }
  accepted(await gateway.startOperation({ operation_id: id }, ask()));
  await clock.until(worker.visit(provider), longestMs);
  const cancelled = copyOf(counted);
  await clock.turn(6 * 60_000);
  await clock.until(worker.visit(provider), longestMs);
  expect(await harness.stateNow(id)).toBe('finished');
  return { cancelled, checked: copyOf(counted) };
}

function copyOf({ writes, reads, byKind }: CountedUnits): CountedUnits {
  return { writes: { ...writes }, reads: { ...reads }, byKind: new Map(byKind) };
}

// The design computes 420 and 41,500 write units. Measured on 2026-11-28: 391 and 36,942, with 99 and 8,349 read units.
test.each([
  [1_000, 420, 120],
  [100_000, 41_500, 10_000],
])(
  '%d jobs that come in pages cost at most %d write units and %d read units',
  async (count, writes, reads) => {
    const { cancelled, checked } = await costOf('ionq', count);
    expect(checked.writes.units).toBeLessThan(writes);
    expect(checked.reads.units).toBeLessThan(reads);
    const units = (kind: string) => checked.byKind.get(kind) ?? 0;
    expect(units('page') / count).toBeLessThan(0.05);
    expect(units('ids') / count).toBeLessThan(0.045);
    expect(units('audit') / count).toBeLessThan(0.28);
    expect((units('mark') + units('result')) / count).toBeLessThan(0.01);
    // The check of cancelled jobs changes none of their outcomes, and costs little.
    expect(checked.writes.units - cancelled.writes.units).toBeLessThan(10 + 0.005 * count);
  },
);
