import { describe, expect, it } from 'vitest';
import type { JobPattern } from '../../shared/access/caller.ts';
import type { Store } from '../../shared/store/store.ts';
import { operationsHarness, type ProcessTerms } from '../support/operations.ts';
import { runs } from '../support/thorough.ts';

/** A process that dies whenever it sends a request that `kills` it. The provider does not receive that one. */
function fragile(kills: (request: string) => boolean, onDeath: () => void): ProcessTerms {
  let isDead = false;
  const living = <T>(work: () => Promise<T>): Promise<T> =>
    isDead ? never() : work().then((result) => (isDead ? never<T>() : result));
  return {
    store: (store: Store): Store => ({
      get: (key) => living(() => store.get(key)),
      put: (key, value, terms) => living(() => store.put(key, value, terms)),
      list: (folder, query) => living(() => store.list(folder, query)),
      append: (records) => living(() => store.append(records)),
      scan: (query) => living(() => store.scan(query)),
      close: () => store.close(),
    }),
    fetch: (inner) => async (input, init) => {
      if (isDead) return never();
      if (!kills(`${input} ${init?.body ?? ''}`)) return living(() => inner(input, init));
      isDead = true;
      onDeath();
      return never();
    },
  };
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

/** Lets one process after the other work, until none dies any more. Returns how many did. */
async function restartUntilDone(
  { clock, serve }: Pick<Awaited<ReturnType<typeof operationsHarness>>, 'clock' | 'serve'>,
  kills: (request: string) => boolean,
): Promise<number> {
  let deaths = 0;
  for (let lives = 0; lives === deaths && deaths < 20; lives += 1) {
    serve(fragile(kills, () => (deaths += 1)));
    await clock.turn(120_000);
  }
  return deaths;
}

describe('a job that kills each worker that cancels it', () => {
  it('ends the round after seven, with every job that may have been sent a cancel followed', async () => {
    const { sandbox, ...harness } = await operationsHarness();
    const jobs = harness.addJobs({ sutro: 40 });
    const poison = jobs[25]?.job_id ?? '';
    const id = await harness.start(jobs);
    const kills = (request: string) => request.includes('cancel') && request.includes(poison);
    // The fifth died after 25 jobs were done since the one before, so it does not count against the jobs that are left.
    expect(await restartUntilDone(harness, kills)).toBe(7);
    for (const [job, result] of await harness.resultsOf(id)) {
      const truth = sandbox.providers.sutro.job(job.replace('sutro/', ''));
      const expected = truth?.state === 'cancelled' ? 'cancelled' : 'unknown';
      expect([job, result?.outcome]).toEqual([job, expected]);
    }
    const { unknown = 0, cancelled = 0, ...others } = await harness.countsOf(id);
    expect({ sum: unknown + cancelled, others }).toEqual({ sum: 40, others: {} });
    expect(cancelled).toBeGreaterThanOrEqual(25);
    expect(await harness.stateNow(id)).toBe('following');
    await harness.resume(id);
    harness.serve();
    await harness.clock.turn(120_000);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 40 });
    const sends = sandbox.providers.sutro.journal.filter(({ operation }) => operation === 'cancel');
    expect(sends).toHaveLength(40);
  });
});

describe('jobs that kill each worker that looks at them', () => {
  it('end as internal, because no cancel of them was sent', async () => {
    const harness = await operationsHarness();
    const id = await harness.start(harness.addJobs({ sutro: 3 }));
    expect(await restartUntilDone(harness, (request) => request.includes('sutro'))).toBe(6);
    expect(harness.cancels()).toEqual([]);
    expect(await harness.countsOf(id)).toEqual({ failed: 3 });
    expect(await harness.stateNow(id)).toBe('finished');
    await harness.resume(id);
    harness.serve();
    await harness.clock.turn(60_000);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 3 });
  });
});

describe('an operation whose workers are killed for reasons of their own', () => {
  it('is done to its end by itself, as long as each of them gets on a little', async () => {
    const harness = await operationsHarness();
    const jobs = runs(600, 400);
    const id = await harness.start(harness.addJobs({ sutro: jobs }));
    const cancelsOfLife = 53;
    let deaths = 0;
    for (let lives = 0; lives === deaths && lives < 30; lives += 1) {
      let sent = 0;
      const kills = (request: string) => request.includes('cancel') && ++sent === cancelsOfLife;
      harness.serve(fragile(kills, () => (deaths += 1)));
      await harness.clock.turn(60_000);
    }
    expect(deaths).toBeGreaterThan(6);
    expect(await harness.countsOf(id)).toEqual({ cancelled: jobs });
    expect(harness.cancels()).toHaveLength(jobs);
  });
});

describe('a job that is protected after its worker died', () => {
  it('is looked at, because it may have been sent a cancel, and sent no other', async () => {
    let protectedJobs: readonly JobPattern[] = [];
    const { sandbox, ...harness } = await operationsHarness({ protectedJobs: async () => protectedJobs });
    const jobs = harness.addJobs({ sutro: 40 });
    const poison = jobs[25]?.job_id ?? '';
    const id = await harness.start(jobs);
    const kills = (request: string) => request.includes('cancel') && request.includes(poison);
    harness.serve(fragile(kills, () => undefined));
    await harness.clock.turn(1_000);
    protectedJobs = [{ id: '*' }];
    const sent = harness.cancels().length;
    harness.serve();
    await harness.clock.turn(60_000);
    expect(harness.cancels()).toHaveLength(sent);
    expect(await harness.countsOf(id)).toEqual({ cancelled: sent, unknown: 40 - sent });
    expect(sandbox.providers.sutro.job(poison)?.state).toBe('running');
  });
});

describe('an operation that is paused after its worker died', () => {
  it('says unknown of what may have been sent, and follows it', async () => {
    const harness = await operationsHarness();
    const jobs = harness.addJobs({ sutro: 40 });
    const poison = jobs[25]?.job_id ?? '';
    const id = await harness.start(jobs);
    harness.serve(
      fragile(
        (request) => request.includes('cancel') && request.includes(poison),
        () => undefined,
      ),
    );
    await harness.clock.turn(1_000);
    await harness.pause(id);
    harness.serve();
    await harness.clock.turn(30_000);
    expect(await harness.countsOf(id)).toEqual({ unknown: 40 });
    expect(await harness.stateNow(id)).toBe('paused');
    await harness.clock.turn(120_000);
    const sent = harness.cancels().length;
    expect(await harness.countsOf(id)).toEqual({ cancelled: sent, ...(sent < 40 && { unknown: 40 - sent }) });
  });
});
