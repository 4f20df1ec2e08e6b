import type { Clock } from '../lib/clock.ts';
import { storeTooSlow } from './errors.ts';
import type { Store } from './store.ts';

/** How long a record is waited for after the deadline, in milliseconds. */
const finalWriteGraceMs = 250;

const origins = new WeakMap<Store, Store>();

/** The store underneath a per-call wrapper. */
export function unwrap(store: Store): Store {
  return origins.get(store) ?? store;
}

/** Waits for work within the deadline of one call. */
type Wait = <T>(work: () => Promise<T>) => Promise<T>;
const waits = new WeakMap<Store, Wait>();

/** Waits for work as long as a call may wait whose store this is. Another store has no deadline. */
export function withinCall<T>(store: Store, work: () => Promise<T>): Promise<T> {
  return waits.get(store)?.(work) ?? work();
}

/** The deadline of one call. */
export interface TimeForStore {
  /** The deadline, on the monotonic clock, in milliseconds. */
  over(): number;
  /** Aborted if the call ends before its deadline. */
  readonly ended?: AbortSignal;
}

/**
 * The store for one call, which never waits beyond its deadline. An abandoned write may still take effect, so it must do
 * no harm: a count that is too high, a confirmation that is used up, an intent without an outcome.
 */
export function withDeadline(store: Store, clock: Clock, { over, ended }: TimeForStore): Store {
  const wait = <T>(work: () => Promise<T>, leastMs = 0) =>
    inTime(work, { clock, ended, leastMs, ms: Math.max(leastMs, over() - clock.now()) });
  const forCall: Store = {
    get: (key) => wait(() => store.get(key)),
    put: (key, value, terms) => wait(() => store.put(key, value, terms)),
    list: (folder, query) => wait(() => store.list(folder, query)),
    append: (records) => wait(() => store.append(records), finalWriteGraceMs),
    scan: (query) => wait(() => store.scan(query)),
    close: () => store.close(),
  };
  origins.set(forCall, unwrap(store));
  waits.set(forCall, (work) => wait(work));
  return forCall;
}

interface Patience {
  readonly clock: Clock;
  readonly ms: number;
  readonly ended: AbortSignal | undefined;
  /** The shortest wait, even after the deadline, in milliseconds. */
  readonly leastMs: number;
}

function inTime<T>(work: () => Promise<T>, { clock, ms, ended, leastMs }: Patience): Promise<T> {
  if (ms <= 0) return Promise.reject(storeTooSlow());
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(storeTooSlow());
    let cancel = clock.after(ms, giveUp);
    const endSoon = () => {
      cancel();
      cancel = clock.after(leastMs, giveUp);
    };
    ended?.addEventListener('abort', endSoon);
    work()
      .then(resolve, reject)
      .finally(() => {
        cancel();
        ended?.removeEventListener('abort', endSoon);
      });
  });
}
