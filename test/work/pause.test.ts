import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../../shared/store/errors.ts';
import type { Store } from '../../shared/store/store.ts';
import { callerWith, callOf } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';
import { operationsHarness } from '../support/operations.ts';
import { runs } from '../support/thorough.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const ada = callerWith({}, { id: 'ada', kind: 'person' });

/** How many times each job was sent a cancel. */
function sendsPerJob(cancels: readonly { readonly jobIds: readonly string[] }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of cancels.flatMap(({ jobIds }) => jobIds)) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

/** A harness whose providers take so long that an operation of `jobs` jobs lasts about ten seconds. */
async function slowHarness(jobs: number, wrap?: (store: Store) => Store) {
  const harness = await operationsHarness(wrap && { wrap });
  const { sutro, ionq } = harness.sandbox.providers;
  const half = jobs / 2;
  sutro.setLimits({ cancel: { perSecond: half / 10, retryAfter: 'seconds' } });
  sutro.setFault({ kind: 'delay', ms: 40 });
  ionq.setFault({ kind: 'delay', ms: 300 });
  const id = await harness.start(harness.addJobs({ sutro: half, ionq: half }));
  return { ...harness, id };
}

describe('a paused operation', () => {
  it('sends nothing more a second after the pause, at whatever moment it comes, and the rest once it is resumed', async () => {
    const moments = fc.array(fc.nat({ max: 4_000 }), { minLength: 6, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(moments, async (list) => {
        const { id, clock, ...harness } = await slowHarness(runs(2_000, 1_000));
        harness.serve();
        const late: number[] = [];
        for (const ms of list) {
          await clock.turn(ms);
          await harness.pause(id);
          const pausedAt = clock.now();
          await clock.turn(3_000);
          late.push(...harness.cancels().flatMap(({ at }) => (at > pausedAt + 1_000 ? [at - pausedAt] : [])));
          expect(late).toEqual([]);
          await harness.resume(id);
        }
        await clock.turn(90_000);
        expect(await harness.countsOf(id)).toEqual({ cancelled: runs(2_000, 1_000) });
        expect(await harness.stateNow(id)).toBe('finished');
        expect(new Set(sendsPerJob(harness.cancels()).values())).toEqual(new Set([1]));
      }),
      { numRuns: runs(8, 1) },
    );
  });

  it('says paused while jobs are left, and works off only the outcomes that a resume names', async () => {
    const { sandbox, clock, ...harness } = await operationsHarness();
    const [gone] = harness.addJobs({ sutro: 1 });
    const failing = harness.addJobs({ sutro: 1 });
    const ended = harness.addJobs({ sutro: 4 }, { state: 'completed' });
    const ids = failing.map(({ job_id }) => job_id);
    sandbox.providers.sutro.setFault({ kind: 'status', status: 500, operations: ['status'], jobIds: ids });
    sandbox.providers.sutro.setFault({ kind: 'status', status: 500, operations: ['list'] });
    const id = await harness.start([...(gone ? [gone] : []), ...failing, ...ended]);
    harness.serve();
    await clock.turn(60_000);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 1, failed: 1, already_finished: 4 });
    const before = sandbox.providers.sutro.journal.length;
    sandbox.providers.sutro.clearFaults();
    await harness.resume(id, ['unknown']);
    await clock.turn(60_000);
    expect(sandbox.providers.sutro.journal.length).toBe(before);
    await harness.resume(id, ['failed']);
    await clock.turn(60_000);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 2, already_finished: 4 });
    const asked = sandbox.providers.sutro.journal.slice(before).flatMap(({ jobIds }) => jobIds);
    expect(new Set(asked)).toEqual(new Set(ids));
  });
});

describe('an operation that is paused before every place of a round was gone through', () => {
  it('is finished by a resume, even if no job is left to do', async () => {
    const { records, clock, ...harness } = await operationsHarness();
    const id = await harness.start(harness.addJobs({ sutro: 1, ionq: 1 }), { id: `op_${'a'.repeat(20)}` });
    const gateway = harness.serve();
    await clock.turn(60_000);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 2 });
    // As a pause leaves it that comes while a round has yet to begin at a connection all of whose jobs are done.
    await harness.pause(id);
    await records.changeShare(await harness.headOf(id), 'ionq', (known) => known && { ...known, next: 0 });
    expect(await harness.stateNow(id)).toBe('paused');
    const resume = gateway.resumeOperation({ operation_id: id }, callOf(ada));
    expect(accepted(await clock.until(resume))).toMatchObject({ id });
    await clock.turn(60_000);
    expect(await harness.stateNow(id)).toBe('finished');
    expect(new Set(sendsPerJob(harness.cancels()).values())).toEqual(new Set([1]));
  });
});

/** A store whose reads take `ms`, as long as `isSlow`. */
function slow(clock: { after(ms: number, wake: () => void): () => void }, ms: () => number) {
  const wait = () => new Promise<void>((resolve) => clock.after(ms(), resolve));
  return (store: Store): Store => ({
    ...store,
    get: async (key) => {
      if (ms() > 0) await wait();
      return store.get(key);
    },
  });
}

describe('an operation on a store', () => {
  it('that takes 900 ms for each read sends nothing, and goes on once it is fast again', async () => {
    const clock = new ManualClock();
    let readMs = 900;
    const harness = await operationsHarness({ clock, wrap: slow(clock, () => readMs) });
    const id = await harness.start(harness.addJobs({ sutro: 20, ionq: 20 }));
    harness.serve();
    await clock.turn(120_000);
    expect(harness.cancels()).toEqual([]);
    expect(await harness.stateNow(id)).toBe('running');
    readMs = 20;
    await clock.turn(200_000);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 40 });
  });

  it('that is locked for 20 seconds sends nothing meanwhile, and each job once in the end', async () => {
    for (const lockedAt of runs(1, 0) ? [500, 1_500, 2_500, 4_000, 6_500, 8_000] : [2_500, 6_500]) {
      let isLocked = false;
      const lock = async () => {
        if (isLocked) throw new StoreUnavailableError('locked', 'SQLITE_BUSY');
      };
      const wrap = (store: Store): Store => ({
        ...store,
        get: (key) => lock().then(() => store.get(key)),
        put: (key, value, terms) => lock().then(() => store.put(key, value, terms)),
        list: (folder, query) => lock().then(() => store.list(folder, query)),
        append: (records) => lock().then(() => store.append(records)),
      });
      const { id, clock, ...harness } = await slowHarness(400, wrap);
      harness.serve();
      await clock.turn(lockedAt);
      isLocked = true;
      const at = clock.now();
      await clock.turn(20_000);
      isLocked = false;
      expect(harness.cancels().filter((cancel) => cancel.at > at + 1_000)).toEqual([]);
      await clock.turn(180_000);
      expect(await harness.countsOf(id)).toEqual({ cancelled: 400 });
      expect(new Set(sendsPerJob(harness.cancels()).values())).toEqual(new Set([1]));
    }
  });
});
