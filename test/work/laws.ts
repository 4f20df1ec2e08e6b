import { expect } from 'vitest';
import type { Clock } from '../../shared/lib/clock.ts';
import { mergeResults } from '../../shared/operations/job-result.ts';
import type { Store, StoredValue } from '../../shared/store/store.ts';
import { Mortality } from '../support/mortal-process.ts';
import { operationsHarness } from '../support/operations.ts';

/** What the laws of the worker try: the store and the clock that a process has, and how results are joined. */
export interface Subject {
  store(inner: Store): Store;
  clock(inner: Clock): Clock;
  merge: typeof mergeResults;
}

/** What the worker is made of. */
export const sound: Subject = { store: (inner) => inner, clock: (inner) => inner, merge: mergeResults };

/** Promises of the worker. Each rejects if its subject breaks it. */
export const workerLaws = {
  async 'sends nothing a second after a pause'({ store }: Subject) {
    const { clock, sandbox, ...harness } = await operationsHarness();
    sandbox.providers.sutro.setLimits({ cancel: { perSecond: 10 } });
    const id = await harness.start(harness.addJobs({ sutro: 100 }));
    harness.serve({ store });
    await clock.turn(3_000);
    await harness.pause(id);
    const pausedAt = clock.now();
    await clock.turn(10_000);
    expect(harness.cancels().filter(({ at }) => at > pausedAt + 1_000)).toEqual([]);
    expect(harness.cancels().length).toBeGreaterThan(0);
  },

  async 'sends nothing once another worker has the lease'({ store }: Subject) {
    const { clock, sandbox, memory, ...harness } = await operationsHarness();
    sandbox.providers.sutro.setLimits({ cancel: { perSecond: 10 } });
    await harness.start(harness.addJobs({ sutro: 100 }));
    harness.serve({ store });
    // Right after a renewal.
    await clock.turn(4_500);
    const key = 'lease/sutro';
    const lease = memory.values.get(key);
    const taken = JSON.stringify({ holder: 'another', epoch: 99, beat: 0 });
    await harness.store.put(key, taken, { version: lease?.version ?? 0, expiresAt: 1e15 });
    const takenAt = clock.now();
    await clock.turn(10_000);
    expect(harness.cancels().filter(({ at }) => at > takenAt + 1_000)).toEqual([]);
  },

  async 'says of no job that it cancelled, before it died, that it was cancelled already'({
    store,
  }: Subject) {
    const { clock, ...harness } = await operationsHarness();
    const id = await harness.start(harness.addJobs({ sutro: 5 }));
    // It dies with the answer to one of its cancels.
    const probe = new Mortality();
    let isDead = false;
    harness.serve({
      store: (inner) => ({
        ...store(inner),
        put: (...args) => (isDead ? never() : store(inner).put(...args)),
      }),
      fetch: (inner) => async (input, init) => {
        if (isDead) return never();
        const answer = await probe.effect(() => inner(input, init));
        isDead = String(input).includes('cancel');
        return isDead ? never() : answer;
      },
    });
    await clock.turn(1_000);
    harness.serve({ store });
    await clock.turn(60_000);
    expect(await harness.countsOf(id)).toEqual({ cancelled: 5 });
  },

  async 'keeps the lease of a worker that lives, whatever the wall clock shows'({ clock: clockOf }: Subject) {
    const { clock, sandbox, memory, ...harness } = await operationsHarness();
    sandbox.providers.sutro.setLimits({ cancel: { perSecond: 5 } });
    await harness.start(harness.addJobs({ sutro: 60 }));
    for (let processes = 0; processes < 2; processes += 1) {
      harness.serve({ clock: clockOf(clock) });
      await clock.turn(2_100);
    }
    const epoch = () => JSON.parse(memory.values.get('lease/sutro')?.value ?? '{}').epoch;
    expect(epoch()).toBe(1);
    for (let steps = 0; steps < 4; steps += 1) {
      clock.step(3_600_000);
      await clock.turn(1_700);
      expect(epoch()).toBe(1);
    }
  },

  async 'never replaces what is final'({ merge }: Subject) {
    const cancelled = { outcome: 'cancelled', state: 'cancelled', source: 'status', at: 1 } as const;
    const later = { outcome: 'already_cancelled', state: 'cancelled', source: 'status', at: 2 } as const;
    const unknown = { outcome: 'unknown', state: 'unknown', at: 3 } as const;
    expect(merge(cancelled, later).outcome).toBe('cancelled');
    expect(merge(cancelled, unknown).outcome).toBe('cancelled');
    expect(merge(later, cancelled).outcome).toBe('already_cancelled');
  },
};

/** Subjects that each break one law, in the way that its name says. */
export const workerSabotages: {
  readonly [law in keyof typeof workerLaws]: Readonly<Record<string, Subject>>;
} = {
  'sends nothing a second after a pause': {
    'a fence that always says yes': { ...sound, store: remembering(/^operation\/[^/]+$/) },
  },
  'sends nothing once another worker has the lease': {
    'a fence that does not mind the lease': { ...sound, store: remembering(/^lease\//) },
  },
  'says of no job that it cancelled, before it died, that it was cancelled already': {
    'marks that are not written': {
      ...sound,
      store: (inner) => ({
        ...inner,
        put: async (key, value, terms) => (key.includes('/mark/') ? 1 : inner.put(key, value, terms)),
      }),
    },
  },
  'keeps the lease of a worker that lives, whatever the wall clock shows': {
    'a lease that goes by the wall clock': {
      ...sound,
      clock: (inner) => ({
        now: () => inner.wallTime(),
        wallTime: () => inner.wallTime(),
        after: (ms, wake) => inner.after(ms, wake),
      }),
    },
  },
  'never replaces what is final': {
    'a merge that lets a later final win': { ...sound, merge: (_known, seen) => seen },
    'a merge that lets the later time win': {
      ...sound,
      merge: (known, seen) => (known !== undefined && (known.at ?? 0) > (seen.at ?? 0) ? known : seen),
    },
  },
};

/** A store that answers with what it read first under these keys. */
function remembering(keys: RegExp): Subject['store'] {
  return (inner) => {
    const read = new Map<string, Promise<StoredValue | undefined>>();
    return {
      ...inner,
      get: (key) => {
        if (!keys.test(key)) return inner.get(key);
        const value = read.get(key) ?? inner.get(key);
        read.set(key, value);
        return value;
      },
      put: (key, value, terms) => {
        read.delete(key);
        return inner.put(key, value, terms);
      },
    };
  };
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
