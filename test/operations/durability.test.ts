import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import type { JobEntry } from '../../shared/contract/job-entries.ts';
import { createGateway, type Gateway } from '../../shared/gateway.ts';
import { StoreUnavailableError } from '../../shared/store/errors.ts';
import type { Store } from '../../shared/store/store.ts';
import { type Driver, drivers } from '../store/drivers.ts';
import { callerWith, callOf } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';
import { operationsHarness } from '../support/operations.ts';
import { cases, runs } from '../support/thorough.ts';

const ada = callerWith({}, { id: 'ada', kind: 'person' });
const jobsOf = (count: number): JobEntry[] =>
  Array.from({ length: count }, (_, index) => ({ provider: 'sutro', job_id: `job-${index}` }));

/** The numbers of writes below this one; in `npm test` every third. */
const writesUpTo = (end: number): number[] =>
  cases(
    Array.from({ length: end - 1 }, (_, index) => index + 1),
    (at) => at % 3 === 2,
  );

/** A store that breaks at its nth write, and works again after that. */
function breakingAt(count: number, store: Store): Store {
  let writes = 0;
  return {
    ...store,
    put: async (key, value, terms) => {
      writes += 1;
      if (writes === count) throw new StoreUnavailableError('the store cannot be used', 'broken on purpose');
      return store.put(key, value, terms);
    },
  };
}

describe('a start that breaks off', () => {
  it('at any write leaves a draft that can be started, or an operation that runs', async () => {
    for (const at of writesUpTo(14)) {
      const harness = await operationsHarness();
      const { gateway: sound, worker } = harness.newProcess();
      const jobs = harness.addJobs({ sutro: runs(700, 20), ionq: runs(20, 700) });
      const { id } = accepted(await sound.createOperation({ draft: true, jobs }, callOf(ada)));
      const broken = harness.newProcess({ store: (store) => breakingAt(at, store) }).gateway;
      const first = await broken.startOperation({ operation_id: id }, callOf(ada));
      const state = async () => accepted(await sound.getOperation({ operation_id: id }, callOf(ada))).state;
      expect([at, await state()]).toEqual([at, expect.stringMatching(/^(draft|running)$/)]);
      if (first.ok) expect(await state()).toBe('running');
      accepted(await sound.startOperation({ operation_id: id }, callOf(ada)));
      await harness.workOff(worker);
      const read = accepted(await sound.getOperation({ operation_id: id }, callOf(ada)));
      expect([at, read.state, read.jobs, read.counts.cancelled]).toEqual([at, 'finished', 720, 720]);
    }
  });

  it('of a create is made up for under the same idempotency key, and none is started twice', async () => {
    for (const at of writesUpTo(12)) {
      const harness = await operationsHarness();
      const jobs = harness.addJobs({ sutro: 3 });
      const call = () => callOf(ada, { idempotencyKey: 'once' });
      const broken = harness.newProcess({ store: (store) => breakingAt(at, store) }).gateway;
      await broken.createOperation({ jobs }, call());
      await harness.clock.turn(5);
      const { gateway, worker } = harness.newProcess();
      const { id } = accepted(await gateway.createOperation({ jobs }, call()));
      await harness.workOff(worker);
      const listed = accepted(await gateway.listOperations({}, callOf(ada))).operations;
      expect([at, listed.map((each) => [each.id, each.state])]).toEqual([at, [[id, 'finished']]]);
      expect(harness.cancels().flatMap(({ jobIds }) => jobIds)).toHaveLength(3);
    }
  });

  it('at once with another of the same draft freezes one set', async () => {
    const harness = await operationsHarness();
    const jobs = harness.addJobs({ sutro: 30 });
    const { gateway } = harness.newProcess();
    const { id } = accepted(await gateway.createOperation({ draft: true, jobs }, callOf(ada)));
    const start = (by: Gateway) => by.startOperation({ operation_id: id }, callOf(ada));
    const reached = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const holding = (store: Store): Store => ({
      ...store,
      put: async (key, value, terms) => {
        if (key === `operation/${id}`) {
          reached.resolve();
          await gate.promise;
        }
        return store.put(key, value, terms);
      },
    });
    const late = start(harness.newProcess({ store: holding }).gateway);
    await reached.promise;
    expect(accepted(await start(gateway)).state).toBe('running');
    const { set } = await harness.headOf(id);
    gate.resolve();
    expect(accepted(await late).state).toBe('running');
    expect(await harness.headOf(id)).toMatchObject({ round: 1, jobs: 30, set });
  });
});

describe.each(['SQLite', 'DynamoDB'])('on %s', (name) => {
  let driver: Driver;
  beforeAll(async () => {
    driver = (await drivers[name]?.()) ?? expect.unreachable('no driver');
  });
  afterAll(() => driver.stop());

  it('an operation is created in pages, started, read, listed, paused, resumed and deleted', async () => {
    const { open } = await driver.host();
    const store = await open();
    const gateway = createGateway({
      connections: async () => [
        { name: 'sutro', provider: 'sutro', baseUrl: 'https://sutro.test', apiKey: 'k', options: {} },
      ],
      credentials: credentialFromSettings,
      budgetMs: 20_000,
      access: { store, pepper: async () => 'a-pepper-for-tests', outlivesAnswers: true },
      fetch: async () => expect.unreachable('nothing is asked of a provider'),
    });
    const call = () => callOf(ada);
    const { id } = accepted(await gateway.createOperation({ draft: true, reason: 'sweep' }, call()));
    const named = { operation_id: id };
    accepted(await gateway.uploadPage({ ...named, page: 1, jobs: jobsOf(5_000) }, call()));
    accepted(await gateway.uploadPage({ ...named, page: 2, jobs: jobsOf(10) }, call()));
    expect(accepted(await gateway.startOperation(named, call()))).toMatchObject({
      ...{ state: 'running', jobs: 5_000, duplicates: 10 },
    });
    const { outcomes } = accepted(await gateway.listOutcomes({ ...named, limit: 3 }, call()));
    expect(outcomes.map(({ job_id }) => job_id)).toEqual(['job-0', 'job-1', 'job-2']);
    expect(accepted(await gateway.pauseOperation(named, call())).state).toBe('paused');
    expect(accepted(await gateway.resumeOperation(named, call())).state).toBe('running');
    const other = accepted(await gateway.createOperation({ draft: true }, call()));
    accepted(await gateway.deleteOperation({ operation_id: other.id }, call()));
    const listed = accepted(await gateway.listOperations({}, call())).operations;
    expect(listed.map((each) => each.id)).toEqual([id]);
    await store.close();
  });
});
