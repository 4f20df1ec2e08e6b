import { expect, test } from 'vitest';
import type { TableRequest } from '../support/aws/table-server.ts';
import { inSoak } from '../support/thorough.ts';
import { boss, configureCallers } from './callers-harness.ts';
import { useLambda } from './lambda-harness.ts';

const harness = useLambda('api');
harness.keepWarm();
const most = 5_000;
const setUp = () =>
  configureCallers(harness, {
    free: { kind: 'program', may: boss.may },
    counted: { kind: 'program', may: { ...boss.may, cancels_per_minute: most, confirm_above: most } },
  });

/**
 * What cancelling so many jobs at IonQ costs, as docs/decisions/0007-table.md says. Left out: one write for the first record of an
 * environment in each of the eight partitions of a day.
 */
async function costOf(count: number, caller: 'free' | 'counted') {
  const callers = setUp();
  const ids = harness.sandbox.providers.ionq.addJobs(count, { state: 'running' });
  const jobs = ids.map((job_id) => ({ provider: 'ionq', job_id }));
  const body = JSON.stringify({ jobs, reason: 'a reason of the usual length' });
  const answer = await callers.ask(caller, { method: 'POST', path: '/v1/jobs/cancel', body });
  expect(answer.body.counts.cancelled).toBe(count);
  const requests = harness.table.requests.filter(({ partition }) => partition !== 'log#days');
  return { writes: total(requests, 'PutItem'), reads: total(requests, 'GetItem') };
}

function total(requests: readonly TableRequest[], operation: string) {
  const own = requests.filter((request) => request.operation === operation);
  return { requests: own.length, units: own.reduce((sum, { units }) => sum + units, 0) };
}

test('one job costs two writes of one unit each', async () => {
  expect(await costOf(1, 'free')).toEqual({
    writes: { requests: 2, units: 2 },
    reads: { requests: 0, units: 0 },
  });
});

test('where it is counted by the minute and by ten minutes, one read and two writes more for each: taken before, settled after, where it is known', async () => {
  expect(await costOf(1, 'counted')).toEqual({
    writes: { requests: 6, units: 6 },
    reads: { requests: 2, units: 2 },
  });
});

test('1,000 jobs cost 20 writes of 270 units in all', async () => {
  const free = await costOf(1_000, 'free');
  expect(free).toEqual({ writes: { requests: 20, units: 270 }, reads: { requests: 0, units: 0 } });
});

// In npm test, one job that is counted and 1,000 that are not stand for it.
inSoak(() => {
  test('1,000 jobs cost 24 writes of 274 units where they are counted', async () => {
    const counted = await costOf(1_000, 'counted');
    expect(counted).toEqual({ writes: { requests: 24, units: 274 }, reads: { requests: 2, units: 2 } });
  });
});
